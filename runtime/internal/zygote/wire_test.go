package zygote

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
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
	for _, seed := range [][]byte{nil, frame('R', ""), frame('V', "[1]"), frame('E', `{"status":"x"}`),
		frame('V', "x")[:5], {0xff, 0xff, 0xff, 0xff, 'V'}} {
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
		{kind: msgSettled, number: 1 << 46},
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
			short := (r.kind == msgStarted || r.kind == msgSettled) && n >= 9
			if _, _, err := parseReport(m[:n]); err == nil && !short {
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
	for _, r := range []report{{kind: msgStarted, number: 3}, {kind: msgSettled, number: 4},
		{kind: msgFailed, errno: 1}, {kind: msgExited, exit: Exit{Status: 1}}} {
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

// record is one record of an 'A' frame, as attached.py makes it.
func record(kind AttachedKind, name, data string) string {
	b := binary.BigEndian.AppendUint32([]byte{byte(kind)}, uint32(len(name)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return string(b) + name + data
}

func TestParseAttached(t *testing.T) {
	whole := record(AttachedFile, "a", "1") + record(AttachedFigure, "", "png") + record(AttachedText, "text/html",
		"<b>") +
		record(AttachedBinary, "image/png", "") + record(AttachedOmitted, "x", "why")
	list, ok := parseAttached([]byte(whole))
	if !ok || len(list) != 5 || list[0].Name != "a" || string(list[1].Data) != "png" ||
		list[4].Kind != AttachedOmitted {
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
		"unknown kind":             record('z', "a", "b"),
		"lengths that wrap around": "f\xff\xff\xff\xff\xff\xff\xff\xff" + "ab", "one byte more": whole + "f",
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
