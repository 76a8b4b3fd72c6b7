package web

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
)

// Policy adds sources to the content security policy, for a map server or an operator's script.
type Policy struct {
	Default, Script, Style, Connect, Image []string
}

// String returns the header's value. Inline scripts and styles are never allowed.
func (p Policy) String() string {
	var b strings.Builder
	directive := func(name string, own string, more []string) {
		b.WriteString(name + " " + own)
		for _, source := range more {
			b.WriteString(" " + source)
		}
		b.WriteString("; ")
	}
	directive("default-src", "'self'", p.Default)
	directive("script-src", "'self'", p.Script)
	directive("style-src", "'self'", p.Style)
	directive("connect-src", "'self'", p.Connect)
	directive("img-src", "'self' data:", p.Image)
	b.WriteString("object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
	return b.String()
}

// headers sends what makes a browser careful. A page that needs another value sets it itself.
func (f Front) headers(next http.Handler) http.Handler {
	same := http.Header{}
	same.Set("Content-Security-Policy", f.Policy.String())
	same.Set("X-Content-Type-Options", "nosniff")
	same.Set("X-Frame-Options", "DENY")
	same.Set("Referrer-Policy", "same-origin")
	same.Set("Cross-Origin-Opener-Policy", "same-origin")
	same.Set("Permissions-Policy", "camera=(), geolocation=(self), microphone=(), payment=(), usb=()")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, same)
		if f.Transport.Encrypted() && RecordOf(r.Context()).Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// transport sends whoever comes by http to https, where the mode insists.
func (f Front) transport(next http.Handler) http.Handler {
	if !f.Transport.Encrypted() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if RecordOf(r.Context()).Secure || slices.Contains(f.Everywhere, r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		code := http.StatusMovedPermanently
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			code = http.StatusPermanentRedirect
		}
		http.Redirect(w, r, "https://"+hostname(r.Host)+r.URL.RequestURI(), code) //nolint:gosec // the host has been checked before
	})
}

// hosts refuses requests for names that are not ours: links in mails and pages are built from the
// configured name, and a foreign one in the Host header is a mistake or an attack on caches.
func (f Front) hosts(next http.Handler) http.Handler {
	allowed := make(map[string]bool, len(f.Hosts))
	for _, host := range f.Hosts {
		allowed[strings.ToLower(strings.TrimSuffix(host, "."))] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(strings.TrimSuffix(hostname(r.Host), "."))
		if !allowed[host] && !slices.Contains(f.Everywhere, r.URL.Path) {
			f.Log.LogAttrs(r.Context(), slog.LevelInfo, "a request for a name that is not served here", slog.String("id", RecordOf(r.Context()).ID),
				slog.String("host", host[:min(len(host), maxHostname)]), slog.String("option", f.HostsOption))
			f.Misdirected(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const maxHostname = 253 // no name is longer

// hostname returns the host without its port and without the brackets of an IPv6 address.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// Panicked is the error that Fail gets when a handler panicked.
type Panicked struct {
	Value any
	Stack []byte
}

// Error implements the error interface.
func (p *Panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// survive turns a panic into an answer. When the answer has begun, the connection is cut, so that
// nobody takes half a page for a whole one.
func (f Front) survive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sw := &statusWriter{ResponseWriter: w}
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(value)
			}
			err := &Panicked{Value: value, Stack: debug.Stack()}
			if sw.code != 0 {
				f.Log.ErrorContext(r.Context(), "panic in the middle of an answer", "id", RecordOf(r.Context()).ID, "err", err)
				panic(http.ErrAbortHandler)
			}
			f.Fail(sw, r, err)
		}()
		next.ServeHTTP(sw, r)
	})
}

// clientAddress returns who asks: the peer, or, when the peer is a proxy that we trust, the last
// address in X-Forwarded-For that no trusted proxy has.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client, ok := peerAddress(r.RemoteAddr)
	if ok && !isTrusted(client, trusted) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return client
		}
		client = addr.Unmap().WithZone("")
		if !isTrusted(client, trusted) {
			return client
		}
	}
	return client
}

// isProxy reports whether the peer of a request is a web server that we believe.
func (f Front) isProxy(r *http.Request) bool {
	peer, ok := peerAddress(r.RemoteAddr)
	return !ok || isTrusted(peer, f.TrustedProxies)
}

// peerAddress parses the address of the other end; ok is false on a unix socket.
func peerAddress(remote string) (addr netip.Addr, ok bool) {
	pair, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}, false
	}
	return pair.Addr().Unmap().WithZone(""), true
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}
