package funcs

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// AnyHost as the only entry of Options.Hosts lets every Host header pass.
const AnyHost = "*"

// guard keeps web pages away from a service that their reader can reach. A page
// can send requests to any address, and can have its own name point to that
// address afterwards (DNS rebinding), so that the browser takes the service for
// the page's own server. It is asked before each request that may run something,
// before a byte of the body is read.
//
// Only browsers can be used like that, and with a POST each of them says who asks,
// in the header Origin: also a page that asks its own server, and also where the
// page may not read the answer. So a request without that header comes from no
// page, whatever host it names.
type guard struct {
	hosts   []string // that pass; with none, those that can't be rebound
	setting string   // where the operator can name more
	// loopback requires a host that can't be rebound of every client on the
	// loopback interface, browser or not.
	loopback bool
	origin   *http.CrossOriginProtection
	pages    origins // that may come from elsewhere
}

// guards are those of a handler: for /mcp, and for everything else.
type guards struct{ tool, other *guard }

func newGuards(opts Options) guards {
	origin := http.NewCrossOriginProtection()
	g := guards{other: &guard{
		hosts: opts.Hosts, setting: "ALLOWED_HOSTS", origin: origin, pages: opts.Origins,
	}}
	// loopback is what the SDK of the protocol does, too.
	g.tool = &guard{hosts: opts.MCPHosts, setting: "MCP_HOSTS", loopback: true, origin: origin, pages: opts.Origins}
	if len(opts.MCPHosts) == 0 {
		g.tool.hosts, g.tool.setting = opts.Hosts, g.other.setting
	}
	return g
}

// of returns the guard for a path.
func (g guards) of(path string) *guard {
	if path == "/mcp" {
		return g.tool
	}
	return g.other
}

// check returns why the request is refused, nil if it isn't.
func (g *guard) check(r *http.Request) error {
	trusted := g.pages.allowed(r)
	if !trusted && g.origin.Check(r) != nil {
		return refuse(wrongHost, "the request comes from a web page of another origin")
	}
	host := hostname(r.Host)
	switch {
	case len(g.hosts) > 0:
		same := func(h string) bool { return strings.EqualFold(h, host) }
		if g.hosts[0] == AnyHost || slices.ContainsFunc(g.hosts, same) {
			return nil
		}
		return g.refuse("host: %.64q: is not one of the accepted ones", host)
	case trusted: // no page can pass for one of another origin
		return nil
	case unbound(host), !fromBrowser(r) && !(g.loopback && overLoopback(r)):
		return nil
	}
	return g.refuse("host: %.64q: only localhost and IP addresses are accepted here", host)
}

func (g *guard) refuse(format, host string) error {
	return refuseLimit(wrongHost, "The operator can name the host in "+g.setting+".", format, host)
}

// fromBrowser says whether a browser sends the request for a page. Other headers of
// browsers prove nothing: Node's fetch has Sec-Fetch-Mode, too, and PowerShell
// calls itself Mozilla.
func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// hostname is a Host header without its port and the brackets of IPv6.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// unbound says whether a host is one that no web page can make its own name.
func unbound(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}

func overLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// simpleTypes are the types that a page may send to any address without a preflight
// request.
var simpleTypes = []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}

// simple says whether a page could have sent the request without a preflight: its
// type is a simple one, and it has no header for which browsers ask first.
func simple(header http.Header) bool {
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return slices.Contains(simpleTypes, strings.ToLower(strings.TrimSpace(media))) &&
		header.Get("Ce-Specversion") == "" && header.Get("X-Goog-Pubsub-Message-Id") == ""
}
