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
	maxForms   = 16  // forms of a value
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
	room := l.ReturnBytes
	names := map[string]bool{}
	for _, a := range list {
		if a.Kind != zygote.AttachedOmitted {
			if room -= int64(len(a.Name) + len(a.Data)); room < 0 {
				return
			}
		}
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
		case zygote.AttachedText, zygote.AttachedBinary:
			result.show(a)
		case zygote.AttachedOmitted:
			if len(result.FilesOmitted) < maxOmitted && len(a.Name) <= 2*maxFilePart && len(a.Data) <= 2*maxFilePart &&
				utf8.ValidString(a.Name) && utf8.Valid(a.Data) {
				result.FilesOmitted = append(result.FilesOmitted, Omitted{Name: a.Name, Why: string(a.Data)})
			}
		}
	}
	slices.SortFunc(result.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}

// show adds one form of the value.
func (result *Result) show(a zygote.Attached) {
	if len(result.Display) >= maxForms || len(a.Name) > maxMIME || !mimeType.MatchString(a.Name) {
		return
	}
	if result.Display == nil {
		result.Display = map[string]string{}
	}
	switch {
	case a.Kind == zygote.AttachedBinary:
		result.Display[a.Name] = base64.StdEncoding.EncodeToString(a.Data)
	case utf8.Valid(a.Data):
		result.Display[a.Name] = string(a.Data)
	}
}
