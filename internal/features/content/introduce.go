package content

import (
	"cmp"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
)

// introduce says on the page of an item what search engines and messengers show of it. Of an internal one they learn
// nothing.
func (c *Content) introduce(v *site.Visit, i Item, page *site.Page) (err error) {
	if !i.Public {
		return nil
	}
	if page.Description, err = c.describe(v, i); err != nil {
		return err
	}
	page.Preview = site.Preview{Type: "article", Picture: previewOf(i), PublishedAt: i.PublishedAt}
	if v.Viewer.SignedIn() {
		return nil // nobody reads the rest
	}
	page.Things, err = c.things(v, i, cmp.Or(c.deps.Texts.Summary(i.Text, teaserWords), page.Description))
	return err
}

// previewOf returns the picture in the preview of an item: its own, or else that of whoever has published it.
func previewOf(i Item) site.PreviewPicture {
	if i.Picture == "" {
		return site.FacePicture(i.Entity)
	}
	alt := ""
	for _, p := range i.Album.Pictures {
		if p.Name == i.Picture {
			alt = p.Alt
		}
	}
	return site.WidePicture(i.Picture, alt)
}

// describe returns what search engines and messengers show of an item: its facts, and the beginning of its text.
func (c *Content) describe(v *site.Visit, item Item) (string, error) {
	facts, err := c.Facts(v.Context(), v.Memo(c.deps.DB), item)
	if err != nil {
		return "", err
	}
	var said []string
	for _, f := range facts[item.ID] {
		said = append(said, f.Label+": "+f.Value)
	}
	if summary := c.deps.Texts.Summary(item.Text, teaserWords); summary != "" {
		said = append(said, summary)
	}
	return strings.Join(said, " · "), nil
}

// things returns what the page of an item is about, in the words of schema.org.
func (c *Content) things(v *site.Visit, i Item, description string) ([]schemaorg.Thing, error) {
	w := schemaorg.Work{
		Name: i.Title, URL: v.URL(i.Path()), Description: description, DatePublished: schemaorg.Moment(i.PublishedAt.In(v.Lang.Zone())),
		Author: publisher(v, i), CommentCount: i.Comments,
	}
	if i.Picture != "" {
		w.Image = []string{v.URL(community.PicturePath(i.Picture, community.PreviewPicture))}
	}
	k, ok := c.kind(i.Kind)
	if !ok || k.Things == nil {
		return []schemaorg.Thing{schemaorg.Article{Work: w, Headline: i.Title}}, nil
	}
	return k.Things(v, v.Memo(c.deps.DB), i, w)
}

// publisher returns who has published an item. The page of somebody who does not show it to everybody is not named.
func publisher(v *site.Visit, i Item) schemaorg.Thing {
	e := i.Entity
	face := ""
	if e.Picture != "" {
		face = v.URL(community.PicturePath(e.Picture, community.SquarePicture))
	}
	switch {
	case e.IsGroup():
		return schemaorg.Group{Name: e.Name, URL: v.URL(e.Path()), Logo: face}
	case i.AuthorPublic:
		return schemaorg.Person{Name: e.Name, URL: v.URL(e.Path()), Image: face}
	default:
		return schemaorg.Person{Name: e.Name}
	}
}
