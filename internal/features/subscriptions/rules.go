package subscriptions

import "grouprise.org/grouprise/internal/community"

// CanSubscribe reports whether the viewer may subscribe with one click: whoever has signed in and does not
// follow the group yet. Everybody else confirms by mail.
func CanSubscribe(s community.Standing) bool { return s.Viewer.SignedIn() && !s.Subscribed }

// CanUnsubscribe reports whether the viewer may unsubscribe with one click.
func CanUnsubscribe(s community.Standing) bool { return s.Viewer.SignedIn() && s.Subscribed }
