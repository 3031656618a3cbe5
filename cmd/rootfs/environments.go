package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/runtime/provision"
)

// environments is the directory of the environments beside the default one, each a jail
// of its own like /jail: its Python, its packages and the shared libraries that these
// need, at the paths at which its scripts see them. listed is the value of ENVIRONMENTS in
// the image.
const (
	environments = "/environments"
	listed       = "/environments.toml"
)

// builder lays out environments in the root directory dir.
type builder struct {
	dir     string
	python  string // prefix of the default environment's Python, empty for the bundled one
	proxies string // where other Pythons come from
	from    provision.Config
	log     *slog.Logger

	temporary string
	fetched   map[string]string // prefixes by their series
	jails     []string          // what is there already, below dir
}

// environments lays out what file, a file or directory for ENVIRONMENTS, lists. Files
// that several jails have are there once, as hard links. It returns the jails.
func (b *builder) environments(ctx context.Context, file string) (jails []string, err error) {
	list, err := config.ImageEnvironments(file)
	if err != nil {
		return nil, err
	}
	if b.temporary, err = os.MkdirTemp(b.dir, ".rootfs-*"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.temporary)
	b.fetched, b.jails = map[string]string{}, []string{jail}
	for i := range list {
		at := filepath.Join(environments, list[i].Name)
		if err := b.environment(ctx, list[i], at); err != nil {
			return nil, fmt.Errorf("environment %q: %w", list[i].Name, err)
		}
		list[i].Python = filepath.Join(at, "python")
		if list[i].Packages != "" {
			list[i].Packages = filepath.Join(at, "packages")
		}
	}
	return b.jails[1:], config.WriteImageEnvironments(filepath.Join(b.dir, listed), list)
}

// environment lays out one, below at in the image.
func (b *builder) environment(ctx context.Context, e config.ImageEnvironment, at string) error {
	dir := filepath.Join(b.dir, at)
	prefix, err := b.prefix(ctx, e)
	if err != nil {
		return err
	}
	if err := provision.InstallPython(ctx, prefix, dir, "/python", b.log); err != nil {
		return err
	}
	if e.Packages != "" {
		if err := b.packages(ctx, e.Packages, dir); err != nil {
			return err
		}
	}
	for _, name := range shared {
		if err := b.expose(at, name); err != nil {
			return err
		}
	}
	if err := b.linkSame(dir); err != nil {
		return err
	}
	b.jails = append(b.jails, at)
	return nil
}

// prefix is that of an environment's Python, empty for the bundled one. Another is
// fetched once.
func (b *builder) prefix(ctx context.Context, e config.ImageEnvironment) (string, error) {
	switch {
	case e.Python != "":
		return e.Python, nil
	case e.Series == "":
		return b.python, nil
	case b.fetched[e.Series] != "":
		return b.fetched[e.Series], nil
	}
	to := filepath.Join(b.temporary, "python"+e.Series)
	err := provision.FetchPython(ctx, b.proxies, e.Series, to, b.log)
	switch {
	case errors.Is(err, provision.ErrBundled):
		to = ""
	case err != nil:
		return "", err
	default:
		b.fetched[e.Series] = to
	}
	return to, nil
}

// packages installs what a requirements file names, or copies a directory of packages,
// with the shared libraries that they need of this machine.
func (b *builder) packages(ctx context.Context, from, dir string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	cfg, to := b.from, filepath.Join(dir, "packages")
	cfg.PythonHome = filepath.Join(dir, "python")
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else {
		err = provision.InstallPackages(ctx, cfg, from, to)
	}
	if err != nil {
		return err
	}
	cfg.Packages = to
	libraries, err := provision.Libraries(ctx, cfg)
	if err != nil {
		return err
	}
	for _, l := range libraries {
		to := filepath.Join(dir, l.Path)
		if l.Source == to {
			continue // one of the interpreter's, which are there
		}
		if err := filetree.CopyFile(l.Source, to, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// expose makes links to the libraries of the jail at, in one of its directories, where
// the image has none of the path yet: a server looks there for what packages need.
func (b *builder) expose(at, name string) error {
	return eachFile(filepath.Join(b.dir, at, name), func(path string, _ fs.DirEntry) error {
		rel, err := filepath.Rel(filepath.Join(b.dir, at), path)
		if err != nil {
			return err
		}
		outside := filepath.Join(b.dir, rel)
		if _, err := os.Lstat(outside); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		link, err := filepath.Rel(filepath.Dir(outside), path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(outside), 0o755); err != nil {
			return err
		}
		return os.Symlink(link, outside)
	})
}

// linkSame makes each file in dir a link to that of the same path in another jail, if it
// is the same.
func (b *builder) linkSame(dir string) error {
	return eachFile(dir, func(path string, d fs.DirEntry) error {
		rel, err := filepath.Rel(dir, path)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		for _, other := range b.jails {
			linked, err := linkIfSame(filepath.Join(b.dir, other, rel), path)
			if linked || err != nil {
				return err
			}
		}
		return nil
	})
}

// linkIfSame makes path a hard link to other, if that has the same bytes and mode.
func linkIfSame(other, path string) (bool, error) {
	there, err := os.Lstat(other)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !there.Mode().IsRegular() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	here, err := os.Lstat(path)
	if err != nil || here.Size() != there.Size() || here.Mode() != there.Mode() {
		return false, err
	}
	mine, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	others, err := os.ReadFile(other)
	if err != nil || !bytes.Equal(mine, others) {
		return false, err
	}
	if err := os.Remove(path); err != nil {
		return false, err
	}
	return true, os.Link(other, path)
}

// eachFile calls do for all below dir but directories; there need not be a dir.
func eachFile(dir string, do func(path string, d fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // not every machine has all of them
		}
		if err != nil || d.IsDir() {
			return err
		}
		return do(path, d)
	})
}
