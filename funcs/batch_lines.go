package funcs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// linesType is that of bodies that have a JSON text in each line, NDJSON.
const linesType = "application/x-ndjson"

// isLines says that a body is announced as lines.
func isLines(contentType string) bool {
	const n = len(linesType)
	return len(contentType) >= n && strings.EqualFold(contentType[:n], linesType)
}

// lineReader reads a request line by line, while cases of it are run already.
type lineReader struct {
	from    *bufio.Reader
	control *http.ResponseController
	mem     *memory
	limits  *runtime.Limits
	most    int64         // bytes of a line, and of all lines that are in memory
	idle    time.Duration // how long nothing may come while nothing is under way
	number  int           // of the line that was read last, from 1
	blank   int           // bytes of blank lines since the last one that was not

	mu     sync.Mutex
	moved  *sync.Cond
	lines  []int     // bytes of the lines whose cases are under way, in order
	held   int64     // all of them, and what is read of the next one
	peak   int64     // the most that it was
	total  int64     // bytes that were read
	until  time.Time // the deadline of reading, if there is one
	ended  bool
	over   bool  // the context has ended: no deadline is set that is later
	failed error // the first error but the end: nothing is read after it
}

// mostBlank is how many bytes of blank lines, their ends among them, there may be between two
// others: a gzip stream has a thousand in the space of one, for ever.
const mostBlank = 64 << 10

// freeLines is how much of a request in lines is not counted.
const freeLines = 64 << 10

func (h *handler) newLineReader(r *http.Request, c *call) (l *lineReader, closing func(), err error) {
	l = &lineReader{
		control: http.NewResponseController(c.w), mem: &c.mem, limits: &c.limits, most: h.bodyBytes, idle: h.pace.idle,
	}
	l.moved = sync.NewCond(&l.mu)
	from, closing := io.Reader(timedBody{r.Body, l}), func() {}
	if isGzip(r.Header.Get("Content-Encoding")) {
		if err := c.mem.grow(gzipReaderBytes, 1); err != nil {
			return nil, nil, err
		}
		packed := newGzipBody(from, unlimited)
		from, closing = packed, packed.close
	}
	l.from = bufio.NewReaderSize(from, 32<<10)
	return l, closing, nil
}

// unlimited is more than any body has, and one less than there are.
const unlimited = 1 << 62

// timedBody bounds how long nothing may come.
type timedBody struct {
	body io.Reader
	l    *lineReader
}

func (t timedBody) Read(p []byte) (int, error) {
	t.l.mu.Lock()
	err := t.l.arm()
	t.l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := t.body.Read(p)
	t.l.total += int64(n)
	if err != nil {
		t.l.mu.Lock()
		t.l.ended = true // the server looks after the connection from here on
		t.l.mu.Unlock()
	}
	return n, err
}

// arm sets the deadline of reading: none while a case is under way, for which the sender may
// be waiting. The caller holds the lock.
func (l *lineReader) arm() error {
	if l.ended {
		return nil
	}
	if l.over { // since who reads has looked for the last time
		return l.control.SetReadDeadline(time.Now().Add(-time.Second))
	}
	var until time.Time
	if len(l.lines) == 0 {
		until = time.Now().Add(l.idle)
	}
	l.until = until
	return ignoreUnsupported(l.control.SetReadDeadline(until))
}

// next returns the case of the next line that is not blank, and io.EOF after the last. After
// a line that can't be read it returns io.EOF, too: the cases before are still
// answered, and failed says what is wrong.
func (l *lineReader) next(ctx context.Context) (oneCase, error) {
	line, err := l.line(ctx)
	if err == nil {
		var one oneCase
		if one, err = parseLine(line, l.limits); err == nil {
			l.mu.Lock()
			l.lines = append(l.lines, len(line))
			l.mu.Unlock()
			return one, nil
		}
	}
	if err == io.EOF || err == ctx.Err() {
		return oneCase{}, err
	}
	l.fail(err)
	return oneCase{}, io.EOF
}

// fail notes why nothing more can be read.
func (l *lineReader) fail(err error) {
	if l.failed == nil {
		l.failed = atLine(l.number, err)
	}
}

// atLine says in which line of a request that is what err complains of.
func atLine(number int, err error) error {
	var f *failure
	if errors.As(err, &f) {
		text := strings.TrimPrefix(f.text, "request body ")
		return &failure{of: f.of, text: fmt.Sprintf("line %d: %s", number, text), hint: f.hint}
	}
	return err
}

func parseLine(line []byte, limits *runtime.Limits) (oneCase, error) {
	line = bytes.TrimRight(line, "\r\n")
	if !utf8.Valid(line) {
		return oneCase{}, refuse(invalidRequest, "must be UTF-8")
	}
	if !json.Valid(line) {
		return oneCase{}, invalidJSON(line, limits)
	}
	return parseCase(bytes.TrimSpace(line), limits)
}

// line returns the next line that is not blank, without its end.
func (l *lineReader) line(ctx context.Context) ([]byte, error) {
	stop := context.AfterFunc(ctx, l.interrupt)
	defer stop()
	for {
		line, err := l.read(ctx)
		if err != nil && (err != io.EOF || len(line) == 0) {
			return nil, err
		}
		l.number++
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line)) > 0 {
			l.blank = 0
			return line, nil
		}
		l.free(len(line))
		if l.blank += len(line); l.blank > mostBlank {
			return nil, refuseLimit(tooLarge, "", "must not have more than %d bytes of blank lines together", mostBlank)
		}
		if err != nil {
			return nil, err
		}
	}
}

// read returns a copy of the next line, with io.EOF where it is the rest of the body.
func (l *lineReader) read(ctx context.Context) (line []byte, err error) {
	for {
		part, err := l.from.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull && err != io.EOF {
			l.number++
			return nil, l.readError(ctx, err)
		}
		if int64(len(line)+len(part)) > l.most {
			l.number++
			return nil, refuseLimit(tooLarge, lineHint, "must be at most %d bytes", l.most)
		}
		if err := l.keep(ctx, len(line), len(part)); err != nil {
			l.number++
			return nil, err
		}
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// keep counts n bytes more of a line of which there are have already. It waits while it would
// be too much beside the cases that are under way.
func (l *lineReader) keep(ctx context.Context, have, n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.lines) > 0 && l.held+int64(n) > l.most && ctx.Err() == nil {
		l.moved.Wait()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.held += int64(n)
	if l.held <= l.peak {
		return nil
	}
	l.peak = l.held
	return l.mem.grow(l.peak-freeLines, copiesPlain)
}

// free gives back what a line took.
func (l *lineReader) free(n int) {
	l.mu.Lock()
	l.held -= int64(n)
	l.mu.Unlock()
	l.moved.Broadcast()
}

// answered says that the oldest case under way was answered.
func (l *lineReader) answered() {
	l.mu.Lock()
	l.held -= int64(l.lines[0])
	if l.lines = l.lines[1:]; len(l.lines) == 0 {
		_ = l.arm() // a connection that has no deadlines has told so before
	}
	l.mu.Unlock()
	l.moved.Broadcast()
}

// interrupt ends a read or a wait whose context is over.
func (l *lineReader) interrupt() {
	l.mu.Lock()
	l.over = true
	if !l.ended {
		// Where there are no deadlines the body ends with its request.
		_ = l.control.SetReadDeadline(time.Now().Add(-time.Second))
	}
	l.mu.Unlock()
	l.moved.Broadcast()
}

// readError words an error of reading a line.
func (l *lineReader) readError(ctx context.Context, err error) error {
	l.mu.Lock()
	late := !l.until.IsZero() && !time.Now().Before(l.until)
	l.mu.Unlock()
	var told *failure
	switch {
	case errors.As(err, &told):
		return err
	case late && errors.Is(err, os.ErrDeadlineExceeded): // which is also how the server ends ctx
		return refuse(invalidRequest, "did not arrive: nothing came for %s seconds", appendSeconds(nil, l.idle))
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return readError(ctx, err)
}

// rest takes what is left of a body after the reply, so that a client which sends everything
// before it reads gets to see that.
func (l *lineReader) rest(body io.Reader) {
	l.mu.Lock()
	ended := l.ended
	if !ended {
		_ = l.control.SetReadDeadline(time.Now().Add(restWithin)) // as in interrupt
	}
	l.mu.Unlock()
	if !ended {
		drain(body)
	}
}

// restWithin is how long the rest of a body is waited for.
const restWithin = 2 * time.Second
