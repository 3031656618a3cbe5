package zygote

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

// frame is what a worker writes.
func frame(kind byte, payload string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	return append(append(b, kind), payload...)
}

func upTo(n int) func(byte) int { return func(byte) int { return n } }

func TestReadFrame(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		name    string
		in      []byte
		limit   int
		kind    byte
		payload string
		err     error
	}{
		{"empty payload", frame('R', ""), 10, 'R', "", nil},
		{"short", frame('V', "[1]"), 10, 'V', "[1]", nil},
		{"exactly the limit", frame('V', "1234567890"), 10, 'V', "1234567890", nil},
		{"one byte more", frame('V', "12345678901"), 10, 'V', "", errTooLong},
		{"longer than a buffer", frame('V', long), 1 << 20, 'V', long, nil},
		{"far over the limit", append([]byte{0xff, 0xff, 0xff, 0xff}, 'V'), 1 << 20, 'V', "", errTooLong},
		{"what follows is left alone", append(frame('V', "[1]"), frame('V', "[2]")...), 10, 'V', "[1]", nil},
		{"nothing", nil, 10, 0, "", io.EOF},
		{"half a header", frame('V', "[1]")[:3], 10, 0, "", io.ErrUnexpectedEOF},
		{"a header alone", frame('V', "[1]")[:5], 10, 'V', "", io.ErrUnexpectedEOF},
		{"half a payload", frame('V', long)[:50_000], 1 << 20, 'V', "", io.ErrUnexpectedEOF},
	} {
		for how, r := range map[string]io.Reader{
			"at once":       bytes.NewReader(tt.in),
			"byte by byte":  iotest.OneByteReader(bytes.NewReader(tt.in)),
			"in halves":     iotest.HalfReader(bytes.NewReader(tt.in)),
			"end with data": iotest.DataErrReader(bytes.NewReader(tt.in)),
		} {
			kind, payload, err := (&frameReader{r: r}).next(upTo(tt.limit))
			if tt.err != nil && tt.err != io.EOF && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // a header and nothing else
			}
			if kind != tt.kind || string(payload) != tt.payload || !errors.Is(err, tt.err) {
				t.Errorf("%s, %s: got %q, %d bytes, %v", tt.name, how, kind, len(payload), err)
			}
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	for _, seed := range [][]byte{nil, frame('R', ""), frame('V', "[1]"), frame('E', `{"status":"x"}`), frame('V', "x")[:5], {0xff, 0xff, 0xff, 0xff, 'V'}} {
		f.Add(seed, 8)
	}
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit = max(limit, 0) % (1 << 16)
		kind, payload, err := (&frameReader{r: bytes.NewReader(in)}).next(upTo(limit))
		if err != nil {
			if payload != nil {
				t.Errorf("%v, and %d bytes", err, len(payload))
			}
			return
		}
		if len(payload) > limit {
			t.Errorf("%d bytes, limit %d", len(payload), limit)
		}
		if again := frame(kind, string(payload)); !bytes.HasPrefix(in, again) {
			t.Errorf("%q was read from %q", again, in)
		}
	})
}

// message writes a report as zygote.py does.
func message(r report) []byte {
	b := binary.NativeEndian.AppendUint64([]byte{r.kind}, r.number)
	switch r.kind {
	case msgFailed:
		b = binary.NativeEndian.AppendUint32(b, uint32(r.errno))
	case msgExited:
		b = binary.NativeEndian.AppendUint32(b, r.exit.Status)
		b = binary.NativeEndian.AppendUint64(b, r.exit.CPUMicros)
		b = binary.NativeEndian.AppendUint64(b, r.exit.PeakBytes)
	}
	return b
}

func TestParseReport(t *testing.T) {
	reports := []report{
		{kind: msgStarted, number: 1},
		{kind: msgFailed, number: 1<<64 - 1, errno: 11},
		{kind: msgExited, number: 7, exit: Exit{Status: 9, CPUMicros: 1 << 40, PeakBytes: 1 << 50}},
	}
	var all []byte
	for _, r := range reports {
		m := message(r)
		if got, rest, err := parseReport(m); got != r || len(rest) != 0 || err != nil {
			t.Errorf("got %+v, %d bytes left, %v", got, len(rest), err)
		}
		for n := range m {
			if _, _, err := parseReport(m[:n]); err == nil && !(r.kind == msgStarted && n >= 9) {
				t.Errorf("%q: accepted with %d bytes of %d", r.kind, n, len(m))
			}
		}
		all = append(all, m...)
	}
	var got []report
	for len(all) > 0 {
		var r report
		var err error
		if r, all, err = parseReport(all); err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if !slices.Equal(got, reports) {
		t.Errorf("several in one message: got %+v", got)
	}
	if _, _, err := parseReport([]byte("Z12345678")); err == nil {
		t.Error("an unknown kind is accepted")
	}
}

func FuzzParseReport(f *testing.F) {
	for _, r := range []report{{kind: msgStarted, number: 3}, {kind: msgFailed, errno: 1}, {kind: msgExited, exit: Exit{Status: 1}}} {
		f.Add(message(r))
		f.Add(append(message(r), message(r)...))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		r, rest, err := parseReport(in)
		if err != nil {
			return
		}
		if again := append(message(r), rest...); !bytes.Equal(again, in) {
			t.Errorf("%x was read from %x", again, in)
		}
	})
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{
		``: 0, `1`: 0, `"[[["`: 0, `[]`: 1, `{"a":[1,{"b":2}],"c":[]}`: 3, `["\"[",[]]`: 2, `"\\"`: 0, `["\\",[[]]]`: 3,
		strings.Repeat("[", 100_000): 100_000, `]]]][[`: 0, `"`: 0, `"\`: 0,
	} {
		if got := Depth([]byte(text)); got != want {
			t.Errorf("%.20s: got %d, want %d", text, got, want)
		}
	}
}

func FuzzDepth(f *testing.F) {
	for _, seed := range []string{`[[1],{"a":[]}]`, `"[\"["`, `{"\\":{}}`, `[`, `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := Depth(text)
		if !json.Valid(text) {
			return // only that it returns
		}
		want, open := 0, 0
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token {
			case json.Delim('['), json.Delim('{'):
				open++
				want = max(want, open)
			case json.Delim(']'), json.Delim('}'):
				open--
			}
		}
		if got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	})
}

// record is one record of an 'A' frame, as attached.py makes it.
func record(kind AttachedKind, name, data string) string {
	b := binary.BigEndian.AppendUint32([]byte{byte(kind)}, uint32(len(name)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return string(b) + name + data
}

func TestParseAttached(t *testing.T) {
	whole := record(AttachedFile, "a", "1") + record(AttachedFigure, "", "png") + record(AttachedText, "text/html", "<b>") +
		record(AttachedBinary, "image/png", "") + record(AttachedOmitted, "x", "why")
	list, ok := parseAttached([]byte(whole))
	if !ok || len(list) != 5 || list[0].Name != "a" || string(list[1].Data) != "png" || list[4].Kind != AttachedOmitted {
		t.Errorf("%v %+v", ok, list)
	}
	ends := 0
	for n := range len(whole) {
		if _, ok := parseAttached([]byte(whole[:n])); ok {
			ends++
		}
	}
	if ends != 5 { // nothing at all, and after each record but the last
		t.Errorf("accepted %d parts of it", ends)
	}
	if _, ok := parseAttached([]byte(strings.Repeat(record(AttachedText, "", ""), attachedMost))); !ok {
		t.Error("as many records as there may be are refused")
	}
	for name, text := range map[string]string{
		"unknown kind": record('z', "a", "b"), "lengths that wrap around": "f\xff\xff\xff\xff\xff\xff\xff\xff" + "ab", "one byte more": whole + "f",
		"one record too many": strings.Repeat(record(AttachedText, "", ""), attachedMost+1),
	} {
		if _, ok := parseAttached([]byte(text)); ok {
			t.Errorf("%s is accepted", name)
		}
	}
}

func FuzzParseAttached(f *testing.F) {
	f.Add([]byte(record(AttachedFile, "a", "1") + record(AttachedOmitted, "b", "c")))
	f.Add([]byte("f\xff\xff\xff\xff\x00\x00\x00\x01ab"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		list, ok := parseAttached(in)
		if !ok {
			return
		}
		var again strings.Builder
		for _, a := range list {
			again.WriteString(record(a.Kind, a.Name, string(a.Data)))
		}
		if again.String() != string(in) {
			t.Errorf("%q was read from %q", again.String(), in)
		}
	})
}

// TestHostileChannel lets the far end of a result channel say what it likes
// after the request, and checks what the server makes of it. There is no
// process behind the channel: the worker counts as dead when it closes.
func TestHostileChannel(t *testing.T) {
	for _, tt := range []struct {
		name, say string
		want      Reply
	}{
		{"a value", string(frame('V', `{"a":1.0}`)), Reply{Value: []byte(`{"a":1.0}`)}},
		{"two values", string(frame('V', `1`)) + string(frame('V', `2`)), Reply{Value: []byte(`1`)}},
		{"no JSON", string(frame('V', `{`)), Reply{Broken: "result"}},
		{"an empty value", string(frame('V', ``)), Reply{Broken: "result"}},
		{"not UTF-8", string(frame('V', "\"\xff\"")), Reply{Broken: "result"}},
		{"half a surrogate pair in UTF-8", string(frame('V', "\"\xed\xa0\x80\"")), Reply{Broken: "result"}},
		{"NaN", string(frame('V', `NaN`)), Reply{Broken: "result"}},
		{"too long", string(frame('V', `"`+strings.Repeat("x", 99)+`"`)), Reply{Fault: &Fault{Status: "result_limit", Error: "bytes", Ran: true}}},
		{"too deep", string(frame('V', `[[[[[[]]]]]]`)), Reply{Fault: &Fault{Status: "result_limit", Error: "depth", Ran: true}}},
		{"too deep and no JSON", string(frame('V', `[[[[[[[[[[`)), Reply{Fault: &Fault{Status: "result_limit", Error: "depth", Ran: true}}},
		{"an error", string(frame('E', `{"status":"exited","error":"3","ran":true,"line":-1}`)), Reply{Fault: &Fault{Status: "exited", Error: "3", Ran: true, Line: -1}}},
		{"an error without a status", string(frame('E', `{}`)), Reply{Broken: "error"}},
		{"an error of the wrong types", string(frame('E', `{"status":5}`)), Reply{Broken: "error"}},
		{"an error that is no JSON", string(frame('E', `exited`)), Reply{Broken: "error"}},
		{"an error that is too long", string(frame('E', strings.Repeat("x", errorLimit+1))), Reply{Broken: "result"}},
		{"ready again", string(frame('R', ``)), Reply{Broken: `frame 'R'`}},
		{"a refusal", string(frame('C', `{"layer":"seccomp"}`)), Reply{Broken: `frame 'C'`}},
		{"no such kind", string(frame(0, ``)), Reply{Broken: `frame '\x00'`}},
		{"attached to a value", string(frame('A', record(AttachedFile, "a", "b"))) + string(frame('V', `1`)), Reply{Value: []byte(`1`), Attached: make([]Attached, 1)}},
		{"attached to an error", string(frame('A', record(AttachedFile, "a", "b"))) + string(frame('E', `{"status":"exited"}`)), Reply{Fault: &Fault{Status: "exited"}, Attached: make([]Attached, 1)}},
		{"attached to nothing", string(frame('A', record(AttachedFile, "a", "b"))), Reply{}},
		{"attached to half a value", string(frame('A', record(AttachedFile, "a", "b"))) + string(frame('V', `[1,2]`)[:7]), Reply{}},
		{"attached twice", string(frame('A', "")) + string(frame('A', "")) + string(frame('V', `1`)), Reply{Broken: `frame 'A'`}},
		{"attached rubbish", string(frame('A', "f")) + string(frame('V', `1`)), Reply{Broken: "attached"}},
		{"attached too much", string(frame('A', record(AttachedFile, "a", strings.Repeat("x", 300)))) + string(frame('V', `1`)), Reply{Broken: "result"}},
		{"half a value", string(frame('V', `[1,2]`)[:7]), Reply{}},
		{"half a header", "\x00\x00", Reply{}},
		{"nothing", "", Reply{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, err := newWorker()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			w.outputLimit, w.resultLimit, w.resultDepth, w.attachedLimit = 100, 100, 5, 200
			ctl := os.NewFile(uintptr(w.farEnds[0]), "far end")
			for _, fd := range w.farEnds[1:] {
				defer os.NewFile(uintptr(fd), "output").Close()
			}
			go func() {
				defer w.end(Exit{}, nil)
				defer ctl.Close()
				if _, err := ctl.Read(make([]byte, 1000)); err == nil {
					_, _ = io.WriteString(ctl, tt.say) // the server may have read enough
				}
			}()
			got := w.Run(t.Context(), &Request{Script: "x", Timeout: time.Minute})
			if string(got.Value) != string(tt.want.Value) || got.Broken != tt.want.Broken || len(got.Attached) != len(tt.want.Attached) || got.Cause != tt.want.Cause ||
				(got.Fault == nil) != (tt.want.Fault == nil) || got.Fault != nil && *got.Fault != *tt.want.Fault {
				t.Errorf("got %+v, fault %+v", got, got.Fault)
			}
		})
	}
}

// TestUnreadRequest closes the far end before it has read: that, and only that,
// is told apart from a script that ended without a word.
func TestUnreadRequest(t *testing.T) {
	for name, tt := range map[string]struct {
		far  func(ctl *os.File)
		want bool
	}{
		"closed before":  {func(*os.File) {}, true},
		"closed unread":  {func(ctl *os.File) { _, _, _ = syscall.Recvfrom(int(ctl.Fd()), make([]byte, 1), syscall.MSG_PEEK) }, true},
		"closed halfway": {func(ctl *os.File) { _, _ = io.ReadFull(ctl, make([]byte, 10)) }, true},
		"closed after":   {func(ctl *os.File) { _, _ = io.ReadFull(ctl, make([]byte, requestHeader+1)) }, false},
	} {
		w, err := newWorker()
		if err != nil {
			t.Fatal(err)
		}
		ctl := os.NewFile(uintptr(w.farEnds[0]), "far end")
		for _, fd := range w.farEnds[1:] {
			defer os.NewFile(uintptr(fd), "output").Close()
		}
		far := func() {
			tt.far(ctl)
			ctl.Close()
			w.end(Exit{}, nil)
		}
		if name == "closed before" {
			far()
		} else {
			go far()
		}
		got := w.Run(t.Context(), &Request{Script: "x", Timeout: time.Minute})
		if got.Unread != tt.want || got.Value != nil || got.Fault != nil || got.Broken != "" {
			t.Errorf("%s: got %+v", name, got)
		}
		w.Close()
	}
}
