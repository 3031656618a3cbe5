package index

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Default is the index that is asked where no other one is named.
const Default = "https://pypi.org/simple/"

// Config says where distributions come from. Its fields are what pip calls by
// the same names.
type Config struct {
	// IndexURL is the index; empty stands for [Default].
	IndexURL string
	// ExtraIndexURLs are asked as well. The best version of all counts.
	ExtraIndexURLs []string
	// NoIndex asks FindLinks alone.
	NoIndex bool
	// FindLinks are directories of files, and URLs of pages with links to some.
	FindLinks []string
	// TrustedHosts may be talked to without encryption. (Certificates are
	// verified all the same, unlike pip does it.)
	TrustedHosts []string
	// CertFile has the certificates of the authorities to trust, in PEM; empty:
	// those of the machine.
	CertFile string
	// Pause is how long to wait before a failed request is tried again, and three
	// times as long each time after that; 0 stands for half a second.
	Pause time.Duration
}

// Bounds of what is fetched. The page of the project with the most files on
// PyPI has some 10 MiB, the largest wheel there may be 1 GiB.
const (
	pageBytes = 64 << 20
	fileBytes = 4 << 30
	pageTime  = 3 * time.Minute
	fileTime  = 20 * time.Minute
)

// Client fetches. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
	log    *slog.Logger
	// spend is asked before bytes of a file or a page are taken, see Bound.
	spend     func(n int64) error
	pageBytes int64
}

// Bound has spend asked for all that is fetched from now on, piece by piece; its
// error ends the request, and is part of the request's. A page may have so many bytes.
func (c *Client) Bound(page int64, spend func(n int64) error) { c.pageBytes, c.spend = page, spend }

// New checks the configuration and returns a client for it. Proxies are those
// of the environment, as for every Go program.
func New(c Config, log *slog.Logger) (*Client, error) {
	if c.IndexURL == "" {
		c.IndexURL = Default
	}
	if c.Pause == 0 {
		c.Pause = 500 * time.Millisecond
	}
	client := &Client{config: c, log: log, pageBytes: pageBytes, spend: func(int64) error { return nil }}
	for _, place := range client.indexes() {
		u, err := url.Parse(place)
		if err == nil {
			err = client.mayAsk(u)
		}
		if err != nil {
			return nil, fmt.Errorf("index: %s: %w", Redact(place), bare(err))
		}
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    30 * time.Second,
		ResponseHeaderTimeout:  pageTime,
		MaxResponseHeaderBytes: 1 << 20,
		MaxConnsPerHost:        8,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.CertFile != "" {
		pem, err := os.ReadFile(c.CertFile)
		if err != nil {
			return nil, fmt.Errorf("index: certificates: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("index: certificates: %s: has none in PEM", c.CertFile)
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	client.http = &http.Client{Transport: transport, CheckRedirect: client.follow}
	return client, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// indexes lists the indexes to ask.
func (c *Client) indexes() []string {
	if c.config.NoIndex {
		return nil
	}
	return append([]string{c.config.IndexURL}, c.config.ExtraIndexURLs...)
}

// mayAsk refuses what is not encrypted and would leave this machine.
func (c *Client) mayAsk(u *url.URL) error {
	host := u.Hostname()
	switch {
	case host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not a URL of http or https")
	case u.Scheme == "https" || loopback(host):
		return nil
	case slices.ContainsFunc(c.config.TrustedHosts, func(t string) bool {
		return strings.EqualFold(t, host) || strings.EqualFold(t, u.Host)
	}):
		return nil
	}
	return errors.New("not encrypted: name an https URL, or the host in PIP_TRUSTED_HOST")
}

// inward reports whether one machine sends this one to services of its own, which are
// nobody else's business.
func inward(to, from *url.URL) bool { return loopback(to.Hostname()) && !loopback(from.Hostname()) }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// refused is an error that is the same next time.
type refused struct{ error }

// follow decides on a redirect.
func (c *Client) follow(r *http.Request, via []*http.Request) error {
	if len(via) > 10 {
		return refused{errors.New("more than 10 redirects")}
	}
	if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return refused{fmt.Errorf("redirects from https to %s", r.URL.Scheme)}
	}
	if inward(r.URL, via[len(via)-1].URL) {
		return refused{fmt.Errorf("redirects to this machine: %s", Redact(r.URL.String()))}
	}
	if err := c.mayAsk(r.URL); err != nil {
		return refused{fmt.Errorf("redirects to %s: %w", Redact(r.URL.String()), err)}
	}
	return nil
}

// Redact is a URL without its password and without its query, which may be one.
func Redact(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a URL that can't be read"
	}
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}

// bare is an error without the URL that package net/http puts in front: it may
// hold a password, and the caller names the place anyway.
func bare(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}
