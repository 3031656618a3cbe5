package mcp

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// AnyHost as the only entry of a Guard's hosts lets every Host header pass.
const AnyHost = "*"

// Guard keeps web pages away from a service that their reader can reach. A page
// can send requests to any address, and can have its own name point to that
// address afterwards (DNS rebinding), so that the browser takes the service for
// the page's own server.
type Guard struct {
	hosts  []string
	origin *http.CrossOriginProtection
}

// NewGuard makes a Guard that lets the given hosts pass: names or addresses
// without a port, compared regardless of case; AnyHost for all. None stands
// for: what arrives over the loopback interface, or from a browser, must name
// localhost or an IP address, which can't be rebound; other clients may use any
// name.
func NewGuard(hosts []string) *Guard {
	return &Guard{hosts: hosts, origin: http.NewCrossOriginProtection()}
}

// Check returns why the request is refused, nil if it isn't.
func (g *Guard) Check(r *http.Request) error {
	if err := g.origin.Check(r); err != nil {
		return errors.New("the request comes from a web page of another origin")
	}
	host := hostname(r.Host)
	if len(g.hosts) > 0 {
		if g.hosts[0] == AnyHost || slices.ContainsFunc(g.hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
			return nil
		}
		return fmt.Errorf("host: %.64q: is not one of the accepted ones", host)
	}
	if !overLoopback(r) && r.Header.Get("Origin") == "" || unbound(host) {
		return nil
	}
	return fmt.Errorf("host: %.64q: only localhost and IP addresses are accepted here", host)
}

// hostname is a Host header without its port and the brackets of IPv6.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// unbound says of a host that no web page can make it its own name.
func unbound(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}

func overLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}
