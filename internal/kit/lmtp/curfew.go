package lmtp

import (
	"net"
	"os"
	"sync"
	"time"
)

// curfew ends connections in an orderly way: once it has fallen nothing more is read from them, but what
// is in hand is finished and answered.
type curfew struct {
	mu     sync.Mutex
	fallen bool
	conns  map[*conn]struct{}
}

func newCurfew() *curfew { return &curfew{conns: map[*conn]struct{}{}} }

// fall makes all connections read nothing more.
func (c *curfew) fall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fallen = true
	for conn := range c.conns {
		_ = conn.Conn.SetReadDeadline(time.Unix(1, 0)) // a connection that is gone reads nothing either
	}
}

func (c *curfew) hasFallen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fallen
}

// listener returns a listener whose connections obey the curfew.
func (c *curfew) listener(l net.Listener) net.Listener { return &listener{Listener: l, curfew: c} }

type listener struct {
	net.Listener
	curfew *curfew
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted, curfew: l.curfew}
	l.curfew.mu.Lock()
	defer l.curfew.mu.Unlock()
	l.curfew.conns[c] = struct{}{}
	return c, nil
}

type conn struct {
	net.Conn
	curfew *curfew
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if c.curfew.hasFallen() {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Read(p)
}

// SetReadDeadline implements net.Conn; a deadline set after the curfew is over already.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.curfew.mu.Lock()
	defer c.curfew.mu.Unlock()
	if c.curfew.fallen {
		t = time.Unix(1, 0)
	}
	return c.Conn.SetReadDeadline(t)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.curfew.mu.Lock()
	delete(c.curfew.conns, c)
	c.curfew.mu.Unlock()
	return c.Conn.Close()
}
