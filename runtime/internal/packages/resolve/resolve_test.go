package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// world is an index of lines "name version: need, need".
type world struct {
	versions map[string][]Candidate
	needs    map[string][]requirement.Requirement
	asked    int
}

func parse(t *testing.T, text string) (list []requirement.Requirement) {
	t.Helper()
	for part := range strings.SplitSeq(text, "|") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		r, err := requirement.Parse(part)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func newWorld(t *testing.T, text string) *world {
	t.Helper()
	w := &world{versions: map[string][]Candidate{}, needs: map[string][]requirement.Requirement{}}
	for line := range strings.Lines(text) {
		head, needs, _ := strings.Cut(strings.TrimSpace(line), ":")
		f := strings.Fields(head)
		if len(f) < 2 {
			continue
		}
		v, err := version.Parse(f[1])
		if err != nil {
			t.Fatal(err)
		}
		w.versions[f[0]] = append(w.versions[f[0]],
			Candidate{Project: f[0], Version: v, Yanked: slices.Contains(f, "yanked")})
		if slices.Contains(f, "broken") {
			w.needs[f[0]+f[1]] = nil
			continue
		}
		w.needs[f[0]+f[1]] = append([]requirement.Requirement{}, parse(t, needs)...)
	}
	for _, list := range w.versions {
		slices.SortFunc(list, func(a, b Candidate) int { return b.Version.Compare(a.Version) })
	}
	return w
}

func (w *world) Versions(_ context.Context, project string) ([]Candidate, error) {
	if project == "offline" {
		return nil, errors.New("no connection")
	}
	return w.versions[project], nil
}

func (w *world) Needs(_ context.Context, c Candidate) ([]requirement.Requirement, error) {
	w.asked++
	needs := w.needs[c.Project+c.Version.String()]
	if needs == nil {
		return nil, fmt.Errorf("%s: %w", c.Project, ErrUnusable)
	}
	return needs, nil
}

func (w *world) Else(project string) string {
	if project == "source" {
		return "there is source-1.tar.gz"
	}
	return ""
}

func TestSolve(t *testing.T) {
	for _, tt := range []struct{ name, world, wanted, constraints, want, says string }{
		{"the newest", "a 1:\na 2:\na 10:", "a", "", "a 10", ""},
		{"what it needs", "a 1: b>=1 | c\nb 1:\nb 2: c<2\nc 1:\nc 2:", "a", "", "a 1, b 2, c 1", ""},
		{"an older one, because of a need", "a 2: b>=2\na 1: b\nb 1:", "a", "", "a 1, b 1", ""},
		{"an older one, because of another wish", "a 2: b>=2\na 1: b>=1\nb 1:\nb 2:", "a|b<2", "", "a 1, b 1", ""},
		{"no pre-release", "a 1:\na 2rc1:", "a", "", "a 1", ""},
		{"a pre-release that is asked for", "a 1:\na 2rc1:", "a>=2rc1", "", "a 2rc1", ""},
		{"a pre-release for want of others", "a 2rc1:", "a", "", "a 2rc1", ""},
		{"nothing yanked", "a 1:\na 2 yanked:", "a", "", "a 1", ""},
		{"what is yanked, by its number", "a 1:\na 2 yanked:", "a==2", "", "a 2", ""},
		{"a constraint", "a 1: b\nb 1:\nb 2:", "a", "b<2|c<1", "a 1, b 1", ""},
		{"markers", "a 1: b; python_version<'3' | c; sys_platform=='linux'\nc 1:", "a|d; os_name=='nt'", "",
			"a 1, c 1", ""},
		{"extras", "a 1: b; extra=='x' | c; extra=='y'\nb 1:\nc 1:", "a[X]", "", "a 1, b 1", ""},
		{"extras of its own", "a 1: a[y]; extra=='all' | c; extra=='y'\nc 1:", "a[all]", "", "a 1, c 1", ""},
		{"extras that come later", "a 1: b\nb 1: a[x]\nc 1:\na 0: b", "a", "", "a 1, b 1", ""},
		{"extras of what is chosen", "a 1: c; extra=='x'\nb 1: a[x]\nc 1:", "a|b", "", "a 1, b 1, c 1", ""},
		{"a circle", "a 1: b\nb 1: a", "a", "", "a 1, b 1", ""},
		{"one whose metadata make no sense", "a 1:\na 2 broken", "a", "", "a 1", ""},
		{"nothing", "", "", "", "", ""},

		{"unknown", "", "a", "", "", "a: no version fits: wanted is any (the file)"},
		{"source alone", "", "source>1", "", "",
			"source: no version fits: wanted is >1 (the file); there is source-1.tar.gz"},
		{"contradictory wishes", "a 1:\na 2:", "a<2|a>1", "", "",
			"a: no version fits: wanted is <2 (the file), >1 (the file)"},
		{"contradictory needs", "a 1: c<2\nb 1: c>=2\nc 1:\nc 2:", "a|b", "", "",
			"c: no version fits: wanted is <2 (a 1), >=2 (b 1)"},
		{"a need that nothing meets", "a 1: b>=2\nb 1:", "a", "", "", "b: no version fits: wanted is >=2 (a 1)"},
		{"a constraint that nothing meets", "a 1:", "a", "a>1", "", ">1 (a constraint)"},
		{"all of them broken", "a 1 broken", "a", "", "", "can't be used"},
		{"no connection", "a 1: offline\na 0:", "a", "", "", "no connection"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Problem{Source: newWorld(t, tt.world), Environment: requirement.NewEnvironment("3.11.11", "x86_64"),
				By: "the file", Wanted: parse(t, tt.wanted), Constraints: parse(t, tt.constraints)}
			found, err := p.Solve(t.Context())
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("got %v, want %q", err, tt.says)
				}
				return
			}
			var got []string
			for _, c := range found {
				got = append(got, c.Project+" "+c.Version.String())
			}
			slices.Sort(got)
			if err != nil || strings.Join(got, ", ") != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	p := Problem{Source: newWorld(t, "a 1:\na 2rc1:"), By: "the file", Wanted: parse(t, "a"), Pre: true}
	if found, err := p.Solve(t.Context()); err != nil || found[0].Version.String() != "2rc1" {
		t.Errorf("pre-releases are allowed: %v, %v", found, err)
	}
}

// A dead end leads back to the choice that it depends on, not through all choices
// between.
func TestGoesBackToTheCause(t *testing.T) {
	var text strings.Builder
	fmt.Fprintln(&text, "a 2: z>=2\na 1: z<2")
	for _, name := range []string{"b", "c", "d", "e", "f"} {
		for v := range 20 {
			fmt.Fprintf(&text, "%s %d:\n", name, v+1)
		}
	}
	fmt.Fprintln(&text, "y 1: z<2\nz 1:\nz 2:")
	w := newWorld(t, text.String())
	found, err := Problem{Source: w, By: "the file", Wanted: parse(t, "a|b|c|d|e|f|y")}.Solve(t.Context())
	if err != nil || found[0].Version.String() != "1" {
		t.Fatalf("%v, %v", found, err)
	}
	if w.asked > 20 { // one after the other it would be millions
		t.Errorf("asked %d times what something needs", w.asked)
	}
}

// The search ends after so many tries, and when it is told to stop.
func TestGivesUp(t *testing.T) {
	var text strings.Builder
	for v := range 100 {
		fmt.Fprintf(&text, "a %d: x==%d\nb %d: x==%d\nx %d:\n", v, v, v, v+1000, v)
		fmt.Fprintf(&text, "x %d: \n", v+1000)
	}
	w := newWorld(t, text.String())
	_, err := Problem{Source: w, By: "the file", Wanted: parse(t, "a|b")}.Solve(t.Context())
	if err == nil || !strings.Contains(err.Error(), "name the versions") || w.asked > 2*maxTries {
		t.Errorf("%v, asked %d times", err, w.asked)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := (Problem{Source: w, Wanted: parse(t, "a")}).Solve(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
