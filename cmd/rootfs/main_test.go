package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/cmd/internal/sbom"
	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

func TestRootfs(t *testing.T) {
	need.Time(t, "installs the interpreter")
	outside := t.TempDir()
	dir := filepath.Join(outside, "rootfs")
	certs, server := filepath.Join(outside, "certs.crt"), filepath.Join(dir, "server")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exe) // a program of Go, like the server
	if err != nil {
		t.Fatal(err)
	}
	program := string(data)
	for name, content := range map[string]string{certs: "certificates", server: program,
		filepath.Join(dir, "jail/packages/some_thing-1.0.dist-info/METADATA"): "Name: some.thing"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{dir, certs}, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for name, want := range map[string]string{certs: "certificates", "server": program, "probe": program} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %.20q, %v", name, got, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "tmp")); err != nil || info.Mode() != fs.ModeDir|fs.ModeSticky|0o777 {
		t.Errorf("tmp: %v, %v", info, err)
	}
	// The libraries are there for scripts, and by a link for everybody else.
	libraries, err := filepath.Glob(filepath.Join(dir, "lib*/*.so*"))
	if err != nil || len(libraries) == 0 {
		t.Errorf("libraries: %v, %v", libraries, err)
	}
	for _, path := range libraries {
		if real, err := filepath.EvalSymlinks(path); err != nil ||
			!strings.HasPrefix(real, filepath.Join(dir, jail)+"/") {
			t.Errorf("%s: is %s, %v", path, real, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "jail/python/bin/python3.11")); err != nil ||
		info.Mode().Perm() != 0o755 {
		t.Errorf("interpreter: %v, %v", info, err)
	}
	for _, name := range []string{"dev", "runs"} { // where file systems can be mounted
		if info, err := os.Stat(filepath.Join(dir, jail, name)); err != nil || info.Mode() != fs.ModeDir|0o755 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	listsWhatIsThere(t, dir)
	isSettled(t, dir)
	takesAnother(t, filepath.Join(dir, pythonHome))
	laysOutEnvironments(t, filepath.Join(dir, pythonHome))
}

// takesAnother lays out a root with a prefix that is there.
func takesAnother(t *testing.T, prefix string) {
	dir := filepath.Join(t.TempDir(), "rootfs")
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-python", prefix, dir}, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	seen := 0
	err := fs.WalkDir(os.DirFS(prefix), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		seen++
		want, err := os.ReadFile(filepath.Join(prefix, path))
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(filepath.Join(dir, pythonHome, path)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: another file, %v", path, err)
		}
		return nil
	})
	if err != nil || seen < 1000 {
		t.Errorf("%d files, %v", seen, err)
	}
	if code := run(t.Context(), []string{"-python", t.TempDir(), filepath.Join(t.TempDir(), "r")}, &stderr); code != 1 {
		t.Errorf("a directory that is no prefix: exit code %d", code)
	}
}

// isSettled looks at modes and times of all files.
func isSettled(t *testing.T, dir string) {
	seen := 0
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		seen++
		info, err := d.Info()
		if err == nil && d.Type() != fs.ModeSymlink && !info.ModTime().Equal(filetree.Stamp) {
			t.Errorf("%s: changed at %v", path, info.ModTime())
		}
		_, noJail := os.Stat(filepath.Join(dir, path, "runs"))
		if err == nil && d.IsDir() && noJail == nil && info.Mode() != fs.ModeDir|0o711 {
			t.Errorf("%s: mode %v, can't be a root of scripts as it is", path, info.Mode())
		}
		if err == nil && d.IsDir() && noJail != nil && info.Mode().Perm()&0o755 != 0o755 {
			t.Errorf("%s: mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || seen < 1000 {
		t.Errorf("%d files, %v", seen, err)
	}
}

// listsWhatIsThere reads the image's own list of its parts.
func listsWhatIsThere(t *testing.T, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, sbom.Path))
	if err != nil {
		t.Fatal(err)
	}
	var d sbom.Document
	if err := json.Unmarshal(text, &d); err != nil || d.Format != "CycloneDX" || d.Spec != "1.5" {
		t.Fatalf("%+v, %v", d, err)
	}
	refs := make(map[string]sbom.Component)
	for _, c := range d.Components {
		if _, twice := refs[c.Ref]; twice || c.Ref == "" || c.Name == "" {
			t.Errorf("%+v: not a part of its own", c)
		}
		refs[c.Ref] = c
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "server"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go"), "pkg:pypi/some-thing@1.0",
		"pkg:pypi/tzdata@2026.6"}
	for _, m := range info.Deps {
		want = append(want, "pkg:golang/"+m.Path+"@"+m.Version)
	}
	for _, ref := range want {
		if refs[ref].PURL != ref {
			t.Errorf("%s is not listed", ref)
		}
	}
	for _, name := range []string{"python", "openssl", "libexpat", "sqlite", "zlib"} {
		i := slices.IndexFunc(d.Components, func(c sbom.Component) bool { return c.Name == name })
		if i < 0 || d.Components[i].Version == "" ||
			!strings.Contains(d.Components[i].CPE, ":"+name+":"+d.Components[i].Version+":") {
			t.Errorf("%s is not listed", name)
		}
	}
	libraries, err := filepath.Glob(filepath.Join(dir, jail, "lib*/*.so*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range libraries {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := refs["file:"+strings.TrimPrefix(path, dir)]
		if sum := fmt.Sprintf("%x", sha256.Sum256(data)); len(c.Hashes) != 1 || c.Hashes[0].Content != sum {
			t.Errorf("%s: %+v, want %s", path, c, sum)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage: rootfs [-python PREFIX] [-environments FILE [-proxy PROXIES]] DIR [FILE...]"},
		{[]string{"-environments", "/nonexistent", t.TempDir()}, 1, "stat /nonexistent: no such file or directory"},
		{[]string{"-o", "x"}, 2, "flag provided but not defined"},
		{[]string{"/dev/null/rootfs"}, 1, "rootfs: install: mkdir /dev/null: not a directory"},
		{[]string{t.TempDir(), "relative"}, 1, "rootfs: relative: not an absolute path"},
		{[]string{t.TempDir(), "/nonexistent"}, 1, "rootfs: open /nonexistent: no such file or directory"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), tt.args, &stderr); code != tt.code || !strings.Contains(stderr.String(),
			tt.says) {
			t.Errorf("%v: exit code %d, %s", tt.args, code, &stderr)
		}
	}
}
