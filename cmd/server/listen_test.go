package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
)

// Both addresses of localhost are answered at, and nothing but them.
func TestListenOnLocalhost(t *testing.T) {
	port, err := strconv.Atoi(freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen("localhost", port)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_,
			_ = io.WriteString(w, r.Host)
	})}
	go func() { served <- server.Serve(l) }()
	hosts := []string{"127.0.0.1"}
	if probe, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		hosts = append(hosts, "::1")
		probe.Close()
	} else if !noIPv6(err) {
		t.Fatal(err)
	}
	client := newClient()
	for _, host := range hosts {
		address := net.JoinHostPort(host, strconv.Itoa(port))
		resp, err := client.Get("http://" + address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != address {
			t.Errorf("%s: %s, %v", address, body, err)
		}
	}
	for _, address := range ownAddresses(t) {
		if conn, err := net.Dial("tcp", net.JoinHostPort(address, strconv.Itoa(port))); err == nil {
			conn.Close()
			t.Errorf("%s: answers, too", address)
		}
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed, and accepts: %v", err)
	}
	again, err := listen("localhost", port)
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	again.Close()
}

// ownAddresses are those of the machine that others can reach.
func ownAddresses(t *testing.T) (list []string) {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			list = append(list, n.IP.String())
		}
	}
	return list
}

// Another program at one of the two addresses would get part of the requests.
func TestLocalhostIsTakenAsAWhole(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		taken, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			if host == "::1" && noIPv6(err) {
				continue
			}
			t.Fatal(err)
		}
		defer taken.Close()
		if l, err := listen("localhost", taken.Addr().(*net.TCPAddr).Port); err == nil {
			l.Close()
			t.Errorf("%s is taken: no error", host)
		}
	}
}
