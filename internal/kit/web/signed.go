package web

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// Signer signs short values that travel through a browser. Whoever has them can read them and cannot
// change them, nor use them after their time or for another purpose.
type Signer struct {
	key   []byte
	clock clock.Clock
}

// NewSigner returns a signer whose key is derived from the site's secret.
func NewSigner(secret string, c clock.Clock) (*Signer, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "grouprise signed values", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return &Signer{key: key, clock: c}, nil
}

// Sign returns the payload as text that Open accepts for the same purpose until its time is over.
func (s *Signer) Sign(purpose string, payload []byte, valid time.Duration) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(s.clock.Now().Add(valid).UnixMilli()))
	body = append(body, payload...)
	return base64.RawURLEncoding.EncodeToString(append(s.mac(purpose, body), body...))
}

// Open returns the payload of a signed text; ok is false if it is forged, too old or for another
// purpose.
func (s *Signer) Open(purpose, text string) (payload []byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < sha256.Size+8 {
		return nil, false
	}
	mac, body := raw[:sha256.Size], raw[sha256.Size:]
	if !hmac.Equal(mac, s.mac(purpose, body)) {
		return nil, false
	}
	if int64(binary.BigEndian.Uint64(body)) < s.clock.Now().UnixMilli() { //nolint:gosec // a time that we signed ourselves
		return nil, false
	}
	return body[8:], true
}

// Pseudonym returns what stands for a value in a browser: the same each time, and it tells nobody what the value is.
func (s *Signer) Pseudonym(purpose, value string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("pseudonym "+purpose, []byte(value))[:16])
}

func (s *Signer) mac(purpose string, body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}
