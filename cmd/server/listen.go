package main

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// listen listens at host and port. For localhost that is both addresses of it:
// some clients try only the one that they are told of first.
func listen(host string, port int) (net.Listener, error) {
	if host != "localhost" {
		return net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	}
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	_, given, err := net.SplitHostPort(four.Addr().String())
	if err != nil {
		return nil, errors.Join(err, four.Close())
	}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", given))
	switch {
	case err == nil:
		return newPair(four, six), nil
	case noIPv6(err):
		return four, nil
	default:
		return nil, errors.Join(err, four.Close())
	}
}

// noIPv6 says that the machine has no such address, or no such addresses.
func noIPv6(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) ||
		errors.Is(err, syscall.EPROTONOSUPPORT)
}

// pair is two listeners that act as one.
type pair struct {
	net.Listener // the one whose address stands for both
	other        net.Listener
	accepted     chan accepted
	closed       chan struct{}
	once         sync.Once
}

type accepted struct {
	conn net.Conn
	err  error
}

func newPair(first, second net.Listener) *pair {
	p := &pair{Listener: first, other: second, accepted: make(chan accepted), closed: make(chan struct{})}
	for _, l := range []net.Listener{first, second} {
		go p.collect(l)
	}
	return p
}

// collect hands on the connections of a listener, until it is closed. It accepts
// the next one only when the one before has been taken.
func (p *pair) collect(l net.Listener) {
	for {
		conn, err := l.Accept()
		select {
		case p.accepted <- accepted{conn, err}:
		case <-p.closed:
			if err == nil {
				_ = conn.Close()
			}
			return
		}
	}
}

func (p *pair) Accept() (net.Conn, error) {
	select {
	case a := <-p.accepted:
		return a.conn, a.err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pair) Close() error {
	var err error
	p.once.Do(func() {
		close(p.closed)
		err = errors.Join(p.Listener.Close(), p.other.Close())
	})
	return err
}
