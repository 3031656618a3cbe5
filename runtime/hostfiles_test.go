package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// What belongs to the user who runs the server, other runs' directories and the
// interpreter included, a script can neither read nor change.
func TestHostFilesOutOfReach(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			paths := hostFiles(t)
			if posture == sandbox.LandlockOnly {
				neighbour := neighbour(t, r)
				paths["neighbour"] = neighbour
				paths["neighbour's file"] = filepath.Join(neighbour, "secret")
				paths["other server"] = filepath.Dir(filepath.Dir(neighbour))
			}
			before := map[string]string{}
			for name, path := range paths {
				before[name] = state(t, path)
			}
			var got map[string]map[string]any
			result := answer(t, r, program(t, "attacks/host_files"), paths)
			if err := json.Unmarshal([]byte(result), &got); err != nil || len(got) != len(paths) {
				t.Fatalf("%v: %s", err, result)
			}
			for name, ways := range got {
				for way, came := range ways {
					errno, refused := came.(string)
					if refused && errno == "EPERM" && slices.Contains(inGVisor, posture) {
						continue // what seccomp takes back there, whatever the path is
					}
					if !refused || posture != sandbox.LandlockOnly && errno != "ENOENT" {
						t.Errorf("%s: %s: %v", name, way, came)
					}
				}
			}
			for name, path := range paths {
				if now := state(t, path); now != before[name] {
					t.Errorf("%s was %s and is %s", name, before[name], now)
				}
			}
		})
	}
}

// hostFiles makes a file and a directory with everything permitted to everybody.
func hostFiles(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	// Where the file system has such a thing; gVisor's has not.
	if err := unix.Setxattr(file, "user.secret", []byte("told"), 0); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		t.Fatal(err)
	}
	return map[string]string{"file": file, "directory": dir, "passwd": "/etc/passwd"}
}

// state is what must not change about a file.
func state(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return strings.Join([]string{info.Mode().String(), info.ModTime().String(), string(rune(st.Nlink))}, " ")
}

// neighbour is the directory of a run that goes on until the test ends, with a
// file in it.
func neighbour(t *testing.T, r *Runtime) (dir string) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if got, err := r.Run(ctx, Job{Script: "import time\nopen('secret', 'w').close()\ndef main(): " +
			"time.sleep(60)"}, Hooks{}); !errors.Is(err, context.Canceled) {
			t.Errorf("the neighbour: %+v, %v", got, err)
		}
	}()
	t.Cleanup(func() { leave(); <-ended })
	eventually(t, "the neighbour runs", func() bool {
		found, err := filepath.Glob(filepath.Join(runsDir(t, r), "*", "secret"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 1 {
			dir = filepath.Dir(found[0])
		}
		return dir != ""
	})
	return dir
}
