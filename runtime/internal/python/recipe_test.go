package python

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestTrimRulesHaveReasons(t *testing.T) {
	for _, r := range slices.Concat(releases[0].rules(), releases[1].rules()) {
		if r.Reason == "" {
			t.Errorf("%s: why", r.Pattern)
		}
		if _, err := filepath.Match(r.Pattern, ""); err != nil || !filepath.IsLocal(r.Pattern) {
			t.Errorf("%s: not a pattern below the prefix: %v", r.Pattern, err)
		}
	}
}

func TestTrim(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "odd [name]*?\\")
	for _, path := range []string{"bin/pip", "bin/python", "bin/keep", "lib/a/test/x", "lib/b/tests/y",
		"lib/a/code", "include/deep/file"} {
		full := filepath.Join(prefix, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := trim(prefix, []trimRule{{Pattern: "include"}, {Pattern: "none"},
		{Pattern: "bin/*", Except: []string{"keep"}}, {Pattern: "lib/*/test"}}); err != nil {
		t.Fatal(err)
	}
	m, err := takeManifest(prefix)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(m.files))
	if want := []string{"bin/keep", "lib/a/code", "lib/b/tests/y"}; !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}

// What is written is read back, and no shorter text is.
func TestManifestRoundTrip(t *testing.T) {
	prefix := t.TempDir()
	for name, text := range map[string]string{"a": "1", "dir/b with space": "22", "dir/sub/c": ""} {
		path := filepath.Join(prefix, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := takeManifest(prefix)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "manifest")
	if err := m.write(path); err != nil {
		t.Fatal(err)
	}
	got, err := readManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got.files, m.files) || !maps.Equal(got.dirs,
		map[string]bool{".": true, "dir": true, "dir/sub": true}) {
		t.Errorf("got %+v, want %+v", got, m)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range text {
		if _, err := parseManifest(text[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes pass", n, len(text))
		}
	}
	if err := m.write(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("overwritten: %v", err)
	}
}

func TestParseManifestRefuses(t *testing.T) {
	digest := strings.Repeat("0", 64)
	for name, text := range map[string]string{
		"another format": "pyexec manifest 2\nfiles 0\n",
		"wrong count":    manifestFirst + "\n" + digest + " 1 644 a\nfiles 2\n",
		"text after":     manifestFirst + "\nfiles 0\nmore\n",
		"no digest":      manifestFirst + "\n1 644 a\nfiles 1\n",
		"no path":        manifestFirst + "\n" + digest + " 1 644\nfiles 1\n",
		"bad size":       manifestFirst + "\n" + digest + " x 644 a\nfiles 1\n",
		"bad mode":       manifestFirst + "\n" + digest + " 1 999 a\nfiles 1\n",
		"same file":      manifestFirst + "\n" + strings.Repeat(digest+" 1 644 a\n", 2) + "files 2\n",
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := parseManifest([]byte(text)); err == nil {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// A tree holds nothing that a digest cannot speak for.
func TestManifestRefusesLinks(t *testing.T) {
	prefix := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(prefix, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := takeManifest(prefix); err == nil || !strings.Contains(err.Error(), "link: L") {
		t.Errorf("got %v", err)
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: "/c/x", Err: syscall.EACCES},
			"unpack: /c/x: permission denied: set XDG_CACHE_HOME to a writable directory"},
		{&os.LinkError{Op: "rename", Old: "/c/a", New: "/c/b", Err: syscall.EROFS},
			"unpack: /c/b: read-only file system: set XDG_CACHE_HOME to a writable directory"},
		{fmt.Errorf("trim: %w", &fs.PathError{Op: "write", Path: "/c/x", Err: syscall.EDQUOT}),
			"unpack: /c/x: disk quota exceeded: 150 MB and 2000 files are needed: set XDG_CACHE_HOME to a " +
				"directory with room"},
		{syscall.ENOSPC, "unpack: /c: no space left on device: 150 MB and 2000 files are needed: set XDG_CACHE_HOME " +
			"to a directory with room"},
		{context.Canceled, "unpack: context canceled"},
		{errors.New("byte-compile: odd"), "unpack: byte-compile: odd"},
	} {
		err := explain("/c", tt.err)
		if err.Error() != tt.want {
			t.Errorf("got  %s\nwant %s", err, tt.want)
		}
		cause := tt.err
		for errors.Unwrap(cause) != nil {
			cause = errors.Unwrap(cause)
		}
		if !errors.Is(err, cause) {
			t.Errorf("%v does not wrap %v", err, cause)
		}
	}
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		files, hands int
		want         string
	}{
		{0, 4, "[]"}, {1, 4, "[[0]]"}, {5, 2, "[[0 2 4] [1 3]]"}, {3, 3, "[[0] [1] [2]]"},
	} {
		var files []string
		for i := range tt.files {
			files = append(files, fmt.Sprint(i))
		}
		if got := fmt.Sprint(share(files, tt.hands)); got != tt.want {
			t.Errorf("%d files, %d hands: got %s, want %s", tt.files, tt.hands, got, tt.want)
		}
	}
}

// A module that does not compile is named.
func TestByteCompileNamesTheModule(t *testing.T) {
	prefix := t.TempDir()
	if err := os.WriteFile(filepath.Join(prefix, "broken.py"), []byte("def"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nread f\necho \"bad: $f\"\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := byteCompile(t.Context(), script, prefix, compiledPath, false)
	if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "broken.py") {
		t.Errorf("got %v", err)
	}
}
