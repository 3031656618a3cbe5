package zygote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/proc"
)

// importWithin is how long all imports may take together.
const importWithin = time.Minute

// imports answers the zygote while it imports, and returns its first message that is
// not about a module: it has imported all.
func (z *Zygote) imports() (hello []byte, err error) {
	within := z.cfg.ImportWithin
	if within == 0 {
		within = importWithin
	}
	if err := z.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return nil, fmt.Errorf("zygote: greet: %w", err)
	}
	buf := make([]byte, 4<<10)
	for {
		n, err := z.conn.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, z.blame(fmt.Errorf("it is not imported within %v", within))
		}
		if err != nil {
			return nil, fmt.Errorf("zygote: greet: %w", err)
		}
		var about struct{ Next *string }
		if err := json.Unmarshal(buf[:n], &about); err != nil {
			return nil, fmt.Errorf("zygote: greet: %w", err)
		}
		if about.Next == nil {
			return buf[:n], z.conn.SetReadDeadline(time.Time{})
		}
		if err := z.imported(within); err != nil {
			return nil, err
		}
		z.importing = *about.Next
		if _, err := z.conn.Write([]byte{'+'}); err != nil {
			return nil, fmt.Errorf("zygote: greet: %w", err)
		}
	}
}

// imported looks at what a module has done that was imported just now. The zygote waits
// meanwhile.
func (z *Zygote) imported(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	printed, ok := z.stderr.untilMark(ctx, z.dead)
	if z.importing == "" { // the library's, or the interpreter's own words
		return nil
	}
	if !ok {
		return z.blame(errors.New("it closes or replaces descriptor 2"))
	}
	if printed != "" {
		return z.blame(fmt.Errorf("it prints when it is imported: %.200q", printed))
	}
	s, err := proc.Read(z.PID())
	if err == nil && s.Threads > 1 {
		return z.blame(fmt.Errorf("it started a thread that Python does not know of; a fork would lose it"))
	}
	return nil // who can't be looked at is found out later
}

// blame adds the module that is being imported to an error.
func (z *Zygote) blame(err error) error {
	if z.importing == "" {
		return fmt.Errorf("zygote: preload: %w", err)
	}
	return fmt.Errorf("zygote: PRELOAD: %s: %w", z.importing, err)
}

// unborn is why a zygote whose process is gone did not start; err is what was noticed of
// that first.
func (z *Zygote) unborn(ctx context.Context, err error) error {
	said := z.said()
	if cause := context.Cause(ctx); cause != nil {
		return errors.Join(z.blame(cause), said)
	}
	switch {
	case !gone(err):
	case said != nil && (z.importing == "" || strings.Contains(said.Error(), "PRELOAD: ")):
		err = nil // it says itself why it ended
	case z.importing != "":
		err = z.blame(fmt.Errorf("it ends the interpreter: %w", z.err))
	}
	return errors.Join(err, said)
}

// gone reports whether an error says that the zygote has closed its end.
func gone(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) }

// endsWithin is how long a zygote that has closed its end may take to end by itself.
const endsWithin = time.Second

// tail keeps the end of what is written to it. Nothing of a script is: only our own
// code writes to the stderr of the interpreter, and before there is any script what is
// imported.
type tail struct {
	mark string // ends what one module has written

	mu    sync.Mutex
	buf   bytes.Buffer
	wrote chan struct{} // closed at the next write, if somebody waits for that
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - 4<<10; over > 0 {
		t.buf.Next(over)
	}
	if t.wrote != nil {
		close(t.wrote)
		t.wrote = nil
	}
	return len(p), nil
}

// untilMark waits for the mark, and takes what was written before it.
func (t *tail) untilMark(ctx context.Context, dead <-chan struct{}) (text string, ok bool) {
	for {
		t.mu.Lock()
		if at := strings.Index(t.buf.String(), t.mark); at >= 0 {
			text = string(t.buf.Next(at))
			t.buf.Next(len(t.mark))
			t.mu.Unlock()
			return text, true
		}
		if t.wrote == nil {
			t.wrote = make(chan struct{})
		}
		wrote := t.wrote
		t.mu.Unlock()
		select {
		case <-wrote:
		case <-dead:
			return "", true // which is told otherwise
		case <-ctx.Done():
			return "", false
		}
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ReplaceAll(t.buf.String(), t.mark, "")
}
