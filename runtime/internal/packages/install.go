package packages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/resolve"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// recipeVersion is raised whenever the code changes what a directory contains
// in a way that no other part of the key shows.
const recipeVersion = 3

// Shown is where scripts see a directory of packages in a private root.
const Shown = "/packages"

// Install makes target, which must not exist yet, a directory of what the
// requirements file names. It takes a network, and up to some minutes.
//
// The error says which step failed and why. After an error target does not exist.
func Install(ctx context.Context, p *python.Interpreter, from index.Config, file, target string,
	log *slog.Logger) error {
	r, err := readRequirements(file)
	if err != nil {
		return fmt.Errorf("packages: %w", err)
	}
	return r.install(ctx, p, from, target, log)
}

func (r *requirements) install(ctx context.Context, p *python.Interpreter, from index.Config, target string,
	log *slog.Logger) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return fmt.Errorf("packages: %w", err)
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("packages: %s: is there already", target)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("packages: %w", err)
	}
	if !r.hashed {
		log.Warn("the requirements file has no hashes: what is installed is what the index offers today", "file",
			r.path)
	}
	log.Info("installing packages", "file", r.path, "dir", target)
	start := time.Now()
	cache := filetree.Cache{Dir: filepath.Dir(target), Staging: stagingPrefix, Log: log}
	err = cache.Build(filepath.Base(target), func(staging, dir string) error {
		for _, step := range []func() error{
			func() error { return r.unpack(ctx, p, from, staging, dir, log) },
			func() error { return makeFontList(ctx, p, dir) },
			func() error { return p.Compile(ctx, dir, Shown) },
			func() error { return p.NoteLibraries(dir) },
			func() error { return python.Settle(dir) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("packages: %w", err)
	}
	log.Info("installed packages", "dir", target, "took", time.Since(start).Round(time.Millisecond).String())
	return nil
}

// unpack finds out what the file asks for, fetches it and unpacks it into dir.
func (r *requirements) unpack(ctx context.Context, p *python.Interpreter, from index.Config, staging, dir string,
	log *slog.Logger) error {
	s, env, err := r.source(p, from, staging, log)
	if err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	defer s.client.Close()
	problem := resolve.Problem{Source: s, Environment: env, Pre: r.pre, By: "the file"}
	var now []requirement.Requirement
	for _, w := range r.wanted {
		problem.Wanted = append(problem.Wanted, w.Requirement)
		if w.Marker.Holds(env, "") {
			now = append(now, w.Requirement)
		}
	}
	for _, c := range r.constraints {
		problem.Constraints = append(problem.Constraints, c.Requirement)
	}
	var found []resolve.Candidate
	for _, step := range []func() error{
		func() error { return s.warm(ctx, now) },
		func() (err error) { found, err = problem.Solve(ctx); return err },
		func() error { return s.downloadAll(ctx, found) },
		func() error { return unpackAll(ctx, s, found, dir) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", r.path, err)
		}
	}
	for _, c := range found {
		log.Debug("installed package", "name", c.Project, "version", c.Version.String())
	}
	return nil
}

// source returns the source of the wheels that fit the interpreter.
func (r *requirements) source(p *python.Interpreter, from index.Config, staging string, log *slog.Logger) (*source,
	requirement.Environment, error) {
	target, err := platform(p)
	if err != nil {
		return nil, nil, err
	}
	own, err := version.Parse(p.Version)
	if err != nil {
		return nil, nil, err
	}
	client, err := index.New(r.indexConfig(from), log)
	if err != nil {
		return nil, nil, err
	}
	wheels := filepath.Join(staging, "wheels")
	if err := os.Mkdir(wheels, 0o700); err != nil {
		return nil, nil, err
	}
	s := &source{client: client, tags: target.Tags(), python: own, hashes: r.hashes, strict: r.hashed, dir: wheels,
		limits:   wheel.Usual,
		projects: make(map[string]*project)}
	return s, requirement.NewEnvironment(p.Version, target.Machine), nil
}

// unpackAll unpacks what was downloaded, one after the other: where two have the
// same file, it is always the same one that reports it.
func unpackAll(ctx context.Context, s *source, found []resolve.Candidate, dir string) error {
	if len(found) == 0 {
		return errors.New("names nothing that is to be installed on this machine")
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, c := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, err := s.open(c)
		if err != nil {
			return err
		}
		if err := errors.Join(w.Unpack(ctx, root, trimmed), w.Close()); err != nil {
			return err
		}
	}
	return nil
}
