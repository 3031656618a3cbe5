package main

import (
	"fmt"
	"io"
	"strings"
)

// console is where the script's output goes.
type console struct {
	out, err io.Writer
	shown    [2]shown // of stdout and stderr
}

// shown is what was shown of one stream of output while the script ran.
type shown struct {
	text   strings.Builder
	gapped bool // something is missing after text: the rest comes with the reply
}

func (c *console) stream(name string) (*shown, io.Writer) {
	if name == "stderr" {
		return &c.shown[1], c.err
	}
	return &c.shown[0], c.out
}

// live shows a piece of output, unless something before it is missing.
func (c *console) live(name, text string, gap bool) error {
	s, w := c.stream(name)
	if s.gapped {
		return nil
	}
	s.text.WriteString(text)
	s.gapped = gap
	return write(w, name, text)
}

// rest shows what of all was not shown yet.
func (c *console) rest(name, all string) error {
	s, w := c.stream(name)
	more, ok := strings.CutPrefix(all, s.text.String())
	if !ok {
		return nil // a failure before the script's end has less than was streamed
	}
	s.text.WriteString(more)
	return write(w, name, more)
}

// lineEnds says whether the next thing on a stream begins a line.
func (c *console) lineEnds(name string) bool {
	s, _ := c.stream(name)
	text := s.text.String()
	return text == "" || strings.HasSuffix(text, "\n")
}

func write(w io.Writer, what, text string) error {
	if text == "" {
		return nil
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
