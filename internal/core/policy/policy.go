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

// Part is how a viewer takes part in one item or conversation: by what they have written there, as long as it has not
// been deleted, from a conversation without a trace, and they have not left the thread since. KeepsContent and KeepsConversation say it of one contribution.
type Part struct {
	// Kept says that reading does not end with belonging to the entity. In a conversation whatever somebody wrote keeps
	// it. On a content item only what they wrote from outside does, while it was public: what a member reads and writes
	// is the group's, and stays there when they leave.
	Kept bool
}

// CanReadContent reports whether the viewer may open a content item: a public one may be read by
// everybody, an internal one by those inside (members of the group, the owner of the profile) and by
// whoever commented on it as an outsider, while they could. Nobody reads a deleted item.
func CanReadContent(s community.Standing, c Content, p Part) bool {
	if c.Deleted {
		return false
	}
	return c.Public || s.Viewer.SignedIn() && (s.Inside() || p.Kept)
}

// CanReadComment reports whether the viewer, who may read the content item, may also read a comment on
// it: internal ones are for those inside and for their author.
func CanReadComment(s community.Standing, c Comment) bool { return !c.Deleted && CanSeeTrace(s, c) }

// CanSeeTrace reports whether the viewer, who may read the content item, may know that there is a comment on it, or that
// there was one which has been removed: whoever could read it.
func CanSeeTrace(s community.Standing, c Comment) bool {
	return c.Public || s.Viewer.SignedIn() && (s.Inside() || s.Viewer.Is(c.AuthorID))
}

// CanReadConversation reports whether the viewer may read a conversation with an entity: members of the
// addressed group, the addressed person, and whoever has written in it and not left it. Conversations are never public.
func CanReadConversation(s community.Standing, deleted bool, p Part) bool {
	return !deleted && s.Viewer.SignedIn() && (s.Inside() || p.Kept)
}

// CanAdd reports whether something new may come into the entity at all: into a group that is archived nothing does, be
// it content, a comment, a message, a member or a subscription. What is there may be read as before, and taken away.
func CanAdd(s community.Standing) bool { return !s.Archived }

// CanComment reports whether the viewer may comment on a content item: everybody who is signed in and
// may read it.
func CanComment(s community.Standing, c Content, p Part) bool {
	return s.Viewer.SignedIn() && CanAdd(s) && CanReadContent(s, c, p)
}

// CanPublish reports whether the viewer may publish in the name of the entity.
func CanPublish(s community.Standing) bool { return s.Viewer.SignedIn() && s.Inside() && CanAdd(s) }
