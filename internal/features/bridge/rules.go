package bridge

import (
	"net/url"
	"regexp"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/web"
)

// CanChoose reports whether the viewer may let the chat room of a group answer: whoever may change the group's settings.
func CanChoose(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

// kind is what an event is about.
type kind string

// The kinds.
const (
	message   kind = "message"   // it answers something that stands in the room
	edit      kind = "edit"      // it gives a message other words
	redaction kind = "redaction" // it takes a message out of the room
)

// kindOf returns what an event is about, and which events it may refer to, the likeliest first. It is "" for what is
// neither an answer nor a change of one: what stands for itself, and what a machine says.
func kindOf(e bot.Event) (k kind, about []string) {
	switch {
	case e.Type == matrix.RedactionEvent && e.Redacts != "":
		return redaction, []string{e.Redacts}
	case e.Type != matrix.MessageEvent && !e.Unreadable, e.Kind == "m.notice":
		return "", nil
	case e.Replaces != "":
		return edit, []string{e.Replaces}
	}
	if about = above(e); len(about) == 0 || !e.Unreadable && e.Kind == "" { // it has been taken out before it was heard
		return "", nil
	}
	return message, about
}

// above returns the events below which one stands, the head of its thread first.
func above(e bot.Event) []string {
	return slices.DeleteFunc([]string{e.Thread, e.ReplyTo}, func(id string) bool { return id == "" })
}

// said returns what an event says in words; Invalid if it says nothing that can be kept as such.
func said(e bot.Event) (text string, f markdown.Format, err error) {
	switch {
	case e.Unreadable:
		return "", "", errs.New(errs.Invalid, "It’s encrypted and couldn’t be read.")
	case e.File != nil && e.Text == e.File.Name:
		return "", markdown.Plain, nil
	case e.HTML != "":
		return mime.Markdown(chatPicture.ReplaceAllString(e.HTML, "$1")), markdown.Marked, nil
	default:
		return e.Text, markdown.Plain, nil
	}
}

var (
	// chatPicture is a picture within a text, which only chat programs can show: an emoji of somebody's own.
	chatPicture = regexp.MustCompile(`(?i)<img\b[^>]*\balt="([^"]*)"[^>]*>`)
	// chatName is somebody's name, with a link that leads into a chat program.
	chatName = regexp.MustCompile(`\[([^\]]*)\]\(<?https://matrix\.to/#/((?:@|%40)[^)>?]*)[^)]*\)`)
)

// maxMentioned is how many people one text mentions; the others are named in it.
const maxMentioned = 50

// mentionedIn returns the Matrix ids of the people whom a text mentions as chat programs do.
func mentionedIn(text string) (ids []string) {
	for _, found := range chatName.FindAllStringSubmatch(text, maxMentioned) {
		if id, err := url.PathUnescape(found[2]); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// mention returns a text that mentions people as texts here do, by the slugs that are given for their Matrix ids. Of others
// their name is left.
func mention(text string, slugs map[string]string) string {
	return chatName.ReplaceAllStringFunc(text, func(link string) string {
		found := chatName.FindStringSubmatch(link)
		id, err := url.PathUnescape(found[2])
		if slug := slugs[id]; err == nil && slug != "" {
			return "@" + slug
		}
		return found[1]
	})
}

// marked returns a text as markdown, whatever its format.
func marked(text string, f markdown.Format) string {
	if f == markdown.Plain {
		return markdown.FromPlain(text)
	}
	return text
}

// refused reports whether an error is final and has a sentence for whoever has said something.
func refused(err error) bool {
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Denied, errs.Unauthenticated, errs.Invalid, errs.Conflict, errs.TooLarge, errs.TooMany, errs.Gone:
		return err != nil
	default:
		return false
	}
}

// limitTold bounds how often somebody is told in a room that their answers have no effect, for one reason.
func limitTold() web.Limit {
	return web.Limit{Name: "told in a chat room", Count: 1, Per: 24 * time.Hour, Whom: web.PerRecipient}
}

// limitToldInvalid is limitTold for what is wrong with one answer and not with another.
func limitToldInvalid() web.Limit {
	return web.Limit{Name: "told in a chat room what is wrong", Count: 20, Per: time.Hour, Whom: web.PerRecipient}
}
