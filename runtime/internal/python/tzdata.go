package python

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// tzdataWheel is a wheel, and a wheel of pure Python is installed by unpacking
// it into site-packages.
//
//go:embed tzdata.zip
var tzdataWheel []byte

// installTimeZones puts the tzdata distribution into site-packages of prefix, for
// the standard library of a series.
func installTimeZones(prefix, series string) error {
	r, err := zip.NewReader(bytes.NewReader(tzdataWheel), int64(len(tzdataWheel)))
	if err != nil {
		return fmt.Errorf("time zones: tzdata.zip: %w", err)
	}
	site := filepath.Join(prefix, filepath.FromSlash(sitePackages(series)))
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("time zones: tzdata.zip: %q: not a local path", f.Name)
		}
		if err := unzip(f, filepath.Join(site, filepath.FromSlash(f.Name))); err != nil {
			return fmt.Errorf("time zones: %w", err)
		}
	}
	return nil
}

// unzip writes one archive member to path and makes the directories above it.
func unzip(f *zip.File, path string) error {
	src, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	defer src.Close()
	data, err := io.ReadAll(src)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
