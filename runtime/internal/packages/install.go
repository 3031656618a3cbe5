package packages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// recipeVersion is raised whenever the code changes what a directory contains
// in a way that no other part of the key shows.
const recipeVersion = 2

// Shown is where scripts see a directory of packages in a private root.
const Shown = "/packages"

// pipOptions are what pip is started with, before the target and the file.
var pipOptions = []string{
	"install", "--only-binary=:all:", "--no-compile",
	"--no-input", "--disable-pip-version-check", "--no-warn-script-location", "--root-user-action=ignore", "--progress-bar=off", "--quiet",
}

// runPip is the program that becomes pip; argv[1] is where to import it from.
const runPip = `import sys, runpy
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`

// Install makes target, which must not exist yet, a directory of what the
// requirements file names. It takes a network, and up to some minutes.
//
// The error says which step failed and why, in pip's own words where it was pip.
// After an error target does not exist.
func Install(ctx context.Context, p *python.Interpreter, file, target string, log *slog.Logger) error {
	r, err := readRequirements(file)
	if err != nil {
		return fmt.Errorf("packages: %w", err)
	}
	return r.install(ctx, p, target, log)
}

func (r *requirements) install(ctx context.Context, p *python.Interpreter, target string, log *slog.Logger) error {
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
		log.Warn("the requirements file has no hashes: what is installed is what the index offers today", "file", r.path)
	}
	staging, err := os.MkdirTemp(filepath.Dir(target), stagingPrefix+"*")
	if err != nil {
		return fmt.Errorf("packages: %w", err)
	}
	defer os.RemoveAll(staging)
	log.Info("installing packages", "file", r.path, "dir", target)
	start := time.Now()
	dir := filepath.Join(staging, "packages")
	for _, step := range []func() error{
		func() error { return r.pip(ctx, p, staging, dir) },
		func() error { return trim(dir) },
		func() error { return makeFontList(ctx, p, dir) },
		func() error { return p.Compile(ctx, dir, Shown) },
		func() error { return p.NoteLibraries(dir) },
		func() error { return python.Settle(dir) },
		func() error { return os.Rename(dir, target) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("packages: %w", err)
		}
	}
	log.Info("installed packages", "dir", target, "took", time.Since(start).Round(time.Millisecond).String())
	return nil
}

// pip installs into dir what the file names.
func (r *requirements) pip(ctx context.Context, p *python.Interpreter, staging, dir string) error {
	source, err := pipSource(staging)
	if err != nil {
		return err
	}
	// A copy: what is installed is what was hashed, whoever edits the file now.
	file := filepath.Join(staging, "requirements.txt")
	if err := os.WriteFile(file, r.text, 0o600); err != nil {
		return err
	}
	args := append([]string{"-I", "-S", "-B", "-c", runPip, source}, pipOptions...)
	cmd := exec.CommandContext(ctx, p.Executable, append(args, "--target", dir, "-r", file)...)
	cmd.Env = nil // the operator's: index, certificates, proxy
	cmd.Dir = staging
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pip: %s: %w: %s", r.path, errors.Join(ctx.Err(), err), complaint(said.String(), file, r.path))
	}
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return fmt.Errorf("pip: %s: installed nothing", r.path)
	}
	return nil
}

// complaint is what pip had to say, about the file the operator knows.
func complaint(said, file, path string) string {
	const most = 2 << 10
	said = strings.ReplaceAll(strings.TrimSpace(said), file, path)
	if len(said) > most {
		said = "…" + said[len(said)-most:]
	}
	return said
}
