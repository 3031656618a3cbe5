package installed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
)

// directory makes one with metadata by the names of their directories.
func directory(t *testing.T, list map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range list {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name, "METADATA"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const frames = `Metadata-Version: 2.4
Name: Frames.Lib
Version: 3.1.1
Requires-Dist: numpy>=2.0.2
Requires-Dist: tzdata; sys_platform == "win32"
Provides-Extra: Excel_X
Requires-Dist: openpyxl>=3.1.5; extra == "excel-x"
Requires-Dist: pywin32; extra == "excel-x" and sys_platform == "win32"
Provides-Extra: empty
Provides-Extra: broken
Requires-Dist: numexpr>=1.*; extra == "broken"
Requires-Dist: old; extra == "unlisted"

Requires-Dist: of-the-description
`

func TestRead(t *testing.T) {
	first := directory(t, map[string]string{
		"frames_lib-3.1.1.dist-info": frames,
		"frames_lib":                 "Name: a package, not its metadata\n",
		"old-2004d.dist-info":        "Name: old\nVersion: 2004d\n",
		"bare-1.5.dist-info":         "", // without METADATA
		"large-1.dist-info":          "Name: large\nVersion: 1\n\n" + strings.Repeat("x", wheel.MetadataBytes),
		"other.dist-info":            "",
		"-.dist-info":                "",
	})
	second := directory(t, map[string]string{
		"Frames.Lib-9.dist-info": "Name: frames_lib\nVersion: 9\n",
		"six-1.17.0.dist-info":   "Name: six\nVersion: 1.17.0\n",
	})
	set, err := Read(first, filepath.Join(first, "missing"), second)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"frames-lib": "3.1.1", "old": "2004d", "bare": "1.5", "large": "1", "other": "", "six": "1.17.0",
	}
	for name, text := range want {
		if d, ok := set[name]; !ok || d.Text != text || d.Project != name {
			t.Errorf("%s: %t %q %q, want %q", name, ok, d.Project, d.Text, text)
		}
	}
	if len(set) != len(want) {
		t.Errorf("%d distributions, want %d", len(set), len(want))
	}
	if n := len(set["frames-lib"].Unread); n != 1 {
		t.Errorf("%d fields unread, want 1: %v", n, set["frames-lib"].Unread)
	}
	if _, err := Read(filepath.Join(first, "frames_lib", "METADATA")); err == nil {
		t.Error("a file is read as a directory")
	}
}

func TestSatisfies(t *testing.T) {
	v, err := version.Parse("3.0rc1")
	if err != nil {
		t.Fatal(err)
	}
	pre, old := Distribution{Metadata: wheel.Metadata{Version: v}}, Distribution{Text: "2004d"}
	for _, tt := range []struct {
		d          Distribution
		conditions string
		want       bool
	}{
		// What is installed was chosen: a pre-release is a version like others.
		{pre, "", true}, {pre, ">=2", true}, {pre, ">=3", false}, {pre, "<3", false}, {pre, "!=3", true},
		{pre, "===3.0RC1", true}, {pre, "==3.*", true},
		{old, "", true}, {old, ">=1", false}, {old, "===2004D", true},
	} {
		list, err := version.ParseSpecifiers(tt.conditions)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.d.Satisfies(list); got != tt.want {
			t.Errorf("%v%s satisfies %q: %t", tt.d.Version, tt.d.Text, tt.conditions, got)
		}
	}
}

func TestExtra(t *testing.T) {
	set, err := Read(directory(t, map[string]string{"frames_lib-3.1.1.dist-info": frames, "bare-1.dist-info": ""}))
	if err != nil {
		t.Fatal(err)
	}
	env := requirement.NewEnvironment("3.11.11", "x86_64")
	for _, tt := range []struct{ name, extra, want, says string }{
		{"frames-lib", "excel-x", "openpyxl>=3.1.5", ""},
		{"frames-lib", "empty", "", ""},
		{"frames-lib", "unlisted", "old", ""}, // tools of old did not list them
		{"frames-lib", "broken", "", "make no sense: Requires-Dist"},
		{"frames-lib", "nosuch", "", "frames-lib 3.1.1 has no extra nosuch"},
		{"bare", "any", "", "the metadata of bare 1 make no sense: METADATA"},
	} {
		list, err := set[tt.name].Extra(tt.extra, env)
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s[%s]: %v, want %q", tt.name, tt.extra, err, tt.says)
			}
			continue
		}
		var texts []string
		for _, r := range list {
			texts = append(texts, r.String())
		}
		if got := strings.Join(texts, " "); err != nil || got != tt.want {
			t.Errorf("%s[%s]: %q, %v", tt.name, tt.extra, got, err)
		}
	}
}
