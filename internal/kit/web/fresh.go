package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// freshConns are connections that have been accepted and whose first request no handler has seen yet. http.Server drops such
// requests when it is shut down, even if it has read them: whoever restarts under load turns visitors away. So the server
// first stops to accept, then answers these, and only then shuts down.
type freshConns struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// freshKey is what a request's context knows its connection by.
type freshKey struct{}

// watch lets a server tell which of its connections are fresh.
func (f *freshConns) watch(server *http.Server) {
	f.conns = map[net.Conn]bool{}
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, freshKey{}, conn)
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			f.mu.Lock()
			f.conns[conn] = true
			f.mu.Unlock()
		case http.StateClosed, http.StateHijacked:
			f.remove(conn)
		case http.StateActive, http.StateIdle:
		}
	}
	handler := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(freshKey{}).(net.Conn); ok {
			f.remove(conn)
		}
		handler.ServeHTTP(w, r)
	})
}

func (f *freshConns) remove(conn net.Conn) {
	f.mu.Lock()
	delete(f.conns, conn)
	f.mu.Unlock()
}

// wait waits until the requests of all fresh connections have reached a handler, or for atMost: some never send one.
func (f *freshConns) wait(atMost time.Duration) {
	for deadline := time.Now().Add(atMost); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		f.mu.Lock()
		left := len(f.conns)
		f.mu.Unlock()
		if left == 0 {
			return
		}
	}
}
