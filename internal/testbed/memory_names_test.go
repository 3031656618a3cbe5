package testbed_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// TestNamesLeaveNothing looks at what the kernel still remembers, when a run is over, of
// names that it has looked for in the interpreter's directory: nothing where that is in
// memory, as SECURITY.md says of XDG_CACHE_HOME, and most of them where it is on a disk,
// without which this test would say nothing.
func TestNamesLeaveNothing(t *testing.T) {
	need.Programs(t, "root") // who may read the figures of the kernel's caches
	var shm unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &shm); err != nil || shm.Type != unix.TMPFS_MAGIC {
		need.Unmet(t, "/dev/shm is not in memory: %v", err)
	}
	bed, shared := testbed.New(t), preludeOf(t, memory)
	p, err := memory.Read("names_that_are_not_in_the_library_leave_nothing.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, setup := range []testbed.Setup{testbed.PlainRoot, testbed.PlainUser} {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			kept := func(settings ...string) int64 {
				s := newMeasured(t, bed, testbed.Options{Setup: setup, Settings: append(settings, small...)}, shared)
				body, err := holding(p, s.environment, shared, wanted)
				if err != nil {
					t.Fatal(err)
				}
				body = fmt.Appendf(nil, `{"timeout":%d,%s`, hostileSeconds, body[1:])
				cache := testbed.Cache("dentry")
				before, err := cache.Now()
				if err != nil {
					t.Fatal(err)
				}
				s.observe(t, body)
				after, err := cache.Now()
				if err != nil {
					t.Fatal(err)
				}
				return after.Minus(before).Kernel
			}
			disk, ram := kept(), kept("XDG_CACHE_HOME="+inMemory(t, setup))
			t.Logf("names that are not there: %.1f MiB stay on a disk, %.1f in memory", mib(disk), mib(ram))
			if disk < 16<<20 {
				t.Errorf("only %.1f MiB stay on a disk: too few to tell", mib(disk))
			}
			if ram > disk/4 {
				t.Errorf("LEFT: %.1f MiB stay, of %.1f on a disk", mib(ram), mib(disk))
			}
		})
	}
}

// inMemory makes a directory of a set-up's user in memory.
func inMemory(t *testing.T, setup testbed.Setup) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "pyexec-names-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if setup.Ordinary {
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
