package python

import (
	"archive/zip"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

func TestReleases(t *testing.T) {
	for _, r := range releases {
		if !slices.Contains(accepted, r.series()) {
			t.Errorf("%s is made and not accepted", r.series())
		}
		if (r.sum == "") != (r.version == bundled.version) {
			t.Errorf("%s: %+v", r.version, r)
		}
		if !strings.Contains(r.module, "-"+r.version+"-") {
			t.Errorf("%s comes from %s", r.version, r.module)
		}
	}
	if _, err := SourceOf(bundled.series()); !errors.Is(err, ErrBundled) {
		t.Errorf("the bundled one: %v", err)
	}
	if got, err := SourceOf("3.14"); err != nil || got.Module != modulePath || !strings.HasPrefix(got.Sum, "h1:") {
		t.Errorf("%+v, %v", got, err)
	}
	for version, want := range map[string]string{"3.11.11": "3.11", "3.110.0": "3.110", "3.14.6": "3.14", "3": "3"} {
		if got := Series(version); got != want {
			t.Errorf("the series of %s is %s, want %s", version, got, want)
		}
	}
}

// An archive that is none, or has something else in it, leaves nothing behind.
func TestUnpackRefuses(t *testing.T) {
	if err := supported(); err != nil {
		need.Elsewhere(t, "nothing is unpacked by this binary: %v", err)
	}
	r := releaseOf("3.14")
	inside := modulePath + "@" + r.module + "/python/internal/data/linux-amd64/"
	for name, tt := range map[string]struct {
		files  map[string]string
		series string
		says   string
	}{
		"no archive":     {nil, "3.14", "not a valid zip file"},
		"empty":          {map[string]string{}, "3.14", "files.json: file does not exist"},
		"no list":        {map[string]string{inside + "bin/python3.14": ""}, "3.14", "files.json: file does not exist"},
		"a bad list":     {map[string]string{inside + "files.json": "{"}, "3.14", "unexpected end of JSON"},
		"no interpreter": {map[string]string{inside + "files.json": "{}"}, "3.14", "no such file or directory"},
		"the bundled":    {map[string]string{}, "3.11", "is in this binary"},
		"unknown":        {map[string]string{}, "3.9", "not known"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			archive, target := filepath.Join(dir, "module.zip"), filepath.Join(dir, "made", "python")
			writeZip(t, archive, tt.files)
			fetch := func(_ Source, to string) error { return os.Rename(archive, to) }
			err := Unpack(t.Context(), tt.series, target, fetch, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
			left, err := os.ReadDir(filepath.Dir(target))
			if err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

// writeZip makes an archive of files, or without any a file that is none.
func writeZip(t *testing.T, path string, files map[string]string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if files == nil {
		return
	}
	w := zip.NewWriter(f)
	for name, content := range files {
		member, err := w.Create(name)
		if err == nil {
			_, err = member.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
