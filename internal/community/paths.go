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

// SignInPath returns the address of the sign-in page that leads back to next.
func SignInPath(next string) string {
	if next == "" {
		return "/stadt/login/"
	}
	return "/stadt/login/?next=" + url.QueryEscape(next)
}

// GroupsPath is the address of the list of groups.
const GroupsPath = "/stadt/groups"

// JoinPath returns the address where people join a group.
func JoinPath(slug string) string { return EntityPath(slug) + "actions/join" }

// LeavePath returns the address where members leave a group.
func LeavePath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/resign/", groupID) }

// AddMemberPath returns the address where members of a closed group add somebody.
func AddMemberPath(groupID int64) string { return MembersPath(groupID) + "add/" }

// ApplyPath returns the address of the message to a closed group that applies for membership.
func ApplyPath(groupID int64) string { return GroupContactPath(groupID) + "?apply_for_membership=1" }

// SubscribePath returns the address where people subscribe to a group.
func SubscribePath(slug string) string { return EntityPath(slug) + "actions/subscribe" }

// EndSubscriptionPath returns the address where people who are signed in unsubscribe from a group.
func EndSubscriptionPath(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/unsubscribe/", groupID)
}

// RecommendPath returns the address where people recommend a group to others by mail.
func RecommendPath(slug string) string { return EntityPath(slug) + "actions/recommend" }

// GroupSettingsPath returns the address of a group's settings.
func GroupSettingsPath(slug string) string {
	return "/stadt/settings/group?group=" + url.QueryEscape(slug)
}

// RelationPath returns the address of the page about how the viewer stands to a group.
func RelationPath(slug string) string {
	return "/stadt/settings/group/subscriptions-memberships?group=" + url.QueryEscape(slug)
}

// SignUpPath returns the address where people sign up; it leads on to next.
func SignUpPath(next string) string {
	if next == "" {
		return "/stadt/signup/"
	}
	return "/stadt/signup/?next=" + url.QueryEscape(next)
}

// ReplyToAuthorPath returns the address of the form that answers a comment or message to its author alone.
// containerID is the content item or conversation that it stands in.
func ReplyToAuthorPath(containerID, contributionID int64) string {
	return fmt.Sprintf("/stadt/associations/%d/contributions/%d/reply-to-author/", containerID, contributionID)
}

// PicturesPath is where pictures are found, by name.
const PicturesPath = "/-/images/"

// The sizes in which a picture is shown, as they stand in its address.
const (
	SmallPicture   = "small"   // 96 × 96 pixels, cut out of the middle
	SquarePicture  = "square"  // 256 × 256
	CardPicture    = "card"    // 640 × 400
	CoverPicture   = "cover"   // 1152 × 384
	PreviewPicture = "preview" // 1200 × 630, for messengers
	TextPicture    = "text"    // at most 960 wide
)

// PicturePath returns the address of a picture in a size; the empty size is the whole picture.
func PicturePath(name, size string) string {
	if size != "" {
		size += "/"
	}
	return PicturesPath + size + name
}

// PreviewPicturePath returns the address of a picture as messengers show it; "" if there is none.
func PreviewPicturePath(name string) string {
	if name == "" {
		return ""
	}
	return PicturePath(name, PreviewPicture)
}

// AddPicturePath is where scripts upload a picture for a text.
const AddPicturePath = "/stadt/pictures/add/"

// OwnPicturesPath is the address of the pictures of whoever has signed in.
const OwnPicturesPath = "/stadt/settings/images/"

// GroupPicturesPath returns the address of a group's pictures.
func GroupPicturesPath(slug string) string {
	return "/stadt/settings/group/images?group=" + url.QueryEscape(slug)
}

// Paths that the scripts of the editor ask.
const (
	PreviewPath  = "/stadt/api/content/markdown/"
	MentionsPath = "/stadt/mentions/"
)
