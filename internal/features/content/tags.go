package content

import (
	"net/url"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
)

// nothing is the id of no tag: it finds nothing.
const nothing = -1

// queriedTag narrows a filter to the tag that the address names, and returns it.
func (c *Content) queriedTag(v *site.Visit, f *Filter) (t community.Tag, err error) {
	slug := tagging.Slug(v.Query(community.TagParameter))
	if slug == "" {
		return t, nil
	}
	if t, err = tagging.Find(v.Context(), c.deps.DB, v.Viewer, slug); err != nil {
		return t, err
	}
	if f.TagID = t.ID; t.ID == 0 {
		f.TagID = nothing
	}
	return t, nil
}

// showTagged shows what has a tag, newest first, and leads to what it is of each kind.
func (c *Content) showTagged(v *site.Visit, s site.Subject) (templ.Component, error) {
	items, err := c.listed(v, Filter{TagID: s.Tag.ID, Before: v.Before()})
	if err != nil {
		return nil, err
	}
	var kinds []parts.Link
	for _, k := range c.kinds {
		kinds = append(kinds, parts.Link{Path: k.ListPath + "?" + url.Values{community.TagParameter: {s.Tag.Slug}}.Encode(), Label: v.T(string(k.Plural))})
	}
	return taggedItems(items, kinds), nil
}
