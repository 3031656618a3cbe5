package python

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/pyexec/pyexec/internal/filetree"
)

// unpack puts a finished tree into the cache. The caller holds the lock and has
// seen that the name is free.
func (b *bundle) unpack(ctx context.Context) error {
	// The library holds whole files in memory, packed and unpacked. A server on
	// a small instance wants that back now rather than in some minutes.
	defer debug.FreeOSMemory()
	return b.cache.Build(b.name, func(_, tree string) error { return bundled.build(ctx, tree, extract) })
}

// build makes a finished tree at dir of what extract writes to a directory. Its
// steps are those of the package documentation.
func (r *release) build(ctx context.Context, dir string, extract func(dir string) error) error {
	prefix := filepath.Join(dir, "prefix")
	exe := filepath.Join(prefix, filepath.FromSlash(r.exe()))
	steps := []func() error{
		func() error { return extract(prefix) },
		func() error { return trim(prefix, r.rules()) },
		func() error { return installTimeZones(prefix, r.series()) },
		func() error { return r.strip(prefix) },
		func() error { return r.want(ctx, exe) },
		func() error { return byteCompile(ctx, exe, prefix, compiledPath, false) },
		func() error { return filetree.Settle(prefix, settledMode) },
		func() error {
			m, err := takeManifest(prefix)
			if err != nil {
				return err
			}
			return m.write(filepath.Join(dir, "manifest"))
		},
		func() error { return os.Chmod(dir, 0o755) },
		func() error { return filetree.SyncDir(dir) },
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// errNoExec is what to do about a cache that programs cannot be started from.
var errNoExec = errors.New("mounted noexec: set XDG_CACHE_HOME to a directory that programs may be started from")

// strip takes the debug information out of libpython, where there is one.
func (r *release) strip(prefix string) error {
	if !r.linked {
		return nil // upstream has stripped the executable
	}
	return stripDebug(filepath.Join(prefix, "lib", "libpython"+r.series()+".so.1.0"))
}

// want starts the unpacked interpreter and compares its version with
// the one this package says it has. It is the first time that exe is executed,
// so a cache on a file system that forbids it is found here.
func (r *release) want(ctx context.Context, exe string) error {
	id, err := identify(ctx, exe)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", err, errNoExec)
	}
	if err != nil {
		return err
	}
	if id.version != r.version {
		return fmt.Errorf("%s: is %s %s, want CPython %s", exe, id.implementation, id.version, r.version)
	}
	return nil
}

// explain turns a failure to write into an error that says what to do. path is
// what was worked on; a path within err is more precise and wins.
func explain(path string, err error) error {
	if errors.Is(err, errNoExec) {
		return fmt.Errorf("unpack: %w", err)
	}
	cause := err
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		path, cause = pe.Path, pe.Err
	} else if le, ok := errors.AsType[*os.LinkError](err); ok {
		path, cause = le.New, le.Err
	}
	hint := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = ": 150 MB and 2000 files are needed: set XDG_CACHE_HOME to a directory with room"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		hint = ": set XDG_CACHE_HOME to a writable directory"
	default:
		return fmt.Errorf("unpack: %w", err)
	}
	return fmt.Errorf("unpack: %s: %w%s", path, cause, hint)
}
