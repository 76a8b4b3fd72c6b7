package chatctl

import (
	"context"
	"errors"
	"fmt"
	"io"

	"grouprise.org/grouprise/internal/kit/matrix"
)

// Sign signs the devices of the accounts that the site has at homeservers, or of the one with an id, and says so.
func Sign(ctx context.Context, w io.Writer, accounts []*matrix.Client, only string, v matrix.Verification) error {
	none := true
	for _, account := range accounts {
		if only != "" && only != account.User() {
			continue
		}
		none = false
		done, err := account.Verify(ctx, v)
		if err != nil {
			return fmt.Errorf("sign the device of %s: %w", account.User(), err)
		}
		keys := "the keys that were there"
		if done.Made {
			keys = "new keys"
		}
		if _, err := fmt.Fprintf(w, "%s: device %s is signed with %s. Its fingerprint is %s.\n", account.User(), done.Device, keys, done.Fingerprint); err != nil {
			return err
		}
	}
	if none {
		return errors.New("there is no such account: matrix_chat and matrix_commander say which there are, and whether they are enabled")
	}
	return nil
}
