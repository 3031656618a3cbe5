package e2e

import (
	"regexp"
	"testing"

	"github.com/pyexec/pyexec/funcs/web"
)

// marks are the lines of a traceback that mark parts of others, as JSON has them.
var marks = regexp.MustCompile(`\\n *[~^]+(\\n)`)

// The examples of the page and of /openapi.json get the replies that stand
// there, to the byte.
func TestDocumentedReplies(t *testing.T) {
	s := live(t)
	python := s.python(t)
	for _, e := range web.Examples() {
		t.Run(e.Name, func(t *testing.T) {
			r := s.post(t, e.Request)
			got, want := r.body, string(e.Response)
			if python != "3.11" { // which marks other parts of a line
				got, want = marks.ReplaceAllString(got, "$1"), marks.ReplaceAllString(want, "$1")
			}
			if r.code != e.Status || got != want {
				t.Errorf("got  %d %s\nwant %d %s", r.code, got, e.Status, want)
			}
		})
	}
}
