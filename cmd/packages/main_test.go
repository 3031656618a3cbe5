package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// cache is where the tests of other packages unpack the interpreter, too.
func cache(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(os.TempDir(), fmt.Sprintf("pyexec-test-cache-%d", os.Getuid())))
}

// packages runs the program.
func packages(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestArguments(t *testing.T) {
	cache(t)
	there := t.TempDir()
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage: packages -r file"},
		{[]string{"-h"}, 2, "requirements file to install"},
		{[]string{"-x"}, 2, "flag provided but not defined"},
		{[]string{"-r", "file"}, 2, "usage: "},
		{[]string{"-o", "d"}, 2, "usage: "},
		{[]string{"-libraries"}, 2, "usage: "},
		{[]string{"-libraries", "-r", "file", "-o", "d"}, 2, "usage: "},
		{[]string{"-r", "file", "-o", "d", "more"}, 2, "usage: "},
		{[]string{"-r", filepath.Join(there, "none.txt"), "-o", filepath.Join(there, "d")}, 1,
			"none.txt: no such file or directory"},
		{[]string{"-libraries", "-o", filepath.Join(there, "none")}, 1, "none: no such file or directory"},
	} {
		code, stdout, stderr := packages(t, tt.args...)
		if code != tt.code || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", tt.args, code, stdout, stderr)
		}
	}
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	t.Setenv("EXEC_TIMEOUT", "soon")
	if code, _, stderr := packages(t, "-libraries", "-o", t.TempDir()); code != 2 ||
		!strings.Contains(stderr, "EXEC_TIMEOUT") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// A requirements file becomes a directory, once, and the libraries that this needs
// of the machine are listed. A wheel with another hash is not installed.
func TestInstall(t *testing.T) {
	cache(t)
	wheels := t.TempDir()
	sum := wheel(t, filepath.Join(wheels, "answer-1.0-py3-none-any.whl"))
	file := filepath.Join(wheels, "requirements.txt")
	require := func(hash string) {
		text := fmt.Sprintf("--no-index\n--find-links %s\nanswer==1.0 --hash=sha256:%s\n", wheels, hash)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "made")

	require(strings.Repeat("0", 64))
	if code, _, stderr := packages(t, "-r", file, "-o", dir); code != 1 || !strings.Contains(stderr, "packages: ") {
		t.Errorf("another hash: exit code %d, stderr %q", code, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("another hash: %v", err)
	}

	require(sum)
	if code, stdout, stderr := packages(t, "-r", file, "-o", dir); code != 0 || stdout != "" {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "answer.py")); err != nil || string(text) != "value = 42\n" {
		t.Errorf("%q, %v", text, err)
	}
	if code, _, stderr := packages(t, "-r", file, "-o", dir); code != 1 || !strings.Contains(stderr, dir) {
		t.Errorf("a directory that is there: exit code %d, stderr %q", code, stderr)
	}

	code, stdout, stderr := packages(t, "-libraries", "-o", dir)
	if code != 0 || !strings.Contains(stdout, "libc.so.6\t/") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	for line := range strings.Lines(stdout) {
		looked, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || !filepath.IsAbs(looked) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// wheel writes a distribution with one module and returns its SHA-256.
func wheel(t *testing.T, path string) string {
	t.Helper()
	const info = "answer-1.0.dist-info/"
	var data bytes.Buffer
	var record strings.Builder
	w := zip.NewWriter(&data)
	add := func(name, text string) {
		to, err := w.Create(name)
		if err == nil {
			_, err = to.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(text))
	}
	add("answer.py", "value = 42\n")
	add(info+"METADATA", "Metadata-Version: 2.1\nName: answer\nVersion: 1.0\n")
	add(info+"WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
	add(info+"RECORD", record.String()+info+"RECORD,,\n")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data.Bytes()))
}

// Each package that the data image is asked for is pinned, and its cost is told.
func TestDataPackagesArePinnedAndTold(t *testing.T) {
	asked, pinned, told := readFile(t, "data.in"), readFile(t, "data.txt"), readFile(t, "../../docs/deploy.md")
	found := 0
	for line := range strings.Lines(asked) {
		name := strings.TrimSpace(line)
		if name == "" || name[0] == '#' {
			continue
		}
		found++
		if !strings.Contains(pinned, "\n"+name+"==") {
			t.Errorf("%s is not in data.txt", name)
		}
		if !regexp.MustCompile(`(?m)^\| ([a-z0-9-]+, )*` + name + `(, [a-z0-9-]+)* \|`).MatchString(told) {
			t.Errorf("%s is not in the table of docs/deploy.md", name)
		}
	}
	if found < 10 {
		t.Errorf("%d packages in data.in", found)
	}
	for line := range strings.Lines(pinned) {
		if strings.Contains(line, "==") && !strings.HasSuffix(line, " \\\n") {
			t.Errorf("no hash: %s", line)
		}
		if strings.Contains(line, "://") {
			t.Errorf("an index is named: %s", line)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
