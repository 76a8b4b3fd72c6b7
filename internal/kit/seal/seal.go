// Package seal keeps secrets of the program in the database: sealed with the secret of the site, so that a copy of the
// database alone does not give them away.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrOtherSecret says that something was sealed with another secret, or changed since.
var ErrOtherSecret = errors.New("it was sealed with another secret_key")

// Box seals and opens. What one purpose seals, no other opens.
type Box struct{ gcm cipher.AEAD }

// New returns a box for a purpose, such as "keys of DKIM".
func New(siteSecret, purpose string) (Box, error) {
	key, err := hkdf.Key(sha256.New, []byte(siteSecret), nil, "grouprise sealed "+purpose, 32)
	if err != nil {
		return Box{}, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Box{}, fmt.Errorf("derive a key: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Box{}, fmt.Errorf("derive a key: %w", err)
	}
	return Box{gcm: gcm}, nil
}

// Seal returns the text in base64, encrypted and protected from changes (AES-256-GCM). about is what it belongs to, such as the
// name of a row: under another one it does not open.
func (b Box) Seal(text []byte, about string) string {
	return base64.StdEncoding.EncodeToString(b.gcm.Seal(nil, nil, text, []byte(about))) //nolint:gosec // NewGCMWithRandomNonce makes the nonce
}

// Open returns what was sealed, or ErrOtherSecret.
func (b Box) Open(sealed, about string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, ErrOtherSecret
	}
	text, err := b.gcm.Open(nil, nil, raw, []byte(about))
	if err != nil {
		return nil, ErrOtherSecret
	}
	return text, nil
}
