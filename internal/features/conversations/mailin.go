package conversations

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// deliverToGroup makes a mail to the address of a group a conversation with it. Whoever may write to the
// group on the web may write by mail, if we know them.
func (c *Conversations) deliverToGroup(ctx context.Context, tx *sqldb.Tx, local string, m *mailin.Incoming) error {
	group, err := getGroupEntity(ctx, tx, local)
	if err != nil {
		return err
	}
	subject := strings.Replace(m.Subject, "["+group.Slug+"] ", "", 1) // from a mail of ours, and every notice puts it there
	if subject = strings.TrimSpace(subject); !glyph.Visible(subject) {
		subject = c.deps.Catalogues.Printer("", nil).T("Message without a subject")
	}
	_, err = c.begin(ctx, tx, m.Sender.PersonID, Beginning{
		Entity: group, Subject: subject, Text: m.Text, Cut: m.Cut, Format: m.Format, ByMail: true, At: m.SentAt, Files: m.Attachments,
	})
	return err
}

// deliverReply makes the answer to a mail, or in a chat room, a message of its conversation.
func (c *Conversations) deliverReply(ctx context.Context, tx *sqldb.Tx, t mailin.Target, m *mailin.Incoming) error {
	_, _, err := c.Get(ctx, tx, m.Sender, t.ConversationID)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return errs.New(errs.Denied, "What you replied to has been deleted, or you can no longer read it.").Because(err)
	}
	if err != nil {
		return err
	}
	m.Became, err = c.answer(ctx, tx, m.Sender, threads.Post{
		ConversationID: t.ConversationID, Text: m.Text, Cut: m.Cut, Format: m.Format, InReplyToID: t.ContributionID,
		ByMail: !m.ByChat, ByChat: m.ByChat, At: m.SentAt, Files: m.Attachments,
	})
	return err
}

// react counts the reaction to the mail of a message.
func (c *Conversations) react(ctx context.Context, tx *sqldb.Tx, t mailin.Target, sender community.Viewer, emoji string) error {
	return c.deps.Threads.ReactByMail(ctx, tx, sender, t.ContributionID, emoji)
}
