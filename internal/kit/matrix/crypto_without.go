//go:build !goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/errs"
)

// encryption does nothing: the program was built without the tag goolm, and so without Olm in Go.
type encryption struct{ client *Client }

func newEncryption(c *Client) *encryption { return &encryption{c} }

func untagged() error {
	return errs.New(errs.Unavailable, "The program was built without the tag goolm, and can’t write in encrypted rooms.")
}

// seal returns an event as it is, unless the room is encrypted.
func (c *Client) seal(ctx context.Context, room string, kind event.Type, content any) (event.Type, any, error) {
	if c.encryption == nil {
		return kind, content, nil
	}
	var how event.EncryptionEventContent
	err := c.call(ctx, "ask whether "+room+" is encrypted", func() error {
		return c.api.StateEvent(ctx, id.RoomID(room), event.StateEncryption, "", &how)
	})
	if errs.Is(err, errs.NotFound) {
		return kind, content, nil
	}
	if err == nil {
		err = untagged()
	}
	return kind, nil, err
}

// Verify refuses.
func (c *Client) Verify(context.Context, Verification) (Verified, error) {
	return Verified{}, untagged()
}

func (e *encryption) heed(context.Context, *mautrix.RespSync, string) error { return nil }

func (e *encryption) unseal(context.Context, *event.Event) (*event.Event, bool, error) {
	return nil, false, nil
}

func (e *encryption) expects(context.Context, id.RoomID) (bool, error) { return false, nil }

func (e *encryption) catchUp(context.Context, string) ([]late, error) { return nil, nil }
