package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Server answers requests on one listener until its context ends.
type Server struct {
	Listener net.Listener // from Open or Handed; the server closes it
	Handler  http.Handler
	TLS      *tls.Config // nil for plain http
	Log      *slog.Logger

	// Stall is how long a request's body may bring no byte before it is answered 408; zero means 30 s.
	Stall time.Duration
	// Grace is how long requests in hand may take after the context has ended; zero means 25 s.
	Grace time.Duration

	// Ready, if set, is called with the address as soon as requests are accepted.
	Ready func(net.Addr)
}

// longest is how long a request and its answer may take: a gallery over a village's line.
const longest = 5 * time.Minute

// Serve accepts requests until ctx ends, then finishes those in hand. It returns nil after a clean
// end, and an error when the listener failed or when requests had to be cut off.
func (s Server) Serve(ctx context.Context) error {
	listener := s.Listener
	server := &http.Server{
		Handler:           bounded(s.Handler, cmp.Or(s.Stall, 30*time.Second), longest),
		TLSConfig:         s.TLS,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       longest,
		WriteTimeout:      longest,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), stoppingKey{}, ctx.Done())
		},
	}
	if s.Log != nil {
		server.ErrorLog = slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)
	}
	var fresh freshConns
	fresh.watch(server)
	if s.Ready != nil {
		s.Ready(listener.Addr())
	}

	ended := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			ended <- server.ServeTLS(listener, "", "")
		} else {
			ended <- server.Serve(listener)
		}
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace := s.Grace
	if grace == 0 {
		grace = 25 * time.Second
	}
	server.SetKeepAlivesEnabled(false)
	if err := listener.Close(); err != nil {
		return errors.Join(fmt.Errorf("stop to accept requests: %w", err), server.Close())
	}
	_ = <-ended //nolint:staticcheck // errcheck wants the blank identifier: it says only that the listener is closed; whatever has been accepted is known now
	fresh.wait(2 * time.Second)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	// The listener is closed already, which is no mistake.
	if err := server.Shutdown(deadline); err != nil && !errors.Is(err, net.ErrClosed) {
		return errors.Join(fmt.Errorf("finish requests within %s: %w", grace, err), server.Close())
	}
	return nil
}
