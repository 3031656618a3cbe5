package packages

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
)

// What is kept of the index while versions are chosen is bounded; descriptions are not
// kept.
func TestDemandHoldsLittle(t *testing.T) {
	chain := func(header string) (files []served) {
		for i := range 4 {
			f := of(t, wheeltest.Wheel{Name: fmt.Sprint("p", i), Version: "1"})
			f.metadata = fmt.Sprintf("Name: p%d\nVersion: 1\n", i) + header
			if i < 3 {
				f.metadata = fmt.Sprintf("Requires-Dist: p%d\n", i+1) + f.metadata
			}
			files = append(files, f)
		}
		return files
	}
	var many []served
	for i := range 2000 {
		many = append(many, served{name: fmt.Sprintf("p0-%d-py3-none-any.whl", i), project: "p0", metadata: "x"})
	}
	for _, tt := range []struct {
		name  string
		files []served
		says  string
	}{
		{name: "long descriptions", files: chain("\n" + strings.Repeat("x", 1<<20))},
		{"long headers", chain(strings.Repeat("Summary: x\n", 10_000)), "index says of the packages: more than 1 MiB"},
		{"many files", many, "the index says of the packages: more than 1 MiB"},
	} {
		d := Demand{Interpreter: bundled(t), Index: testIndex(t, tt.files, nil),
			Wanted: []requirement.Requirement{{Name: "p0"}}, Dir: t.TempDir(), Log: quiet,
			Room:   func(int64) error { return nil },
			Bounds: Bounds{Distributions: 10, Projects: 10, Download: 64 << 20, Files: 1000, Held: 1 << 20}}
		r, err := d.Resolve(t.Context())
		if err == nil {
			r.Close()
		}
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}
