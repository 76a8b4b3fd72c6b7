package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

// ParseRecipients reads the public keys of age for which backups are encrypted.
func ParseRecipients(keys []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for _, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, fmt.Errorf("%q is not a public key of age: %w", key, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// IsRecipient reports whether a text is a public key of age.
func IsRecipient(key string) bool {
	_, err := age.ParseX25519Recipient(key)
	return err == nil
}

// ReadKeys reads a file of secret keys of age, as age-keygen writes it; "" is none.
func ReadKeys(file string) ([]age.Identity, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	keys, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("read the keys in %s: %w", file, err)
	}
	return keys, nil
}

// encrypt returns what is to be written to, and closed, for w to be encrypted; w itself if there are no recipients.
func encrypt(w io.Writer, recipients []age.Recipient) (io.WriteCloser, error) {
	if len(recipients) == 0 {
		return nothingToClose{w}, nil
	}
	return age.Encrypt(w, recipients...)
}

type nothingToClose struct{ io.Writer }

func (nothingToClose) Close() error { return nil }

// decrypt returns what r was before it was encrypted, if it was.
func decrypt(r io.Reader, keys []age.Identity) (io.Reader, error) {
	const intro = "age-encryption.org/"
	b := bufio.NewReaderSize(r, 64<<10)
	if start, err := b.Peek(len(intro)); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(start, []byte(intro)) {
		return b, nil // whoever reads it finds what is wrong
	}
	if len(keys) == 0 {
		return nil, errors.New("the backup is encrypted: name the file with its secret key (--key)")
	}
	plain, err := age.Decrypt(b, keys...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, errors.New("the backup is encrypted for another key than the one that was given, or its beginning is damaged")
	}
	if err != nil {
		return nil, damage("its beginning", err)
	}
	return plain, nil
}
