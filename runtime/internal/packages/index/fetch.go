package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// attempts is how often something is tried that fails for a reason that may pass.
const attempts = 4

// errNotFound is the cause when the index has nothing there.
var errNotFound = errors.New("not found")

// ErrHash is the cause when a file is not the one that was promised.
var ErrHash = errors.New("its hash differs")

// differs is an ErrHash in its own words.
type differs string

// Error implements error.
func (d differs) Error() string { return string(d) }

// Is makes it an ErrHash.
func (d differs) Is(target error) bool { return target == ErrHash }

// Failure is an index that does not answer as it should. What comes of it may come
// out otherwise next time.
type Failure struct{ error }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.error }

// transient is an error that may not come again.
type transient struct{ error }

func (t transient) Unwrap() error { return t.error }

// get fetches a URL and hands the answer to use. After a transient error it tries
// again.
func (c *Client) get(ctx context.Context, u *url.URL, accept string, limit time.Duration,
	use func(*http.Response) error) error {
	if err := c.mayAsk(u); err != nil {
		return &Failure{fmt.Errorf("index: %s: %w", Redact(u.String()), err)}
	}
	pause := c.config.Pause
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, u, accept, limit, use)
		if err == nil {
			return nil
		}
		if _, again := errors.AsType[transient](err); !again || attempt == attempts || ctx.Err() != nil {
			return &Failure{fmt.Errorf("index: %s: %w", Redact(u.String()), errors.Join(bare(err), context.Cause(ctx)))}
		}
		c.log.Warn("fetching again", "url", Redact(u.String()), "cause", bare(err))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause *= 3
	}
}

func (c *Client) once(ctx context.Context, u *url.URL, accept string, limit time.Duration,
	use func(*http.Response) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("User-Agent", "pyexec")
	resp, err := c.http.Do(r)
	if err != nil {
		if final(err) {
			return err
		}
		return transient{err}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
		resp.Body = &bounded{resp.Body, c.spend}
		return use(resp)
	case resp.StatusCode == http.StatusNotFound:
		return errNotFound
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return transient{errors.New(resp.Status)}
	}
	return errors.New(resp.Status)
}

// overspent is an error of a spend.
type overspent struct{ error }

func (o overspent) Unwrap() error { return o.error }

// bounded asks for what it reads.
type bounded struct {
	io.ReadCloser
	spend func(n int64) error
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		if refused := b.spend(int64(n)); refused != nil {
			return 0, overspent{refused}
		}
	}
	return n, err
}

// cut is an error of reading, which may pass unless it is that of a spend.
func cut(err error) error {
	if _, ok := errors.AsType[overspent](err); ok {
		return err
	}
	return transient{err}
}

// final reports whether a connection fails for a reason that does not pass.
func final(err error) bool {
	_, redirect := errors.AsType[refused](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return redirect || certificate
}

// read reads all of r, which is not to have more than most bytes.
func read(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, cut(err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("larger than %d bytes", most)
	}
	return data, nil
}

// Hash is a digest that a file must have.
type Hash struct {
	// Algorithm is sha256, sha384 or sha512.
	Algorithm string
	// Sum is in lower-case hexadecimal.
	Sum string
}

var algorithms = map[string]func() hash.Hash{"sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// ParseHash reads sha256:… or the digest of another algorithm that is strong
// enough. The separator is a colon in requirements, an equals sign in links.
func ParseHash(text, separator string) (Hash, error) {
	algorithm, sum, ok := strings.Cut(text, separator)
	h := Hash{strings.ToLower(algorithm), strings.ToLower(sum)}
	start, known := algorithms[h.Algorithm]
	if !ok || !known {
		return Hash{}, fmt.Errorf("hash: %.80q: begins with none of sha256, sha384, sha512", text)
	}
	if raw, err := hex.DecodeString(h.Sum); err != nil || len(raw) != start().Size() {
		return Hash{}, fmt.Errorf("hash: %.150q: not as long as a %s", text, h.Algorithm)
	}
	return h, nil
}

// Download writes a file to path and compares it with every hash that is known
// of it: those of the index, and, if there are any, one of allowed.
func (c *Client) Download(ctx context.Context, f File, path string, allowed []Hash) error {
	if f.local() {
		return c.copyLocal(f, path, allowed)
	}
	return c.get(ctx, f.url, "*/*", fileTime, func(resp *http.Response) error {
		if resp.ContentLength > fileBytes {
			return fmt.Errorf("larger than %d bytes", int64(fileBytes))
		}
		return save(resp.Body, path, f.Hashes, allowed)
	})
}

func (c *Client) copyLocal(f File, path string, allowed []Hash) error {
	from, err := os.Open(f.url.Path)
	if err == nil {
		defer from.Close()
		err = save(&bounded{from, c.spend}, path, f.Hashes, allowed)
	}
	if err != nil {
		return fmt.Errorf("index: %s: %w", f.url.Path, err)
	}
	return nil
}

// save writes what comes from r and checks it.
func save(r io.Reader, path string, all, allowed []Hash) error {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	sums := make(map[string]hash.Hash)
	writers := []io.Writer{to}
	for name, start := range algorithms {
		if name == "sha256" || uses(all, name) || uses(allowed, name) {
			sums[name] = start()
			writers = append(writers, sums[name])
		}
	}
	n, err := io.Copy(io.MultiWriter(writers...), io.LimitReader(r, fileBytes+1))
	if err != nil {
		return errors.Join(cut(err), to.Close())
	}
	if err := to.Close(); err != nil {
		return err
	}
	if n > fileBytes {
		return fmt.Errorf("larger than %d bytes", int64(fileBytes))
	}
	return check(sums, all, allowed)
}

func uses(list []Hash, algorithm string) bool {
	for _, h := range list {
		if h.Algorithm == algorithm {
			return true
		}
	}
	return false
}

// check requires all of the hashes of the index, and one of those that are allowed.
func check(sums map[string]hash.Hash, all, allowed []Hash) error {
	got := func(h Hash) bool { return hex.EncodeToString(sums[h.Algorithm].Sum(nil)) == h.Sum }
	for _, h := range all {
		if !got(h) {
			return differs(fmt.Sprintf("its %s is not that of the index, %s", h.Algorithm, h.Sum))
		}
	}
	for _, h := range allowed {
		if got(h) {
			return nil
		}
	}
	if len(allowed) > 0 {
		return differs(fmt.Sprintf("its hash is none of those required: it has sha256:%x", sums["sha256"].Sum(nil)))
	}
	return nil
}

// Metadata fetches the file METADATA of a wheel where the index has it by
// itself; nil where it has not.
func (c *Client) Metadata(ctx context.Context, f File, most int64) (text []byte, err error) {
	if f.metadata == nil {
		return nil, nil
	}
	u := *f.url
	u.Path += ".metadata"
	err = c.get(ctx, &u, "*/*", pageTime, func(resp *http.Response) error {
		if text, err = read(resp.Body, most); err != nil {
			return err
		}
		sums := make(map[string]hash.Hash)
		for _, h := range f.metadata {
			sums[h.Algorithm] = algorithms[h.Algorithm]()
			if _, err := io.Copy(sums[h.Algorithm], bytes.NewReader(text)); err != nil {
				return err
			}
		}
		return check(sums, f.metadata, nil)
	})
	return text, err
}
