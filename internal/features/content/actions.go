package content

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/texts"
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
	s, err := policy.Standing(ctx, q, v, i.Entity)
	if err != nil {
		return i, s, err
	}
	return i, s, mayRead(ctx, q, s, i)
}

// Find is Get for the slugs of the entity and the item, whatever their case.
func (c *Content) Find(ctx context.Context, q sqldb.Querier, v community.Viewer, entity, slug string) (Item, community.Standing, error) {
	i, err := getItem(ctx, q, ` WHERE e.slug_key = ? AND c.slug_key = ? ORDER BY CASE WHEN c.slug = ? THEN 0 ELSE 1 END, c.id LIMIT 1`,
		strings.ToLower(entity), strings.ToLower(slug), slug)
	if err != nil {
		return i, community.Standing{}, err
	}
	s, err := policy.Standing(ctx, q, v, i.Entity)
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
		if part, err = threads.PartOf(ctx, q, s.Viewer.PersonID, threads.Thread{ContentID: i.ID}); err != nil {
			return err
		}
	}
	switch {
	case policy.CanReadContent(s, rule, part):
		return nil
	case i.Deleted:
		return community.ErrNothingHere()
	case !s.Viewer.SignedIn():
		return community.PleaseSignIn()
	default:
		return errs.New(errs.Denied, "Only members of the group can see this.")
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

// Shown returns the group or person with a slug, if the viewer may know who that is; NotFound if not.
func (c *Content) Shown(ctx context.Context, v community.Viewer, slug string) (community.Entity, error) {
	return c.deps.Entities.FindShown(ctx, c.deps.DB, v, slug)
}

// Groups returns the groups in whose name the viewer may publish: theirs that are not archived.
func (c *Content) Groups(ctx context.Context, v community.Viewer) ([]community.Entity, error) {
	return groupsOf(ctx, c.deps.DB, v.PersonID)
}

// Publisher returns in whose name the viewer wants to publish: a group of theirs, by its slug or its id, or else
// themselves. Nothing is chosen beforehand, because people published under their own name by mistake.
func (c *Content) Publisher(ctx context.Context, v community.Viewer, group string, own bool) (community.Entity, error) {
	if group == "" && own {
		return v.Entity(), nil
	}
	groups, err := c.Groups(ctx, v)
	if err != nil {
		return community.Entity{}, err
	}
	names := []func(community.Entity) string{
		func(g community.Entity) string { return g.Slug },
		func(g community.Entity) string { return strconv.FormatInt(g.OwnerID, 10) },
	}
	for _, name := range names { // a slug may be a number
		if i := slices.IndexFunc(groups, func(g community.Entity) bool { return strings.EqualFold(name(g), group) }); i >= 0 {
			return groups[i], nil
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
	activity := community.Activity{Name: community.CommentPosted, ActorID: v.PersonID, EntityID: i.Entity.ID, ContentID: i.ID}
	return c.deps.Notices.Reach(ctx, c.deps.DB, activity, commentAudience(i, true))
}

// Publish publishes a draft. The same draft again within a minute is taken for a second click: the item
// that is there already is returned.
func (c *Content) Publish(ctx context.Context, v community.Viewer, d Draft) (item Item, err error) {
	k, ok := c.kind(d.Kind)
	if !ok {
		return item, community.ErrNothingHere()
	}
	if err := validate(k, d.Form, false, c.deps.Texts.Shows); err != nil {
		return item, err
	}
	if err := prepare(ctx, d.Form, v.PersonID); err != nil {
		return item, err
	}
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := admit(ctx, tx, v, d.Entity); err != nil {
			return err
		}
		id, err := findResubmitted(ctx, tx, d, v.PersonID)
		if err != nil {
			return err
		}
		if id == 0 {
			if id, err = c.publish(ctx, tx, k, v, d); err != nil {
				return err
			}
		}
		item, err = getItem(ctx, tx, ` WHERE c.id = ?`, id)
		return err
	})
	return item, err
}

// admit lets somebody publish for an entity, and nobody else for it or in their name until the transaction ends. It
// returns Denied or Unauthenticated if they may not.
func admit(ctx context.Context, tx *sqldb.Tx, v community.Viewer, e community.Entity) error {
	if err := lock(ctx, tx, e.ID, v.PersonID); err != nil {
		return err
	}
	s, err := policy.Standing(ctx, tx, v, e)
	if err != nil {
		return err
	}
	if !policy.CanPublish(s) {
		return errCannotPublish(s)
	}
	return nil
}

// prepare lets a form do what it has to do before the transaction.
func prepare(ctx context.Context, f Form, authorID int64) error {
	if p, ok := f.(Preparer); ok {
		return p.Prepare(ctx, authorID)
	}
	return nil
}

// findResubmitted returns the item that a draft was published as when the button was clicked first; 0 if it was not.
func findResubmitted(ctx context.Context, tx *sqldb.Tx, d Draft, authorID int64) (id int64, err error) {
	if id, err = justPublished(ctx, tx, d, authorID); err != nil || id == 0 {
		return 0, err
	}
	same, err := d.Form.Same(ctx, tx, id)
	if err != nil || !same {
		return 0, err
	}
	return id, nil
}

// publish keeps a new item and records that it was published.
func (c *Content) publish(ctx context.Context, tx *sqldb.Tx, k Kind, v community.Viewer, d Draft) (id int64, err error) {
	if id, err = c.create(ctx, tx, k, v.PersonID, d); err != nil {
		return 0, err
	}
	if err := c.grow(ctx, tx, v, d, id); err != nil {
		return 0, err
	}
	activity, err := c.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.ContentPublished, ActorID: v.PersonID, EntityID: d.Entity.ID, ContentID: id})
	if err != nil {
		return 0, err
	}
	return id, c.noteMentioned(ctx, tx, texts.Mentioning{ContentID: id, ByID: v.PersonID, Text: d.Form.common().Text}, activity)
}

// create keeps a new item.
func (c *Content) create(ctx context.Context, tx *sqldb.Tx, k Kind, authorID int64, d Draft) (id int64, err error) {
	f := d.Form.common()
	f.Pinned = f.Pinned && d.Entity.IsGroup()
	if f.Slug, err = freeSlug(ctx, tx, d); err != nil {
		return 0, err
	}
	if id, err = insert(ctx, tx, d, authorID); err != nil {
		return 0, err
	}
	if err := d.Form.Save(ctx, tx, id); err != nil {
		return 0, fmt.Errorf("save the %s %d: %w", k.Name, id, err)
	}
	stored, err := c.load(ctx, tx, k, Item{ID: id, Title: f.Title, Text: f.Text, Public: f.Public, Pinned: f.Pinned, Slug: f.Slug})
	if err != nil {
		return 0, err
	}
	values, err := valuesOf(stored)
	if err != nil {
		return 0, err
	}
	if err := insertVersion(ctx, tx, id, authorID, 1, values, &f.Text); err != nil {
		return 0, err
	}
	if err := updateDerived(ctx, tx, id, 1, d.Form); err != nil {
		return 0, err
	}
	return id, c.bind(ctx, tx, id, f)
}

// errCannotPublish says why somebody who stands to an entity like this cannot publish in its name.
func errCannotPublish(s community.Standing) error {
	switch {
	case !s.Viewer.SignedIn():
		return community.PleaseSignIn()
	case s.Inside() && s.Archived:
		return community.ErrArchived()
	}
	return errs.New(errs.Denied, "Only members of the group can post in its name.")
}

// Revise changes an item. What somebody else has changed since the revision that the form was opened at is put
// together with it; Conflict, because of Overlaps, says what cannot be. The form holds then what is to be shown: what
// was typed, and theirs where only they changed something.
func (c *Content) Revise(ctx context.Context, v community.Viewer, id int64, f Form) (Item, error) {
	item, s, err := c.Get(ctx, c.deps.DB, v, id)
	if err != nil {
		return item, err
	}
	k, _, err := c.open(ctx, c.deps.DB, s, item)
	if err != nil {
		return item, err
	}
	if f.common().Slug == "" {
		f.common().Slug = item.Slug
	}
	if err := validate(k, f, true, c.deps.Texts.Shows); err != nil {
		return item, err
	}
	if err := prepare(ctx, f, v.PersonID); err != nil {
		return item, err
	}
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := LockItems(ctx, tx, id); err != nil {
			return err
		}
		present, s, err := c.Get(ctx, tx, v, id)
		if err != nil {
			return err
		}
		_, stored, err := c.open(ctx, tx, s, present)
		if err != nil {
			return err
		}
		f.common().Pinned = f.common().Pinned && present.Entity.IsGroup()
		if err := reconcile(ctx, tx, present, stored, f); err != nil {
			return err
		}
		if err := validate(k, f, true, c.deps.Texts.Shows); err != nil { // two changes that are right each may not fit together
			return err
		}
		before, err := valuesOf(stored)
		if err != nil {
			return err
		}
		item, err = c.revise(ctx, tx, k, v, present, before, f)
		return err
	})
	return item, err
}

// open returns the kind of an item and its form with what it says now, if somebody who stands to its entity like this
// may change it. NotFound is an item of a kind that the house does not have.
func (c *Content) open(ctx context.Context, q sqldb.Querier, s community.Standing, i Item) (Kind, Form, error) {
	if policy.CanPublish(s) && i.External {
		return Kind{}, nil, errs.New(errs.Denied, "This comes from another site and can only be changed there.")
	}
	if !CanEdit(s, i.External) {
		return Kind{}, nil, errCannotPublish(s)
	}
	k, ok := c.kind(i.Kind)
	if !ok {
		return k, nil, community.ErrNothingHere()
	}
	stored, err := c.load(ctx, q, k, i)
	return k, stored, err
}

// reconcile puts a form together with what has been changed since it was opened. A form that does not say at which
// revision that was is taken as it is: so do the scripts of existing sites.
func reconcile(ctx context.Context, tx *sqldb.Tx, present Item, stored, f Form) error {
	opened := f.common().Version
	if opened == 0 || opened == present.Revision {
		return nil
	}
	before, err := getVersion(ctx, tx, present.ID, opened)
	if err != nil {
		return err
	}
	base, err := before.values()
	if err != nil {
		return err
	}
	overlaps, err := merge(f, stored, base)
	if err != nil || len(overlaps) == 0 {
		return err
	}
	latest, err := getVersion(ctx, tx, present.ID, present.Revision)
	if err != nil {
		return err
	}
	return errs.New(errs.Conflict, "Someone else has changed this in the meantime. You can see their version with yours: combine the two and save again.").
		Because(&Overlaps{Author: latest.Author, At: latest.CreatedAt, Revision: present.Revision, Fields: overlaps})
}

// revise saves a form, and counts a revision if anything is different now from the values before.
func (c *Content) revise(ctx context.Context, tx *sqldb.Tx, k Kind, v community.Viewer, present Item, before fieldValues, f Form) (Item, error) {
	if err := completeVersion(ctx, tx, present.ID, present.Revision, before); err != nil {
		return present, err
	}
	if err := update(ctx, tx, present.ID, f.common()); err != nil {
		return present, err
	}
	if err := f.Save(ctx, tx, present.ID); err != nil {
		return present, fmt.Errorf("save the %s %d: %w", k.Name, present.ID, err)
	}
	fields := f.common()
	saved, err := c.load(ctx, tx, k, Item{ID: present.ID, Title: fields.Title, Text: fields.Text, Public: fields.Public, Pinned: fields.Pinned, Slug: fields.Slug})
	if err != nil {
		return present, err
	}
	after, err := valuesOf(saved)
	if err != nil {
		return present, err
	}
	revision := present.Revision
	if !maps.Equal(before, after) || changesPart(f) {
		revision++
		var text *string
		if fields.Text != present.Text {
			text = &fields.Text
		}
		if err := insertVersion(ctx, tx, present.ID, v.PersonID, revision, after, text); err != nil {
			return present, err
		}
		if err := c.bind(ctx, tx, present.ID, fields); err != nil {
			return present, err
		}
		if err := c.tellMentioned(ctx, tx, v, present, fields.Text); err != nil {
			return present, err
		}
	}
	if err := updateDerived(ctx, tx, present.ID, revision, f); err != nil {
		return present, err
	}
	if err := c.changed(ctx, tx, present.ID); err != nil {
		return present, err
	}
	return getItem(ctx, tx, ` WHERE c.id = ?`, present.ID)
}

// Withdraw deletes an item. What was written stays in the database, but nobody gets to see it.
func (c *Content) Withdraw(ctx context.Context, v community.Viewer, id int64) error {
	return c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		item, s, err := c.Get(ctx, tx, v, id)
		if err != nil {
			return err
		}
		if !CanDelete(s, item.Author.OwnerID, tx.Now) {
			return errNotDeletable()
		}
		return c.remove(ctx, tx, id)
	})
}

// changed lets follow whoever shows items elsewhere.
func (c *Content) changed(ctx context.Context, tx *sqldb.Tx, ids ...int64) error {
	if c.deps.Changed == nil || len(ids) == 0 {
		return nil
	}
	return c.deps.Changed(ctx, tx, ids...)
}

func errNotDeletable() error {
	return errs.New(errs.Denied, "Only the author, and people who have been members of the group for a week, can delete this.")
}
