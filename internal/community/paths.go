package community

import (
	"fmt"
	"net/url"
)

// Paths that several rooms link to. They stand in mails and bookmarks of existing sites; changing one
// is a breaking change.

// EntityPath returns the address of a group's or person's page.
func EntityPath(slug string) string { return "/" + url.PathEscape(slug) + "/" }

// ContentPath returns the address of a content item below its entity.
func ContentPath(entitySlug, slug string) string {
	return "/" + url.PathEscape(entitySlug) + "/" + url.PathEscape(slug) + "/"
}

// ContentPermalink returns the address of a content item that outlives renaming.
func ContentPermalink(contentID int64) string { return fmt.Sprintf("/stadt/content/%d/", contentID) }

// ConversationPath returns the address of a conversation.
func ConversationPath(conversationID int64) string {
	return fmt.Sprintf("/stadt/conversations/%d/", conversationID)
}

// ContributionAnchor returns the fragment of a comment or message on its page, without the hash sign.
func ContributionAnchor(contributionID int64) string {
	return fmt.Sprintf("contribution-%d", contributionID)
}

// ContactPath returns the address of the form that starts a conversation with a person.
func ContactPath(personID int64) string {
	return fmt.Sprintf("/stadt/gestalten/%d/conversations/add/", personID)
}

// GroupContactPath returns the address of the form that starts a conversation with a group.
func GroupContactPath(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/conversations/add/", groupID)
}

// MembersPath returns the address of a group's list of members.
func MembersPath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/members/", groupID) }

// UnsubscribePath returns the address that the foot of every group mail names.
func UnsubscribePath(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/unsubscribe/request/", groupID)
}

// SignInPath returns the address of the sign-in page that leads back to next.
func SignInPath(next string) string {
	if next == "" {
		return "/stadt/login/"
	}
	return "/stadt/login/?next=" + url.QueryEscape(next)
}
