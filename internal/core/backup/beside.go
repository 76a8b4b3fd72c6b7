package backup

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"filippo.io/age"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
)

// besides are the bytes of uploaded files that lie beside archives, each content once.
type besides struct {
	store      media.Store
	key        []byte
	recipients []age.Recipient
	there      map[string]struct{} // what was there before, or has been written since
	used       []string
}

// name returns what a content is called beside the archives. Whoever has the file but not the key of the site cannot find
// out whether the site has it.
func (b *besides) name(checksum string) string {
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(checksum))
	return "blob-" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// put writes a content unless it is there already.
func (b *besides) put(ctx context.Context, name string, content io.Reader) error {
	b.used = append(b.used, name)
	if _, ok := b.there[name]; ok {
		return nil
	}
	err := putEncrypted(ctx, b.store, name, b.recipients, func(w io.Writer) error {
		_, err := io.Copy(w, content)
		return err
	})
	if errs.Is(err, errs.Conflict) { // another process has written it meanwhile
		err = nil
	}
	b.there[name] = struct{}{}
	return err
}

// index returns the list of what an archive has beside it.
func (b *besides) index() string {
	slices.Sort(b.used)
	return strings.Join(b.used, "\n") + "\n"
}

// putEncrypted stores what fn writes, if it writes all of it.
func putEncrypted(ctx context.Context, store media.Store, name string, recipients []age.Recipient, fn func(w io.Writer) error) error {
	r, w := io.Pipe()
	go func() {
		enc, err := encrypt(w, recipients)
		if err == nil {
			if err = fn(enc); err == nil {
				err = enc.Close()
			}
		}
		w.CloseWithError(err) // nil is the end
	}()
	_, err := store.Put(ctx, name, r)
	r.CloseWithError(err) // nobody waits to write
	return err
}
