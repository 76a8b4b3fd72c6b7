package content

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// deliverReply makes the answer to a mail about an item a comment: an internal one, because somebody who
// answers a mail thinks of those who got it. It is the same in a chat room, which members alone read.
func (c *Content) deliverReply(ctx context.Context, tx *sqldb.Tx, t mailin.Target, m *mailin.Incoming) error {
	_, _, err := c.Get(ctx, tx, m.Sender, t.ContentID)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return errs.New(errs.Denied, "What you replied to has been deleted, or you can no longer read it.").Because(err)
	}
	if err != nil {
		return err
	}
	m.Became, err = c.comment(ctx, tx, m.Sender, threads.Post{
		ContentID: t.ContentID, Text: m.Text, Cut: m.Cut, Format: m.Format, InReplyToID: t.ContributionID,
		ByMail: !m.ByChat, ByChat: m.ByChat, At: m.SentAt, Files: m.Attachments,
	})
	return err
}

// react counts the reaction to the mail about a comment. There are none to an item itself.
func (c *Content) react(ctx context.Context, tx *sqldb.Tx, t mailin.Target, sender community.Viewer, emoji string) error {
	return c.deps.Threads.ReactByMail(ctx, tx, sender, t.ContributionID, emoji)
}
