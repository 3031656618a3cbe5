package pyexec

import (
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/readme"
)

// readmeExamples are the examples of the README.
func readmeExamples(t *testing.T) []readme.Example {
	t.Helper()
	examples, err := readme.Examples("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) < 5 {
		t.Fatalf("README.md: %d examples found", len(examples))
	}
	return examples
}

// runExamples runs them as they stand against the server at url.
func runExamples(t *testing.T, url string, examples []readme.Example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.Name(), func(t *testing.T) {
			got, err := e.Run(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if got != e.Output {
				t.Errorf("printed\n got %s\nwant %s", got, e.Output)
			}
		})
	}
}

func TestREADMEExamples(t *testing.T) {
	examples := readmeExamples(t)
	languages := map[string]int{}
	for _, e := range examples {
		languages[e.Language]++
	}
	if languages["sh"] == 0 || languages["powershell"] == 0 {
		t.Errorf("README.md: examples %v, want both languages", languages)
	}
	runExamples(t, live(t).http.URL, examples)
}
