package subscriptions

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (r *Subscriptions) acts() []site.Act {
	return []site.Act{{About: "subscribe to a group", Order: 30, Entrance: true, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
		if s.Group == nil || s.Standing.Subscribed || s.Group.Archived() {
			return parts.Button{}, false
		}
		return parts.Button{Path: community.SubscribePath(s.Group.Slug), Label: v.T("Subscribe"), Post: v.Viewer.SignedIn()}, true
	}}}
}
