package funcs

import (
	"encoding/base64"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// setFiles reads the object of files: text is the contents as it is, and
// {"base64": "…"} is for contents that are no text.
func setFiles(req *request, value []byte, limits *runtime.Limits) error {
	if value[0] != '{' {
		return refuse(invalidRequest, `files must be an object of names and contents: text, or {"base64": "…"}`)
	}
	s := scanner{text: value}
	for more := s.open(); more; more = s.comma() {
		name, ok := unquote(s.value())
		if !ok {
			return refuse(invalidRequest, "files: %q: name must be Unicode text", clip(name))
		}
		s.next() // the colon
		s.at++
		s.next()
		data, err := fileData(name, s.value())
		if err != nil {
			return err
		}
		req.job.Files = append(req.job.Files, runtime.File{Name: name, Data: data})
	}
	err := runtime.CheckFiles(req.job.Files, *limits)
	if beyond, ok := errors.AsType[*runtime.FilesLimitError](err); ok {
		return refuseLimit(invalidRequest, beyond.Hint(), "%s", beyond)
	}
	if err != nil {
		return refuse(invalidRequest, "%s", err)
	}
	return nil
}

// fileData is the contents that a value of files stands for.
func fileData(name string, value []byte) ([]byte, error) {
	wrong := func() error {
		return refuse(invalidRequest, `files: %q: must be a string of Unicode text, or {"base64": "…"} with padding and nothing else`, clip(name))
	}
	if value[0] == '"' {
		text, ok := unquote(value)
		if !ok {
			return nil, wrong()
		}
		return []byte(text), nil
	}
	s := scanner{text: value}
	if value[0] != '{' || !s.open() {
		return nil, wrong()
	}
	if key, _ := unquote(s.value()); key != "base64" {
		return nil, wrong()
	}
	s.next() // the colon
	s.at++
	if s.next() != '"' {
		return nil, wrong()
	}
	text, _ := unquote(s.value())
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || s.comma() {
		return nil, wrong()
	}
	return data, nil
}

// encodeFiles adds the members of a reply that tell of files. asked says that
// the caller wanted them: then there is a list, if only an empty one.
func encodeFiles(e *encoder, res *runtime.Result, asked bool) {
	if asked {
		e.b = append(e.b, `,"files":{`...)
		for i, f := range res.Files {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			e.b = append(appendString(e.b, f.Name), ':')
			if utf8.Valid(f.Data) {
				encodeString(e, f.Data)
			} else {
				e.b = append(e.b, `{"base64":`...)
				e.base64(f.Data)
				e.b = append(e.b, '}')
			}
		}
		e.b = append(e.b, '}')
	}
	if len(res.FilesOmitted) > 0 {
		e.b = append(e.b, `,"files_omitted":[`...)
		for i, o := range res.FilesOmitted {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			e.b = appendString(append(e.b, `{"name":`...), o.Name)
			e.b = append(appendMember(e.b, "why", o.Why), '}')
		}
		e.b = append(e.b, ']')
	}
}

// encodeShown adds the members that show what JSON can't hold.
func encodeShown(e *encoder, res *runtime.Result) {
	if len(res.Display) > 0 {
		types := make([]string, 0, len(res.Display))
		for t := range res.Display {
			types = append(types, t)
		}
		slices.Sort(types)
		e.b = append(e.b, `,"display":{`...)
		for i, t := range types {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			e.b = append(appendString(e.b, t), ':')
			encodeString(e, res.Display[t])
		}
		e.b = append(e.b, '}')
	}
	if len(res.Figures) > 0 {
		e.b = append(e.b, `,"figures":[`...)
		for i, png := range res.Figures {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			e.b = append(e.b, `{"type":"image/png","base64":`...)
			e.base64(png)
			e.b = append(e.b, '}')
		}
		e.b = append(e.b, ']')
	}
}

// rawSize is what a result takes before it is encoded.
func rawSize(res *runtime.Result) int64 {
	n := len(res.Value) + len(res.Stdout) + len(res.Stderr) + len(res.Traceback) + len(res.Error)
	for _, f := range res.Files {
		n += len(f.Name) + len(f.Data)
	}
	for _, png := range res.Figures {
		n += len(png)
	}
	for t, form := range res.Display {
		n += len(t) + len(form)
	}
	return int64(n)
}
