package main

import (
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// outDir is where files go that came back. The names are the script's: none of
// them, and no link that lies in the directory, leads out of it. A nil *outDir
// saves nothing.
type outDir struct{ root *os.Root }

func openOut(dir string) (*outDir, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	return &outDir{root}, nil
}

func (d *outDir) close() {
	if d != nil {
		_ = d.root.Close() // it was only read from
	}
}

// extensions are those of the forms a result may take.
var extensions = map[string]string{
	"text/html": ".html", "text/markdown": ".md", "text/latex": ".tex", "text/plain": ".txt",
	"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg", "application/json": ".json",
}

// save writes files, figures and the forms of the result.
func (d *outDir) save(rep *reply) error {
	if d == nil {
		return nil
	}
	taken := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(rep.Files)) {
		if err := d.write(name, rep.Files[name]); err != nil {
			return err
		}
		taken[path.Clean(name)] = true
	}
	free := func(name, extension string) string {
		for taken[name+extension] {
			name += "_"
		}
		taken[name+extension] = true
		return name + extension
	}
	for i, f := range rep.Figures {
		if err := d.write(free(fmt.Sprintf("figure-%d", i+1), extensions[f.Type]), f.Base64); err != nil {
			return err
		}
	}
	for _, media := range slices.Sorted(maps.Keys(rep.Display)) {
		data := []byte(rep.Display[media])
		if strings.HasPrefix(media, "image/") && !strings.HasSuffix(media, "+xml") {
			decoded, err := base64.StdEncoding.DecodeString(rep.Display[media])
			if err != nil {
				return fmt.Errorf("--out: display %q: %w", media, err)
			}
			data = decoded
		}
		if err := d.write(free("display", extensions[media]), data); err != nil {
			return err
		}
	}
	return nil
}

// write writes one file and makes the directories above it.
func (d *outDir) write(name string, data []byte) error {
	if dir := path.Dir(name); dir != "." {
		if err := d.root.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("--out: %q: %w", name, err)
		}
	}
	if err := d.root.WriteFile(name, data, 0o666); err != nil {
		return fmt.Errorf("--out: %q: %w", name, err)
	}
	return nil
}
