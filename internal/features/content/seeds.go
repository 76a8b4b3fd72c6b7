package content

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// fromParameter names an item of another kind that a new one is made of, and partParameter the part of it.
const (
	fromParameter = "from_item"
	partParameter = "from_part"
)

// GrowPath returns the address of the form in which an item of the kind is written that is made of a part of another
// one.
func (k Kind) GrowPath(from Item, part string) string {
	query := url.Values{fromParameter: {strconv.FormatInt(from.ID, 10)}, partParameter: {part}}
	return k.WritePath(from.Entity.Slug) + "?" + query.Encode()
}

// KindCalled returns the kind of a name; ok is false if the house has none.
func (c *Content) KindCalled(name string) (k Kind, ok bool) { return c.kind(name) }

// growInto fills the form of a new item with what a part of another one says, if the address names one of an entity for
// which the viewer may publish.
func (c *Content) growInto(v *site.Visit, e *editor) error {
	id, err := strconv.ParseInt(v.Query(fromParameter), 10, 64)
	if err != nil {
		return community.ErrNothingHere()
	}
	from, k, err := c.seedling(v.Context(), c.deps.DB, v.Viewer, id)
	if err != nil {
		return err
	}
	part := form.Clean(v.Query(partParameter), form.Line)
	values, err := k.Seed(v.Context(), c.deps.DB, from, part)
	if err != nil {
		return err
	}
	if err := form.New(c.deps.MaxBytes).Fill(values, nil, e.Form); err != nil {
		return fmt.Errorf("begin an item of the kind %s with item %d: %w", e.Kind.Name, id, err)
	}
	fields := e.Form.common()
	fields.From, fields.Part = id, part
	return nil
}

// seedling returns an item of which somebody may make another one for its entity.
func (c *Content) seedling(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (from Item, k Kind, err error) {
	from, s, err := c.Get(ctx, q, v, id)
	if err != nil {
		return from, k, err
	}
	k, ok := c.kind(from.Kind)
	switch {
	case !ok || k.Seed == nil:
		return from, k, community.ErrNothingHere()
	case !policy.CanPublish(s):
		return from, k, errCannotPublish(s)
	}
	return from, k, nil
}

// grow tells the kind of the item that a draft is made of, if it is made of one and published for the same entity.
func (c *Content) grow(ctx context.Context, tx *sqldb.Tx, v community.Viewer, d Draft, id int64) error {
	fields := d.Form.common()
	if fields.From == 0 {
		return nil
	}
	from, k, err := c.seedling(ctx, tx, v, fields.From)
	if err != nil {
		return err
	}
	if from.Entity.ID != d.Entity.ID {
		return errs.New(errs.Denied, "Only members of the group can post in its name.")
	}
	return k.Grow(ctx, tx, from, fields.Part, id)
}
