package python_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// At believes what is noted in a prefix, wherever that is by now, until there is
// something wrong with it: then it asks.
func TestIdentityIsNoted(t *testing.T) {
	need.Time(t, "unpacks the interpreter")
	good := bundled(t, sharedCache(t))
	const lie = "3.11.99"
	for name, tt := range map[string]struct {
		spoil func(home, exe, note, text string) error
		asked bool
	}{
		"as it was made": {func(_, _, _, _ string) error { return nil }, false},
		"another time stamp": {func(_, exe, _, _ string) error {
			return os.Chtimes(exe, time.Time{}, time.Unix(1, 0))
		}, true},
		"another size": {func(_, exe, note, text string) error {
			return os.WriteFile(note, []byte(strings.Replace(text, `"Size":`, `"Size":1`, 1)), 0o644)
		}, true},
		"another executable": {func(_, exe, note, text string) error {
			return os.WriteFile(note, []byte(strings.Replace(text, "bin/python", "bin/../bin/other", 1)), 0o644)
		}, true},
		"extensions elsewhere": {func(_, _, note, text string) error {
			return os.WriteFile(note, []byte(strings.Replace(text, `"Extensions":"`, `"Extensions":"../`, 1)), 0o644)
		}, true},
		"no JSON": {func(_, _, note, _ string) error { return os.WriteFile(note, []byte("{"), 0o644) }, true},
		"too long": {func(_, _, note, text string) error {
			return os.WriteFile(note, []byte(text+strings.Repeat(" ", 4<<10)), 0o644)
		}, true},
		"a link": {func(_, _, note, _ string) error {
			if err := os.Rename(note, note+".real"); err != nil {
				return err
			}
			return os.Symlink(note+".real", note)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			made := filepath.Join(t.TempDir(), "made")
			must(t, os.CopyFS(made, os.DirFS(good.Home)))
			must(t, python.NoteIdentity(made))
			home := filepath.Join(filepath.Dir(made), "moved")
			must(t, os.Rename(made, home))
			note := filepath.Join(home, ".identity")
			text, err := os.ReadFile(note)
			must(t, err)
			lied := strings.Replace(string(text), good.Version, lie, 1)
			must(t, os.WriteFile(note, []byte(lied), 0o644))
			exe := filepath.Join(home, "bin/python3.11")
			must(t, tt.spoil(home, exe, note, lied))
			if name != "another time stamp" { // all of an image's get the same
				must(t, os.Chtimes(note, time.Unix(0, 0), time.Unix(0, 0)))
				must(t, os.Chtimes(exe, time.Unix(0, 0), time.Unix(0, 0)))
			}
			p, err := python.At(home)
			must(t, err)
			want := map[bool]string{true: good.Version, false: lie}[tt.asked]
			if p.Version != want || p.Home != home || len(p.Libraries) != len(good.Libraries) {
				t.Errorf("got %+v, want version %s", p, want)
			}
		})
	}
}
