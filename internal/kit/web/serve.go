package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
)

// Server answers requests on one listener until its context ends.
type Server struct {
	Listen  string // host:port or unix:/path; ignored when systemd hands over a socket
	Aside   bool   // not what systemd opens sockets for, such as figures for an administrator
	Handler http.Handler
	TLS     *tls.Config // nil for plain http
	Log     *slog.Logger

	// Grace is how long requests in hand may take after the context has ended; zero means 25 s.
	Grace time.Duration

	// Ready, if set, is called with the address as soon as requests are accepted.
	Ready func(net.Addr)
}

// Serve accepts requests until ctx ends, then finishes those in hand. It returns nil after a clean
// end, and an error when it could not listen or when requests had to be cut off.
func (s Server) Serve(ctx context.Context) error {
	listener, err := s.open(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.Handler,
		TLSConfig:         s.TLS,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute, // a gallery over a village's line
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	if s.Log != nil {
		server.ErrorLog = slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)
	}
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
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		return errors.Join(fmt.Errorf("finish requests within %s: %w", grace, err), server.Close())
	}
	return nil
}

func (s Server) open(ctx context.Context) (net.Listener, error) {
	if s.Aside {
		return Open(ctx, s.Listen)
	}
	return Listen(ctx, s.Listen)
}

// Listen opens the listener that an address names: a TCP port, or a unix socket that everybody on the
// machine may use. A socket that systemd hands over comes first. A socket file that a process left
// behind when it died is replaced; one that somebody still answers on is not.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	handed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take over the socket from systemd: %w", err)
	}
	if len(handed) > 0 && handed[0] != nil {
		return handed[0], nil
	}
	return Open(ctx, address)
}

// Open is Listen for servers that systemd opens no socket for.
func Open(ctx context.Context, address string) (net.Listener, error) {
	path, isSocket := strings.CutPrefix(address, "unix:")
	if !isSocket {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", address, err)
		}
		return listener, nil
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s to the web server: %w", path, err), listener.Close())
	}
	return listener, nil
}

// removeStale removes a socket file that nobody answers on.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("listen on %s: the file exists and is not a socket", path)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("listen on %s: another process answers there", path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("listen on %s: %w", path, err)
	}
	return os.Remove(path)
}
