package content

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// Attachment is a file that feeds offer beside what an item says.
type Attachment struct {
	Path, Type, Title string
	Size              int64 // bytes; 0 if nobody knows
}

// Whole is an item with all that feeds say of it.
type Whole struct {
	Item
	UpdatedAt clock.Time `db:"updated_at"`

	HTML        string       // the text, with its pictures
	Facts       []Fact       // what the kind says beside it
	Attachments []Attachment // what the kind offers beside it
}

// Wholes returns what nobody in particular finds in a list, as feeds have it: the facts in the language of the printer.
func (c *Content) Wholes(ctx context.Context, p *lang.Printer, f Filter) ([]Whole, error) {
	nobody := community.Viewer{}
	k, _ := c.kind(f.Kind)
	l := find(nobody, f, k.Order, c.deps.DB.Now())
	var all []Whole
	err := c.deps.DB.Select(ctx, &all, itemColumns+`
		COALESCE((SELECT w.created_at FROM versions w WHERE w.content_id = c.id AND w.revision = c.revision), c.published_at) AS updated_at,
		COALESCE((SELECT x.text`+latestText+` FROM (`+l.query+`) c`+joinedItems+` ORDER BY c.`+l.at+l.down+`, c.id`+l.down, l.args...)
	if err != nil {
		return nil, fmt.Errorf("list whole items: %w", err)
	}
	all = all[:min(len(all), f.Limit)]
	sources, items := make([]texts.Source, len(all)), make([]Item, len(all))
	for n, w := range all {
		items[n] = w.Item
		sources[n] = texts.Source{
			Text: w.illustrated(), Place: texts.Place{ContentID: w.ID}, Options: markdown.Options{HeadingLevel: 2, Prefix: "content-" + strconv.FormatInt(w.ID, 10)},
		}
	}
	html, err := c.deps.Texts.Render(ctx, c.deps.DB, nobody, p, sources...)
	if err != nil {
		return nil, err
	}
	facts, err := c.kindFacts(lang.With(ctx, p), c.deps.DB, items)
	if err != nil {
		return nil, err
	}
	attached, err := byKind(c, items, func(k Kind) func([]Item) (map[int64][]Attachment, error) {
		if k.Attached == nil {
			return nil
		}
		return func(some []Item) (map[int64][]Attachment, error) { return k.Attached(ctx, c.deps.DB, idsOf(some)) }
	})
	for n := range all {
		w := &all[n]
		w.HTML, w.Facts, w.Attachments = html[n], facts[w.ID], attached[w.ID]
	}
	return all, err
}

// illustrated returns the text of an item with the pictures that its page shows beside it.
func (i Item) illustrated() string {
	text := i.Text
	if i.Picture != "" && i.Album.Count == 0 && !strings.Contains(text, i.Picture) {
		text = media.MarkdownOf(community.Album{Pictures: []community.AlbumPicture{{Name: i.Picture}}}, 1) + "\n\n" + text
	}
	return strings.TrimSpace(text + "\n\n" + media.MarkdownOf(i.Album, community.MaxAlbumPictures))
}
