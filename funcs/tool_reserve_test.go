package funcs

import (
	"bytes"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// Only what a tool returns takes room among replies: what a script wrote to stderr
// is in none that tells of success.
func TestToolReservesWhatItReturns(t *testing.T) {
	res := runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("4"), Stderr: bytes.Repeat([]byte("x"), 1<<20)}
	s := newToolServer(t, returning(res), func(o *Options) { o.HeldReplyBytes = 2 << 20 })
	if got := text1(t, callTool(t, s.connect(t), someScript)); got != `{"result":4,"stdout":""}` {
		t.Errorf("got %.100s", got)
	}
}
