package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/web"
)

// start serves until the returned function is called, which returns what Serve returned.
func start(t *testing.T, s web.Server) (net.Addr, func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	s.Ready = func(a net.Addr) { ready <- a }
	go func() { ended <- s.Serve(ctx) }()
	select {
	case address := <-ready:
		return address, func() error { cancel(); return <-ended }
	case err := <-ended:
		cancel()
		t.Fatal(err)
		return nil, nil
	}
}

func open(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := web.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func TestServerFinishesRequestsInHand(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	address, stop := start(t, web.Server{Listener: open(t, "127.0.0.1:0"), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "done")
	})})
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + address.String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		answer <- string(body) + errorText(err)
	}()
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	select {
	case <-ended:
		t.Error("the server did not wait for the request")
	case <-time.After(50 * time.Millisecond):
	}
	close(finish)
	if got := <-answer; got != "done" {
		t.Errorf("answered %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServerCutsOffWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	address, stop := start(t, web.Server{Listener: open(t, "127.0.0.1:0"), Grace: 20 * time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})})
	go func() {
		response, err := http.Get("http://" + address.String())
		if err == nil {
			_ = response.Body.Close()
		}
	}()
	<-begun
	if err := stop(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
}

func TestABodyThatBringsNoByteIsAnsweredAndClosed(t *testing.T) {
	t.Parallel()
	const stall = 2 * time.Second
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		bytes  []string // with a pause between them
		want   string   // in the answer
	}{
		"the handler gives up": {func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				http.Error(w, "half a body", http.StatusBadRequest)
			}
		}, []string{"a"}, "HTTP/1.1 408 "},
		"the handler says nothing":  {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }, nil, "HTTP/1.1 408 "},
		"the handler does not read": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, nil, "HTTP/1.1 403 "},
		"a slow body is no stalled one": {func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			_, _ = io.WriteString(w, string(text)+errorText(err))
		}, []string{"a", "b", "c", "d", "e", "f"}, "\r\n\r\nabcdef"},
		"a handler may take its time after the body": {func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			select {
			case <-r.Context().Done():
				_, _ = io.WriteString(w, "gone")
			case <-time.After(stall + time.Second):
				_, _ = io.WriteString(w, "stayed"+errorText(err))
			}
		}, []string{"abcdef"}, "\r\n\r\nstayed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, stop := start(t, web.Server{Listener: open(t, "127.0.0.1:0"), Stall: stall, Handler: c.handle})
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			for _, part := range append([]string{"POST / HTTP/1.1\r\nHost: town.example\r\nContent-Length: 6\r\n\r\n"}, c.bytes...) {
				if _, err := io.WriteString(conn, part); err != nil {
					t.Fatal(err)
				}
				time.Sleep(stall / 4)
			}
			if len(strings.Join(c.bytes, "")) == 6 {
				_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: town.example\r\nConnection: close\r\n\r\n")
				if err != nil {
					t.Fatal(err)
				}
			}
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.Contains(string(answer), c.want) {
				t.Errorf("answered %q, %v", answer, err)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServerOnAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "web.sock")
	// What a process that was killed leaves behind.
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}

	_, stop := start(t, web.Server{Listener: open(t, "unix:"+path), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o666 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://town.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "hello" {
		t.Errorf("answered %q, %v", body, err)
	}
	if _, err := web.Open(t.Context(), "unix:"+path); err == nil || !strings.Contains(err.Error(), "another process answers there") {
		t.Errorf("a second listener: %v", err)
	}
	client.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket stays: %v", err)
	}
}

func TestOpenLeavesOtherFilesAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := web.Open(t.Context(), "unix:"+path); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("listening on a file: %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "data" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
