package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// Problem is why a document could not be read: a word that is kept in databases and never changes.
type Problem string

// The problems.
const (
	BadAddress       Problem = "address"   // it is none of the web, here or where a redirect leads
	WithPassword     Problem = "password"  // it holds a name or a password
	NoSuchHost       Problem = "host"      // the name stands for nothing
	Forbidden        Problem = "forbidden" // the name stands for a machine that is not on the public internet
	Unreachable      Problem = "unreachable"
	Untrusted        Problem = "certificate" // the certificate is not that of the name, or has expired
	TooSlow          Problem = "slow"
	TooLarge         Problem = "large"
	TooManyRedirects Problem = "redirects"
	Gone             Problem = "gone"   // there is no document there
	Denied           Problem = "denied" // only for those who sign in
	Busy             Problem = "busy"   // the server asks to wait
	Refused          Problem = "refused"
	Unreadable       Problem = "unreadable" // it is packed in a way that cannot be unpacked
)

// Error says why a document could not be read.
type Error struct {
	Problem    Problem
	Status     int           // of the answer; 0 if there was none
	RetryAfter time.Duration // for which the server asks to be left alone; 0 if it does not

	cause error // for the log: it may hold the address
}

// Error implements error.
func (e *Error) Error() string {
	text := "fetch a document: " + string(e.Problem)
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// refused returns what an answer means that holds no document.
func refused(answer *http.Response) *Error {
	e := &Error{Problem: Refused, Status: answer.StatusCode, cause: errors.New(answer.Status)}
	switch answer.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		e.Problem = Gone
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		e.Problem = Denied
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.Problem, e.RetryAfter = Busy, pause(answer.Header.Get("Retry-After"))
	}
	return e
}

// longestPause is the most that a server is believed when it asks to be left alone.
const longestPause = 7 * 24 * time.Hour

// pause reads the header Retry-After: seconds, or a time.
func pause(header string) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), longestPause)
	}
	until, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(0, time.Until(until)), longestPause)
}

// explain returns what an error means.
func explain(err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	e := &Error{Problem: Unreachable, cause: err}
	timeout, ok := errors.AsType[net.Error](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), ok && timeout.Timeout():
		e.Problem = TooSlow
	case untrusted:
		e.Problem = Untrusted
	}
	return e
}
