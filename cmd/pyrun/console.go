package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// console is where the script's output goes.
type console struct {
	out, err io.Writer
	shown    [2]shown // of stdout and stderr
}

// shown is the part of one stream of output that was shown while the script ran.
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

// showLive shows a piece of output, unless something before it is missing.
func (c *console) showLive(name, text string, gap bool) error {
	s, w := c.stream(name)
	if s.gapped {
		return nil
	}
	s.text.WriteString(text)
	s.gapped = gap
	return write(w, name, text)
}

// showRest shows the part of all, the whole output of a stream, that was not shown yet.
func (c *console) showRest(name, all string) error {
	s, w := c.stream(name)
	more, ok := strings.CutPrefix(all, s.text.String())
	if !ok {
		return nil // the reply to some failures has less output than was streamed
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

// isTerminal takes every character device for a terminal. That includes
// /dev/null, where the form of a text matters to nobody.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// visible is a terminal on which control characters are shown and not obeyed: with
// them a script could, in its traceback for example, overwrite what pyrun says of
// it, or fill the clipboard. Each piece that is written must consist of whole
// characters.
type visible struct{ terminal io.Writer }

func (v visible) Write(p []byte) (int, error) {
	shown := make([]byte, 0, len(p)+16)
	for rest := p; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			shown = fmt.Appendf(shown, `\x%02x`, rest[0])
		case r == '\n', r == '\t':
			shown = append(shown, byte(r))
		case r < ' ', r >= 0x7f && r < 0xa0:
			shown = fmt.Appendf(shown, `\x%02x`, r)
		case turnsText(r):
			shown = fmt.Appendf(shown, `\u%04x`, r)
		default:
			shown = append(shown, rest[:size]...)
		}
		rest = rest[size:]
	}
	if _, err := v.terminal.Write(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}

// turnsText says whether a character sets the direction in which others are shown.
func turnsText(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}
