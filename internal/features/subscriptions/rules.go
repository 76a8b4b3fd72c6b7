package subscriptions

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
)

// CanSubscribe reports whether the viewer may subscribe with one click: whoever has signed in and does not
// follow the group yet. Everybody else confirms by mail.
func CanSubscribe(s community.Standing) bool {
	return s.Viewer.SignedIn() && !s.Subscribed && policy.CanAdd(s)
}

// mayFollow says why nobody may subscribe to a group: it is archived.
func mayFollow(g community.Group) error {
	if g.Archived() {
		return community.ErrArchived()
	}
	return nil
}

// CanUnsubscribe reports whether the viewer may unsubscribe with one click.
func CanUnsubscribe(s community.Standing) bool { return s.Viewer.SignedIn() && s.Subscribed }
