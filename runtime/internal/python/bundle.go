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

	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

// recipeVersion is raised whenever the code that builds a tree changes in a way
// that no other part of the recipe shows.
const recipeVersion = 1

// errNoTree says that nothing has been unpacked yet.
var errNoTree = errors.New("not unpacked yet")

// bundle is the place of the unpacked interpreter in one cache directory.
type bundle struct {
	cache filetree.Cache // its Dir has no symbolic links
	name  string         // of the finished tree in it
	log   *slog.Logger
}

func (b *bundle) dir() string      { return filepath.Join(b.cache.Dir, b.name) }
func (b *bundle) home() string     { return filepath.Join(b.dir(), "prefix") }
func (b *bundle) manifest() string { return filepath.Join(b.dir(), "manifest") }

// openBundle makes the cache directory if need be, and nothing in it.
func openBundle(cacheDir string, log *slog.Logger) (*bundle, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	cache, err := openCache(cacheDir)
	if err != nil {
		return nil, err
	}
	return &bundle{name: treeName(), log: log, cache: filetree.Cache{
		Dir: cache, Lock: "python.lock", Staging: "staging-",
		Busy: "another process is unpacking CPython, waiting for it", Log: log,
	}}, nil
}

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
	b, err := openBundle(cacheDir, log)
	if err != nil {
		return nil, err
	}
	if err := b.provide(ctx); err != nil {
		return nil, err
	}
	p := &Interpreter{
		Home:       b.home(),
		Executable: filepath.Join(b.home(), filepath.FromSlash(bundled.exe())),
		Version:    bundled.version,
	}
	p.modules = dynload(p.Home, bundled.series())
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
	fmt.Fprintln(h, recipeVersion, bundled.module, runtime.GOARCH, manifestFirst, filetree.Stamp, compiledPath,
		sha256.Sum256(tzdataWheel))
	for _, r := range bundled.rules() {
		fmt.Fprintf(h, "%q %q\n", r.Pattern, r.Except)
	}
	return "python-" + bundled.version + "-" + hex.EncodeToString(h.Sum(nil)[:6])
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
	if err := filetree.Trusted(dir, fi); err != nil {
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
	dir := b.dir()
	fi, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoTree
	case err != nil:
		return err
	case !fi.IsDir():
		return fmt.Errorf("verify: %s: %v: not a directory", dir, fi.Mode())
	}
	if err := filetree.Trusted(dir, fi); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	m, err := readManifest(b.manifest())
	if err != nil {
		return err
	}
	return m.verify(b.home())
}

// provide puts a good tree in place, unless one is there.
func (b *bundle) provide(ctx context.Context) error {
	var wrong error // with the tree that is there
	there := func() (bool, error) {
		wrong = b.check()
		return wrong == nil, nil
	}
	err := b.cache.Once(ctx, there, func() error { return b.replace(ctx, wrong) })
	if lock, ok := errors.AsType[*filetree.LockError](err); ok {
		err = explain(lock.Path, lock.Err)
		if wrong != errNoTree {
			err = fmt.Errorf("%w; the tree that is there cannot be used: %w", err, wrong)
		}
	}
	return err
}

// replace unpacks a tree in place of one that is missing or bad, for which cause
// is the reason. No other process does so meanwhile.
func (b *bundle) replace(ctx context.Context, cause error) error {
	dir := b.dir()
	if cause != errNoTree {
		b.log.Warn("the unpacked CPython is not what was unpacked, doing it again", "dir", dir, "cause", cause)
		if err := b.cache.Discard(b.name); err != nil {
			return explain(dir, err)
		}
	}
	b.log.Info("unpacking CPython "+bundled.version+" (first start only)", "dir", dir)
	start := time.Now()
	if err := b.unpack(ctx); err != nil {
		return explain(b.cache.Dir, err)
	}
	took := time.Since(start).Round(time.Millisecond).String()
	b.log.Info("unpacked CPython "+bundled.version, "dir", dir, "took", took)
	return nil
}

// dynload lists the extension modules of the standard library of a series below home.
func dynload(home, series string) []string {
	dir := filepath.Join(ldso.GlobQuote(home), filepath.FromSlash(stdlib(series)), "lib-dynload")
	found, _ := filepath.Glob(filepath.Join(dir, "*.so"))
	return found
}
