// Package web is what stands between the network and a program's pages: it listens, knows who asks and
// from where, keeps sessions, slows down whoever asks too often, sends the headers that make a browser
// careful, and logs one line per request. What the pages show is none of its business.
package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// Transport says how requests reach the program, and so whether they must be encrypted.
type Transport string

// The modes of transport security.
const (
	Plain        Transport = "disabled"      // http, nothing is enforced
	Integrated   Transport = "integrated"    // the program's own listener speaks TLS
	ReverseProxy Transport = "reverse-proxy" // a web server in front speaks TLS and says so in X-Forwarded-Proto
)

// Encrypted reports whether the mode insists on https.
func (t Transport) Encrypted() bool { return t != Plain && t != "" }

// Front is the chain of everything that happens to each request before a page sees it.
type Front struct {
	Log       *slog.Logger
	Transport Transport

	// Hosts are the names in the Host header that are answered, without port. Any other gets 400.
	Hosts []string

	// TrustedProxies may name the client in X-Forwarded-For and say in X-Forwarded-Proto that it used https. A peer on a
	// unix socket always may.
	TrustedProxies []netip.Prefix

	// Everywhere are paths that are answered under any name and without https: health checks.
	Everywhere []string

	Policy Policy

	// LogClients writes into the log who asked, by address. Without it the log has no traces of people.
	LogClients bool

	// Conceal returns a path as the log may show it, without secrets; nil shows all of it.
	Conceal func(path string) string

	// Misdirected answers a request for a name that is not ours, by 400; nil does so in one English sentence. The name
	// comes from outside and must not be used.
	Misdirected func(w http.ResponseWriter, r *http.Request)

	// HostsOption is the option that adds to Hosts, for the log.
	HostsOption string

	// Metrics counts requests; nil counts none.
	Metrics *Metrics

	// Fail answers a request that broke; err may be a panic. It must write a whole answer.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Wrap puts the chain around a handler.
func (f Front) Wrap(next http.Handler) http.Handler {
	if f.Log == nil {
		f.Log = slog.New(slog.DiscardHandler)
	}
	if f.Conceal == nil {
		f.Conceal = func(path string) string { return path }
	}
	if f.Misdirected == nil {
		f.Misdirected = func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "This name is not served here.", http.StatusBadRequest)
		}
	}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		panic(err) // the options are constants
	}
	h := f.headers(next)
	h = f.transport(h)
	h = f.hosts(h)
	h = f.survive(h)
	return f.record(compress(h))
}

// Record is what is known about a request while it is answered. The access log prints it at the end.
type Record struct {
	ID       string     // stands in the log and on error pages
	Client   netip.Addr // who asks; invalid on a unix socket without a proxy that says
	Secure   bool       // the browser used https
	Route    string     // the pattern that matched
	PersonID int64
}

type recordKey struct{}

// RecordOf returns the request's record, an empty one outside of requests.
func RecordOf(ctx context.Context) *Record {
	if rec, ok := ctx.Value(recordKey{}).(*Record); ok {
		return rec
	}
	return &Record{}
}

// record gives each request its record and logs one line when it is answered. The line has neither
// query nor body, and an address only with LogClients: they hold secrets and people's traces.
func (f Front) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &Record{ID: rand.Text()[:16]}
		rec.Client = clientAddress(r, f.TrustedProxies)
		rec.Secure = r.TLS != nil || f.Transport == ReverseProxy && f.isProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https"
		sw := &statusWriter{ResponseWriter: w}
		w.Header().Set("X-Request-ID", rec.ID)
		f.Metrics.begin()
		defer func() { f.Metrics.end(r.Method, rec.Route, sw.status(), time.Since(start)) }()
		next.ServeHTTP(sw, r.WithContext(context.WithValue(r.Context(), recordKey{}, rec)))

		level := slog.LevelInfo
		if sw.status() >= 500 {
			level = slog.LevelWarn
		} else if slices.Contains(f.Everywhere, r.URL.Path) {
			level = slog.LevelDebug
		}
		attributes := []slog.Attr{
			slog.String("id", rec.ID), slog.String("method", r.Method), slog.String("path", f.Conceal(r.URL.Path)),
			slog.String("route", rec.Route), slog.Int("status", sw.status()), slog.Int64("bytes", sw.bytes),
			slog.Duration("took", time.Since(start).Round(10*time.Microsecond)), slog.Int64("person", rec.PersonID),
		}
		if f.LogClients {
			attributes = append(attributes, slog.String("client", rec.Client.String()))
		}
		f.Log.LogAttrs(r.Context(), level, "request", attributes...)
	})
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (w *statusWriter) WriteHeader(code int) {
	if w.code == 0 && code >= 200 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

func (w *statusWriter) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}

// Flush implements http.Flusher: what compresses looks for it, and not for Unwrap.
func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
