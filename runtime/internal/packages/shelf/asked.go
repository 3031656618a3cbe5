package shelf

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What callers ask for is remembered by a hash, so that the same request needs no
// index again, after a restart neither.

const (
	askedName = "asked"
	// askedMost bounds how many requests are remembered of each set.
	askedMost = 64
)

// asked is what a request has led to.
type asked struct {
	key string
	at  time.Time
}

// Asked returns the key of the set that a request has led to, and when; ok is false if
// none is known.
func (s *Shelf) Asked(request string) (key string, at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.askedFor[request]
	return a.key, a.at, ok
}

// Remember notes that a request leads to a set, now. A request is a word.
func (s *Shelf) Remember(request, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.askedFor[request] = asked{key, time.Now()}
	var lines []string
	for _, other := range slices.SortedFunc(maps.Keys(s.askedFor), func(a, b string) int {
		return s.askedFor[b].at.Compare(s.askedFor[a].at)
	}) {
		a := s.askedFor[other]
		switch {
		case a.key != key:
		case len(lines) == askedMost:
			delete(s.askedFor, other)
		default:
			lines = append(lines, fmt.Sprintf("%s %d\n", other, a.at.Unix()))
		}
	}
	if err := s.writeAsked(key, strings.Join(lines, "")); err != nil {
		s.log.Warn("request not remembered", "key", key, "cause", err)
	}
}

// writeAsked replaces the file of a set.
func (s *Shelf) writeAsked(key, text string) error {
	f, err := os.CreateTemp(s.own.Name(), askedName)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, key, askedName))
	}
	return err
}

// readAsked reads the files of all sets.
func (s *Shelf) readAsked() map[string]asked {
	all := map[string]asked{}
	for _, one := range s.sets() {
		f, err := os.Open(filepath.Join(s.dir, one.key, askedName))
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(f, askedMost*200))
		f.Close()
		for line := range strings.Lines(string(text)) {
			var request string
			var at int64
			if _, err := fmt.Sscanf(line, "%s %d\n", &request, &at); err == nil {
				all[request] = asked{one.key, time.Unix(at, 0)}
			}
		}
	}
	return all
}

// forget drops the requests that have led to a set. The caller has the lock.
func (s *Shelf) forget(key string) {
	maps.DeleteFunc(s.askedFor, func(_ string, a asked) bool { return a.key == key })
}
