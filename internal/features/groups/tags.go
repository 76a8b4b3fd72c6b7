package groups

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// tagsField is the name of the field with the tags of a group, and maxTagList how much may stand in it.
const (
	tagsField  = "tags"
	maxTagList = maxTags * (tagging.MaxName + 2)
)

func tagsHint(ctx context.Context) string {
	return lang.T(ctx, "With commas in between. The group and everything it posts appear on the page of each tag.")
}

// readTags returns the tags of a list, and what is wrong with them.
func (r *Groups) readTags(ctx context.Context, q sqldb.Querier, list string) ([]community.Tag, []errs.FieldError, error) {
	suggested, err := r.deps.Featured.List(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	tags, wrong := tagging.ParseList(list)
	return tags, validateTags(tags, wrong, suggested, r.deps.MinFeatured), nil
}

// AddTag gives a group one more tag. Members may; Invalid if it has too many.
func (r *Groups) AddTag(ctx context.Context, viewer community.Viewer, groupID int64, t community.Tag) (g community.Group, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lockGroup(ctx, tx, groupID); err != nil {
			return err
		}
		if g, err = r.Get(ctx, tx, groupID); err != nil {
			return err
		}
		s, err := policy.Standing(ctx, tx, viewer, g.Entity())
		if err != nil {
			return err
		}
		has := g.Tags.All()
		switch {
		case !CanChange(s):
			return errNotMember()
		case slices.ContainsFunc(has, func(k community.Tag) bool { return k.Slug == t.Slug }):
			return nil
		case len(has) >= maxTags:
			return errs.Check(errs.Field("group", "This group has %d tags already. Remove one in its settings first.", maxTags))
		}
		if err := tagging.AddToGroup(ctx, tx, groupID, t); err != nil {
			return err
		}
		if err := r.deps.Search.Put(ctx, tx, foundAs, groupID); err != nil {
			return err
		}
		if g, err = r.Get(ctx, tx, groupID); err != nil {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupChanged, ActorID: viewer.PersonID, EntityID: g.EntityID})
		return err
	})
	return g, err
}

// tagChoice is what a form offers as tags of a group: those that the site suggests, each with a box to tick, and a field for
// others.
type tagChoice struct {
	Suggested []community.Tag
	Chosen    []string // the slugs of those that are ticked
	Others    string
}

// tagChoice divides the tags of a list into those that the site suggests and the others.
func (r *Groups) tagChoice(v *site.Visit, list string) (c tagChoice, err error) {
	if c.Suggested, err = r.deps.Featured.List(v.Context(), r.deps.DB); err != nil {
		return c, err
	}
	var others []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		slug := tagging.Slug(strings.TrimPrefix(name, "#"))
		switch {
		case slices.ContainsFunc(c.Suggested, func(t community.Tag) bool { return slug == t.Slug }):
			c.Chosen = append(c.Chosen, slug)
		case name != "":
			others = append(others, name)
		}
	}
	c.Others = strings.Join(others, ", ")
	return c, nil
}

// tagFields are the fields of a form for the tags of a group.
type tagFields struct {
	Tags      string   `form:"tags" text:"line"` // with commas between their names, as 5.5 had them
	Suggested []string `form:"suggested"`        // the names of those that are ticked
}

// list returns all of them with commas between.
func (f tagFields) list() string {
	return strings.Join(append(slices.Clone(f.Suggested), f.Tags), ", ")
}

// showTagged shows the groups that have a tag, and lets members add theirs.
func (r *Groups) showTagged(v *site.Visit, s site.Subject) (templ.Component, error) {
	if !v.Before().At.IsZero() {
		return nil, nil //nolint:nilnil // no block
	}
	list, err := r.List(v.Context(), r.deps.DB, v.Viewer, Query{Tag: s.Tag.ID})
	if err != nil || len(list.Cards) == 0 && !v.Viewer.SignedIn() {
		return nil, err
	}
	more := parts.Link{}
	if len(list.Cards) > introduced {
		list.Cards = list.Cards[:introduced]
		more = parts.Link{Path: community.GroupsPath + "?" + community.TagParameter + "=" + s.Tag.Slug, Label: v.T("All groups with this tag")}
	}
	return taggedGroups(s.Tag, list.Cards, more, v.Viewer.SignedIn()), nil
}
