package funcs

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// What is reserved for a case is given back with it, whatever it was for: others have the
// memory while the batch goes on.
func TestBatchGivesBackCaseByCase(t *testing.T) {
	r := &roomyRunner{fakeRunner: echo(), size: 1 << 20, cases: 100}
	s := batchServer(t, r, func(h *handler) { h.bounds = newBounds(Options{HeldReplyBytes: 3 << 20}) })
	res, err := http.Post(s.URL+"/execute", "application/json",
		strings.NewReader(`{"script":"def main(x): pass","inputs":[`+strings.Repeat("0,", r.cases-1)+`0]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(text), `"count":100,`) {
		t.Errorf("%d %.200s %v", res.StatusCode, text, err)
	}
}

// roomyRunner takes one case ahead, and reserves memory for each that is not in its value.
type roomyRunner struct {
	*fakeRunner
	size, cases int
}

func (r *roomyRunner) RunCases(
	ctx context.Context, batch runtime.Batch, hooks runtime.Hooks, each func(int, runtime.Result) error,
) error {
	_, err := batch.Next(ctx)
	for i := range r.cases {
		if i+1 < r.cases && err == nil {
			_, err = batch.Next(ctx)
		}
		if err == nil {
			err = hooks.Room(r.size)
		}
		if err == nil {
			err = each(i, runtime.Result{Status: runtime.OK, Value: []byte("1"), Room: r.size})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
