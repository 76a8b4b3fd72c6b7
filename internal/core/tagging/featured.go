package tagging

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Featured are the tags that whoever runs the site suggests, in their order: each by its name, or by its id as 5.5 did.
type Featured []FeaturedTag

// FeaturedTag is one of them.
type FeaturedTag struct {
	ID   int64
	Name string
}

// MarshalYAML returns what a file says, for those who want to see which options are in force.
func (t FeaturedTag) MarshalYAML() (any, error) {
	if t.ID != 0 {
		return t.ID, nil
	}
	return t.Name, nil
}

// UnmarshalOption implements config.Unmarshaler.
func (f *Featured) UnmarshalOption(v any) error {
	wrong := errors.New("a list of tags, each by its name or its id")
	list, ok := v.([]any)
	if !ok {
		return wrong
	}
	all := make(Featured, len(list))
	for n, item := range list {
		switch tag := item.(type) {
		case int:
			all[n].ID, ok = int64(tag), tag > 0
		case string:
			all[n].Name = strings.TrimPrefix(tag, "#")
			_, ok = Named(tag)
		default:
			ok = false
		}
		if !ok {
			return wrong
		}
	}
	*f = all
	return nil
}

// List returns the tags. An id that no tag has is left out; a name need not be in use yet. Only ids are looked up.
func (f Featured) List(ctx context.Context, q sqldb.Querier) ([]community.Tag, error) {
	var ids []int64
	for _, t := range f {
		if t.ID != 0 {
			ids = append(ids, t.ID)
		}
	}
	var known []community.Tag
	if len(ids) > 0 {
		if err := q.Select(ctx, &known, selectTags+`t.id IN (?) ORDER BY t.id`, ids); err != nil {
			return nil, fmt.Errorf("look up the tags that are suggested: %w", err)
		}
	}
	var all []community.Tag
	for _, t := range f {
		tag, ok := Named(t.Name)
		if i := slices.IndexFunc(known, func(k community.Tag) bool { return k.ID == t.ID }); i >= 0 {
			tag, ok = known[i], true
		}
		if ok && !slices.ContainsFunc(all, func(k community.Tag) bool { return k.Slug == tag.Slug }) {
			all = append(all, tag)
		}
	}
	return all, nil
}

// Count returns how many tags are suggested ones.
func Count(tags, featured []community.Tag) int {
	n := 0
	for _, t := range tags {
		if slices.ContainsFunc(featured, func(f community.Tag) bool { return f.Slug == t.Slug }) {
			n++
		}
	}
	return n
}
