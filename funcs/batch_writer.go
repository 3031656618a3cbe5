package funcs

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
)

// lineWriter writes the entries of a batch to its reader. What is put is written by a
// goroutine of its own, as much as there is at once.
type lineWriter struct {
	out     pacedWriter
	open    func() // sends the head
	done    chan struct{}
	scratch []byte // of put

	mu    sync.Mutex
	moved *sync.Cond
	buf   []byte // to be written
	spare []byte
	head  bool // the head is due, or sent
	ended bool
	err   error // of writing
}

// headWithin is how long the head of the reply waits for the first entry: until it is sent a
// batch that can't begin is answered with a status of its own.
const headWithin = time.Second

func (h *handler) newLineWriter(c *call, cancel context.CancelCauseFunc) *lineWriter {
	s := &lineWriter{out: h.pacedWriter(c.w), done: make(chan struct{})}
	s.moved = sync.NewCond(&s.mu)
	s.open = func() {
		header := c.w.Header()
		setCommon(header, linesType, c.id)
		header.Set("X-Accel-Buffering", "no")
		timing := appendMillis([]byte("queue;dur="), time.Since(c.record.Request.Began))
		header.Set("Server-Timing", string(timing))
		c.w.WriteHeader(http.StatusOK)
	}
	due := time.AfterFunc(headWithin, func() {
		s.mu.Lock()
		s.head = s.head || !s.ended
		s.mu.Unlock()
		s.moved.Broadcast()
	})
	go func() {
		defer close(s.done)
		defer due.Stop()
		if err := s.write(); err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			s.moved.Broadcast()
			cancel(errGone)
		}
	}()
	return s
}

// write writes until the end.
func (s *lineWriter) write() error {
	for opened := false; ; {
		s.mu.Lock()
		for len(s.buf) == 0 && !s.ended && (opened || !s.head) {
			s.moved.Wait()
		}
		text, head, ended := s.buf, s.head, s.ended
		s.buf, s.spare = s.spare[:0], nil
		s.mu.Unlock()
		s.moved.Broadcast()
		if !opened && head {
			opened = true
			if err := s.out.extend(); err != nil {
				return err
			}
			s.open()
			if err := s.out.flush(); err != nil {
				return err
			}
		}
		if err := s.out.write(text); err != nil {
			return err
		}
		s.mu.Lock()
		s.spare = text
		ended = ended && len(s.buf) == 0
		s.mu.Unlock()
		if ended && opened {
			return s.out.done()
		}
		if ended {
			return nil
		}
	}
}

// put takes an entry over. It waits for a reader who is slow.
func (s *lineWriter) put(entry encoding) error { return s.line(entry.write) }

// line writes a line.
func (s *lineWriter) line(write func(w *jsontext.Writer)) error {
	w := jsontext.NewWriter(s.scratch[:0], s.add)
	write(w)
	err := w.Flush()
	s.scratch = w.Bytes()
	if err == nil {
		err = s.append([]byte("\n"), false)
	}
	return err
}

func (s *lineWriter) add(piece []byte) error { return s.append(piece, true) }

// append adds to what is to be written. A script that forges its result can put line ends
// between its tokens, which become spaces.
func (s *lineWriter) append(piece []byte, oneLine bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.buf) >= streamBytes && s.err == nil {
		s.moved.Wait()
	}
	if s.err != nil {
		return fmt.Errorf("%w: %w", errGone, s.err)
	}
	s.head = true
	at := len(s.buf)
	s.buf = append(s.buf, piece...)
	if oneLine {
		for _, end := range []byte("\r\n") {
			for added := s.buf[at:]; ; {
				i := bytes.IndexByte(added, end)
				if i < 0 {
					break
				}
				added[i] = ' '
				added = added[i+1:]
			}
		}
	}
	s.moved.Broadcast()
	return nil
}

// started says that the head is sent, or will be.
func (s *lineWriter) started() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head
}

// broken is the error that ended the writing, if one did.
func (s *lineWriter) broken() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// end writes the last line, and returns when all is written how many bytes that were.
func (s *lineWriter) end(last []byte) (wrote int64, err error) {
	err = s.line(func(w *jsontext.Writer) { w.Raw(last) })
	wrote = s.close()
	if err == nil {
		err = s.broken()
	}
	return wrote, err
}

// close ends the writing when all is written, and returns how many bytes that were.
func (s *lineWriter) close() (wrote int64) {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.moved.Broadcast()
	<-s.done
	return s.out.sent
}
