package mcp

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestGuard(t *testing.T) {
	const loopback, outside, docker = "127.0.0.1", "10.1.2.3", "172.17.0.2"
	for name, tt := range map[string]struct {
		hosts        []string
		local        string // address the request arrives at
		host, origin string
		fetchSite    string
		refused      bool
	}{
		"client on a laptop":              {local: loopback, host: "localhost:8080"},
		"client by address":               {local: loopback, host: "127.0.0.1:8080"},
		"client by IPv6 address":          {local: "::1", host: "[::1]:8080"},
		"case of the name":                {local: loopback, host: "LOCALHOST"},
		"rebound name":                    {local: loopback, host: "evil.example:8080", refused: true},
		"rebound name with its origin":    {local: loopback, host: "evil.example:8080", origin: "http://evil.example:8080", refused: true},
		"rebound name over IPv6":          {local: "::1", host: "evil.example", refused: true},
		"rebound name into a container":   {local: docker, host: "evil.example:8080", origin: "http://evil.example:8080", refused: true},
		"name that begins like localhost": {local: loopback, host: "localhost.evil.example", refused: true},
		"name that looks like an address": {local: loopback, host: "127.0.0.1.evil.example", refused: true},
		"no name":                         {local: loopback, host: "", refused: true},
		"service in a network":            {local: outside, host: "pyexec.internal:8080"},
		"page of another origin":          {local: outside, host: "pyexec.internal", origin: "https://evil.example", refused: true},
		"page that says where it is from": {local: loopback, host: "localhost", fetchSite: "cross-site", refused: true},
		"file in a browser":               {local: loopback, host: "localhost", origin: "null", refused: true},
		"page of the service":             {local: loopback, host: "localhost:8080", origin: "http://localhost:8080"},

		"listed":                     {hosts: []string{"Tools.example", "10.1.2.3"}, local: loopback, host: "tools.example:443"},
		"listed, behind a proxy":     {hosts: []string{"tools.example"}, local: loopback, host: "tools.example", origin: "https://tools.example"},
		"listed address":             {hosts: []string{"tools.example", "10.1.2.3"}, local: outside, host: "10.1.2.3:8080"},
		"not listed":                 {hosts: []string{"tools.example"}, local: outside, host: "pyexec.internal", refused: true},
		"localhost is not listed":    {hosts: []string{"tools.example"}, local: loopback, host: "localhost", refused: true},
		"any":                        {hosts: []string{AnyHost}, local: loopback, host: "pyexec-1234.run.app"},
		"any, but of another origin": {hosts: []string{AnyHost}, local: outside, host: "pyexec-1234.run.app", origin: "https://evil.example", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/mcp", nil)
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(tt.local), Port: 8080}))
			r.Host = tt.host
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if tt.fetchSite != "" {
				r.Header.Set("Sec-Fetch-Site", tt.fetchSite)
			}
			if err := NewGuard(tt.hosts).Check(r); (err != nil) != tt.refused {
				t.Errorf("%v, refused should be %v", err, tt.refused)
			}
		})
	}
}
