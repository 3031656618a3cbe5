package zygote

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostileChannels are what a worker may say instead of an answer, and what the
// server makes of it.
var hostileChannels = []struct {
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
	{"too long", string(frame('V', `"`+strings.Repeat("x", 99)+`"`)),
		Reply{Fault: &Fault{Status: "result_limit", Error: "bytes", Ran: true}}},
	{"too deep", string(frame('V', `[[[[[[]]]]]]`)),
		Reply{Fault: &Fault{Status: "result_limit", Error: "depth", Ran: true}}},
	{"too deep and no JSON", string(frame('V', `[[[[[[[[[[`)),
		Reply{Fault: &Fault{Status: "result_limit", Error: "depth", Ran: true}}},
	{"an error", string(frame('E', `{"status":"exited","error":"3","ran":true,"line":-1}`)),
		Reply{Fault: &Fault{Status: "exited", Error: "3", Ran: true, Line: -1}}},
	{"an error without a status", string(frame('E', `{}`)), Reply{Broken: "error"}},
	{"an error of the wrong types", string(frame('E', `{"status":5}`)), Reply{Broken: "error"}},
	{"an error that is no JSON", string(frame('E', `exited`)), Reply{Broken: "error"}},
	{"an error that is too long", string(frame('E', strings.Repeat("x", errorLimit+1))), Reply{Broken: "result"}},
	{"ready again", string(frame('R', ``)), Reply{Broken: `frame 'R'`}},
	{"a refusal", string(frame('C', `{"layer":"seccomp"}`)), Reply{Broken: `frame 'C'`}},
	{"no such kind", string(frame(0, ``)), Reply{Broken: `frame '\x00'`}},
	{"attached to a value", string(frame('A', record(AttachedFile, "a", "b"))) + string(frame('V', `1`)),
		Reply{Value: []byte(`1`), Attached: make([]Attached, 1)}},
	{"attached to an error",
		string(frame('A', record(AttachedFile, "a", "b"))) + string(frame('E', `{"status":"exited"}`)),
		Reply{Fault: &Fault{Status: "exited"}, Attached: make([]Attached, 1)}},
	{"attached to nothing", string(frame('A', record(AttachedFile, "a", "b"))), Reply{}},
	{"attached to half a value",
		string(frame('A', record(AttachedFile, "a", "b"))) + string(frame('V', `[1,2]`)[:7]), Reply{}},
	{"attached twice", string(frame('A', "")) + string(frame('A', "")) + string(frame('V', `1`)),
		Reply{Broken: `frame 'A'`}},
	{"attached rubbish", string(frame('A', "f")) + string(frame('V', `1`)), Reply{Broken: "attached"}},
	{"attached too much",
		string(frame('A', record(AttachedFile, "a", strings.Repeat("x", 300)))) + string(frame('V', `1`)),
		Reply{Broken: "result"}},
	{"half a value", string(frame('V', `[1,2]`)[:7]), Reply{}},
	{"half a header", "\x00\x00", Reply{}},
	{"nothing", "", Reply{}},
}

// TestHostileChannel lets the far end of a result channel say what it likes
// after the request, and checks what the server makes of it. There is no
// process behind the channel: the worker counts as dead when it closes.
func TestHostileChannel(t *testing.T) {
	for _, tt := range hostileChannels {
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
			sameFault := got.Fault == tt.want.Fault // both nil
			if got.Fault != nil && tt.want.Fault != nil {
				sameFault = *got.Fault == *tt.want.Fault
			}
			if string(got.Value) != string(tt.want.Value) || got.Broken != tt.want.Broken ||
				len(got.Attached) != len(tt.want.Attached) || got.Cause != tt.want.Cause || !sameFault {
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
		"closed before": {func(*os.File) {}, true},
		"closed unread": {func(ctl *os.File) {
			_, _, _ = syscall.Recvfrom(int(ctl.Fd()), make([]byte, 1), syscall.MSG_PEEK)
		}, true},
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
