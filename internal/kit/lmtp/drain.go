package lmtp

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// drain ends connections in an orderly way: once it has started nothing more is read from them, but deliveries
// that have begun are finished and answered.
type drain struct {
	mu      sync.Mutex
	started bool
	conns   map[*conn]struct{}
}

func newDrain() *drain { return &drain{conns: map[*conn]struct{}{}} }

// start makes all connections read nothing more.
func (c *drain) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = true
	for conn := range c.conns {
		_ = conn.Conn.SetReadDeadline(time.Unix(1, 0)) // a connection that is closed reads nothing either
	}
}

func (c *drain) hasStarted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.started
}

// listener returns a listener whose connections can be drained.
func (c *drain) listener(l net.Listener) net.Listener { return &listener{Listener: l, drain: c} }

type listener struct {
	net.Listener
	drain *drain
}

// Accept implements net.Listener. The library knows only listeners that it has begun to serve: one that is to end before
// that would stay open for ever.
func (l *listener) Accept() (net.Conn, error) {
	if l.drain.hasStarted() {
		return nil, errors.Join(net.ErrClosed, l.Close())
	}
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted, drain: l.drain}
	l.drain.mu.Lock()
	defer l.drain.mu.Unlock()
	l.drain.conns[c] = struct{}{}
	return c, nil
}

type conn struct {
	net.Conn
	drain *drain
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if c.drain.hasStarted() {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Read(p)
}

// SetReadDeadline implements net.Conn; once the drain has started every deadline has passed.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.drain.mu.Lock()
	defer c.drain.mu.Unlock()
	if c.drain.started {
		t = time.Unix(1, 0)
	}
	return c.Conn.SetReadDeadline(t)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.drain.mu.Lock()
	delete(c.drain.conns, c)
	c.drain.mu.Unlock()
	return c.Conn.Close()
}
