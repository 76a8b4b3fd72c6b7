// Package texts renders what people wrote for somebody who reads it: it looks up what the texts refer
// to, all texts of a page at once, and shows of it what the reader may know.
package texts

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxReferences is how many people, groups and things the texts of one page may refer to; further
// references stay text.
const maxReferences = 400

// Texts renders texts.
type Texts struct {
	cache  *markdown.Cache
	origin string
}

// New returns a renderer for a site whose address is baseURL, without a slash at its end.
func New(cache *markdown.Cache, baseURL string) *Texts { return &Texts{cache: cache, origin: baseURL} }

// Source is a text and how it is shown.
type Source struct {
	Text    string
	Options markdown.Options // Prefix must differ for each text of a page
}

// Render returns the HTML of each source for the viewer. Texts that refer to nothing cost no query,
// others two in all.
func (t *Texts) Render(ctx context.Context, q sqldb.Querier, v community.Viewer, p *lang.Printer, sources ...Source) ([]string, error) {
	rendered := make([]markdown.Rendered, len(sources))
	var refs []markdown.Ref
	for i, s := range sources {
		s.Options.Origin = t.origin
		rendered[i] = t.cache.Render(s.Text, s.Options)
		refs = append(refs, rendered[i].Refs...)
	}
	lookup, err := find(ctx, q, v, refs)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(sources))
	for i, r := range rendered {
		all[i] = r.Resolve(lookup, p)
	}
	return all, nil
}

// Summary returns the first words of a text without any markup in one line, for previews and questions.
// References stand as they were written. The result is not escaped.
func (t *Texts) Summary(text string, words int) string { return t.cache.Text(text, words) }

// mentioned is a person or group that a text names.
type mentioned struct {
	ID       int64                `db:"id"`
	Kind     community.EntityKind `db:"kind"`
	Slug     string               `db:"slug"`
	Key      string               `db:"slug_key"`
	Name     string               `db:"name"`
	PersonID int64                `db:"person_id"`
	Public   bool                 `db:"public"`
}

// path returns where the name leads: to the page, or to a message to somebody whose page is not public.
func (m mentioned) path() string {
	if m.Public {
		return community.EntityPath(m.Slug)
	}
	return community.ContactPath(m.PersonID)
}

// item is a content item that a text names.
type item struct {
	EntityID int64  `db:"entity_id"`
	Slug     string `db:"slug"`
	Title    string `db:"title"`
}

// find looks references up.
func find(ctx context.Context, q sqldb.Querier, v community.Viewer, refs []markdown.Ref) (markdown.Lookup, error) {
	keys, slugs := wanted(refs)
	entities := map[string]mentioned{}
	if len(keys) > 0 {
		var found []mentioned
		err := q.Select(ctx, &found, `
			SELECT e.id, e.kind, e.slug, e.slug_key, e.name, COALESCE(p.id, 0) AS person_id, COALESCE(p.public, TRUE) AS public
			  FROM entities e LEFT JOIN people p ON p.entity_id = e.id WHERE e.slug_key IN (?)`, keys)
		if err != nil {
			return nil, fmt.Errorf("look up who is mentioned: %w", err)
		}
		for _, m := range found {
			entities[m.Key] = m
		}
	}
	items, err := findItems(ctx, q, v, entities, slugs)
	if err != nil {
		return nil, err
	}
	return func(r markdown.Ref) (markdown.Target, bool) {
		m, ok := entities[strings.ToLower(r.Entity)]
		switch {
		case !ok:
			return markdown.Target{}, false
		case r.Kind == markdown.Mention:
			return markdown.Target{URL: m.path(), Title: m.Name, Label: "@" + m.Slug}, true
		case r.Kind == markdown.Content:
			i, ok := items[itemKey{m.ID, strings.ToLower(r.Slug)}]
			return markdown.Target{URL: community.ContentPath(m.Slug, i.Slug), Title: i.Title}, ok
		default:
			return markdown.Target{}, false
		}
	}, nil
}

// wanted returns the slugs of entities and of content items that references name, each once.
func wanted(refs []markdown.Ref) (entities, items []string) {
	knownEntities, knownItems := map[string]bool{}, map[string]bool{}
	add := func(list *[]string, known map[string]bool, slug string) {
		if slug = strings.ToLower(slug); slug != "" && !known[slug] && len(*list) < maxReferences {
			known[slug] = true
			*list = append(*list, slug)
		}
	}
	for _, r := range refs {
		if r.Kind == markdown.Tag {
			continue
		}
		add(&entities, knownEntities, r.Entity)
		if r.Kind == markdown.Content {
			add(&items, knownItems, r.Slug)
		}
	}
	return entities, items
}

type itemKey struct {
	entityID int64
	slug     string
}

func findItems(ctx context.Context, q sqldb.Querier, v community.Viewer, entities map[string]mentioned, slugs []string) (map[itemKey]item, error) {
	items := map[itemKey]item{}
	if len(entities) == 0 || len(slugs) == 0 {
		return items, nil
	}
	owners := make([]int64, 0, len(entities))
	for _, m := range entities {
		owners = append(owners, m.ID)
	}
	readable, args := policy.ReadableContents("c", v)
	var found []item
	err := q.Select(ctx, &found, `SELECT c.entity_id, c.slug, c.title FROM contents c WHERE c.entity_id IN (?) AND c.slug IN (?) AND `+readable,
		append([]any{owners, slugs}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("look up what is referred to: %w", err)
	}
	for _, i := range found {
		items[itemKey{i.EntityID, strings.ToLower(i.Slug)}] = i
	}
	return items, nil
}
