package zygote

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// far is the worker's side of a series: what a script can reach.
type far struct {
	t         *testing.T
	ctl       *os.File
	out, errs *os.File
	mark      []byte
}

func (f *far) say(frames ...[]byte) {
	for _, b := range frames {
		_, _ = f.ctl.Write(b) // the server may have read enough
	}
}

// marked writes text and a mark to stdout, and the mark to stderr.
func (f *far) marked(text string, number uint32) {
	mark := binary.BigEndian.AppendUint32(bytes.Clone(f.mark), number)
	_, _ = io.WriteString(f.out, text)
	_, _ = f.out.Write(mark)
	_, _ = f.errs.Write(mark)
}

// shown is an answer in one line.
func shown(r *Reply, over bool) string {
	text := string(r.Value)
	switch {
	case r.Unread:
		text = "unread"
	case r.Cause == Stdout:
		text = "stdout over its limit"
	case r.Cause == Timeout:
		text = "timeout"
	case r.Broken != "":
		text = "broken: " + r.Broken
	case r.Fault != nil:
		text = r.Fault.Status
	case r.Value == nil:
		text = "silent"
	}
	if len(r.Stdout) > 0 {
		text += "|" + string(r.Stdout)
	}
	if over {
		text += "!"
	}
	return text
}

var begun = append(frame('S', ""), frame('M', "")...)

// hostileSeries are what a worker may do in place of answering, and the answers that the
// server makes of it, the last with "!".
var hostileSeries = []struct {
	name string
	do   func(*far)
	want []string
}{
	{"as it should", func(f *far) {
		f.say(begun)
		f.marked("a", 1)
		f.say(frame('V', "1"))
		f.marked("b", 2)
		f.say(frame('E', `{"status":"exited","error":"3"}`))
		f.marked("", 3)
		f.say(frame('E', `{"status":"timeout","over":true}`))
	}, []string{"1|a", "exited|b", "timeout!"}},
	{"all at once", func(f *far) {
		f.marked("a", 1)
		f.marked("b", 2)
		f.marked("c", 3)
		f.say(begun, frame('V', "1"), frame('V', "2"), frame('V', "3"))
	}, []string{"1|a", "2|b", "3|c", "silent!"}},
	{"no marks", func(f *far) {
		_, _ = io.WriteString(f.out, "ab")
		f.say(begun, frame('V', "1"), frame('V', "2"))
	}, []string{"1|ab", "2", "silent!"}},
	{"a mark left out", func(f *far) {
		_, _ = io.WriteString(f.out, "a")
		f.marked("b", 2)
		f.say(begun, frame('V', "1"), frame('V', "2"))
	}, []string{"1", "2|ab", "silent!"}},
	{"dead in the second case", func(f *far) {
		f.marked("a", 1)
		_, _ = io.WriteString(f.out, "last words")
		f.say(begun, frame('V', "1"))
	}, []string{"1|a", "silent|last words!"}},
	{"too much output", func(f *far) {
		f.marked("a", 1)
		f.marked(strings.Repeat("x", 150), 2)
		f.say(begun, frame('V', "1"), frame('V', "2"))
	}, []string{"1|a", "stdout over its limit|" + strings.Repeat("x", 100) + "!"}},
	{"nothing", func(*far) {}, []string{"unread!"}},
	{"no answer", func(f *far) { f.say(begun); time.Sleep(400 * time.Millisecond) }, []string{"timeout!"}},
	{"never read", nil, []string{"unread!"}},
	{"an error at once", func(f *far) { f.say(frame('E', `{"status":"file_limit","over":true}`)) },
		[]string{"file_limit!"}},
	{"read twice", func(f *far) { f.say(begun, frame('S', ""), frame('V', "1")) }, []string{"broken: frame 'S'!"}},
	{"loaded twice", func(f *far) { f.say(begun, frame('M', ""), frame('V', "1")) }, []string{"broken: frame 'M'!"}},
	{"loaded, with more", func(f *far) { f.say(frame('S', ""), frame('M', "x")) }, []string{"broken: result!"}},
	{"attached rubbish", func(f *far) { f.say(begun, frame('A', "f"), frame('V', "1")) },
		[]string{"broken: attached!"}},
	{"attached nothing", func(f *far) { f.say(begun, frame('A', ""), frame('V', "1")) },
		[]string{"broken: attached!"}},
	{"too long", func(f *far) { f.say(begun, frame('V', `"`+strings.Repeat("x", 99)+`"`)) }, []string{"result_limit!"}},
	{"too deep", func(f *far) { f.say(begun, frame('V', `[[[[[[]]]]]]`), frame('V', "2")) },
		[]string{"result_limit", "2", "silent!"}},
	{"no JSON", func(f *far) { f.say(begun, frame('V', `{`), frame('V', "2")) }, []string{"broken: result!"}},
}

// Whatever a worker does, each case has one answer within its time, and the server ends
// the series where it can't go on.
func TestHostileSeries(t *testing.T) {
	for _, tt := range hostileSeries {
		t.Run(tt.name, func(t *testing.T) {
			w, err := newWorker()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			w.outputLimit, w.resultLimit, w.resultDepth, w.attachedLimit = 100, 100, 5, 200
			f := &far{t: t, ctl: os.NewFile(uintptr(w.farEnds[0]), "ctl"),
				out: os.NewFile(uintptr(w.farEnds[1]), "out"), errs: os.NewFile(uintptr(w.farEnds[2]), "errs")}
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer w.end(Exit{}, nil)
				defer f.ctl.Close()
				defer f.out.Close()
				defer f.errs.Close()
				if tt.do == nil {
					time.Sleep(400 * time.Millisecond) // longer than anybody waits
					return
				}
				b := make([]byte, 1000)
				if n, err := f.ctl.Read(b); err == nil && n >= requestHeader+16 {
					f.mark = b[requestHeader+1:][:16] // the script has one byte
					tt.do(f)
				}
			}()
			s := w.Begin(t.Context(), Request{Script: "x", Timeout: 100 * time.Millisecond})
			defer s.End()
			for i, want := range tt.want {
				reply, over := s.Answer()
				if got := shown(reply, over); got != want {
					t.Errorf("answer %d: got %.200q, want %q", i, got, want)
				}
			}
			<-done
		})
	}
}

// newSegments reads from a pipe whose other end is returned.
func newSegments(t testing.TB, limit int) (*segments, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd := int(r.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return &segments{fd: fd, limit: limit, mark: []byte("0123456789abcdef"), exceeded: func() {}}, w
}

// However what is written is cut into reads, the cases get what is theirs, and no more is
// held than there is room for.
func FuzzSegments(f *testing.F) {
	mark := "0123456789abcdef"
	for _, seed := range []string{"", "a", "a" + mark + "\x00\x00\x00\x01b" + mark + "\x00\x00\x00\x02",
		mark + "\x00\x00\x00\x02" + mark + "\x00\x00\x00\x01", mark[:5], mark + "\xff\xff\xff\xff" + mark,
		mark + mark + "\x00\x00\x00\x01"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, piece int) {
		piece = max(1, piece%64)
		s := &segments{fd: -1, limit: 50, mark: []byte(mark), exceeded: func() {}}
		whole := &segments{fd: -1, limit: 50, mark: []byte(mark), exceeded: func() {}}
		whole.take(in)
		for rest := in; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			s.take(rest[:min(piece, len(rest))])
		}
		if !bytes.Equal(s.buf, whole.buf) || len(s.whole) != len(whole.whole) || s.last != whole.last {
			t.Fatalf("in pieces of %d: %d segments and %q, at once %d and %q", piece,
				len(s.whole), s.buf, len(whole.whole), whole.buf)
		}
		for i, one := range s.whole {
			if !bytes.Equal(one.data, whole.whole[i].data) || i > 0 && one.number <= s.whole[i-1].number {
				t.Errorf("segment %d: %v", i, one)
			}
		}
		s.closed = true
		for number := uint32(1); number < 4; number++ {
			if data, _ := s.claim(number); len(data) > s.limit {
				t.Errorf("%d bytes", len(data))
			}
		}
	})
}

// What nobody claims is read up to a bound; the rest stays with whoever writes it.
func TestSegmentsAreBounded(t *testing.T) {
	for name, text := range map[string]string{"long": strings.Repeat("x", 90), "empty": ""} {
		t.Run(name, func(t *testing.T) {
			s, w := newSegments(t, 100)
			var number uint32
			for range 50 {
				var b []byte
				for range 200 { // 200 of them fit into a pipe
					number++
					b = append(append(b, text...), s.mark...)
					b = binary.BigEndian.AppendUint32(b, number)
				}
				if err := w.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				if n, _ := w.Write(b); n < len(b) {
					break // it is full: nobody reads
				}
				s.drain()
			}
			// One read more than the bound may have come at once.
			if most := 64<<10 + 2*s.limit; s.held > most || len(s.whole) > segmentsAhead+64<<10/markSize {
				t.Errorf("%d segments of %d bytes are held", len(s.whole), s.held)
			}
		})
	}
}
