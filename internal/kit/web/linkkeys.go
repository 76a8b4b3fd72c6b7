package web

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// LinkKeys makes and checks the keys in links, such as those that stop mails with one click (RFC 8058). A key needs no row in
// the database and has no end of its own: mails are kept for years, and what stops them must work for as long. It changes
// only with the site's secret.
type LinkKeys struct{ secret []byte }

// NewLinkKeys returns the keys of links that have a purpose; those of others do not fit.
func NewLinkKeys(siteSecret, purpose string) (LinkKeys, error) {
	secret, err := hkdf.Key(sha256.New, []byte(siteSecret), nil, "grouprise "+purpose, sha256.Size)
	if err != nil {
		return LinkKeys{}, fmt.Errorf("derive a key: %w", err)
	}
	return LinkKeys{secret}, nil
}

// keyBytes is how much of the code a link carries: 128 bits.
const keyBytes = 16

// Of returns the key of what a link is about, in lower case letters and digits.
func (k LinkKeys) Of(what string) string {
	code := hmac.New(sha256.New, k.secret)
	_, _ = code.Write([]byte(what)) // a hash takes everything
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(code.Sum(nil)[:keyBytes]))
}

// Fit reports whether a key is the one of what a link is about. Some mail gateways change the case of links.
func (k LinkKeys) Fit(key, what string) bool {
	return hmac.Equal([]byte(strings.ToLower(key)), []byte(k.Of(what)))
}
