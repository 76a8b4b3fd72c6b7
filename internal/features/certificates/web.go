package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"grouprise.org/grouprise/internal/kit/acme"
	"grouprise.org/grouprise/internal/kit/errs"
)

// TLS returns how a listener speaks TLS. Nobody gets a handshake with a name that is not the site's.
func (c *Certificates) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1", acme.Protocol}, GetCertificate: c.choose,
	}
}

var errNone = errors.New("there is no certificate yet")

// choose returns the certificate for a handshake. It asks the database only for an authority that checks a name of the
// site. With neither a certificate nor an error the handshake ends with "unrecognized name".
func (c *Certificates) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(hello.ServerName, "."))
	if err != nil || name == "" {
		return nil, nil //nolint:nilerr,nilnil // no name of ours
	}
	isOurs := slices.Contains(c.deps.Names, name)
	if slices.Equal(hello.SupportedProtos, []string{acme.Protocol}) {
		if !isOurs {
			return nil, nil //nolint:nilnil // as crypto/tls wants it
		}
		return c.challengePair(hello.Context(), name)
	}
	pair := c.pair.Load()
	switch {
	case pair != nil && (isOurs || pair.Leaf.VerifyHostname(name) == nil):
		return pair, nil
	case isOurs:
		return nil, errNone
	default:
		return nil, nil //nolint:nilnil // as crypto/tls wants it
	}
}

// challengePair returns the certificate that shows an authority that a name is ours; nil if nothing was asked.
func (c *Certificates) challengePair(ctx context.Context, name string) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	text, err := c.answer(ctx, acme.TLSALPN01, name)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // as crypto/tls wants it
	}
	if err != nil {
		return nil, err
	}
	return acme.Pair(text, text)
}

// tokens is what the names of challenges by http consist of (RFC 8555, section 8.3). Whatever else strangers ask for does
// not reach the database.
var tokens = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// Answer returns a handler for visitors without TLS: it answers the authority, and leaves the rest to the pages, which send
// them to https.
func (c *Certificates) Answer(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, asked := strings.CutPrefix(r.URL.Path, acme.Path)
		if !asked || token == "" {
			pages.ServeHTTP(w, r)
			return
		}
		if !tokens.MatchString(token) {
			http.NotFound(w, r)
			return
		}
		text, err := c.answer(r.Context(), acme.HTTP01, token)
		switch {
		case errs.Is(err, errs.NotFound):
			http.NotFound(w, r)
		case err != nil:
			c.deps.Log.WarnContext(r.Context(), "the authority for certificates cannot be answered", "error", err)
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		default:
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(text) // #nosec G705 -- an authority wrote it, and no browser takes it for a page. Whoever has gone asks again
		}
	})
}
