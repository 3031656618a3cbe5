package python

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

const (
	// bundledVersion is the CPython embedded by the module version below.
	bundledVersion = "3.11.11"
	// embeddedModule is the version of go-embed-python in go.mod. Here it goes
	// into the recipe; a test compares the two.
	embeddedModule = "v0.0.0-3.11.11-20241219-1"
	// recipeVersion is raised whenever the code that builds a tree changes in
	// a way that no other part of the recipe shows.
	recipeVersion = 1

	// pythonExe is the interpreter, relative to the prefix.
	pythonExe = "bin/python" + series

	stagingPrefix = "staging-"
)

// errNoTree says that nothing has been unpacked yet.
var errNoTree = errors.New("not unpacked yet")

// bundle is the place of the unpacked interpreter in one cache directory.
type bundle struct {
	cache string // absolute, no symbolic links
	dir   string // where the finished tree is or will be
	log   *slog.Logger
}

func (b *bundle) home() string     { return filepath.Join(b.dir, "prefix") }
func (b *bundle) manifest() string { return filepath.Join(b.dir, "manifest") }

// Bundled returns the interpreter embedded in this binary, unpacked below
// cacheDir, which is made if need be. The first call on a machine takes seconds
// and, while it lasts, about 200 MB of memory and 150 MB of disk, of which 50 MB
// stay; later ones check what is there, write nothing and are done in
// milliseconds. Any number of processes may call it at the same time.
//
// The error says which path is at fault and what to do about it; it wraps the
// cause, such as [fs.ErrPermission] or syscall.ENOSPC. After an error nothing
// is left that a later call would take for a tree.
func Bundled(ctx context.Context, cacheDir string, log *slog.Logger) (*Interpreter, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	cache, err := openCache(cacheDir)
	if err != nil {
		return nil, err
	}
	b := &bundle{cache: cache, dir: filepath.Join(cache, treeName()), log: log}
	if err := b.check(); err != nil {
		if err := b.replace(ctx, err); err != nil {
			return nil, err
		}
	}
	p := &Interpreter{
		Home:       b.home(),
		Executable: filepath.Join(b.home(), filepath.FromSlash(pythonExe)),
		Version:    bundledVersion,
		manifest:   b.manifest(),
	}
	p.modules = dynload(p.Home)
	if err := p.findLibraries(); err != nil {
		return nil, err
	}
	for _, name := range p.Missing {
		log.Debug("shared library not found, the extension modules that need it cannot be imported", "library", name)
	}
	return p, nil
}

// treeName is the directory name of a finished tree: the version and a hash of
// everything that decides what is in it.
func treeName() string {
	h := sha256.New()
	fmt.Fprintln(h, recipeVersion, embeddedModule, runtime.GOARCH, manifestFirst, treeTime, compiledPath, sha256.Sum256(tzdataWheel))
	for _, r := range trimRules {
		fmt.Fprintf(h, "%q %q\n", r.Pattern, r.Except)
	}
	return "python-" + bundledVersion + "-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// openCache makes the cache directory if need be and returns its real path.
func openCache(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("unpack: no cache directory: set XDG_CACHE_HOME to a writable directory")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("unpack: %s: %w", dir, err)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", explain(dir, err)
		}
		// Other users read the tree in it, whatever the umask is.
		if err := os.Chmod(dir, 0o755); err != nil {
			return "", explain(dir, err)
		}
	}
	fi, err := os.Stat(dir)
	if err != nil {
		return "", explain(dir, err)
	}
	if !fi.IsDir() {
		return "", fmt.Errorf("unpack: %s: not a directory: set XDG_CACHE_HOME to a writable directory", dir)
	}
	if err := trusted(dir, fi); err != nil {
		return "", fmt.Errorf("unpack: %w", err)
	}
	cache, err := ldso.RealPath(dir)
	if err != nil {
		return "", explain(dir, err)
	}
	return cache, nil
}

// check reports whether a good tree is in place: nil if so, errNoTree if there
// is none, else what is wrong with it.
func (b *bundle) check() error {
	fi, err := os.Lstat(b.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoTree
	case err != nil:
		return err
	case !fi.IsDir():
		return fmt.Errorf("verify: %s: %v: not a directory", b.dir, fi.Mode())
	}
	if err := trusted(b.dir, fi); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	m, err := readManifest(b.manifest())
	if err != nil {
		return err
	}
	return m.verify(b.home(), false)
}

// replace puts a good tree in place of one that is missing or bad, for which
// cause is the reason. Only one process at a time does so; the others wait for
// it and take what it made.
func (b *bundle) replace(ctx context.Context, cause error) error {
	unlock, err := b.lock(ctx)
	if err != nil {
		if cause != errNoTree {
			err = fmt.Errorf("%w; the tree that is there cannot be used: %w", err, cause)
		}
		return err
	}
	defer unlock()
	b.removeStale()
	switch err := b.check(); {
	case err == nil:
		return nil // made while this process waited
	case err != errNoTree:
		b.log.Warn("the unpacked CPython is not what was unpacked, doing it again", "dir", b.dir, "cause", err)
		if err := b.discard(); err != nil {
			return explain(b.dir, err)
		}
	}
	b.log.Info("unpacking CPython "+bundledVersion+" (first start only)", "dir", b.dir)
	start := time.Now()
	if err := b.unpack(ctx); err != nil {
		return explain(b.cache, err)
	}
	b.log.Info("unpacked CPython "+bundledVersion, "dir", b.dir, "took", time.Since(start).Round(time.Millisecond).String())
	return nil
}

// lock waits until this process is the only one that unpacks. The kernel
// releases the lock of a process that dies.
func (b *bundle) lock(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(b.cache, "python.lock")
	l := flock.New(path)
	ok, err := l.TryLock()
	if err == nil && !ok {
		b.log.Info("another process is unpacking CPython, waiting for it", "lock", path)
		_, err = l.TryLockContext(ctx, 20*time.Millisecond)
	}
	if err != nil {
		return nil, explain(path, err)
	}
	return func() {
		if err := l.Unlock(); err != nil {
			b.log.Warn("lock not released", "lock", path, "cause", err)
		}
	}, nil
}

// removeStale removes the staging directories of processes that died. It is
// called with the lock held, so none of them is in use. What cannot be removed
// only wastes space.
func (b *bundle) removeStale() {
	stale, _ := filepath.Glob(filepath.Join(ldso.GlobQuote(b.cache), stagingPrefix+"*"))
	for _, dir := range stale {
		if err := os.RemoveAll(dir); err != nil {
			b.log.Warn("stale staging directory not removed", "dir", dir, "cause", err)
		}
	}
}

// discard takes a bad tree out of the way. The name is free after one rename,
// so a process killed while it deletes leaves no half of a tree.
func (b *bundle) discard() error {
	away, err := os.MkdirTemp(b.cache, stagingPrefix+"discard-*")
	if err != nil {
		return err
	}
	if err := os.Rename(b.dir, filepath.Join(away, "tree")); err != nil {
		return err
	}
	b.removeStale()
	return nil
}

// dynload lists the extension modules of the standard library below home.
func dynload(home string) []string {
	found, _ := filepath.Glob(filepath.Join(ldso.GlobQuote(home), filepath.FromSlash(stdlib), "lib-dynload", "*.so"))
	return found
}
