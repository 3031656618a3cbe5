package runtime

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Bounds of the things that come beside a value, apart from Limits.
const (
	maxForms   = 16  // forms of one thing that is displayed
	maxOmitted = 101 // entries of FilesOmitted, the one for the rest included
	maxMIME    = 100 // bytes of a MIME type
)

var (
	pngSignature = []byte("\x89PNG\r\n\x1a\n")
	mimeType     = regexp.MustCompile(`^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]*$`)
)

// attach takes over what came with an answer. A script can make all of it up,
// so that whatever is not what our own side sends is dropped, not reported.
func (r *Runtime) attach(result *Result, list []zygote.Attached) {
	l := r.cfg.Limits
	names := map[string]bool{}
	var displays []map[string]string
	for _, a := range within(list, l.ReturnBytes) {
		switch a.Kind {
		case zygote.AttachedFile:
			if int64(len(result.Files)) < l.ReturnFiles && !names[a.Name] && checkFileName(a.Name) == nil {
				names[a.Name] = true
				result.Files = append(result.Files, File{Name: a.Name, Data: a.Data})
			}
		case zygote.AttachedFigure:
			if int64(len(result.Figures)) < l.ReturnFiles && bytes.HasPrefix(a.Data, pngSignature) {
				result.Figures = append(result.Figures, a.Data)
			}
		case zygote.AttachedDisplay:
			displays = append(displays, nil)
		case zygote.AttachedText, zygote.AttachedBinary:
			if n := len(displays); n > 0 && int64(n) <= l.ReturnFiles {
				displays[n-1] = show(displays[n-1], a)
			}
		case zygote.AttachedOmitted:
			if len(result.FilesOmitted) < maxOmitted && len(a.Name) <= 2*maxFilePart && len(a.Data) <= 2*maxFilePart &&
				utf8.ValidString(a.Name) && utf8.Valid(a.Data) {
				result.FilesOmitted = append(result.FilesOmitted, Omitted{Name: a.Name, Why: string(a.Data)})
			}
		}
	}
	displays = slices.DeleteFunc(displays, func(forms map[string]string) bool { return forms == nil })
	if n := len(displays); n > 0 {
		result.Displays, result.Display = displays[:n-1], displays[n-1]
	}
	slices.SortFunc(result.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}

// within is the part of a list that fits into that many bytes.
func within(list []zygote.Attached, room int64) []zygote.Attached {
	for i, a := range list {
		if a.Kind == zygote.AttachedOmitted {
			continue
		}
		if room -= int64(len(a.Name) + len(a.Data)); room < 0 {
			return list[:i]
		}
	}
	return list
}

// show adds one form to those of a thing that is displayed.
func show(forms map[string]string, a zygote.Attached) map[string]string {
	if len(forms) >= maxForms || len(a.Name) > maxMIME || !mimeType.MatchString(a.Name) ||
		a.Kind == zygote.AttachedText && !utf8.Valid(a.Data) {
		return forms
	}
	if forms == nil {
		forms = map[string]string{}
	}
	forms[a.Name] = string(a.Data)
	if a.Kind == zygote.AttachedBinary {
		forms[a.Name] = base64.StdEncoding.EncodeToString(a.Data)
	}
	return forms
}
