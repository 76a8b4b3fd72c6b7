package content

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Get returns an item that the viewer may read and how they stand to its entity: NotFound if there is
// none, Denied or Unauthenticated if it is not for them.
func (c *Content) Get(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (Item, community.Standing, error) {
	i, err := getItem(ctx, q, ` WHERE c.id = ?`, id)
	if err != nil {
		return i, community.Standing{}, err
	}
	s, err := policy.Standing(ctx, q, v, i.Entity())
	if err != nil {
		return i, s, err
	}
	return i, s, mayRead(ctx, q, s, i)
}

// Find is Get for the slugs of the entity and the item, whatever their case.
func (c *Content) Find(ctx context.Context, q sqldb.Querier, v community.Viewer, entity, slug string) (Item, community.Standing, error) {
	i, err := getItem(ctx, q, ` WHERE e.slug_key = ? AND c.slug = ?`, strings.ToLower(entity), slug)
	if err != nil {
		return i, community.Standing{}, err
	}
	s, err := policy.Standing(ctx, q, v, i.Entity())
	if err != nil {
		return i, s, err
	}
	return i, s, mayRead(ctx, q, s, i)
}

// mayRead returns why somebody who stands to the entity of an item in this way may not read it.
func mayRead(ctx context.Context, q sqldb.Querier, s community.Standing, i Item) (err error) {
	rule := policy.Content{Public: i.Public, Deleted: i.Deleted}
	part := policy.Part{}
	if !policy.CanReadContent(s, rule, part) && s.Viewer.SignedIn() {
		if part.Wrote, err = threads.Wrote(ctx, q, s.Viewer.PersonID, i.ID, 0); err != nil {
			return err
		}
	}
	switch {
	case policy.CanReadContent(s, rule, part):
		return nil
	case i.Deleted:
		return errs.New(errs.NotFound, "There is nothing at this address.")
	case !s.Viewer.SignedIn():
		return errs.New(errs.Unauthenticated, "Please sign in.")
	default:
		return errs.New(errs.Denied, "This is for members of the group only.")
	}
}

// Entity returns the group or person of a slug and how the viewer stands to it.
func (c *Content) Entity(ctx context.Context, v community.Viewer, slug string) (community.Entity, community.Standing, error) {
	e, err := c.deps.Entities.Find(ctx, c.deps.DB, slug)
	if err != nil {
		return e, community.Standing{}, err
	}
	s, err := policy.Standing(ctx, c.deps.DB, v, e)
	return e, s, err
}

// Groups returns the groups in whose name the viewer may publish.
func (c *Content) Groups(ctx context.Context, v community.Viewer) ([]community.Entity, error) {
	return groupsOf(ctx, c.deps.DB, v.PersonID)
}

// Publisher returns in whose name the viewer wants to publish: a group of theirs, by its slug, or else
// themselves. Nothing is chosen beforehand, because people published under their own name by mistake.
func (c *Content) Publisher(ctx context.Context, v community.Viewer, group string, own bool) (community.Entity, error) {
	if group == "" && own {
		return v.Entity(), nil
	}
	groups, err := c.Groups(ctx, v)
	if err != nil {
		return community.Entity{}, err
	}
	for _, g := range groups {
		if g.Slug == group {
			return g, nil
		}
	}
	return community.Entity{}, errs.Check(errs.Field("group", "Choose a group, or your own profile."))
}

// PublishReach returns how many people are told when the viewer publishes something for an entity, for everybody or
// for those inside.
func (c *Content) PublishReach(ctx context.Context, v community.Viewer, e community.Entity) (public, internal notify.Reach, err error) {
	activity := community.Activity{Name: community.ContentPublished, ActorID: v.PersonID, EntityID: e.ID}
	if public, err = c.deps.Notices.Reach(ctx, c.deps.DB, activity, subscribers(e)); err != nil {
		return public, internal, err
	}
	// Most subscribers are members, so those who are not are counted faster.
	outside, err := c.deps.Notices.Reach(ctx, c.deps.DB, activity, outsiders(e))
	return public, public.Without(outside), err
}

// CommentReach returns how many people are told when the viewer comments on an item.
func (c *Content) CommentReach(ctx context.Context, v community.Viewer, i Item) (notify.Reach, error) {
	activity := community.Activity{Name: community.CommentPosted, ActorID: v.PersonID, EntityID: i.EntityID, ContentID: i.ID}
	return c.deps.Notices.Reach(ctx, c.deps.DB, activity, commentAudience(i, true))
}

// Publish publishes a draft. The same draft again within a minute is taken for a second click: the item
// that is there already is returned.
func (c *Content) Publish(ctx context.Context, v community.Viewer, d Draft) (item Item, err error) {
	if err := errs.Check(validate(d.Title, d.Text)...); err != nil {
		return item, err
	}
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lock(ctx, tx, d.Entity.ID, v.PersonID); err != nil {
			return err
		}
		s, err := policy.Standing(ctx, tx, v, d.Entity)
		if err != nil {
			return err
		}
		if !policy.CanPublish(s) {
			return notMember(v)
		}
		id, err := published(ctx, tx, d, v.PersonID)
		if err != nil {
			return err
		}
		if id == 0 {
			if id, err = c.publish(ctx, tx, v, d); err != nil {
				return err
			}
		}
		item, err = getItem(ctx, tx, ` WHERE c.id = ?`, id)
		return err
	})
	return item, err
}

func (c *Content) publish(ctx context.Context, tx *sqldb.Tx, v community.Viewer, d Draft) (int64, error) {
	free, err := freeSlug(ctx, tx, d)
	if err != nil {
		return 0, err
	}
	id, err := insert(ctx, tx, d, free, v.PersonID)
	if err != nil {
		return 0, err
	}
	_, err = c.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.ContentPublished, ActorID: v.PersonID, EntityID: d.Entity.ID, ContentID: id})
	return id, err
}

func notMember(v community.Viewer) error {
	if !v.SignedIn() {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	return errs.New(errs.Denied, "Only members of the group can write in its name.")
}

// Revise changes an item; its text gets a new version. Conflict says that somebody else has changed it
// since the change began.
func (c *Content) Revise(ctx context.Context, v community.Viewer, id int64, change Change) (item Item, err error) {
	if err := errs.Check(change.validate()...); err != nil {
		return item, err
	}
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		current, s, err := c.Get(ctx, tx, v, id)
		if err != nil {
			return err
		}
		if !CanEdit(s) {
			return notMember(v)
		}
		if current.Versions != change.Version {
			return errs.New(errs.Conflict, "Somebody else has changed this in the meantime. Open it in another window, put both texts together and save again.")
		}
		if err := update(ctx, tx, id, change); err != nil {
			return err
		}
		if current.Text != change.Text {
			if err := insertVersion(ctx, tx, id, v.PersonID, change.Text); err != nil {
				return err
			}
		}
		item, err = getItem(ctx, tx, ` WHERE c.id = ?`, id)
		return err
	})
	return item, err
}

// Withdraw deletes an item. What was written stays in the database, but nobody gets to see it.
func (c *Content) Withdraw(ctx context.Context, v community.Viewer, id int64) error {
	return c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		item, s, err := c.Get(ctx, tx, v, id)
		if err != nil {
			return err
		}
		if !CanDelete(s, item.AuthorID, tx.Now) {
			return errNotDeletable()
		}
		return markDeleted(ctx, tx, id)
	})
}

func errNotDeletable() error {
	return errs.New(errs.Denied, "Only its author, and members who have belonged to the group for a week, can delete this.")
}

// Comment adds a comment to an item and returns its id.
func (c *Content) Comment(ctx context.Context, v community.Viewer, contentID int64, text string, inReplyTo int64) (id int64, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		id, err = c.comment(ctx, tx, v, threads.Post{ContentID: contentID, Text: text, InReplyToID: inReplyTo, Public: true})
		return err
	})
	return id, err
}

// comment keeps a comment of the viewer and records that it was posted.
func (c *Content) comment(ctx context.Context, tx *sqldb.Tx, v community.Viewer, p threads.Post) (int64, error) {
	item, _, err := c.Get(ctx, tx, v, p.ContentID)
	if err != nil {
		return 0, err
	}
	if !v.SignedIn() {
		return 0, errs.New(errs.Unauthenticated, "Please sign in.")
	}
	p.AuthorID = v.PersonID
	id, fresh, err := c.deps.Threads.Post(ctx, tx, p)
	if err != nil || !fresh {
		return id, err
	}
	_, err = c.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.CommentPosted, ActorID: v.PersonID, EntityID: item.EntityID, ContentID: item.ID, ContributionID: id,
	})
	return id, err
}
