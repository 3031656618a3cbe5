package packages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/resolve"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
)

// parallel is how many pages or files are fetched at once.
const parallel = 4

// source is the part of what the indexes have that can be installed here.
type source struct {
	client *index.Client
	tags   wheel.Tags
	python version.Version
	hashes func(project string) []index.Hash
	strict bool   // every file needs a hash from the requirements
	dir    string // for wheels
	most   int    // pages that are asked for, 0: all
	limits wheel.Limits
	// hold is asked before so many bytes more are kept in memory; nil: they may be.
	hold func(n int64) error

	mu       sync.Mutex
	projects map[string]*project
}

// project is what the indexes have of one project, once they were asked.
type project struct {
	candidates []resolve.Candidate
	chosen     map[string]*chosen // by version
	others     []string           // files that will not do, the newest last
}

// chosen is the file that stands for a version.
type chosen struct {
	index.File
	wheel.Name
	path     string            // once it is downloaded
	metadata []byte            // its header, once it is read
	sum      [sha256.Size]byte // of all of it
}

// Versions implements resolve.Source.
func (s *source) Versions(ctx context.Context, name string) ([]resolve.Candidate, error) {
	p, err := s.project(ctx, name)
	if err != nil {
		return nil, err
	}
	return p.candidates, nil
}

func (s *source) project(ctx context.Context, name string) (*project, error) {
	s.mu.Lock()
	p, ok := s.projects[name]
	many := s.most > 0 && len(s.projects) >= s.most
	s.mu.Unlock()
	if ok {
		return p, nil
	}
	if many {
		return nil, Refuse("more than %d projects were looked at, and there is no end: name versions", s.most)
	}
	allowed := s.hashes(name)
	if s.strict && len(allowed) == 0 {
		return nil, fmt.Errorf("%s is needed, too: hashes are required as soon as there is one, and the file has "+
			"none of it", name)
	}
	files, err := s.client.Files(ctx, name)
	if err != nil {
		return nil, err
	}
	p = s.choose(name, files, allowed)
	if err := s.holds(int64(len(p.chosen)+len(p.others)) * heldFile); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projects[name] = p
	return p, nil
}

// choose takes the best file of each version.
func (s *source) choose(name string, files []index.File, allowed []index.Hash) *project {
	p := &project{chosen: make(map[string]*chosen)}
	for _, f := range files {
		n, err := wheel.ParseName(f.Name)
		if err != nil {
			if _, ok := wheel.SourceName(f.Name, name); ok {
				p.others = append(p.others, f.Name+" (a source: only wheels are installed, nothing is built)")
			}
			continue
		}
		if n.Project != name {
			continue
		}
		if _, ok := s.tags.Rank(n); !ok {
			p.others = append(p.others, f.Name+" (for another Python or machine)")
			continue
		}
		if wants, err := version.ParseSpecifiers(f.RequiresPython); err == nil && !wants.Contains(s.python) {
			p.others = append(p.others, f.Name+" (for Python "+wants.String()+")")
			continue
		}
		if !mayHave(f, allowed) {
			p.others = append(p.others, f.Name+" (its hash is none of those required)")
			continue
		}
		key := n.Version.String()
		have, ok := p.chosen[key]
		if !ok {
			p.candidates = append(p.candidates,
				resolve.Candidate{Project: name, Version: n.Version, Yanked: f.Yanked})
		}
		if !ok || s.tags.Compare(n, have.Name) < 0 {
			p.chosen[key] = &chosen{File: f, Name: n}
		}
	}
	slices.SortStableFunc(p.candidates, func(a, b resolve.Candidate) int { return b.Version.Compare(a.Version) })
	return p
}

// mayHave reports whether a file can have one of the hashes: an index need not
// say which one it has.
func mayHave(f index.File, allowed []index.Hash) bool {
	known := false
	for _, h := range f.Hashes {
		if slices.Contains(allowed, h) {
			return true
		}
		known = known || slices.ContainsFunc(allowed, func(a index.Hash) bool { return a.Algorithm == h.Algorithm })
	}
	return !known
}

// Else implements resolve.Source.
func (s *source) Else(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.projects[name]
	if !ok || len(p.candidates)+len(p.others) == 0 {
		return "no index has anything of that name"
	}
	text := "no wheel for this machine and Python"
	if len(p.candidates) > 0 {
		text = fmt.Sprintf("the newest wheel that could be taken is %s", p.candidates[0].Version)
	}
	if len(p.others) > 0 {
		const most = 3
		text += "; not taken: " + strings.Join(p.others[max(0, len(p.others)-most):], ", ")
	}
	return text
}

// Needs implements resolve.Source.
func (s *source) Needs(ctx context.Context, c resolve.Candidate) ([]requirement.Requirement, error) {
	f := s.file(c)
	if f.metadata == nil {
		text, err := s.client.Metadata(ctx, f.File, wheel.MetadataBytes)
		if err != nil {
			return nil, err
		}
		if text == nil {
			if text, err = s.metadataOfWheel(ctx, f); err != nil {
				return nil, err
			}
		}
		// Without the description, which nobody needs any more.
		head := bytes.Clone(wheel.Header(text))
		if err := s.holds(int64(len(head)) * heldMetadata); err != nil {
			return nil, err
		}
		f.metadata, f.sum = head, sha256.Sum256(text)
	}
	m, err := wheel.ParseMetadata(f.metadata)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %w", f.File.Name, resolve.ErrUnusable, err)
	case m.Project != f.Project || m.Version.Compare(f.Version) != 0:
		return nil, fmt.Errorf("%s: %w: inside it is %s %s", f.File.Name, resolve.ErrUnusable, m.Project, m.Version)
	case !m.Python.Contains(s.python):
		return nil, fmt.Errorf("%s: %w: it is for Python %s", f.File.Name, resolve.ErrUnusable, m.Python)
	}
	return m.Needs, nil
}

func (s *source) file(c resolve.Candidate) *chosen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.projects[c.Project].chosen[c.Version.String()]
}

// metadataOfWheel downloads a wheel whose metadata can't be had otherwise.
func (s *source) metadataOfWheel(ctx context.Context, f *chosen) ([]byte, error) {
	if err := s.download(ctx, f); err != nil {
		return nil, err
	}
	w, err := wheel.Open(f.path, f.File.Name, s.limits)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.Text, nil
}

// download fetches a file, unless it is there already.
func (s *source) download(ctx context.Context, f *chosen) error {
	if f.path != "" {
		return nil
	}
	// No part of the path comes from the index.
	path := filepath.Join(s.dir, f.Project+"-"+fmt.Sprintf("%x", f.Version.String())+".whl")
	err := s.client.Download(ctx, f.File, path, s.hashes(f.Project))
	if s.most > 0 && errors.Is(err, index.ErrHash) { // a caller need not know where the index is
		return Refuse("%s: its hash is not that of the index", f.File.Name)
	}
	if err != nil {
		return err
	}
	f.path = path
	return nil
}

// downloadAll fetches what was found, some at a time.
func (s *source) downloadAll(ctx context.Context, found []resolve.Candidate) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, c := range found {
		g.Go(func() error { return s.download(ctx, s.file(c)) })
	}
	return g.Wait()
}

// warm fetches what will be needed in any case, some at a time: the pages of
// what is asked for, and the metadata of versions that are named.
func (s *source) warm(ctx context.Context, wishes []requirement.Requirement) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	seen := make(map[string]bool)
	for _, w := range wishes {
		if seen[w.Name] {
			continue
		}
		seen[w.Name] = true
		g.Go(func() error {
			candidates, err := s.Versions(ctx, w.Name)
			if err != nil || !w.Specifiers.Pinned() {
				return err
			}
			for _, c := range candidates {
				if !w.Specifiers.Contains(c.Version) {
					continue
				}
				if _, err := s.Needs(ctx, c); err != nil && !errors.Is(err, resolve.ErrUnusable) {
					return err
				}
				break
			}
			return nil
		})
	}
	return g.Wait()
}

// open opens a wheel that was downloaded. It must have the needs that the index has
// given for it: the other distributions were chosen by these.
func (s *source) open(c resolve.Candidate) (*wheel.Wheel, error) { return s.openWithin(c, s.limits) }

func (s *source) openWithin(c resolve.Candidate, limits wheel.Limits) (*wheel.Wheel, error) {
	f := s.file(c)
	w, err := wheel.Open(f.path, f.File.Name, limits)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(w.Text) != f.sum {
		w.Close()
		return nil, fmt.Errorf("wheel %s: its metadata is not what the index says of it", f.File.Name)
	}
	return w, nil
}
