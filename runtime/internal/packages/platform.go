package packages

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// machines are Go's architectures by the names that uname has for them.
var machines = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

// newestMusl is the minor version of musl 1 that is assumed where musl is: 1.2
// is of 2020, and its binary interface is that of 1.1.
const newestMusl = 2

// Machine is this machine's architecture as uname calls it.
func Machine() (string, error) {
	machine, ok := machines[runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("platform: %s: not known", runtime.GOARCH)
	}
	return machine, nil
}

// platform returns the platform of the interpreter and its C library, for the
// choice of wheels.
func platform(p *python.Interpreter) (wheel.Platform, error) {
	machine, err := Machine()
	if err != nil {
		return wheel.Platform{}, err
	}
	parts := strings.Split(p.Version, ".")
	minor, err := strconv.Atoi(parts[min(1, len(parts)-1)])
	if err != nil || parts[0] != "3" {
		return wheel.Platform{}, fmt.Errorf("platform: Python %s: not known", p.Version)
	}
	target := wheel.Platform{Minor: minor, Machine: machine}
	for _, l := range p.Libraries {
		switch name := filepath.Base(l.Path); {
		case name == "libc.so.6":
			if target.Glibc, err = glibc(l.Source); err != nil {
				return wheel.Platform{}, err
			}
		case strings.HasPrefix(name, "ld-musl-"):
			target.Musl = newestMusl
		}
	}
	return target, nil
}

// glibc reads the newest version of its interface that a GNU C library has.
func glibc(path string) (newest int, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, fmt.Errorf("platform: %w", err)
	}
	defer f.Close()
	versions, err := f.DynamicVersions()
	if err != nil {
		return 0, fmt.Errorf("platform: %s: %w", path, err)
	}
	for _, v := range versions {
		if text, ok := strings.CutPrefix(v.Name, "GLIBC_2."); ok {
			if minor, err := strconv.Atoi(text); err == nil {
				newest = max(newest, minor)
			}
		}
	}
	if newest == 0 {
		return 0, fmt.Errorf("platform: %s: names no version of the GNU C library", path)
	}
	return newest, nil
}
