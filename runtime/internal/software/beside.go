package software

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// takeBeside takes those shared libraries from beside the prefix that are there, too, at
// their own paths and with the same bytes. An image with several environments has a
// directory for each, which is all that its scripts see and can be their root as it is,
// while the machine's own paths lead into one of them.
func (s *Software) takeBeside() error {
	root, ok := strings.CutSuffix(s.Home, home)
	if !ok || root == "" {
		return nil
	}
	for i, l := range s.Libraries {
		beside := filepath.Join(root, l.Path)
		if l.Source == beside {
			continue
		}
		same, err := sameFile(l.Source, beside)
		if err != nil {
			return err
		}
		if same {
			s.Libraries[i].Source = beside
		}
	}
	return nil
}

// sameFile reports whether the second file is there, no link, and as the first one.
func sameFile(one, other string) (bool, error) {
	there, err := os.Lstat(other)
	if err != nil || !there.Mode().IsRegular() {
		return false, nil // most prefixes have nothing beside them
	}
	here, err := os.Stat(one)
	if err != nil {
		return false, err
	}
	if os.SameFile(here, there) {
		return true, nil
	}
	if here.Size() != there.Size() {
		return false, nil
	}
	a, err := os.ReadFile(one)
	if err != nil {
		return false, err
	}
	b, err := os.ReadFile(other)
	return err == nil && bytes.Equal(a, b), nil
}
