package matrix

import (
	"context"
	"fmt"
	"io"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/errs"
)

// File is a file that somebody has put into a room.
type File struct {
	Address   string // at the homeserver
	Name      string
	MediaType string // as the sender says
	Size      int64  // as the sender says; may be 0

	Secret *event.EncryptedFileInfo // how it was encrypted; nil if it was not
}

// Download returns what a file of a room holds: TooLarge if that is more than so many bytes, NotFound if the server does
// not have it.
func (c *Client) Download(ctx context.Context, f File, most int64) (data []byte, err error) {
	address, err := id.ParseContentURI(f.Address)
	if err != nil || address.IsEmpty() {
		return nil, errs.New(errs.NotFound, "The chat server doesn’t have this file.").Because(fmt.Errorf("read the address %q: %w", f.Address, err))
	}
	if f.Size > most {
		return nil, errTooLarge()
	}
	err = c.call(ctx, "download a file", func() error {
		answer, err := c.api.Download(ctx, address)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		data, err = io.ReadAll(io.LimitReader(answer.Body, most+1))
		return err
	})
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, errs.New(errs.NotFound, "The chat server doesn’t have this file.").Because(err)
	case err != nil:
		return nil, err
	case int64(len(data)) > most:
		return nil, errTooLarge()
	case f.Secret == nil:
		return data, nil
	}
	if err := f.Secret.DecryptInPlace(data); err != nil {
		return nil, errs.New(errs.Invalid, "The file can’t be decrypted.").Because(err)
	}
	return data, nil
}

func errTooLarge() error { return errs.New(errs.TooLarge, "The file is too large.") }
