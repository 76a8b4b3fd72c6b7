package bymail

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// PersonalLinks are links in mails with which one person does one thing about one group, without signing in and at once:
// those that stop mails with one click (RFC 8058).
type PersonalLinks struct{ Keys web.LinkKeys }

// Key returns the key of the link of a person and a group.
func (l PersonalLinks) Key(personID, groupID int64) string {
	return l.Keys.Of(about(personID, groupID))
}

// Fits reports whether a key is the one of a person and a group.
func (l PersonalLinks) Fits(key string, personID, groupID int64) bool {
	return l.Keys.Fit(key, about(personID, groupID))
}

func about(personID, groupID int64) string {
	return fmt.Sprintf("person %d group %d", personID, groupID)
}

// Visited returns the group and the person of the link by which somebody came, from the {group}, {person} and {key} of its
// path. A key that does not fit is NotFound, and so is a group that is gone.
func (l PersonalLinks) Visited(v *site.Visit, q sqldb.Querier, groups GroupsByID) (g community.Group, personID int64, err error) {
	groupID, err := v.ID("group")
	if err != nil {
		return g, 0, err
	}
	if personID, err = v.ID("person"); err != nil {
		return g, 0, err
	}
	if !l.Fits(v.Path("key"), personID, groupID) {
		return g, 0, errs.New(errs.NotFound, "This link isn’t complete. Please copy it from the email again.")
	}
	g, err = groups.Get(v.Context(), q, groupID)
	return g, personID, err
}

// GroupsByID finds groups.
type GroupsByID interface {
	// Get returns a group by its id; NotFound if there is none.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
}
