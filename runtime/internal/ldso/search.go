package ldso

import (
	"bufio"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// multiarch is the directory name that Debian and its children have for an
// architecture.
var multiarch = map[elf.Machine]string{
	elf.EM_X86_64:  "x86_64-linux-gnu",
	elf.EM_AARCH64: "aarch64-linux-gnu",
}

// standardDirs are the directories that the loaders of the usual distributions
// search without being told, as far as they exist. They are given with their
// links resolved: on every one of those distributions that name is searched
// too, while the name of the link (/lib64 on Arch, for one) need not be.
func (r *resolver) standardDirs() []string {
	dirs := []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib"}
	if name, ok := multiarch[r.machine]; ok {
		dirs = slices.Insert(dirs, 0, "/lib/"+name, "/usr/lib/"+name)
	}
	var found []string
	for _, dir := range dirs {
		if resolved, err := r.realPath(dir); err == nil && !slices.Contains(found, resolved) {
			found = append(found, resolved)
		}
	}
	return found
}

// searchDir is a directory that is searched.
type searchDir struct {
	path  string
	moves bool // it is given relative to something that is in one of the resolver's homes
}

// fixed makes directories that are where they are.
func fixed(paths []string) []searchDir {
	dirs := make([]searchDir, len(paths))
	for i, p := range paths {
		dirs[i] = searchDir{path: p}
	}
	return dirs
}

// expand replaces $ORIGIN, the directory that o is in, in a search path of o.
func (o want) expand(paths []string) []searchDir {
	origin := filepath.Dir(o.path)
	dirs := make([]searchDir, len(paths))
	for i, p := range paths {
		full := strings.NewReplacer("$ORIGIN", origin, "${ORIGIN}", origin).Replace(p)
		dirs[i] = searchDir{path: filepath.Clean(full), moves: o.moves && full != p}
	}
	return dirs
}

// find looks for the library name that o needs, in the loader's order: the
// DT_RPATH of o and of those that led to it, the DT_RUNPATH of o, the standard
// directories, and last those of ld.so.conf. Its object is nil if there is
// none for this machine.
func (r *resolver) find(name string, o want, rpath []searchDir) want {
	if strings.Contains(name, "/") { // a path, not a name
		path := o.expand([]string{name})[0]
		return want{object: r.open(path.path), moves: path.moves && r.within(path.path)}
	}
	for _, dirs := range [][]searchDir{rpath, o.expand(o.runpath), fixed(r.standard)} {
		if found := r.findIn(name, dirs); found.object != nil {
			return found
		}
	}
	if r.fallback == nil {
		r.fallback = []string{} // read, even if there is none
		r.readConf("/etc/ld.so.conf", 0)
	}
	return r.findIn(name, fixed(r.fallback))
}

// findIn looks for a library in a list of directories.
func (r *resolver) findIn(name string, dirs []searchDir) want {
	for _, dir := range dirs {
		path := filepath.Join(dir.path, name)
		if o := r.open(path); o != nil {
			return want{object: o, moves: dir.moves && r.within(path)}
		}
	}
	return want{}
}

// within reports whether path is in one of the homes.
func (r *resolver) within(path string) bool {
	return slices.ContainsFunc(r.homes, func(home string) bool { return Within(home, path) })
}

// open reads the library at path. Like the loader it passes over a file for
// another machine, and over one that is no library.
func (r *resolver) open(path string) *object {
	if !r.exists(path) {
		return nil
	}
	o, err := readObject(r.root+path, path)
	if err != nil || o.machine != r.machine || o.class != elf.ELFCLASS64 {
		return nil
	}
	return o
}

// visible is where a library that was found at path has to be in a private
// root. A directory of ld.so.conf is not searched there, for want of the cache
// made of it: such a library belongs beside the C library, where everything
// is looked for.
func (r *resolver) visible(name, path string) string {
	if r.libc != "" && slices.Contains(r.fallback, filepath.Dir(path)) {
		return filepath.Join(r.libc, name)
	}
	return path
}

// readConf adds the directories that an ld.so.conf names to r.fallback. One
// that cannot be read names none.
func (r *resolver) readConf(path string, depth int) {
	f, err := os.Open(r.root + path)
	if err != nil || depth > 4 {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t:,", c) })
		switch {
		case len(words) == 0 || words[0] == "hwcap":
		case words[0] == "include":
			for _, pattern := range words[1:] {
				if !filepath.IsAbs(pattern) {
					pattern = filepath.Join(filepath.Dir(path), pattern)
				}
				included, _ := filepath.Glob(GlobQuote(r.root) + pattern)
				for _, file := range included {
					r.readConf(strings.TrimPrefix(file, r.root), depth+1)
				}
			}
		default:
			for _, dir := range words {
				resolved, err := r.realPath(dir)
				if err == nil && !slices.Contains(r.standard, resolved) && !slices.Contains(r.fallback, resolved) {
					r.fallback = append(r.fallback, resolved)
				}
			}
		}
	}
}
