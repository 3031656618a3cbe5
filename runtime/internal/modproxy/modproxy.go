// Package modproxy fetches the archive of one version of a Go module from a module
// proxy, by its hash. What Go itself fetches is in go.mod, which takes one version
// of a module: this is for another one, as data, and needs no Go on the machine.
//
// The protocol is that of GOPROXY: $proxy/<module>/@v/<version>.zip. The hash is
// the one that go.sum has, so that no proxy has to be trusted. It knows not what
// is in the archive.
package modproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// archiveBytes is the most that an archive may have: what the go command takes.
const archiveBytes = 500 << 20

// fileTime is how long one proxy may take for it.
const fileTime = 10 * time.Minute

// errNotThere is the cause when a proxy does not have it.
var errNotThere = errors.New("not there")

// Fetch writes the archive of the module at the version to the file to, which
// must not exist yet, and compares it with sum, "h1:" and base64 as in go.sum.
//
// proxies is a list as GOPROXY has it, of URLs with http, https or file. As there,
// what stands behind a comma is asked where a proxy says that it does not have it,
// and what stands behind a bar after any error. Sources are not fetched: "direct" is
// an error where it is come to, and so is "off".
//
// After an error the file does not exist. The error names the proxy, without the
// password in its URL.
func Fetch(ctx context.Context, proxies string, m module.Version, sum, to string) error {
	place, err := archivePath(m)
	if err != nil {
		return fmt.Errorf("module: %w", err)
	}
	last := errors.New("no proxy is named")
	for proxies != "" {
		end := strings.IndexAny(proxies, ",|")
		if end < 0 {
			end = len(proxies)
		}
		proxy, after := strings.TrimSpace(proxies[:end]), proxies[end:]
		proxies = strings.TrimLeft(after, ",|")
		if proxy == "" {
			continue
		}
		if last = fetchFrom(ctx, proxy, place, to); last == nil {
			last = compare(to, sum)
			break // another proxy is no answer to one that lies
		}
		if !strings.HasPrefix(after, "|") && !errors.Is(last, errNotThere) || ctx.Err() != nil {
			break
		}
	}
	if last != nil {
		return fmt.Errorf("module: %s: %w", m, last)
	}
	return nil
}

// archivePath is where a proxy has the archive.
func archivePath(m module.Version) (string, error) {
	path, err := module.EscapePath(m.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		return "", err
	}
	return path + "/@v/" + version + ".zip", nil
}

// compare says whether the archive is what sum says, and removes it if it is not.
func compare(path, sum string) error {
	got, err := dirhash.HashZip(path, dirhash.Hash1)
	if err == nil && got != sum {
		err = fmt.Errorf("its hash is %s, want %s", got, sum)
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func fetchFrom(ctx context.Context, proxy, place, to string) error {
	if proxy == "direct" || proxy == "off" {
		return fmt.Errorf("%s: only a module proxy is asked", proxy)
	}
	u, err := url.Parse(proxy)
	if err != nil {
		return errors.New("a proxy's name is no URL") // which may have a password in it
	}
	u = u.JoinPath(place)
	switch u.Scheme {
	case "file":
		err = fetchFile(filepath.FromSlash(u.Path), to)
	case "http", "https":
		err = fetchURL(ctx, u, to)
	default:
		err = errors.New("not a URL with http, https or file")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	return nil
}

func fetchFile(path, to string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return errNotThere
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return save(f, to)
}

func fetchURL(ctx context.Context, u *url.URL, to string) error {
	ctx, cancel := context.WithTimeout(ctx, fileTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", "pyexec")
	resp, err := http.DefaultClient.Do(r)
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the rest is the URL, with the password
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return save(resp.Body, to)
	case http.StatusNotFound, http.StatusGone:
		return errNotThere
	}
	return errors.New(resp.Status)
}

// save writes a new file, whole or not at all.
func save(r io.Reader, to string) (err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			os.Remove(to)
		}
	}()
	n, err := io.Copy(f, io.LimitReader(r, archiveBytes+1))
	if err == nil && n > archiveBytes {
		err = fmt.Errorf("larger than %d bytes", archiveBytes)
	}
	return err
}
