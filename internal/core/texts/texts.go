// Package texts renders what people wrote for somebody who reads it: it looks up what the texts refer
// to, all texts of a page at once, and shows of it what the reader may know.
package texts

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/tagging"
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
	links  *regexp.Regexp // to pages of the site
}

// New returns a renderer for a site whose address is baseURL, without a slash at its end.
func New(cache *markdown.Cache, baseURL string) *Texts {
	return &Texts{cache: cache, origin: baseURL, links: linksTo(baseURL)}
}

// Source is a text and how it is shown.
type Source struct {
	Text    string
	Options markdown.Options // Prefix must differ for each text of a page
	Place   Place            // where it was written; the zero value is a text that is not kept
}

// Render returns the HTML of each source for the viewer. Texts that refer to nothing cost no query,
// others three in all.
func (t *Texts) Render(ctx context.Context, q sqldb.Querier, v community.Viewer, p *lang.Printer, sources ...Source) ([]string, error) {
	rendered := make([]markdown.Rendered, len(sources))
	references := map[Place][]markdown.Ref{}
	for i, s := range sources {
		s.Options.Origin = t.origin
		rendered[i] = t.cache.Render(s.Text, s.Options)
		if refs := rendered[i].Refs; len(refs) > 0 {
			references[s.Place] = append(references[s.Place], refs...)
		}
	}
	found, err := find(ctx, q, v, references)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(sources))
	for i, r := range rendered {
		all[i] = r.Resolve(found.lookup(sources[i].Place), p)
	}
	return all, nil
}

// Summary returns the first words of a text without any markup in one line, for previews and questions.
// References stand as they were written. The result is not escaped.
func (t *Texts) Summary(text string, words int) string { return t.cache.Text(text, words) }

// Shows reports whether there is anything to see of a text in a format. It is the one rule for what people write,
// whatever it belongs to and whichever way it comes.
func (t *Texts) Shows(f markdown.Format, text string) bool { return t.cache.Shows(f, text) }

// SummaryOf returns the same of a text in a format.
func (t *Texts) SummaryOf(f markdown.Format, text string, words int) string {
	return t.cache.TextOf(f, text, words)
}

// LineSource is how many characters of a text a query has to read for FirstLine.
const LineSource = 600

// FirstLine returns how a text begins, in one line of bounded length and without any markup, for lists that are read at a
// glance. The result is not escaped.
func (t *Texts) FirstLine(f markdown.Format, text string) string {
	const words, runes = 24, 140
	line := []rune(t.SummaryOf(f, text, words))
	if len(line) > runes {
		return string(line[:runes-1]) + "…"
	}
	return string(line)
}

// PageIDs are the ids that the pages of the site have themselves, as markdown.Options.Taken wants them: the main text of a
// page, whose headings are named as links from elsewhere know them, keeps clear of them.
const PageIDs = "comments content languages readers field- contribution- content- conversation- summary-title"

// item is a content item that a text names.
type item struct {
	EntityID int64  `db:"entity_id"`
	Slug     string `db:"slug"`
	Title    string `db:"title"`
}

// findings are what the texts of a page refer to.
type findings struct {
	entities map[Place]map[string]mentioned // by slug
	items    map[itemKey]item
}

// find looks references up.
func find(ctx context.Context, q sqldb.Querier, v community.Viewer, references map[Place][]markdown.Ref) (f findings, err error) {
	if f.entities, err = findEntities(ctx, q, references); err != nil {
		return f, err
	}
	var slugs []string
	owners := map[int64]bool{}
	for place, refs := range references {
		_, items := wanted(refs)
		slugs = append(slugs, items...)
		for _, at := range []Place{place.kept(), {}} {
			for _, m := range f.entities[at] {
				owners[m.ID] = true
			}
		}
	}
	f.items, err = findItems(ctx, q, v, slices.Sorted(maps.Keys(owners)), slugs)
	return f, err
}

// lookup returns what finds the references of the text at a place.
func (f findings) lookup(place Place) markdown.Lookup {
	return func(r markdown.Ref) (markdown.Target, bool) {
		if r.Kind == markdown.Tag {
			return tagTarget(r.Label)
		}
		m, ok := f.entities[place.kept()][strings.ToLower(r.Entity)]
		if !ok && place.Draft {
			m, ok = f.entities[Place{}][strings.ToLower(r.Entity)]
		}
		switch {
		case !ok:
			return markdown.Target{}, false
		case r.Kind == markdown.Mention:
			return markdown.Target{URL: m.path(), Title: m.Name, Label: "@" + m.Slug}, true
		case r.Kind == markdown.Content:
			i, ok := f.items[itemKey{m.ID, strings.ToLower(r.Slug)}]
			return markdown.Target{URL: community.ContentPath(m.Slug, i.Slug), Title: i.Title}, ok
		default:
			return markdown.Target{}, false
		}
	}
}

// tagTarget returns where a tag leads, with what styles tell tags by. That takes no look into the database.
func tagTarget(name string) (markdown.Target, bool) {
	t, ok := tagging.Named(name)
	if !ok {
		return markdown.Target{}, false
	}
	data := map[string]string{"tag-slug": t.Slug}
	if family, _ := t.Parts(); family != "" {
		data["tag-group-key"] = tagging.Slug(family)
	}
	return markdown.Target{URL: t.Path(), Data: data}, true
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

func findItems(ctx context.Context, q sqldb.Querier, v community.Viewer, owners []int64, slugs []string) (map[itemKey]item, error) {
	items := map[itemKey]item{}
	if len(owners) == 0 || len(slugs) == 0 {
		return items, nil
	}
	readable, args := policy.ReadableContents("c", v)
	var found []item
	err := q.Select(ctx, &found, `SELECT c.entity_id, c.slug, c.title FROM contents c WHERE c.entity_id IN (?) AND c.slug_key IN (?) AND `+readable+` ORDER BY c.id DESC`,
		append([]any{owners, slugs}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("look up what is referred to: %w", err)
	}
	for _, i := range found {
		items[itemKey{i.EntityID, strings.ToLower(i.Slug)}] = i
	}
	return items, nil
}
