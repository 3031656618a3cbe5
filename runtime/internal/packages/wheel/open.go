package wheel

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strings"
)

// Limits bound what a wheel may hold. The largest that are published, of
// machine learning for graphics cards, have 5 GB and 30,000 files.
type Limits struct {
	Files int   // and directories
	Bytes int64 // unpacked
	// Ratio is how many times its own size a wheel may unpack to, Free what it
	// may in any case: text packs well, a bomb much better.
	Ratio, Free int64
	// Directory is how many bytes the archive's own list of its files may have, which
	// is held in memory as a whole; 0: as many as the archive has.
	Directory int64
}

// Usual are the limits for wheels of an index.
var Usual = Limits{Files: 50_000, Bytes: 8 << 30, Ratio: 50, Free: 64 << 20}

// Wheel is an open wheel that was looked at as a whole.
type Wheel struct {
	// Metadata is what the wheel says of itself.
	Metadata Metadata
	// Text is the file METADATA.
	Text []byte

	file    string // its name
	name    Name
	info    string // the directory of its metadata
	entries []entry
	dirs    map[string]bool // that the entries are in
	record  map[string]recorded
	closer  io.Closer
}

// entry is one regular file and its path below the target; empty for none.
type entry struct {
	*zip.File
	to string
}

// Open opens the wheel at the path at and checks all that can be checked without
// unpacking. file is the name of the wheel, with which the error begins.
func Open(at, file string, limits Limits) (*Wheel, error) {
	name, err := ParseName(file)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(at)
	if err != nil {
		return nil, fmt.Errorf("wheel: %w", err)
	}
	w := &Wheel{file: file, name: name, closer: f}
	if err := w.open(f, limits); err != nil {
		return nil, errors.Join(fmt.Errorf("wheel %s: %w", file, err), f.Close())
	}
	return w, nil
}

// Close closes the file.
func (w *Wheel) Close() error { return w.closer.Close() }

func (w *Wheel) open(f *os.File, limits Limits) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	from := &metered{ReaderAt: f, left: limits.Directory}
	if limits.Directory == 0 {
		from.left = math.MaxInt64
	}
	archive, err := zip.NewReader(from, info.Size())
	if errors.Is(err, errDirectory) {
		return fmt.Errorf("its list of files has more than %d bytes", limits.Directory)
	} else if err != nil {
		return fmt.Errorf("not a zip archive: %w", err)
	}
	from.left = math.MaxInt64
	if err := bounded(archive.File, info.Size(), limits); err != nil {
		return err
	}
	if err := w.place(archive.File, limits.Files); err != nil {
		return err
	}
	if w.Text, err = w.read("METADATA", MetadataBytes); err != nil {
		return err
	}
	if w.Metadata, err = ParseMetadata(w.Text); err != nil {
		return err
	}
	if m := w.Metadata; m.Project != w.name.Project || m.Version.Compare(w.name.Version) != 0 {
		return fmt.Errorf("inside it is %s %s", m.Project, m.Version)
	}
	if err := w.checkFormat(); err != nil {
		return err
	}
	return w.readRecord()
}

// errDirectory is why a metered reader reads no more.
var errDirectory = errors.New("list of files too long")

// metered reads so many bytes, and no more: while an archive is opened these are those
// of its directory.
type metered struct {
	io.ReaderAt
	left int64
}

// ReadAt implements io.ReaderAt.
func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left != math.MaxInt64 {
		if m.left -= int64(len(p)); m.left < 0 {
			return 0, errDirectory
		}
	}
	return m.ReaderAt.ReadAt(p, off)
}

// Size is how many files and directories the wheel has, and how many bytes they have
// unpacked.
func (w *Wheel) Size() (files int, bytes int64) {
	for _, e := range w.entries {
		bytes += int64(e.UncompressedSize64)
	}
	return len(w.entries) + len(w.dirs), bytes
}

// bounded adds up what the directory of the archive says. That it says the
// truth is seen when unpacking, which stops at the size named here.
func bounded(files []*zip.File, size int64, limits Limits) error {
	if len(files) > limits.Files {
		return fmt.Errorf("%d files: more than %d", len(files), limits.Files)
	}
	var total uint64
	most := uint64(min(limits.Bytes, max(limits.Free, size*limits.Ratio)))
	for _, f := range files {
		if f.UncompressedSize64 > most || total+f.UncompressedSize64 > most {
			return fmt.Errorf("unpacks to more than %d bytes, from %d", most, size)
		}
		total += f.UncompressedSize64
	}
	return nil
}

// place decides where each file goes and refuses files that no wheel has, and more
// files and directories than most.
func (w *Wheel) place(files []*zip.File, most int) error {
	seen := make(map[string]bool)
	w.dirs = make(map[string]bool)
	for _, f := range files {
		name, isDir := strings.CutSuffix(f.Name, "/")
		if err := plain(f, name, isDir); err != nil {
			return err
		}
		if isDir {
			continue
		}
		if seen[name] {
			return fmt.Errorf("%q is there twice", f.Name)
		}
		seen[name] = true
		top, rest, below := strings.Cut(name, "/")
		switch {
		case strings.HasSuffix(top, ".dist-info") && below:
			if w.info != "" && top != w.info {
				return fmt.Errorf("metadata in %s and in %s", w.info, top)
			}
			w.info = top
		case strings.HasSuffix(top, ".data") && below:
			if !w.names(top, ".data") {
				return fmt.Errorf("%q is of another distribution", f.Name)
			}
			to := scheme(rest)
			if first, _, _ := strings.Cut(to, "/"); strings.HasSuffix(first, ".dist-info") {
				return fmt.Errorf("%q: metadata has no place there", f.Name)
			}
			name = to
		}
		w.entries = append(w.entries, entry{f, name})
		if !w.within(name, most) {
			return fmt.Errorf("more than %d files and directories", most)
		}
	}
	if w.info == "" || !w.names(w.info, ".dist-info") {
		return fmt.Errorf("no metadata of this distribution in it, but %q", w.info)
	}
	return nil
}

// within notes the directories that a file is in, of which the archive lists none, and
// reports whether there are not too many: one path can have 500.
func (w *Wheel) within(name string, most int) bool {
	for len(w.entries)+len(w.dirs) <= most {
		i := strings.LastIndexByte(name, '/')
		if i < 0 || w.dirs[name[:i]] {
			return true
		}
		name = name[:i]
		w.dirs[name] = true
	}
	return false
}

// plain refuses entries that are no regular file or directory, and paths that
// lead elsewhere.
func plain(f *zip.File, name string, isDir bool) error {
	switch mode := f.Mode(); {
	case isDir && (mode.IsDir() || mode.IsRegular()) && f.UncompressedSize64 == 0:
	case !isDir && mode.IsRegular():
	default:
		return fmt.Errorf("%q is neither file nor directory: %v", f.Name, mode.Type())
	}
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00\n\r") || len(name) > 1024 {
		return fmt.Errorf("%.200q is no path in a wheel", f.Name)
	}
	if f.Flags&1 != 0 {
		return fmt.Errorf("%q is encrypted", f.Name)
	}
	return nil
}

// scheme is where a file below NAME.data goes: libraries and data to the top.
// Programs and headers go nowhere: no script can start a program or a compiler.
func scheme(name string) string {
	kind, rest, _ := strings.Cut(name, "/")
	switch kind {
	case "purelib", "platlib", "data":
		return rest
	}
	return ""
}

// names reports whether a directory is called after the distribution.
func (w *Wheel) names(dir, suffix string) bool {
	n, err := ParseName(strings.TrimSuffix(dir, suffix) + "-py3-none-any.whl")
	return err == nil && n.Project == w.name.Project && n.Version.Compare(w.name.Version) == 0 &&
		n.buildText == "" && n.build == 0
}

// read reads a file of the metadata.
func (w *Wheel) read(name string, most int64) ([]byte, error) {
	want := path.Join(w.info, name)
	for _, e := range w.entries {
		if e.Name != want {
			continue
		}
		if e.UncompressedSize64 > uint64(most) {
			return nil, fmt.Errorf("%s: larger than %d bytes", want, most)
		}
		r, err := e.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", want, err)
		}
		defer r.Close()
		data, err := io.ReadAll(io.LimitReader(r, most+1))
		if err == nil && int64(len(data)) > most {
			err = fmt.Errorf("larger than %d bytes", most)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", want, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("%s: not in it", want)
}

// checkFormat requires version 1 of the format of wheels.
func (w *Wheel) checkFormat() error {
	text, err := w.read("WHEEL", MetadataBytes)
	if err != nil {
		return err
	}
	for name, value := range header(string(text)) {
		if strings.EqualFold(name, "Wheel-Version") {
			if major, _, _ := strings.Cut(value, "."); major != "1" {
				return fmt.Errorf("format %.20q: only 1 is known", value)
			}
			return nil
		}
	}
	return errors.New("WHEEL: names no version of the format")
}
