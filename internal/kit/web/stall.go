package web

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bounded lets a request's body take as long as whole, and no longer than stall without a byte. A request that stalls is
// answered 408, whatever its handler makes of half a body.
func bounded(next http.Handler, stall, whole time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &boundedBody{ReadCloser: r.Body, conn: http.NewResponseController(w), stall: stall, end: time.Now().Add(whole)}
		body.extend() // a body that the handler leaves alone is read by the server
		r.Body = body
		answer := &stalledAnswer{ResponseWriter: w, body: body}
		next.ServeHTTP(answer, r)
		if body.stalled && !answer.begun {
			answer.WriteHeader(http.StatusRequestTimeout)
		}
	})
}

// boundedBody moves the connection's deadline on with each read.
type boundedBody struct {
	io.ReadCloser
	conn    *http.ResponseController
	stall   time.Duration
	end     time.Time // for the whole body
	stalled bool
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	b.extend()
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.stalled = true
	case err != nil:
		// From now on the server listens for the visitor to leave: silence is no stalling any more.
		_ = b.conn.SetReadDeadline(b.end)
	}
	return n, err
}

// extend lets the next bytes take their time. Without a connection, as in tests, there is nothing to bound.
func (b *boundedBody) extend() {
	deadline := time.Now().Add(b.stall)
	if deadline.After(b.end) {
		deadline = b.end
	}
	_ = b.conn.SetReadDeadline(deadline)
}

// stalledAnswer replaces the status of an answer to a body that has stalled.
type stalledAnswer struct {
	http.ResponseWriter
	body  *boundedBody
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (a *stalledAnswer) WriteHeader(status int) {
	if a.body.stalled && !a.begun {
		status = http.StatusRequestTimeout
		a.Header().Set("Connection", "close")
	}
	a.begun = a.begun || status >= http.StatusOK
	a.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (a *stalledAnswer) Write(p []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController find what is below.
func (a *stalledAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
