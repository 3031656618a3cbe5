package python_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/ldso"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// importAll imports every extension module there is and starts a thread.
const importAll = `
import ssl, sqlite3, zlib, lzma, bz2, hashlib, decimal, ctypes, asyncio, threading, zoneinfo
import os, importlib
for d in sys.path:
    if d.endswith("lib-dynload"):
        for f in os.listdir(d):
            name = f.split(".")[0]
            if not name.startswith("_test"):
                try:
                    importlib.import_module(name)
                except ImportError as e:
                    print("not imported:", e, file=sys.stderr)
t = threading.Thread(target=int); t.start(); t.join()
ctypes.CDLL("libgcc_s.so.1")
print(zoneinfo.ZoneInfo("Europe/Berlin"))
`

// What the kernel says is mapped is on the list.
func TestLibrariesAreThoseMapped(t *testing.T) {
	p := bundled(t, sharedCache(t))
	maps := ask(t, p, importAll+"print(open('/proc/self/maps').read())")
	mapped := 0
	for line := range strings.Lines(maps) {
		i := strings.Index(line, "/")
		if i < 0 || !strings.Contains(line, ".so") {
			continue
		}
		file := strings.TrimSpace(line[i:])
		if strings.HasPrefix(file, p.Home+"/") {
			continue
		}
		mapped++
		if !slices.ContainsFunc(p.Libraries, func(l ldso.Library) bool { return l.Source == file }) {
			t.Errorf("%s is mapped and not on the list", file)
		}
	}
	if mapped < 4 {
		t.Errorf("only %d mappings\n%s", mapped, maps)
	}
}

func TestLibrariesAreFiles(t *testing.T) {
	p := bundled(t, sharedCache(t))
	if len(p.Libraries) == 0 || !strings.Contains(p.Libraries[0].Path, "/ld-linux") {
		t.Fatalf("the loader is not the first of %v", p.Libraries)
	}
	for _, l := range p.Libraries {
		fi, err := os.Lstat(l.Source)
		must(t, err)
		if !fi.Mode().IsRegular() || !filepath.IsAbs(l.Path) || filepath.Base(l.Path) == "" {
			t.Errorf("%+v: %v", l, fi.Mode())
		}
	}
}

// A root with nothing in it but Home, at another place, and the libraries is
// enough for everything, and one library less is not.
func TestLibrariesSuffice(t *testing.T) {
	p := bundled(t, sharedCache(t))
	for _, tt := range []struct {
		name string
		drop string
		want string
	}{
		{"all", "", "Europe/Berlin\n"},
		{"without libm", "libm.so.6", "libm.so.6: cannot open shared object file"},
		{"without the loader", filepath.Base(p.Libraries[0].Path), "no such file or directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := *p
			q.Libraries = slices.DeleteFunc(slices.Clone(p.Libraries), func(l ldso.Library) bool {
				return filepath.Base(l.Path) == tt.drop
			})
			plan, err := json.Marshal(q)
			must(t, err)
			cmd := child(t, "jailed", t.TempDir(), string(plan))
			cmd.SysProcAttr = privateMounts()
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), refusedMount) || errors.Is(err, fs.ErrPermission) {
				need.ThatAsRoot(t, "a mount namespace", fmt.Errorf("%v %s", err, out))
			}
			if !strings.Contains(string(out), tt.want) {
				t.Errorf("got %v %s\nwant %s", err, out, tt.want)
			}
		})
	}
}

// childJailed makes the root and runs the interpreter in it.
func childJailed(args []string) error {
	root := args[0]
	var p python.Interpreter
	if err := json.Unmarshal([]byte(args[1]), &p); err != nil {
		return err
	}
	if err := mountAt("tmpfs", root, "tmpfs", 0, ""); err != nil {
		return err
	}
	const inside = "/python"
	if err := os.Mkdir(root+inside, 0o755); err != nil {
		return err
	}
	if err := mountAt(p.Home, root+inside, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	files := append(p.Libraries, ldso.Library{Path: "/dev/urandom", Source: "/dev/urandom"})
	for _, l := range files {
		if err := os.MkdirAll(filepath.Dir(root+l.Path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(root+l.Path, nil, 0o644); err != nil {
			return err
		}
		if err := mountAt(l.Source, root+l.Path, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := syscall.Chroot(root); err != nil {
		return fmt.Errorf("%s: chroot: %w", refusedMount, err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	move := func(path string) string { return inside + strings.TrimPrefix(path, p.Home) }
	argv := []string{move(p.Executable), "-I", "-S", "-c", "import sys; sys.path.append(sys.argv[1])" + importAll,
		move(p.SitePackages())}
	return syscall.Exec(move(p.Executable), argv, []string{"LD_ORIGIN_PATH=" + filepath.Dir(move(p.Executable))})
}
