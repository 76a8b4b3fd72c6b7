// Package policy decides in one place who may see what.
//
// Every rule stands here twice: as a function over one thing, and as a condition in SQL for lists. The
// tests of this package compare the two over every standing and visibility. Pages, lists, mails, feeds,
// downloads and the inbox ask these rules and no others, so nothing derived is wider than its source.
//
// An administrator has no right to read beyond their own: moderation happens through the administration
// pages, not by reading along in groups.
package policy

import "grouprise.org/grouprise/internal/community"

// Content is what the rules need to know of a content item.
type Content struct {
	Public  bool
	Deleted bool
}

// Comment is what the rules need to know of a comment on a content item.
type Comment struct {
	AuthorID int64
	Public   bool // false: an internal comment, such as one that came by mail
	Deleted  bool
}

// Part is how a viewer takes part in one item or conversation.
type Part struct {
	Wrote bool // has written a comment or message that has not been deleted
}

// CanReadContent reports whether the viewer may open a content item: a public one may be read by
// everybody, an internal one by those inside (members of the group, the owner of the profile) and by
// whoever has commented on it. Nobody reads a deleted item.
func CanReadContent(s community.Standing, c Content, p Part) bool {
	if c.Deleted {
		return false
	}
	return c.Public || s.Viewer.SignedIn() && (s.Inside() || p.Wrote)
}

// CanReadComment reports whether the viewer, who may read the content item, may also read a comment on
// it: internal ones are for those inside and for their author.
func CanReadComment(s community.Standing, c Comment) bool {
	if c.Deleted {
		return false
	}
	return c.Public || s.Viewer.SignedIn() && (s.Inside() || s.Viewer.Is(c.AuthorID))
}

// CanReadConversation reports whether the viewer may read a conversation with an entity: members of the
// addressed group, the addressed person, and whoever has written in it. Conversations are never public.
func CanReadConversation(s community.Standing, deleted bool, p Part) bool {
	return !deleted && s.Viewer.SignedIn() && (s.Inside() || p.Wrote)
}

// CanComment reports whether the viewer may comment on a content item: everybody who is signed in and
// may read it.
func CanComment(s community.Standing, c Content, p Part) bool {
	return s.Viewer.SignedIn() && CanReadContent(s, c, p)
}

// CanPublish reports whether the viewer may publish in the name of the entity.
func CanPublish(s community.Standing) bool { return s.Viewer.SignedIn() && s.Inside() }
