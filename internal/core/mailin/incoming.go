package mailin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
)

// maxSubject is the longest subject in characters; longer ones are cut.
const maxSubject = 255

// maxUnderway is how long a message may have been on its way, from queue to queue and until it was confirmed. What says
// that it is older comes from a machine whose clock is wrong.
const maxUnderway = 14 * 24 * time.Hour

// incoming stores the attachments and returns what the room gets.
func (in *Intake) incoming(ctx context.Context, d delivery) (*Incoming, error) {
	m := *d.message // the message is for other recipients as well, whose files have other names
	incoming := &Incoming{
		Sender: d.sender, Recipient: d.to, Subject: mime.Shorten(m.Subject, maxSubject), Text: m.Text, Cut: m.Cut, Format: format(&m),
		SentAt: clock.At(m.Date), MessageID: m.MessageID, From: d.from, Calendars: m.Calendars,
	}
	if now := clock.Clock(nil).Now(); now.Sub(m.Date) > maxUnderway {
		incoming.SentAt = now
	}
	if !d.sender.SignedIn() {
		return incoming, nil // will be refused: nothing is kept
	}
	incoming.Words = m.Text
	addHeld(in.Catalogues.Printer("", in.Zone), &m)
	if !says(m.Text) && len(m.Attachments) == 0 {
		if !says(m.Subject) || answerSubject.MatchString(m.Subject) {
			return incoming, errs.New(errs.Invalid, "Your email is empty: it has neither text nor attachments. Write something and send it again.")
		}
		m.Text = incoming.Subject // "Today's meeting is off!", and nothing below it
	}
	m.Text += in.leftOut(&m)
	var paths []string
	for _, a := range m.Attachments {
		f := media.File{Name: media.NewName(a.Name), OriginalName: mime.Shorten(a.Name, 255), MediaType: mime.Shorten(a.MediaType, 150), CreatorID: d.sender.PersonID}
		f, err := media.Put(ctx, in.Media, f, bytes.NewReader(a.Data))
		if err != nil {
			return incoming, errors.Join(fmt.Errorf("store an attachment: %w", err), in.removeFiles(ctx, incoming.Attachments))
		}
		incoming.Attachments = append(incoming.Attachments, f)
		paths = append(paths, f.Path())
	}
	m.PlacePictures(paths)
	incoming.Text, incoming.Cut = m.Text, m.Cut
	return incoming, nil
}

func format(m *mime.Message) markdown.Format {
	if m.Plain {
		return markdown.Plain
	}
	return markdown.Marked
}

func says(text string) bool { return glyph.Visible(text) }

// answerSubject begins the subject of an answer, which the program wrote.
var answerSubject = regexp.MustCompile(`(?i)^\s*(?:re|aw|antw|sv|odp|r)\s*:`)

func (in *Intake) removeFiles(ctx context.Context, files []media.File) error {
	var problems error
	for _, f := range files {
		problems = errors.Join(problems, in.Media.Remove(ctx, f.Name))
	}
	return problems
}
