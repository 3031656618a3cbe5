package runtime

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of a file's name.
const (
	maxFilePart  = 255 // bytes between two slashes, as file systems have it
	maxFileDepth = 8   // parts
)

// FilesLimitError is the error of CheckFiles for files that together exceed a limit
// that the operator has set.
type FilesLimitError struct{ text string }

// Error is a sentence for the caller, with the limit.
func (e *FilesLimitError) Error() string { return e.text }

// Hint is what the caller or the operator can do about it, as a sentence.
func (e *FilesLimitError) Hint() string { return hints[FileLimit]["files"] }

// CheckFiles says what is wrong with the files for a run, for its caller. A
// name is relative, of at most 8 parts of 1 to 255 bytes of UTF-8, none of them
// "." or "..", without NUL, given once, and not the directory of another one.
// The files and their directories must fit into Limits.TmpFiles and TmpBytes;
// where they don't the error is a *FilesLimitError.
func CheckFiles(files []File, limits Limits) error {
	named := make(map[string]bool, len(files))
	var size int64
	for _, f := range files {
		if err := checkFileName(f.Name); err != nil {
			return err
		}
		if named[f.Name] {
			return fmt.Errorf("files: %q: must be given once", clipName(f.Name))
		}
		named[f.Name] = true
		size += int64(len(f.Data))
	}
	if size > limits.TmpBytes {
		return &FilesLimitError{fmt.Sprintf("files: must be at most %d bytes together, got %d", limits.TmpBytes,
			size)}
	}
	inodes := map[string]bool{}
	for _, f := range files {
		inodes[f.Name] = true
		for i, c := range f.Name {
			if c != '/' {
				continue
			}
			if named[f.Name[:i]] {
				return fmt.Errorf("files: %q: is the directory of another file", clipName(f.Name[:i]))
			}
			inodes[f.Name[:i]] = true
		}
	}
	if most := limits.TmpFiles - 1; int64(len(inodes)) > most { // one is the directory itself
		return &FilesLimitError{fmt.Sprintf("files: must be at most %d files and directories, got %d", most,
			len(inodes))}
	}
	return nil
}

// checkFileName says what is wrong with one name.
func checkFileName(name string) error {
	wrong := func(what string) error { return fmt.Errorf("files: %q: %s", clipName(name), what) }
	if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return wrong("must be UTF-8 without NUL")
	}
	if strings.HasPrefix(name, "/") {
		return wrong("must be relative to the working directory")
	}
	parts := strings.Split(name, "/")
	if len(parts) > maxFileDepth {
		return wrong(fmt.Sprintf("must be nested at most %d levels deep", maxFileDepth))
	}
	for _, part := range parts {
		switch {
		case part == "." || part == "..":
			return wrong("must not contain . or ..")
		case part == "" || len(part) > maxFilePart:
			return wrong(fmt.Sprintf("each part of a name must have 1 to %d bytes", maxFilePart))
		}
	}
	return nil
}

// clipName shortens a name that an error repeats.
func clipName(name string) string {
	const most = 64
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
