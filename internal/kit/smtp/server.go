package smtp

import (
	"context"
	"errors"
	"net"
	netsmtp "net/smtp"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// server sends over connections that stay open between mails.
type server struct {
	config Config
	slots  chan struct{} // one token for each connection that may be open

	mu     sync.Mutex
	idle   []*connection // the most recently used one last
	closed bool
}

var _ Sender = (*server)(nil)

// connection is an open connection, idle or in use.
type connection struct {
	*netsmtp.Client
	net   net.Conn
	mails int
	timer *time.Timer // closes it when it has been idle too long
}

// setTimeout lets everything that follows on the connection take until d from now.
func (c *connection) setTimeout(d time.Duration) { _ = c.net.SetDeadline(time.Now().Add(d)) }

// supports reports whether the server offers an extension.
func (c *connection) supports(extension string) bool {
	ok, _ := c.Extension(extension)
	return ok
}

func newServer(c Config) *server {
	c = c.withDefaults()
	return &server{config: c, slots: make(chan struct{}, c.MaxConnections)}
}

// Close implements Sender.
func (s *server) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, c := range idle {
		c.timer.Stop()
		c.quit()
	}
	return nil
}

func (c *connection) quit() {
	c.setTimeout(time.Second)
	if c.Quit() != nil {
		_ = c.Close()
	}
}

// Send implements Sender.
func (s *server) Send(ctx context.Context, e Envelope, message []byte) error {
	e, needsUTF8, err := e.ascii()
	if err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}

	// The server may have closed an idle connection meanwhile. That shows at the first command, when nothing
	// has been sent yet, so the mail is tried once more on a new connection.
	c, reused, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	err = s.deliver(ctx, c, e, needsUTF8, message)
	if stale, ok := errors.AsType[*staleError](err); ok {
		_ = c.Close()
		if !reused {
			return unavailable(stale.cause)
		}
		if c, err = s.dial(ctx); err != nil {
			return err
		}
		if err = s.deliver(ctx, c, e, needsUTF8, message); err != nil {
			if stale, ok := errors.AsType[*staleError](err); ok {
				_ = c.Close()
				return unavailable(stale.cause)
			}
		}
	}
	s.release(c, err)
	return err
}

// staleError says that a connection broke at the first command.
type staleError struct{ cause error }

func (e *staleError) Error() string { return e.cause.Error() }

// acquire returns an idle connection or opens one.
func (s *server) acquire(ctx context.Context) (c *connection, reused bool, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, false, unavailable(net.ErrClosed)
	}
	for len(s.idle) > 0 {
		c = s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if c.timer.Stop() {
			s.mu.Unlock()
			return c, true, nil
		}
	}
	s.mu.Unlock()
	c, err = s.dial(ctx)
	return c, false, err
}

// release keeps a connection for the next mail, or closes it if it broke.
func (s *server) release(c *connection, err error) {
	if err != nil {
		// After a refusal the connection is good, but the transaction must be reset.
		c.setTimeout(s.config.Timeout)
		if errs.Is(err, errs.Unavailable) || c.Reset() != nil {
			_ = c.Close()
			return
		}
	}
	c.mails++
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || c.mails >= s.config.MaxPerConnection {
		go c.quit()
		return
	}
	c.timer = time.AfterFunc(s.config.MaxIdle, func() { s.expire(c) })
	s.idle = append(s.idle, c)
}

func (s *server) expire(c *connection) {
	s.mu.Lock()
	for i, other := range s.idle {
		if other == c {
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	c.quit()
}
