package lmtp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// conns are the open connections. They end in an orderly way: once the drain has started nothing more is read,
// but deliveries that have begun are finished and answered.
type conns struct {
	max   int
	idle  time.Duration // after which a connection gives way to a new one, if there are as many as may be
	hello string

	mu       sync.Mutex
	draining bool
	open     map[*conn]struct{}

	accepted sync.WaitGroup // those that have not been closed yet; only the listener adds to it
}

func newConns(s Server) *conns {
	return &conns{max: s.MaxSessions, idle: s.IdleWhenFull, hello: s.Hello, open: map[*conn]struct{}{}}
}

// drain makes all connections read nothing more.
func (cs *conns) drain() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.draining = true
	for c := range cs.open {
		c.end()
	}
}

// closed waits until all connections have been closed, at most until the context ends. The library knows those alone that it has
// begun to serve: of one that it has just accepted it would not wait for the greeting. It is called when the listener has ended.
func (cs *conns) closed(ctx context.Context) error {
	all := make(chan struct{})
	go func() {
		cs.accepted.Wait()
		close(all)
	}()
	select {
	case <-all:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (cs *conns) isDraining() bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.draining
}

// admit makes a connection one of ours, if need be in the place of one that does nothing.
func (cs *conns) admit(c *conn) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if len(cs.open) >= cs.max {
		longest := cs.longestWaiting()
		if longest == nil || time.Since(longest.waits) < cs.idle {
			return false
		}
		longest.end()
		delete(cs.open, longest)
	}
	cs.open[c] = struct{}{}
	return true
}

func (cs *conns) longestWaiting() *conn {
	var longest *conn
	for c := range cs.open {
		if !c.waits.IsZero() && (longest == nil || c.waits.Before(longest.waits)) {
			longest = c
		}
	}
	return longest
}

// listener returns a listener whose connections are ours. There is no waiting: a mail server that is told at once
// that we are busy comes back, one that waits for a greeting counts us as broken.
func (cs *conns) listener(l net.Listener) net.Listener { return &listener{Listener: l, conns: cs} }

type listener struct {
	net.Listener
	conns *conns
}

// Accept implements net.Listener. The library knows only listeners that it has begun to serve: one that is to end before
// that would stay open for ever.
func (l *listener) Accept() (net.Conn, error) {
	for {
		if l.conns.isDraining() {
			return nil, errors.Join(net.ErrClosed, l.Close())
		}
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: accepted, conns: l.conns}
		if l.conns.admit(c) {
			l.conns.accepted.Add(1)
			c.gone = sync.OnceFunc(l.conns.accepted.Done)
			return c, nil
		}
		l.conns.accepted.Go(func() { refuse(accepted, l.conns.hello) })
	}
}

func refuse(c net.Conn, hello string) {
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = fmt.Fprintf(c, "421 4.3.2 %s has too many sessions. Please try again later.\r\n", hello)
	_ = c.Close()
}

type conn struct {
	net.Conn
	conns *conns
	gone  func() // no longer one of those accepted

	// Guarded by conns.mu.
	ended bool      // nothing more is read
	waits time.Time // since when it has been reading; zero while it does not

	// Used by the one goroutine that reads; a reply of 354 comes before what it announces.
	inData bool
	data   dataFilter
}

// end makes the connection read nothing more. conns.mu is held.
func (c *conn) end() {
	c.ended = true
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // a connection that is closed reads nothing either
}

// errNotRead is what reading returns whenever it fails, because the library answers every other error during a
// message as if the message were to blame. It goes on failing, so that the rest of a message is not taken for commands.
func errNotRead() *smtp.SMTPError {
	return &smtp.SMTPError{
		Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2},
		Message: "The message did not arrive in time, or this server restarts. Please try again.",
	}
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	for {
		if !c.begin() {
			return 0, errNotRead()
		}
		n, err := c.Conn.Read(p)
		timedOut := c.done(err)
		if c.inData {
			n, c.inData = c.data.pass(p[:n])
		}
		switch {
		case timedOut:
			return n, errNotRead()
		case n > 0 || err != nil || len(p) == 0:
			return n, err
		}
	}
}

func (c *conn) begin() bool {
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	c.waits = time.Now()
	return !c.ended && !c.conns.draining
}

// done reports whether reading ended because there is no more time for it.
func (c *conn) done(err error) bool {
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	c.waits = time.Time{}
	if problem, ok := err.(net.Error); ok && problem.Timeout() { //nolint:errorlint // as the library asks
		c.ended = true
	}
	return c.ended
}

// SetReadDeadline implements net.Conn; for a connection that has ended every deadline has passed.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	if c.ended || c.conns.draining {
		t = time.Unix(1, 0)
	}
	return c.Conn.SetReadDeadline(t)
}

// Write implements net.Conn. The library writes each line of an answer on its own.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case bytes.HasPrefix(p, []byte("354 ")):
		c.inData, c.data = true, dataFilter{}
	case bytes.HasPrefix(p, []byte("252 ")):
		_, err := c.Conn.Write([]byte("252 2.5.0 Addresses are checked when a mail is sent to them.\r\n"))
		return len(p), err
	}
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.conns.mu.Lock()
	delete(c.conns.open, c)
	c.conns.mu.Unlock()
	defer c.gone()
	return c.Conn.Close()
}

// dataFilter makes one CR of several. The library does not see that a line ends if there are two before its LF, and
// so not the end of a message behind it.
type dataFilter struct {
	afterCR bool
	matched int // how much of the end of the message has been seen
	begun   bool
}

const endOfData = "\r\n.\r\n"

// pass filters what was read in place and reports whether the message goes on.
func (f *dataFilter) pass(p []byte) (n int, goesOn bool) {
	if !f.begun {
		f.begun, f.matched = true, len("\r\n")
	}
	for i, b := range p {
		if b == '\r' && f.afterCR {
			continue
		}
		f.afterCR = b == '\r'
		p[n] = b
		n++
		switch b {
		case endOfData[f.matched]:
			f.matched++
		case '\r':
			f.matched = 1
		default:
			f.matched = 0
		}
		if f.matched == len(endOfData) {
			return n + copy(p[n:], p[i+1:]), false
		}
	}
	return n, true
}
