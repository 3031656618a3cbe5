package runtime

import (
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/packages/shelf"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// Byte code is made by runs like those of callers: whoever wrote the sources may have
// aimed at the compiler. What comes back is bytes to this process. They can only be what
// the set could have done to its own modules anyway.

//go:embed compile.py
var compileScript string

// Bounds of one run that compiles. Byte code is about as large as its source.
const (
	compileBytes = 1 << 20
	compileFiles = 500
	// compileRuns is for sets with sources that end the runs they are compiled in.
	compileRuns = 300
	// compilePause is before the next attempt, where the queue is full.
	compilePause = 200 * time.Millisecond
)

// compiler compiles one set.
type compiler struct {
	in          *installs
	environment *environment // that has the set
	to          *shelf.Installation
	root        *os.Root // of the packages
	shown       string
	runs        int
}

// compile adds byte code to what was unpacked.
func (in *installs) compile(f *flight, name string, to *shelf.Installation) error {
	// The note of libraries is believed only as long as the set is as it was made.
	if err := python.Settle(to.Packages); err != nil {
		return err
	}
	e := in.environment(f.base, name, to.Packages)
	defer e.remove()
	setup, err := e.prepare(f.ctx)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(to.Packages)
	if err != nil {
		return err
	}
	defer root.Close()
	c := &compiler{in: in, environment: e, to: to, root: root, shown: to.Packages}
	if setup.jail.OwnRoot() {
		c.shown = packages.Shown
	}
	batches, err := c.batches()
	if err != nil {
		return err
	}
	for _, batch := range batches {
		if err := c.compile(f.ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// batches lists the sources that are compiled together. The largest stay without.
func (c *compiler) batches() (list [][]string, err error) {
	var batch []string
	var size int64
	most := min(compileBytes, c.in.all.cfg.Limits.ReturnBytes/3)
	err = fs.WalkDir(c.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".py" {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() > most {
			return err
		}
		if size+info.Size() > most || len(batch) == compileFiles {
			list, batch, size = append(list, batch), nil, 0
		}
		batch, size = append(batch, name), size+info.Size()
		return nil
	})
	if len(batch) > 0 {
		list = append(list, batch)
	}
	return list, err
}

// compile compiles a batch. Where its run fails each half is tried alone, down to the
// source that is to blame, which stays without byte code.
func (c *compiler) compile(ctx context.Context, batch []string) error {
	if c.runs++; c.runs > compileRuns {
		return nil
	}
	input, err := json.Marshal(map[string]any{"dir": c.shown, "shown": packages.Shown, "files": batch})
	if err != nil {
		return err
	}
	result, err := c.attempt(ctx, &Job{Script: compileScript, Input: input, ReturnFiles: true})
	if err != nil {
		return err
	}
	var codes [][]byte
	if result.Status == OK && len(result.Files) == 1 {
		codes = split(result.Files[0].Data, len(batch))
	}
	if codes != nil {
		return c.write(batch, codes)
	}
	c.in.all.cfg.Log.Debug("sources not compiled", "environment", c.environment.name, "files", len(batch),
		"status", string(result.Status), "error", result.Error)
	if half := len(batch) / 2; half > 0 {
		return errors.Join(c.compile(ctx, batch[:half]), c.compile(ctx, batch[half:]))
	}
	return nil
}

// attempt runs a job as soon as there is a place.
func (c *compiler) attempt(ctx context.Context, job *Job) (Result, error) {
	for {
		result, err := c.in.run(ctx, c.environment, job)
		if !errors.Is(err, ErrOverloaded) {
			return result, err
		}
		select {
		case <-time.After(compilePause):
		case <-ctx.Done():
			return Result{}, context.Cause(ctx)
		}
	}
}

// split takes apart what a run returned for n sources; nil if it is not for so many.
func split(data []byte, n int) [][]byte {
	codes := make([][]byte, 0, n)
	for len(data) >= 4 && len(codes) < n {
		size := binary.LittleEndian.Uint32(data)
		if data = data[4:]; uint64(size) > uint64(len(data)) {
			return nil
		}
		codes, data = append(codes, data[:size]), data[size:]
	}
	if len(codes) != n || len(data) > 0 {
		return nil
	}
	return codes
}

// write writes the byte code of a batch to where imports look for it.
func (c *compiler) write(batch []string, codes [][]byte) error {
	series := strings.Split(c.environment.setup.Load().software.Version, ".")
	for i, name := range batch {
		if len(codes[i]) == 0 {
			continue
		}
		if err := c.in.room(c.to)(int64(len(codes[i])) + filesystemBlock); err != nil {
			return err
		}
		dir := path.Join(path.Dir(name), "__pycache__")
		base := strings.TrimSuffix(path.Base(name), ".py")
		file := path.Join(dir, fmt.Sprintf("%s.cpython-%s%s.pyc", base, series[0], series[1]))
		if err := c.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		// A name too long is that of a module that is compiled with each import.
		err := c.root.WriteFile(file, codes[i], 0o644)
		if err != nil && len(base) < 200 {
			return err
		}
	}
	return nil
}

// filesystemBlock is what a file takes on disk beyond its size, at most.
const filesystemBlock = 4 << 10

// remove ends an environment for good, and gives up its files. Nobody holds it, nor can
// anybody any more.
func (e *environment) remove() {
	e.mu.Lock()
	over := e.moving
	e.mu.Unlock()
	if over != nil {
		<-over
	}
	e.mu.Lock()
	p := e.pool
	e.pool = nil
	e.mu.Unlock()
	if p != nil {
		p.Close()
		e.all.installs.restarts.Add(p.Restarts())
	}
	if s := e.setup.Load(); s != nil {
		s.scratch.Remove()
	}
	if e.set != nil {
		e.set.Release()
	}
}

// environment is a new one of packages that nobody vouches for, on the Python of
// another.
func (in *installs) environment(base *environment, name, dir string) *environment {
	cfg := base.cfg
	cfg.Packages, cfg.untrusted, cfg.Environments = filepath.Clean(dir), true, nil
	cfg.Preload, cfg.PreloadInstalled = in.cfg.Preload, nil
	e := &environment{name: name, cfg: cfg, all: in.all, known: make(chan struct{}), size: plainInterpreter}
	close(e.known)
	return e
}
