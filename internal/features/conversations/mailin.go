package conversations

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// deliverToGroup makes a mail to the address of a group a conversation with it. Whoever may write to the
// group on the web may write by mail, if we know them.
func (c *Conversations) deliverToGroup(ctx context.Context, tx *sqldb.Tx, local string, m *mailin.Incoming) error {
	group, err := getGroupEntity(ctx, tx, local)
	if err != nil {
		return err
	}
	subject := strings.TrimSpace(m.Subject)
	if subject == "" {
		subject = c.deps.Catalogues.Printer(c.deps.Language, nil).T("Message without a subject")
	}
	_, err = c.begin(ctx, tx, m.Sender.PersonID, Beginning{
		Entity: group, Subject: subject, Text: m.Text, Cut: m.Cut, ByMail: true, At: m.SentAt, Files: m.Attachments,
	})
	return err
}

// deliverReply makes the answer to a mail a message of its conversation.
func (c *Conversations) deliverReply(ctx context.Context, tx *sqldb.Tx, t mailin.Target, m *mailin.Incoming) error {
	parent, err := c.deps.Threads.Answered(ctx, tx, 0, t.ConversationID, m.InReplyTo)
	if err != nil {
		return err
	}
	if parent == 0 {
		parent = t.ContributionID
	}
	_, err = c.answer(ctx, tx, m.Sender, threads.Post{
		ConversationID: t.ConversationID, Text: m.Text, Cut: m.Cut, InReplyToID: parent, ByMail: true, At: m.SentAt, Files: m.Attachments,
	})
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return errs.New(errs.Denied, "What you answered has been deleted, or you may not read it any more.").Because(err)
	}
	return err
}
