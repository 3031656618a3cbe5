package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/cmd/internal/sbom"
)

// laysOutEnvironments lays out a root with two environments of the Python at prefix, one
// of which has a package.
func laysOutEnvironments(t *testing.T, prefix string) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "rootfs")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		filepath.Join(from, "sets/thing/thing.py"):                     "VERSION = 2",
		filepath.Join(from, "sets/thing/thing-2.0.dist-info/METADATA"): "Name: thing",
		filepath.Join(from, "list.toml"): "[[environment]]\nname = 'with'\npackages = 'sets/thing'\n" +
			"start = 'at once'\npreload = ['json']\n[[environment]]\nname = 'without'\npython = '" + prefix + "'\n",
		filepath.Join(dir, "server"): string(program),
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var stderr bytes.Buffer
	args := []string{"-python", prefix, "-environments", filepath.Join(from, "list.toml"), dir}
	if code := run(t.Context(), args, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "environments.toml"))
	const want = "[[environment]]\nname = 'with'\npackages = '/environments/with/packages'\n" +
		"python = '/environments/with/python'\npreload = ['json']\nstart = 'at once'\n\n" +
		"[[environment]]\nname = 'without'\npython = '/environments/without/python'\n"
	if err != nil || string(text) != want {
		t.Errorf("environments.toml: %s, %v", text, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "environments/with/packages/thing.py")); err != nil ||
		string(got) != "VERSION = 2" {
		t.Errorf("packages: %s, %v", got, err)
	}
	// Files that the jails share are there once, libraries included.
	libraries, err := filepath.Glob(filepath.Join(dir, "jail/lib*/*.so*"))
	if err != nil || len(libraries) == 0 {
		t.Errorf("libraries: %v, %v", libraries, err)
	}
	for _, name := range append(libraries, filepath.Join(dir, "jail/python/bin/python3.11")) {
		rel := strings.TrimPrefix(name, filepath.Join(dir, "jail"))
		for _, e := range []string{"with", "without"} {
			one, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			other, err := os.Lstat(filepath.Join(dir, environments, e, rel))
			if err != nil || !os.SameFile(one, other) {
				t.Errorf("%s of %s: another file, %v", rel, e, err)
			}
		}
	}
	isSettled(t, dir)
	var d sbom.Document
	if text, err = os.ReadFile(filepath.Join(dir, sbom.Path)); err != nil || json.Unmarshal(text, &d) != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, c := range d.Components {
		times[c.Ref]++
	}
	if times["pkg:pypi/thing@2.0"] != 1 || times["file:/environments/with/lib64/ld-linux-x86-64.so.2"]+
		times["file:/environments/with/lib/ld-linux-aarch64.so.1"] != 1 {
		t.Errorf("not in the list of parts: %v", times)
	}
	for ref, n := range times {
		if n != 1 {
			t.Errorf("%s: %d times", ref, n)
		}
	}
	refusesEnvironments(t, from, prefix)
}

// refusesEnvironments has lists that make no image.
func refusesEnvironments(t *testing.T, from, prefix string) {
	for text, says := range map[string]string{
		"name = 'default'":               `environment "default": an image has its own`,
		"name = 'a'\npython = '3.9'":     `environment "a": CPython "3.9": not known`,
		"name = 'a'\npython = 'nowhere'": `environment "a": python: stat`,
		"name = 'a'\npackages = 'x.txt'": `environment "a": packages: stat`,
	} {
		list := filepath.Join(from, "refused.toml")
		if err := os.WriteFile(list, []byte("[[environment]]\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		args := []string{"-python", prefix, "-environments", list, filepath.Join(t.TempDir(), "r")}
		code := run(t.Context(), args, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), says) {
			t.Errorf("%s: exit code %d, %s, want %s", text, code, &stderr, says)
		}
	}
}
