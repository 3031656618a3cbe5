package python

import "path/filepath"

// What the tests of the public entry measure or compare by itself.

var EmbeddedModule = bundled.module

func FindLibraries(p *Interpreter) error { return p.findLibraries() }

// Verify compares Home with its manifest as a start does; with full the digest of
// every file, too. Home must be one that Bundled has made.
func (p *Interpreter) Verify(full bool) error {
	m, err := readManifest(filepath.Join(filepath.Dir(p.Home), "manifest"))
	if err != nil {
		return err
	}
	if err := m.verify(p.Home); err != nil || !full {
		return err
	}
	for rel := range m.files {
		if err := m.verifyDigest(p.Home, rel); err != nil {
			return err
		}
	}
	return nil
}
