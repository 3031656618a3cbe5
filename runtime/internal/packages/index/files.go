package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
)

// accept asks for JSON, and takes HTML.
const accept = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

// File is one file of a project in an index.
type File struct {
	// Name is the last part of its path, unescaped.
	Name string
	// Hashes are all that the index has of it and that are strong enough.
	Hashes []Hash
	// RequiresPython is the condition on the version of Python, empty for none.
	RequiresPython string
	// Yanked files are only taken where their very version is asked for.
	Yanked bool

	url      *url.URL // scheme file for those of a directory
	metadata []Hash   // of METADATA; not nil if the index has it by itself
}

// Place is where the file is, without secrets.
func (f File) Place() string {
	if f.local() {
		return f.url.Path
	}
	return Redact(f.url.String())
}

func (f File) local() bool { return f.url.Scheme == "file" }

// Files lists what there is of a project, whose name is normalized: nothing is
// no error. Files of other projects may be among them.
func (c *Client) Files(ctx context.Context, project string) (files []File, err error) {
	for _, place := range c.config.FindLinks {
		found, err := c.links(ctx, place)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	for _, place := range c.indexes() {
		u, err := url.Parse(place)
		if err != nil {
			return nil, fmt.Errorf("index: %s: %w", Redact(place), bare(err))
		}
		found, err := c.page(ctx, u.JoinPath(project, "/"))
		if err != nil && !errors.Is(err, errNotFound) {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// links lists the files of a directory or of a page of links.
func (c *Client) links(ctx context.Context, place string) ([]File, error) {
	u, err := url.Parse(place)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https"):
		return c.page(ctx, u)
	case err == nil && u.Scheme == "file":
		place = u.Path
	}
	entries, err := os.ReadDir(place)
	if errors.Is(err, fs.ErrNotExist) {
		c.log.Warn("no such directory of packages", "dir", place)
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	var files []File
	for _, e := range entries {
		if at, err := filepath.Abs(filepath.Join(place, e.Name())); err == nil && !e.IsDir() {
			files = append(files, File{Name: e.Name(), url: &url.URL{Scheme: "file", Path: at}})
		}
	}
	return files, nil
}

// page fetches and reads one page.
func (c *Client) page(ctx context.Context, u *url.URL) (files []File, err error) {
	err = c.get(ctx, u, accept, pageTime, func(resp *http.Response) error {
		text, err := read(resp.Body, c.pageBytes)
		if err != nil {
			return err
		}
		// Where it was redirected to is what links are relative to.
		base := *resp.Request.URL
		kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		switch {
		case strings.HasSuffix(kind, "+json") || kind == "application/json":
			files, err = parseJSON(text, &base)
		case strings.HasSuffix(kind, "html"):
			files, err = parseHTML(text, &base)
		default:
			err = fmt.Errorf("a page of an index is JSON or HTML, not %.100q", kind)
		}
		if err != nil {
			return err
		}
		for _, f := range files {
			inherit(f.url, &base)
		}
		return nil
	})
	return files, err
}

// inherit gives a file of the same server the name and the password of its page.
func inherit(u, base *url.URL) {
	if u.User == nil && u.Scheme == base.Scheme && u.Host == base.Host {
		u.User = base.User
	}
}

// Bounds of a link and of the name of a file, longer than those that there are.
const linkBytes, nameBytes = 8 << 10, 1 << 10

// pageFiles is how many files a page may list, which take some fifty times the bytes of
// a short link in memory; PyPI has projects with 20,000. perFile are the commas of one.
const pageFiles, perFile = 100_000, 12

var errPageFiles = fmt.Errorf("more than %d files", pageFiles)

// newFile resolves a link. Links that are no files of an index give none.
func newFile(link string, base *url.URL) (f File, ok bool) {
	if len(link) > linkBytes {
		return File{}, false
	}
	u, err := base.Parse(strings.TrimSpace(link))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || inward(u, base) {
		return File{}, false
	}
	if h, err := ParseHash(u.Fragment, "="); err == nil {
		f.Hashes = []Hash{h}
	}
	u.Fragment, u.RawFragment = "", ""
	f.url, f.Name = u, path.Base(u.Path)
	return f, f.Name != "." && f.Name != "/" && len(f.Name) <= nameBytes
}

// parseJSON reads a page of PEP 691.
func parseJSON(text []byte, base *url.URL) ([]File, error) {
	var page struct {
		Meta struct {
			Version string `json:"api-version"`
		} `json:"meta"`
		Files []struct {
			Filename, URL  string
			Hashes         map[string]string
			RequiresPython string          `json:"requires-python"`
			Yanked         json.RawMessage // true, false or the reason
			CoreMetadata   json.RawMessage `json:"core-metadata"` // true, false or the hashes
			OldMetadata    json.RawMessage `json:"data-dist-info-metadata"`
		}
	}
	if bytes.Count(text, []byte(",")) > pageFiles*perFile {
		return nil, errPageFiles
	}
	if err := json.Unmarshal(text, &page); err != nil {
		return nil, fmt.Errorf("not a page of an index: %w", err)
	}
	if major, _, _ := strings.Cut(page.Meta.Version, "."); major != "1" {
		return nil, fmt.Errorf("version %.20q of the API: only 1 is known", page.Meta.Version)
	}
	var files []File
	for _, p := range page.Files {
		f, ok := newFile(p.URL, base)
		if !ok || len(p.Filename) > nameBytes || len(p.RequiresPython) > nameBytes {
			continue
		}
		f.Name, f.RequiresPython = p.Filename, p.RequiresPython
		f.Hashes = append(f.Hashes, strong(p.Hashes)...)
		f.Yanked = truthy(p.Yanked)
		for _, raw := range []json.RawMessage{p.CoreMetadata, p.OldMetadata} {
			hashes := map[string]string{}
			if f.metadata == nil && truthy(raw) {
				_ = json.Unmarshal(raw, &hashes) // true alone has none
				f.metadata = append([]Hash{}, strong(hashes)...)
			}
		}
		files = append(files, f)
	}
	return files, nil
}

// truthy reports whether a value is there and neither null nor false.
func truthy(raw json.RawMessage) bool {
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) && !bytes.Equal(raw, []byte("false"))
}

// strong are the hashes that count; others, such as MD5, prove nothing.
func strong(hashes map[string]string) (list []Hash) {
	for algorithm, sum := range hashes {
		if h, err := ParseHash(algorithm+":"+sum, ":"); err == nil {
			list = append(list, h)
		}
	}
	return list
}

// parseHTML reads a page of PEP 503: all links of the page.
func parseHTML(text []byte, base *url.URL) ([]File, error) {
	var files []File
	tokens := html.NewTokenizer(bytes.NewReader(text))
	tokens.SetMaxBuf(1 << 20)
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("not a page of an index: %w", err)
			}
			return files, nil
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			if string(name) == "base" {
				if u, err := base.Parse(attributes(tokens)["href"]); err == nil {
					base = u
				}
			}
			if string(name) != "a" {
				continue
			}
			if f, ok := fileOf(attributes(tokens), base); ok {
				if len(files) == pageFiles {
					return nil, errPageFiles
				}
				files = append(files, f)
			}
		}
	}
}

// attributes reads those of the tag at hand.
func attributes(tokens *html.Tokenizer) map[string]string {
	all := make(map[string]string)
	for {
		key, value, more := tokens.TagAttr()
		if key != nil {
			all[string(key)] = string(value)
		}
		if !more {
			return all
		}
	}
}

func fileOf(a map[string]string, base *url.URL) (File, bool) {
	f, ok := newFile(a["href"], base)
	if !ok || a["href"] == "" {
		return File{}, false
	}
	f.RequiresPython = a["data-requires-python"]
	_, f.Yanked = a["data-yanked"]
	for _, key := range []string{"data-core-metadata", "data-dist-info-metadata"} {
		value, ok := a[key]
		if !ok || value == "false" || f.metadata != nil {
			continue
		}
		f.metadata = []Hash{}
		if h, err := ParseHash(value, "="); err == nil {
			f.metadata = []Hash{h}
		}
	}
	return f, true
}
