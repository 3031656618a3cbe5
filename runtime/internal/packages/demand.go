package packages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/resolve"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// Demand is a set of packages that a caller asks for, who is not to be trusted. What
// comes of it is data: nothing of it is executed here, not even by a compiler.
type Demand struct {
	Interpreter *python.Interpreter
	Index       index.Config
	Wanted      []requirement.Requirement
	Bounds      Bounds
	// Dir exists, is empty and nobody else's. Wheels are kept there.
	Dir string
	// Room is asked before so many bytes more are written to disk; its error ends the
	// demand. It is called from several goroutines.
	Room func(n int64) error
	Log  *slog.Logger
}

// Bounds are what one demand may come to.
type Bounds struct {
	// Distributions is how many are installed at most, Projects how many pages of the
	// index are asked for to find them.
	Distributions, Projects int
	// Download and Unpacked are bytes, Files files of all wheels together.
	Download, Unpacked int64
	Files              int
	// Held is how many bytes may be in memory of what the index has: lists of files and
	// metadata.
	Held int64
}

// Largest page of an index, which is held in memory, and what an archive's list of
// files takes for each file.
const (
	demandPage  = 16 << 20
	demandEntry = 300
)

// Resolved is what a demand comes to.
type Resolved struct {
	demand Demand
	source *source
	found  []resolve.Candidate
	spent  atomic.Int64
}

// Resolve finds out which wheels meet a demand. It must be closed. An error is a
// *Refusal where the demand is at fault, and the index or this machine else.
func (d Demand) Resolve(ctx context.Context) (*Resolved, error) {
	r := &Resolved{demand: d}
	err := r.resolve(ctx)
	if err == nil && len(r.found) > d.Bounds.Distributions {
		err = Refuse("%d distributions are needed: more than %d", len(r.found), d.Bounds.Distributions)
	}
	if err != nil {
		r.Close()
		return nil, judged(err)
	}
	return r, nil
}

func (r *Resolved) resolve(ctx context.Context) error {
	d := &r.demand
	target, err := platform(d.Interpreter)
	if err != nil {
		return err
	}
	own, err := version.Parse(d.Interpreter.Version)
	if err != nil {
		return err
	}
	client, err := index.New(d.Index, d.Log)
	if err != nil {
		return fmt.Errorf("%w: %w", errSettings, err)
	}
	spend := budget("downloads", d.Bounds.Download)
	client.Bound(demandPage, func(n int64) error {
		if err := spend(n); err != nil {
			return err
		}
		r.spent.Add(n)
		return d.Room(n)
	})
	r.source = &source{client: client, tags: target.Tags(), python: own, dir: d.Dir,
		hashes: func(string) []index.Hash { return nil }, projects: map[string]*project{}, most: d.Bounds.Projects,
		limits: wheel.Usual}
	r.source.hold = budget("what the index says of the packages", d.Bounds.Held)
	r.source.limits.Files, r.source.limits.Bytes = d.Bounds.Files, d.Bounds.Unpacked
	r.source.limits.Directory = int64(d.Bounds.Files)*demandEntry + 1<<20
	env := requirement.NewEnvironment(d.Interpreter.Version, target.Machine)
	problem := resolve.Problem{Source: r.source, Environment: env, Wanted: d.Wanted,
		By: "the script"}
	r.found, err = problem.Solve(ctx)
	return err
}

// budget is a function that takes from so many bytes until they are gone.
func budget(of string, left int64) func(n int64) error {
	var mu sync.Mutex
	all := left
	return func(n int64) error {
		mu.Lock()
		defer mu.Unlock()
		if left -= n; left < 0 {
			return Refuse("%s: more than %d MiB", of, all>>20)
		}
		return nil
	}
}

// What is held of a file of an index, and of each byte of metadata that is read, also
// while versions are being chosen.
const heldFile, heldMetadata = 1 << 10, 4

func (s *source) holds(n int64) error {
	if s.hold == nil {
		return nil
	}
	return s.hold(n)
}

// Close ends what Resolve has begun.
func (r *Resolved) Close() {
	if r.source != nil {
		r.source.client.Close()
	}
}

// Fetched is how many bytes were fetched so far, pages of the index among them.
func (r *Resolved) Fetched() int64 { return r.spent.Load() }

// Distributions are what is to be installed, each with its version.
func (r *Resolved) Distributions() (list []string) {
	for _, c := range r.found {
		list = append(list, c.Project+" "+c.Version.String())
	}
	slices.Sort(list)
	return list
}

// Key names what comes of it: by the hashes of the wheels, the interpreter, and this
// code. A wheel whose hash the index does not say is fetched.
func (r *Resolved) Key(ctx context.Context) (string, error) {
	var lines []string
	for _, c := range r.found {
		f := r.source.file(c)
		i := slices.IndexFunc(f.Hashes, func(h index.Hash) bool { return h.Algorithm == "sha256" })
		if i >= 0 {
			lines = append(lines, f.File.Name+" "+f.Hashes[i].Sum)
			continue
		}
		if err := r.download(ctx, c); err != nil {
			return "", judged(err)
		}
		sum, err := sumOfFile(f.path)
		if err != nil {
			return "", err
		}
		lines = append(lines, f.File.Name+" "+sum)
	}
	slices.Sort(lines)
	h := sha256.New()
	fmt.Fprintf(h, "demand %d %s %s\n%s\n", recipeVersion, r.demand.Interpreter.Version, r.demand.Interpreter.Home,
		strings.Join(lines, "\n"))
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func sumOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// download fetches one wheel, as far as there is room.
func (r *Resolved) download(ctx context.Context, c resolve.Candidate) error {
	return r.source.download(ctx, r.source.file(c))
}

// Fetch fetches the wheels, and says after each how many are there.
func (r *Resolved) Fetch(ctx context.Context, done func(n, of int)) error {
	for i, c := range r.found {
		if err := r.download(ctx, c); err != nil {
			return judged(err)
		}
		done(i+1, len(r.found))
	}
	return nil
}

// Unpack makes dir, which must not exist yet, the directory of packages, without
// byte code. After an error the caller has to remove it.
func (r *Resolved) Unpack(ctx context.Context, dir string) error {
	if err := r.unpack(ctx, dir); err != nil {
		return judged(err)
	}
	return r.demand.Interpreter.NoteStandard(dir)
}

func (r *Resolved) unpack(ctx context.Context, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	b := r.demand.Bounds
	for _, c := range r.found {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, err := r.openBounded(c, &b)
		if err != nil {
			return err
		}
		if err := errors.Join(w.Unpack(ctx, root, unwanted), w.Close()); err != nil {
			return err
		}
		// It takes room twice otherwise.
		if err := os.Remove(r.source.file(c).path); err != nil {
			return err
		}
	}
	return nil
}

// openBounded opens a wheel, and takes what it comes to from b and from the room there
// is.
func (r *Resolved) openBounded(c resolve.Candidate, b *Bounds) (*wheel.Wheel, error) {
	limits := r.source.limits
	limits.Files, limits.Bytes = max(b.Files, 0), max(b.Unpacked, 0)
	w, err := r.source.openWithin(c, limits)
	if err != nil {
		return nil, err
	}
	files, size := w.Size()
	b.Files -= files
	b.Unpacked -= size
	if err := r.demand.Room(size + int64(files)*blockBytes); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// blockBytes is what a file takes on disk beyond its size, at most.
const blockBytes = 4 << 10

// unwanted reports whether a file of a wheel is left out: what no script can use, and
// at the top what Python's start would execute, or what this service would believe to
// be its own.
func unwanted(name string) bool {
	top, _, below := strings.Cut(name, "/")
	return trimmed(name) || strings.HasPrefix(top, ".") || !below && filepath.Ext(top) == ".pth"
}
