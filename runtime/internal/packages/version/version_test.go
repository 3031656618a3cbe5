package version

import (
	_ "embed"
	"strings"
	"testing"
)

// answers are what the Python tool "packaging" says: see the file.
//
//go:embed testdata/packaging.txt
var answers string

// parseAll reads versions that have to be good.
func parseAll(t *testing.T, texts []string) []Version {
	t.Helper()
	list := make([]Version, len(texts))
	for i, text := range texts {
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = v
	}
	return list
}

// Every answer of the tool is ours, too.
func TestAnswersOfPackaging(t *testing.T) {
	var versions []Version
	checked := 0
	for line := range strings.Lines(answers) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch f[0] {
		case "versions":
			versions = parseAll(t, f[1:])
		case "normal":
			for i, want := range f[1:] {
				if got := versions[i].String(); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		case "invalid":
			for _, text := range f[1:] {
				if v, err := Parse(text); err == nil {
					t.Errorf("%q is taken for %s", text, v)
				}
			}
		case "order":
			v := parseAll(t, f[1:2])[0]
			for i, w := range versions {
				if got := "<=>"[v.Compare(w)+1]; got != f[2][i] {
					t.Errorf("%s %c %s, want %c", v, got, w, f[2][i])
				}
				checked++
			}
		case "spec":
			checked += specifier(t, f[1], f[2], versions)
		}
	}
	if checked < 20000 {
		t.Errorf("only %d answers were looked at", checked)
	}
}

func specifier(t *testing.T, text, want string, versions []Version) int {
	t.Helper()
	list, err := ParseSpecifiers(text)
	if refused := want == "refused"; refused != (err != nil) {
		t.Errorf("%q: %v, want refused: %t", text, err, refused)
		return 1
	} else if refused {
		return 1
	}
	for i, v := range versions {
		if got := list.Contains(v); got != (want[i] == '1') {
			t.Errorf("%q contains %s: %t", text, v, got)
		}
	}
	return len(versions)
}

func TestWhatSpecifiersAskFor(t *testing.T) {
	for _, tt := range []struct {
		text        string
		pre, pinned bool
	}{
		{"", false, false}, {">=1", false, false}, {">=1rc1", true, false}, {"<2rc1", false, false},
		{"!=2rc1", false, false},
		{"==1", false, true}, {"==1.*", false, false}, {"===x", false, true}, {"===1.0rc1", true, true},
		{"~=1.0b2,<2", true, false},
	} {
		list, err := ParseSpecifiers(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if list.AllowPre() != tt.pre || list.Pinned() != tt.pinned {
			t.Errorf("%q: pre-releases %t, pinned %t", tt.text, list.AllowPre(), list.Pinned())
		}
	}
}

// What is no version is known by its text alone, as the tool has it.
func TestContainsText(t *testing.T) {
	for _, tt := range []struct {
		conditions, text string
		want             bool
	}{
		{"", "2004d", true}, {"===2004d", "2004D", true}, {"===2004", "2004d", false}, {"==1.0", "2004d", false},
		{"!=1.0", "2004d", false}, {">=1,===2004d", "2004d", false},
	} {
		list, err := ParseSpecifiers(tt.conditions)
		if err != nil {
			t.Fatal(err)
		}
		if got := list.ContainsText(tt.text); got != tt.want {
			t.Errorf("%q contains %s: %t", tt.conditions, tt.text, got)
		}
	}
}

func TestBounds(t *testing.T) {
	if _, err := Parse(strings.Repeat("1", maxBytes+1)); err == nil {
		t.Error("a version of any length")
	}
	if _, err := ParseSpecifiers(strings.Repeat(">1,", maxConditions+1)); err == nil {
		t.Error("any number of conditions")
	}
}

// A version is written so that it is read again as the same.
func FuzzParse(f *testing.F) {
	f.Add("1!2.0rc1.post3.dev4+local.5", ">=1.0,!=1.1.*")
	f.Fuzz(func(t *testing.T, text, conditions string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(v.String())
		if err != nil || again.Compare(v) != 0 || again.String() != v.String() {
			t.Errorf("%q: %s, then %s, %v", text, v, again, err)
		}
		list, err := ParseSpecifiers(conditions)
		if err != nil {
			return
		}
		same, err := ParseSpecifiers(list.String())
		if err != nil || same.Contains(v) != list.Contains(v) {
			t.Errorf("%q: %s, then %s, %v", conditions, list, same, err)
		}
	})
}
