package content

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Comment adds a comment to an item, with files that have been stored, and returns its id.
func (c *Content) Comment(ctx context.Context, v community.Viewer, contentID int64, text string, inReplyTo int64, files ...media.File) (id int64, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		id, err = c.comment(ctx, tx, v, threads.Post{ContentID: contentID, Text: text, InReplyToID: inReplyTo, Public: true, Files: files})
		return err
	})
	return id, err
}

// comment keeps a comment of the viewer and records that it was posted.
func (c *Content) comment(ctx context.Context, tx *sqldb.Tx, v community.Viewer, p threads.Post) (int64, error) {
	item, s, err := c.Get(ctx, tx, v, p.ContentID)
	if err != nil {
		return 0, err
	}
	switch {
	case !v.SignedIn():
		return 0, community.PleaseSignIn()
	case !policy.CanAdd(s):
		return 0, community.ErrArchived()
	}
	p.AuthorID, p.Inside = v.PersonID, s.Inside()
	id, fresh, err := c.deps.Threads.Post(ctx, tx, p)
	if err != nil || !fresh {
		return id, err
	}
	activity, err := c.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.CommentPosted, ActorID: v.PersonID, EntityID: item.Entity.ID, ContentID: item.ID, ContributionID: id,
	})
	if err != nil {
		return id, err
	}
	return id, c.noteMentioned(ctx, tx, texts.Mentioning{ContentID: item.ID, ContributionID: id, ByID: v.PersonID, Text: p.Text, Format: p.Format}, activity)
}
