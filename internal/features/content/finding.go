package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// foundAs is the source of what is found of this room.
const foundAs = "content"

// finds returns what people find of items, whatever their kind.
func (c *Content) finds() []search.Source {
	kinds := make([]search.Kind, len(c.kinds))
	for n, k := range c.kinds {
		kinds[n] = search.Kind{Name: k.Name, Label: k.Plural, One: k.Label}
	}
	return []search.Source{{Name: foundAs, Kinds: kinds, Documents: c.documents, Listed: listIDs}}
}

func (c *Content) documents(ctx context.Context, q sqldb.Querier, ids []int64) ([]search.Document, error) {
	var items []Item
	if err := q.Select(ctx, &items, selectItems+` WHERE c.id IN (?) AND c.deleted_at IS NULL ORDER BY c.id`, ids); err != nil {
		return nil, fmt.Errorf("read items to be found: %w", err)
	}
	words, err := byKind(c, items, func(k Kind) func([]Item) (map[int64][]string, error) {
		if k.Words == nil {
			return nil
		}
		return func(some []Item) (map[int64][]string, error) { return k.Words(ctx, q, idsOf(some)) }
	})
	if err != nil {
		return nil, err
	}
	all := make([]search.Document, len(items))
	for n, i := range items {
		all[n] = search.Document{
			ID: i.ID, Kind: i.Kind, Path: i.Path(), Title: i.Title, Text: i.Text, Words: append(words[i.ID], i.Slug),
			At: i.PublishedAt, By: i.Entity, Public: i.Public, ContentID: i.ID,
		}
	}
	return all, nil
}

func listIDs(ctx context.Context, q sqldb.Querier, after int64, limit int) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM contents WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?`, after, limit)
	return ids, err
}

// bind notes whom the text of an item names, and its tags, and lets people find it.
func (c *Content) bind(ctx context.Context, tx *sqldb.Tx, id int64, f *Common) error {
	if err := c.deps.Texts.Bind(ctx, tx, texts.Place{ContentID: id}, texts.Source{Text: f.Text}); err != nil {
		return err
	}
	if err := tagging.NoteItem(ctx, tx, id, f.Title, f.Text); err != nil {
		return err
	}
	return c.deps.Search.Put(ctx, tx, foundAs, id)
}
