// Package fetch reads documents from addresses that people have chosen, such as calendars and feeds.
//
// Whoever names an address decides where this machine connects to, and whoever answers there decides what it reads. So
// a Fetcher speaks HTTP and HTTPS alone and connects to machines on the public internet only: each address that a name
// stands for is checked when the connection is made, for the first address as for every redirect, so that it does not
// matter what the name stood for before. It ignores proxies of the environment, keeps no cookies, sends no passwords and
// says nowhere where it comes from. Bytes are counted before and after they are unpacked, and all of it has one limit of
// time.
//
// What goes wrong is an *Error whose Problem is a word that can be kept, and said in the language of whoever asks.
package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config says how a Fetcher works. Zero values are sensible.
type Config struct {
	UserAgent string        // names the program and whom to ask about it
	Timeout   time.Duration // for everything, from the first name that is looked up to the last byte; zero is 30 s
	MaxBytes  int64         // of a document, as it comes and unpacked; zero is 10 MB

	// Resolve returns what a name stands for; nil asks the resolver of the machine.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	// Allowed reports whether an address may be connected to; nil is OnInternet.
	Allowed func(netip.Addr) bool
}

// Fetcher reads documents. It may be used by several goroutines.
type Fetcher struct {
	config    Config
	transport *http.Transport // asks once: redirects are followed here
}

// Request names a document, and the one that is there already.
type Request struct {
	Address      string // as Parse returns it
	Accept       string // media types, the value of the header; empty takes anything
	ETag         string // of the document that is there already; both as Document had them
	LastModified string
}

// Document is what was read.
type Document struct {
	Unchanged    bool // since the one that is there already; then there is nothing else
	ETag         string
	LastModified string
	Type         string // media type, without parameters, in lower case
	Address      string // where it stands, behind all redirects
	Body         []byte
}

// New returns a fetcher.
func New(c Config) *Fetcher {
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.MaxBytes = cmp.Or(c.MaxBytes, 10<<20)
	if c.Resolve == nil {
		c.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if c.Allowed == nil {
		c.Allowed = OnInternet
	}
	d := dialer{resolve: c.Resolve, allowed: c.Allowed}
	return &Fetcher{config: c, transport: &http.Transport{
		DialContext: d.dial, TLSHandshakeTimeout: 10 * time.Second, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:  true, // the next one is checked anew
		DisableCompression: true, // unpacked here, where bytes are counted
	}}
}

// Parse checks an address as people type it and returns it as Get takes it. webcal:// is what calendar programs write
// instead of https://, and an address without a scheme is taken for one of https.
func Parse(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if scheme, rest, found := strings.Cut(typed, "://"); !found {
		typed = "https://" + typed
	} else if scheme = strings.ToLower(scheme); scheme == "webcal" || scheme == "webcals" {
		typed = "https://" + rest
	}
	u, err := url.Parse(typed)
	if err != nil {
		return "", &Error{Problem: BadAddress, cause: err}
	}
	if err := check(u); err != nil {
		return "", err
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

// check reports what is wrong with an address.
func check(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Opaque != "", u.Hostname() == "", !usablePort(u.Port()):
		return &Error{Problem: BadAddress, cause: fmt.Errorf("%s is no address of the web", u.Redacted())}
	case u.User != nil:
		return &Error{Problem: WithPassword, cause: errors.New("the address holds a name or a password")}
	}
	return nil
}

// usablePort reports whether a port may be one of a web server: those of other services are not spoken to, because what
// is sent to them might mean something there.
func usablePort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && (n == 80 || n == 443 || n >= 1024 && n <= 65535)
}

// Get reads a document. An error is an *Error, unless ctx has ended.
func (f *Fetcher) Get(ctx context.Context, r Request) (*Document, error) {
	limited, cancel := context.WithTimeout(ctx, f.config.Timeout)
	defer cancel()
	d, err := f.follow(limited, r)
	if err == nil {
		return d, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("fetch a document: %w", ctx.Err())
	}
	return nil, explain(err)
}

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// follow asks for the document, and where the answer says instead.
func (f *Fetcher) follow(ctx context.Context, r Request) (*Document, error) {
	address, err := url.Parse(r.Address)
	if err != nil {
		return nil, &Error{Problem: BadAddress, cause: err}
	}
	for range maxRedirects + 1 {
		if err := check(address); err != nil {
			return nil, err
		}
		d, next, err := f.ask(ctx, address, r)
		if err != nil {
			return nil, err
		}
		if d != nil {
			d.Address = address.String()
			return d, nil
		}
		if address, err = address.Parse(next); err != nil {
			return nil, &Error{Problem: BadAddress, cause: err}
		}
	}
	return nil, &Error{Problem: TooManyRedirects, cause: fmt.Errorf("%d redirects were not enough", maxRedirects)}
}

// ask asks at one address. It returns the document, or the address at which to ask instead.
func (f *Fetcher) ask(ctx context.Context, address *url.URL, r Request) (d *Document, next string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, "", &Error{Problem: BadAddress, cause: err}
	}
	h := request.Header
	h.Set("User-Agent", cmp.Or(f.config.UserAgent, "grouprise"))
	h.Set("Accept", cmp.Or(r.Accept, "*/*"))
	h.Set("Accept-Encoding", "gzip, deflate")
	if r.ETag != "" {
		h.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		h.Set("If-Modified-Since", r.LastModified)
	}
	answer, err := f.transport.RoundTrip(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close() // it was only read
	switch answer.StatusCode {
	case http.StatusOK:
		d, err = f.read(answer)
		return d, "", err
	case http.StatusNotModified:
		if r.ETag == "" && r.LastModified == "" {
			return nil, "", refused(answer)
		}
		return &Document{Unchanged: true}, "", nil
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if next = answer.Header.Get("Location"); next == "" {
			return nil, "", refused(answer)
		}
		return nil, next, nil
	default:
		return nil, "", refused(answer)
	}
}

// read reads the document of an answer.
func (f *Fetcher) read(answer *http.Response) (*Document, error) {
	if answer.ContentLength > f.config.MaxBytes {
		return nil, &Error{Problem: TooLarge, cause: fmt.Errorf("%d bytes were announced", answer.ContentLength)}
	}
	body, err := unpack(answer.Body, answer.Header.Values("Content-Encoding"), f.config.MaxBytes)
	if err != nil {
		return nil, err
	}
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	return &Document{
		ETag: answer.Header.Get("ETag"), LastModified: answer.Header.Get("Last-Modified"), Type: strings.ToLower(strings.TrimSpace(kind)), Body: body,
	}, nil
}
