package e2e

import (
	"testing"

	"github.com/pyexec/pyexec/funcs/web"
)

// The examples of the page and of /openapi.json get the replies that stand
// there, to the byte.
func TestDocumentedReplies(t *testing.T) {
	s := live(t)
	for _, e := range web.Examples() {
		t.Run(e.Name, func(t *testing.T) {
			if r := s.post(t, e.Request); r.code != e.Status || r.body != string(e.Response) {
				t.Errorf("got  %d %s\nwant %d %s", r.code, r.body, e.Status, e.Response)
			}
		})
	}
}
