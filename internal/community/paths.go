package community

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
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

// DateParameter names the date of a series that the page of an event is about.
const DateParameter = "date"

// DatePath returns the address of the date of a series, given that of the page of its event; day is the one on which the
// series says that it begins, such as 2026-03-03.
func DatePath(eventPath, day string) string {
	return eventPath + "?" + DateParameter + "=" + url.QueryEscape(day)
}

// ConversationPath returns the address of a conversation.
func ConversationPath(conversationID int64) string {
	return fmt.Sprintf("/stadt/conversations/%d/", conversationID)
}

// ContributionAnchor returns the fragment of a comment or message on its page, without the hash sign.
func ContributionAnchor(contributionID int64) string {
	return fmt.Sprintf("contribution-%d", contributionID)
}

// ContributionPath returns the address of a comment or message below a content item or in a conversation; the id of the
// other one is 0. The parameter tells the site which part of a long thread to show, the fragment tells the browser.
func ContributionPath(contentID, conversationID, contributionID int64) string {
	page := ContentPermalink(contentID)
	if conversationID != 0 {
		page = ConversationPath(conversationID)
	}
	return fmt.Sprintf("%s?%s=%d#%s", page, ContributionParameter, contributionID, ContributionAnchor(contributionID))
}

// ContributionParameter names a comment or message that the page of its thread has to show.
const ContributionParameter = "contribution"

// ContactPath returns the address of the form that starts a conversation with a person.
func ContactPath(personID int64) string {
	return fmt.Sprintf("/stadt/gestalten/%d/conversations/add/", personID)
}

// GroupContactPath returns the address of the form that starts a conversation with a group.
func GroupContactPath(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/conversations/add/", groupID)
}

// CalendarPath is the address of the calendar of the town.
const CalendarPath = "/stadt/events"

// GroupCalendarPath returns the address of the calendar of a group.
func GroupCalendarPath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/events/", groupID) }

// PersonCalendarPath returns the address of the calendar of the town with what a person announces under their own name.
func PersonCalendarPath(slug string) string { return CalendarPath + "?group=" + url.QueryEscape(slug) }

// FeedsPath is the page about feeds.
const FeedsPath = "/stadt/feeds/"

// SiteFeedPath is the feed of all that is public.
const SiteFeedPath = "/stadt/feed.atom"

// FeedPath returns the address of the feed of a group or person.
func FeedPath(slug string) string { return EntityPath(slug) + "feed.atom" }

// TagFeedPath returns the address of the feed of a tag.
func TagFeedPath(slug string) string { return "/stadt/tags/" + url.PathEscape(slug) + "/feed.atom" }

// CommentsFeedPath returns the address of the feed of the comments on a content item.
func CommentsFeedPath(contentPath string) string { return contentPath + "comments.atom" }

// MembersPath returns the address of a group's list of members.
func MembersPath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/members/", groupID) }

// AboutGroupPath returns the address of the page that says all about a group.
func AboutGroupPath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/about/", groupID) }

// ConversationsPath returns the address of the list of a group's conversations.
func ConversationsPath(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/conversations/", groupID)
}

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

// AcceptApplicationPath returns where members of a group accept an application for membership.
func AcceptApplicationPath(id int64) string {
	return fmt.Sprintf("/stadt/memberships/applications/%d/accept/", id)
}

// DeclineApplicationPath returns where members of a group decline an application for membership; it leads on to next.
func DeclineApplicationPath(id int64, next string) string {
	return fmt.Sprintf("/stadt/memberships/applications/%d/decline/?next=%s", id, url.QueryEscape(next))
}

// ArchivePath returns the address where members archive a group, and reactivate it.
func ArchivePath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/archive/", groupID) }

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

// WelcomePath returns the address of the first page of somebody who has just signed up; it leads on to next.
func WelcomePath(next string) string {
	if next == "" {
		return "/stadt/welcome/"
	}
	return "/stadt/welcome/?next=" + url.QueryEscape(next)
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
	LogoPicture    = "logo"    // at most 480 × 96, for the bar
	WallPicture    = "wall"    // at most 480 high, beside others
	ScreenPicture  = "screen"  // at most 1600 × 1600, alone on a screen
)

// PicturePath returns the address of a picture in a size; the empty size is the whole picture.
func PicturePath(name, size string) string {
	if size != "" {
		size += "/"
	}
	return PicturesPath + size + name
}

// pictureSize finds the size in the name of a picture.
var pictureSize = regexp.MustCompile(`-(\d{1,5})x(\d{1,5})(?:-page)?\.[a-z]+$`)

// PictureSize returns how large a picture is, as far as its name says so; older names do not.
func PictureSize(name string) (width, height int) {
	found := pictureSize.FindStringSubmatch(name)
	if found == nil {
		return 0, 0
	}
	width, _ = strconv.Atoi(found[1])  // digits, and few
	height, _ = strconv.Atoi(found[2]) // likewise
	return width, height
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
	FindTagsPath = "/stadt/mentions/tags/"
)

// TagPath returns the address of the page of a tag.
func TagPath(slug string) string { return "/stadt/tags/" + url.PathEscape(slug) + "/" }

// TagGroupPath returns the address of the form by which a member tags a group.
func TagGroupPath(slug string) string { return TagPath(slug) + "tag-group/" }

// TagParameter narrows lists to what has a tag, by its slug.
const TagParameter = "tag"
