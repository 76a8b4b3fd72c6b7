package conversations

import (
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/web"
)

// maxSubject is the longest subject, in characters.
const maxSubject = 255

// Beginning is the first message of a conversation.
type Beginning struct {
	Entity  community.Entity // whom it is addressed to
	Subject string
	Text    string
	Cut     string          // what a mail quoted and how it was signed
	Format  markdown.Format // of Text and Cut
	Apply   bool            // it applies for membership of the group
	Report  bool            // it tells of a page that should not be here
	ByMail  bool
	At      clock.Time // when it was written; zero means now
	Files   []media.File
}

// validate returns what is wrong with a first message; shows tells whether there is anything to see of a text. A mail may
// consist of files alone.
func (b Beginning) validate(shows func(markdown.Format, string) bool) []errs.FieldError {
	var wrong []errs.FieldError
	switch {
	case !glyph.Visible(b.Subject):
		wrong = append(wrong, errs.Field("subject", "Enter a subject: what is it about?"))
	case utf8.RuneCountInString(b.Subject) > maxSubject:
		wrong = append(wrong, errs.Field("subject", "Use at most %d characters for the subject.", maxSubject))
	}
	switch {
	case utf8.RuneCountInString(b.Text) > threads.MaxText:
		wrong = append(wrong, errs.Field("text", "Use at most %d characters for the text.", threads.MaxText))
	case len(b.Files) == 0 && !glyph.Visible(b.Cut) && !shows(b.Format, b.Text):
		wrong = append(wrong, errs.Field("text", "Write something first."))
	}
	return wrong
}

// limitBeginnings is how many conversations a person begins, whether on the web or by mail.
func limitBeginnings() web.Limit {
	return web.Limit{Name: "begin a conversation", Count: 30, Per: time.Hour, Whom: web.PerAccount}
}

// limitReceived is how many messages a group gets from those who do not belong to it, and a person from everybody else,
// whoever writes them, on the web or by mail.
func limitReceived() web.Limit {
	return web.Limit{Name: "messages to somebody", Count: 200, Per: 24 * time.Hour, Whom: web.PerRecipient}
}

// CanBegin reports whether the viewer may write to somebody: everybody may write to a group and to a
// person whose page is public, and whoever has signed in to everybody.
func CanBegin(v community.Viewer, e community.Entity, public bool) bool {
	return v.SignedIn() || e.IsGroup() || public
}

// answered returns the subject of an answer to something with a title, cut to what a subject may have.
func answered(title string) string {
	if !strings.HasPrefix(strings.ToLower(title), "re:") {
		title = "Re: " + title
	}
	if r := []rune(title); len(r) > maxSubject {
		title = string(r[:maxSubject-1]) + "…"
	}
	return title
}
