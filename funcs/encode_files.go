package funcs

import (
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// writeFiles adds the members of a reply that tell of files. asked says that
// the caller wanted them: then there is a list, if only an empty one.
func writeFiles(w *jsontext.Writer, res *runtime.Result, asked bool) {
	if asked {
		w.Literal(`,"files":{`)
		for i, f := range res.Files {
			comma(w, i)
			w.String(f.Name)
			w.Literal(`:`)
			if utf8.Valid(f.Data) {
				w.Text(f.Data)
			} else {
				w.Literal(`{"base64":`)
				w.Base64(f.Data)
				w.Literal(`}`)
			}
		}
		w.Literal(`}`)
	}
	if len(res.FilesOmitted) > 0 {
		w.Literal(`,"files_omitted":[`)
		for i, o := range res.FilesOmitted {
			comma(w, i)
			w.Literal(`{"name":`)
			w.String(o.Name)
			w.Literal(`,"why":`)
			w.String(o.Why)
			w.Literal(`}`)
		}
		w.Literal(`]`)
	}
}

// appendTypes appends the media types of files by name.
func appendTypes(b []byte, files []runtime.File) []byte {
	b = append(b, `,"file_types":{`...)
	for i, f := range files {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(jsontext.AppendString(b, f.Name), ':')
		b = jsontext.AppendString(b, mediaType(f))
	}
	return append(b, '}')
}

// mediaType is what a file is by its name or, where that says nothing, by its first
// bytes as browsers judge them: application/octet-stream if they say nothing either.
func mediaType(f runtime.File) string {
	if t, ok := mediaTypes[strings.ToLower(path.Ext(f.Name))]; ok {
		return t
	}
	sniffed, _, _ := strings.Cut(http.DetectContentType(f.Data), ";")
	return sniffed
}

// mediaTypes are the types of what scripts leave behind, by the end of the name. The
// machine's own table would be another on each.
//
// https://www.iana.org/assignments/media-types/media-types.xhtml
var mediaTypes = map[string]string{
	".bin":     "application/octet-stream",
	".bmp":     "image/bmp",
	".bz2":     "application/x-bzip2",
	".css":     "text/css",
	".csv":     "text/csv",
	".db":      "application/vnd.sqlite3",
	".docx":    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".eps":     "application/postscript",
	".feather": "application/vnd.apache.arrow.file",
	".gif":     "image/gif",
	".gz":      "application/gzip",
	".htm":     "text/html",
	".html":    "text/html",
	".ipynb":   "application/x-ipynb+json",
	".jpeg":    "image/jpeg",
	".jpg":     "image/jpeg",
	".js":      "text/javascript",
	".json":    "application/json",
	".jsonl":   "application/jsonl",
	".md":      "text/markdown",
	".mp3":     "audio/mpeg",
	".mp4":     "video/mp4",
	".parquet": "application/vnd.apache.parquet",
	".pdf":     "application/pdf",
	".pickle":  "application/octet-stream",
	".pkl":     "application/octet-stream",
	".png":     "image/png",
	".pptx":    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".ps":      "application/postscript",
	".py":      "text/x-python",
	".sqlite":  "application/vnd.sqlite3",
	".sqlite3": "application/vnd.sqlite3",
	".svg":     "image/svg+xml",
	".tar":     "application/x-tar",
	".tif":     "image/tiff",
	".tiff":    "image/tiff",
	".toml":    "application/toml",
	".tsv":     "text/tab-separated-values",
	".txt":     "text/plain",
	".wav":     "audio/wav",
	".webp":    "image/webp",
	".xls":     "application/vnd.ms-excel",
	".xlsx":    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".xml":     "application/xml",
	".yaml":    "application/yaml",
	".yml":     "application/yaml",
	".zip":     "application/zip",
}
