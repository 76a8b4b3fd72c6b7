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
	"grouprise.org/grouprise/internal/kit/web"
)

// maxSubject is the longest subject, in characters.
const maxSubject = 255

// Beginning is the first message of a conversation.
type Beginning struct {
	Entity  community.Entity // whom it is addressed to
	Subject string
	Text    string
	Cut     string // what a mail quoted and how it was signed
	Apply   bool   // it applies for membership of the group
	ByMail  bool
	At      clock.Time // when it was written; zero means now
	Files   []media.File
}

func (b Beginning) validate() []errs.FieldError {
	var wrong []errs.FieldError
	switch {
	case strings.TrimSpace(b.Subject) == "":
		wrong = append(wrong, errs.Field("subject", "Say in a few words what it is about."))
	case utf8.RuneCountInString(b.Subject) > maxSubject:
		wrong = append(wrong, errs.Field("subject", "This subject is too long: it may have %d characters.", maxSubject))
	}
	switch {
	case strings.TrimSpace(b.Text) == "" && len(b.Files) == 0 && strings.TrimSpace(b.Cut) == "":
		wrong = append(wrong, errs.Field("text", "Write something first."))
	case utf8.RuneCountInString(b.Text) > threads.MaxText:
		wrong = append(wrong, errs.Field("text", "This text is too long: it may have %d characters.", threads.MaxText))
	}
	return wrong
}

// limitBeginnings is how many conversations a person begins, whether on the web or by mail.
func limitBeginnings() web.Limit {
	return web.Limit{Name: "begin a conversation", Count: 30, Per: time.Hour}
}

// limitAnswers is how much a person answers, whether on the web or by mail; comments count as well.
func limitAnswers() web.Limit { return web.Limit{Name: "comment", Count: 120, Per: time.Hour} }

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

// quoted returns a text as a quotation in markdown.
func quoted(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString("> " + strings.TrimRight(line, "\r\n") + "\n")
	}
	return b.String()
}
