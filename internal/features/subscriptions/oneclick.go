package subscriptions

import (
	"fmt"

	"grouprise.org/grouprise/internal/community"
)

// UnsubscribeURL returns the absolute address that ends a person's subscription to a group: for the header
// List-Unsubscribe and for the last line of a mail. A POST to it needs nothing else; a GET asks first,
// because programs that scan mails follow links.
func (r *Subscriptions) UnsubscribeURL(personID int64, group community.Entity) string {
	return r.deps.BaseURL + fmt.Sprintf("/stadt/unsubscribe/%d/%d/%s/", group.OwnerID, personID, r.links.Key(personID, group.OwnerID))
}
