package python_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// damages are things that happen to a tree. path is below its prefix.
var damages = []struct {
	name string
	do   func(t *testing.T, prefix string)
	want string // in the error of Verify(false); empty if only Verify(true) can find it
	full string // in the error of Verify(true), where it differs
}{
	{name: "truncated", want: "lib/python3.11/json/decoder.py: size is 10, want ",
		do: func(t *testing.T, prefix string) {
			path := filepath.Join(prefix, "lib/python3.11/json/decoder.py")
			own(t, path)
			must(t, os.Truncate(path, 10))
		}},
	{name: "empty library", want: "libpython3.11.so.1.0: size is 0, want ", do: func(t *testing.T, prefix string) {
		path := filepath.Join(prefix, "lib/libpython3.11.so.1.0")
		own(t, path)
		must(t, os.Truncate(path, 0))
	}},
	{name: "edited", want: "lib/python3.11/abc.py: changed at ", do: func(t *testing.T, prefix string) {
		path := filepath.Join(prefix, "lib/python3.11/abc.py")
		own(t, path)
		flip(t, path)
	}},
	{name: "executable edited in secret", want: "bin/python3.11: SHA-256 is ", do: func(t *testing.T, prefix string) {
		path := filepath.Join(prefix, "bin/python3.11")
		own(t, path)
		secretly(t, path, flip)
	}},
	{name: "module edited in secret", full: "lib/python3.11/abc.py: SHA-256 is ",
		do: func(t *testing.T, prefix string) {
			path := filepath.Join(prefix, "lib/python3.11/abc.py")
			own(t, path)
			secretly(t, path, flip)
		}},
	{name: "missing", want: "lib/python3.11/abc.py: no such file or directory",
		do: func(t *testing.T, prefix string) {
			must(t, os.Remove(filepath.Join(prefix, "lib/python3.11/abc.py")))
		}},
	{name: "missing directory", want: "lib/python3.11/json/", do: func(t *testing.T, prefix string) {
		must(t, os.RemoveAll(filepath.Join(prefix, "lib/python3.11/json")))
	}},
	{name: "extra module", want: "lib/python3.11/sitecustomize.py: not in the manifest",
		do: func(t *testing.T, prefix string) {
			must(t, os.WriteFile(filepath.Join(prefix, "lib/python3.11/sitecustomize.py"), nil, 0o644))
		}},
	{name: "extra package", want: "site-packages/requests: not in the manifest",
		do: func(t *testing.T, prefix string) {
			must(t, os.Mkdir(filepath.Join(prefix, "lib/python3.11/site-packages/requests"), 0o755))
		}},
	{name: "extra byte code", want: "/__pycache__/abc.cpython-311.opt-1.pyc: not in the manifest",
		do: func(t *testing.T, prefix string) {
			must(t, os.WriteFile(filepath.Join(prefix, "lib/python3.11/__pycache__/abc.cpython-311.opt-1.pyc"), nil,
				0o644))
		}},
	{name: "standard library in an archive", want: "lib/python311.zip: not in the manifest",
		do: func(t *testing.T, prefix string) {
			must(t, os.WriteFile(filepath.Join(prefix, "lib/python311.zip"), nil, 0o644))
		}},
	{name: "unreadable to others", want: "lib/python3.11/abc.py: mode is -rw-------",
		do: func(t *testing.T, prefix string) {
			path := filepath.Join(prefix, "lib/python3.11/abc.py")
			own(t, path)
			must(t, os.Chmod(path, 0o600))
		}},
	{name: "writable to others", want: "lib/python3.11: mode is drwxrwxrwx", do: func(t *testing.T, prefix string) {
		must(t, os.Chmod(filepath.Join(prefix, "lib/python3.11"), 0o777))
	}},
	{name: "link in place of a file", want: "lib/python3.11/abc.py: mode is L",
		do: func(t *testing.T, prefix string) {
			path := filepath.Join(prefix, "lib/python3.11/abc.py")
			must(t, os.Remove(path))
			must(t, os.Symlink("ast.py", path))
		}},
	{name: "link in place of the prefix", want: "/prefix: not in the manifest",
		do: func(t *testing.T, prefix string) {
			must(t, os.Rename(prefix, prefix+".away"))
			must(t, os.Symlink(prefix+".away", prefix))
		}},
	{name: "no prefix", want: "/prefix: no such file or directory", do: func(t *testing.T, prefix string) {
		must(t, os.RemoveAll(prefix))
	}},
	{name: "no manifest", want: "manifest: open ", do: func(t *testing.T, prefix string) {
		must(t, os.Remove(manifestOf(prefix)))
	}},
	{name: "manifest cut short", want: "manifest: cut short", do: func(t *testing.T, prefix string) {
		own(t, manifestOf(prefix))
		must(t, os.Truncate(manifestOf(prefix), 100_000))
	}},
	{name: "manifest empty", want: "manifest: line 1: ", do: func(t *testing.T, prefix string) {
		own(t, manifestOf(prefix))
		must(t, os.Truncate(manifestOf(prefix), 0))
	}},
}

func manifestOf(prefix string) string { return filepath.Join(filepath.Dir(prefix), "manifest") }

// flip changes one byte of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	data[len(data)/2] ^= 1
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.Write(data)
	must(t, err)
}

// secretly restores the time stamp after f.
func secretly(t *testing.T, path string, f func(*testing.T, string)) {
	t.Helper()
	fi, err := os.Stat(path)
	must(t, err)
	f(t, path)
	must(t, os.Chtimes(path, time.Time{}, fi.ModTime()))
}

func TestVerifyFindsDamage(t *testing.T) {
	for _, tt := range damages {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := bundled(t, linkTree(t, sharedCache(t)))
			must(t, p.Verify(true))
			tt.do(t, p.Home)
			wantError(t, p.Verify(false), tt.want)
			if tt.full == "" {
				tt.full = tt.want
			}
			wantError(t, p.Verify(true), tt.full)
		})
	}
}

// wantError fails unless err says want; an empty want is no error.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A damaged tree is not used, and gone, even if nothing can be put in its place.
func TestDamagedTreeIsRefused(t *testing.T) {
	for _, tt := range damages {
		if tt.want == "" {
			continue // too quiet for a start to hear
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cache := linkTree(t, sharedCache(t))
			tt.do(t, bundled(t, cache).Home)
			wantDiscarded(t, cache, tt.want)
		})
	}
}

// wantDiscarded starts with a cancelled context and fails unless the log says
// why the tree was not good, and the tree is gone.
func wantDiscarded(t *testing.T, cache, cause string) {
	t.Helper()
	var log locked.Buffer
	_, err := python.Bundled(cancelled(t), cache, logger(&log))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if text := log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, cause) {
		t.Errorf("logged %s\nwant %s", text, cause)
	}
	wantOnly(t, cache, "python.lock")
}

// The tree that is put in its place is whole.
func TestDamagedTreeIsRebuilt(t *testing.T) {
	t.Parallel()
	need.Time(t, "unpacks the interpreter")
	cache := linkTree(t, sharedCache(t))
	p := bundled(t, cache)
	must(t, os.Remove(filepath.Join(p.Home, "lib/python3.11/abc.py")))
	var log locked.Buffer
	again, err := python.Bundled(t.Context(), cache, logger(&log))
	must(t, err)
	must(t, again.Verify(true))
	if again.Home != p.Home {
		t.Errorf("Home is %s, was %s", again.Home, p.Home)
	}
	if !strings.Contains(log.String(), "level=WARN") || strings.Count(log.String(), "unpacking CPython") != 1 {
		t.Errorf("logged %s", log.String())
	}
	wantOnly(t, cache, filepath.Base(filepath.Dir(p.Home)), "python.lock")
}
