package files

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// CanRemove reports whether the viewer may delete an older version of a file: those inside who gave it, and those who
// may delete the whole item that somebody else published.
func CanRemove(s community.Standing, authorID int64, now clock.Time) bool {
	return policy.CanPublish(s) && content.CanDelete(s, authorID, now)
}

// removable returns why the viewer may not delete a version.
func removable(s community.Standing, old, present version, now clock.Time) error {
	switch {
	case !CanRemove(s, old.AuthorID, now):
		return errs.New(errs.Denied, "Only the author, and people who have been members of the group for a week, can delete this.")
	case old.Number == present.Number:
		return errs.New(errs.Conflict, "This is the current file. Replace it first.")
	}
	return nil
}
