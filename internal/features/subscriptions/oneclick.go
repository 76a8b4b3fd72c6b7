package subscriptions

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
)

// keys makes and checks the keys in links that unsubscribe with one click (RFC 8058). A key belongs to one
// person and one group, needs no row in the database and has no end: mails are kept for years, and what
// stops them must work for as long. It changes only with the site's secret.
type keys struct{ secret []byte }

func newKeys(siteSecret string) (keys, error) {
	secret, err := hkdf.Key(sha256.New, []byte(siteSecret), nil, "grouprise unsubscribe", sha256.Size)
	if err != nil {
		return keys{}, fmt.Errorf("derive a key: %w", err)
	}
	return keys{secret}, nil
}

// keyBytes is how much of the code a link carries: 128 bits.
const keyBytes = 16

// of returns the key of a person and a group, in lower case letters and digits.
func (k keys) of(personID, groupID int64) string {
	code := hmac.New(sha256.New, k.secret)
	_, _ = fmt.Fprintf(code, "person %d group %d", personID, groupID)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(code.Sum(nil)[:keyBytes]))
}

// fits reports whether a key is the one of a person and a group. Some mail gateways change the case of
// links.
func (k keys) fits(key string, personID, groupID int64) bool {
	return hmac.Equal([]byte(strings.ToLower(key)), []byte(k.of(personID, groupID)))
}

// UnsubscribeURL returns the absolute address that ends a person's subscription to a group: for the header
// List-Unsubscribe and for the last line of a mail. A POST to it needs nothing else; a GET asks first,
// because programs that scan mails follow links.
func (r *Subscriptions) UnsubscribeURL(personID int64, group community.Entity) string {
	return r.deps.BaseURL + fmt.Sprintf("/stadt/unsubscribe/%d/%d/%s/", group.OwnerID, personID, r.keys.of(personID, group.OwnerID))
}
