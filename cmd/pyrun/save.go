package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// outDir is the directory for files that came back. The script has chosen their
// names: none of them, and no link that lies in the directory, leads out of it, and
// no file that is there is changed unless force is set. A nil *outDir saves
// nothing.
type outDir struct {
	root  *os.Root
	force bool
}

// newMode is the mode of a file that a script has filled: never executable.
const newMode = 0o644

func openOut(dir string, force bool) (*outDir, error) {
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
	return &outDir{root, force}, nil
}

func (d *outDir) close() {
	if d != nil {
		_ = d.root.Close() // it was only read from
	}
}

// extensions are the endings of file names, by the media type of a form of the
// result.
var extensions = map[string]string{
	"text/html": ".html", "text/markdown": ".md", "text/latex": ".tex", "text/plain": ".txt",
	"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg", "application/json": ".json",
}

// file is a file that came back.
type file struct {
	name string
	data []byte
}

// save writes files, figures and the forms of the result: all that can be
// written, whatever becomes of the others.
func (d *outDir) save(rep *reply) error {
	if d == nil {
		return nil
	}
	list, err := rep.saved()
	errs := []error{err}
	var there []string
	for _, f := range list {
		switch err := d.write(f); {
		case errors.Is(err, fs.ErrExist) && !d.force:
			there = append(there, fmt.Sprintf("%q", f.name))
		case err != nil:
			errs = append(errs, fmt.Errorf("--out: %q: %w", f.name, err))
		}
	}
	if there != nil {
		errs = append(errs, &failure{exitThere, fmt.Errorf("--out: %s: in the way and left as it was; --force "+
			"overwrites", strings.Join(there, ", "))})
	}
	return errors.Join(errs...)
}

// saved lists the parts of a reply that become files, each under a name of its own.
func (rep *reply) saved() ([]file, error) {
	var list []file
	taken := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(rep.Files)) {
		list = append(list, file{name, rep.Files[name]})
		taken[path.Clean(name)] = true
	}
	add := func(name, extension string, data []byte) {
		for taken[name+extension] {
			name += "_"
		}
		taken[name+extension] = true
		list = append(list, file{name + extension, data})
	}
	for i, f := range rep.Figures {
		add(fmt.Sprintf("figure-%d", i+1), extensions[f.Type], f.Base64)
	}
	var errs []error
	displays := append(rep.Displays[:len(rep.Displays):len(rep.Displays)], rep.Display)
	for i, forms := range displays {
		name := "display"
		if len(displays) > 1 {
			name = fmt.Sprintf("display-%d", i+1)
		}
		for _, media := range slices.Sorted(maps.Keys(forms)) {
			data, err := content(media, forms[media])
			if err != nil {
				errs = append(errs, fmt.Errorf("--out: display %q: %w", media, err))
				continue
			}
			add(name, extensions[media], data)
		}
	}
	return list, errors.Join(errs...)
}

// content is what a form of a media type has in it.
func content(media, form string) ([]byte, error) {
	if strings.HasPrefix(media, "image/") && !strings.HasSuffix(media, "+xml") {
		return base64.StdEncoding.DecodeString(form)
	}
	return []byte(form), nil
}

// forms is how many forms of what was displayed there are.
func (rep *reply) forms() int {
	n := len(rep.Display)
	for _, forms := range rep.Displays {
		n += len(forms)
	}
	return n
}

// write writes one file and makes the directories above it. With force it takes
// the place of what is there, a link too, once it is complete.
func (d *outDir) write(f file) error {
	dir := path.Dir(f.name)
	if dir != "." {
		if err := d.root.MkdirAll(dir, 0o777); err != nil {
			if errors.Is(err, fs.ErrExist) { // a file where the directory would be
				return fmt.Errorf("%s: is no directory: %w", dir, fs.ErrExist)
			}
			return err
		}
	}
	if !d.force {
		return d.create(f.name, f.data)
	}
	draft := path.Join(dir, ".pyrun-"+rand.Text())
	if err := d.create(draft, f.data); err != nil {
		return err
	}
	if err := d.root.Rename(draft, f.name); err != nil {
		return errors.Join(err, d.root.Remove(draft))
	}
	return nil
}

// create writes a file that is not there, all of it or nothing.
func (d *outDir) create(name string, data []byte) error {
	// A link in the way is there, too, wherever it leads.
	w, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newMode)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return errors.Join(err, d.root.Remove(name))
	}
	return nil
}

// checkResult says before a run whether its result could be written, so that no run
// is wasted.
func checkResult(name string, force bool) error {
	if name == "" || force {
		return nil
	}
	info, err := os.Lstat(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if target, err := os.Stat(name); err == nil {
			info = target
		}
	}
	if err == nil && !isStream(info) {
		return resultThere(name)
	}
	return nil
}

func resultThere(name string) error {
	return &failure{exitThere, fmt.Errorf("--result: %q: in the way; --force overwrites", name)}
}

// isStream says whether writing to a file overwrites nothing: it is a pipe, or a
// device such as /dev/stdout.
func isStream(info fs.FileInfo) bool { return info.Mode()&(fs.ModeDevice|fs.ModeNamedPipe) != 0 }

// writeResult writes the result to the file that was named for it.
func writeResult(name string, force bool, data []byte) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if info, err := os.Stat(name); err == nil && isStream(info) {
		flags = os.O_WRONLY
	} else if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	w, err := os.OpenFile(name, flags, newMode)
	if errors.Is(err, fs.ErrExist) {
		return resultThere(name)
	}
	if err == nil {
		_, err = w.Write(data)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return fmt.Errorf("--result: %w", err)
	}
	return nil
}
