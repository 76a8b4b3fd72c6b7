package content

import (
	"context"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// deliverReply makes the answer to a mail about an item a comment: an internal one, because somebody who
// answers a mail thinks of those who got it.
func (c *Content) deliverReply(ctx context.Context, tx *sqldb.Tx, t mailin.Target, m *mailin.Incoming) error {
	parent, err := c.deps.Threads.Answered(ctx, tx, t.ContentID, 0, m.InReplyTo)
	if err != nil {
		return err
	}
	if parent == 0 {
		parent = t.ContributionID
	}
	_, err = c.comment(ctx, tx, m.Sender, threads.Post{
		ContentID: t.ContentID, Text: m.Text, Cut: m.Cut, InReplyToID: parent, ByMail: true, At: m.SentAt, Files: m.Attachments,
	})
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return errs.New(errs.Denied, "What you answered has been deleted, or you may not read it any more.").Because(err)
	}
	return err
}
