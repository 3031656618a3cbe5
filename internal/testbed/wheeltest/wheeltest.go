// Package wheeltest makes wheels for tests, good and bad ones.
package wheeltest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

// Wheel describes a wheel. The zero values of everything but Name and Version
// make a good one.
type Wheel struct {
	Name, Version string
	// Tag is that of the file's name; empty: py3-none-any.
	Tag string
	// Needs are lines Requires-Dist, Header more lines of METADATA.
	Needs  []string
	Header string
	// Files are names and contents beside the metadata.
	Files [][2]string
	// Modes are those of files that are no regular ones.
	Modes map[string]fs.FileMode

	// Metadata and Format replace the files METADATA and WHEEL.
	Metadata, Format string
	// Record changes the text of RECORD.
	Record func(string) string
	// Info replaces the name of the directory of the metadata.
	Info string
	// Write replaces the writing of the archive's files: for headers that lie.
	Write func(w *zip.Writer, name, content string)
}

// File is the name of the file.
func (w Wheel) File() string {
	tag := w.Tag
	if tag == "" {
		tag = "py3-none-any"
	}
	return w.Name + "-" + w.Version + "-" + tag + ".whl"
}

// Bytes makes the archive.
func (w Wheel) Bytes(t testing.TB) []byte {
	t.Helper()
	info := w.Info
	if info == "" {
		info = w.Name + "-" + w.Version + ".dist-info"
	}
	files := append([][2]string{}, w.Files...)
	files = append(files, [2]string{info + "/METADATA", w.MetadataText()}, [2]string{info + "/WHEEL", w.format()})
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f[1]))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f[0], base64.RawURLEncoding.EncodeToString(sum[:]), len(f[1]))
	}
	text := record.String() + info + "/RECORD,,\n"
	if w.Record != nil {
		text = w.Record(text)
	}
	files = append(files, [2]string{info + "/RECORD", text})
	var data bytes.Buffer
	archive := zip.NewWriter(&data)
	for _, f := range files {
		w.write(t, archive, f[0], f[1])
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

func (w Wheel) write(t testing.TB, archive *zip.Writer, name, content string) {
	t.Helper()
	if w.Write != nil {
		w.Write(archive, name, content)
		return
	}
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(0o644)
	if mode, ok := w.Modes[name]; ok {
		header.SetMode(mode)
	}
	to, err := archive.CreateHeader(header)
	if err == nil {
		_, err = to.Write([]byte(content))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// MetadataText is the file METADATA.
func (w Wheel) MetadataText() string {
	if w.Metadata != "" {
		return w.Metadata
	}
	text := "Metadata-Version: 2.1\nName: " + w.Name + "\nVersion: " + w.Version + "\n" + w.Header
	for _, need := range w.Needs {
		text += "Requires-Dist: " + need + "\n"
	}
	return text
}

func (w Wheel) format() string {
	if w.Format != "" {
		return w.Format
	}
	return "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
}

// Sum is a SHA-256 in hexadecimal.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
