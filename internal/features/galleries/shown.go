package galleries

import (
	"cmp"
	"context"
	"strconv"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// shown is a picture on the page of its gallery.
type shown struct {
	entry
	Number, Count int
}

// text returns what the picture shows, or else which one it is.
func (s shown) text(ctx context.Context) string {
	return cmp.Or(s.said(), lang.T(ctx, "Picture %d of %d", s.Number, s.Count))
}

// size returns the attributes of the picture that leave room for it.
func (s shown) size() templ.Attributes {
	width, height := community.PictureSize(s.Name)
	if width == 0 {
		return nil
	}
	return templ.Attributes{"width": strconv.Itoa(width), "height": strconv.Itoa(height)}
}

// bodies shows the pictures of galleries.
func bodies(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	all, err := listPictures(v.Context(), q, ids...)
	if err != nil {
		return nil, err
	}
	pictures := map[int64][]shown{}
	for _, p := range all {
		pictures[p.ContentID] = append(pictures[p.ContentID], shown{entry: p.entry, Number: len(pictures[p.ContentID]) + 1})
	}
	walls := make(map[int64]templ.Component, len(pictures))
	for id, some := range pictures {
		for i := range some {
			some[i].Count = len(some)
		}
		walls[id] = wall(some)
	}
	return walls, nil
}

// things returns what the page of a gallery says to programs: its first pictures.
func things(v *site.Visit, _ sqldb.Querier, i content.Item, w schemaorg.Work) ([]schemaorg.Thing, error) {
	g := schemaorg.ImageGallery{Work: w}
	for _, p := range i.Album.Pictures {
		g.Pictures = append(g.Pictures, schemaorg.ImageObject{ContentURL: v.URL(community.PicturePath(p.Name, community.ScreenPicture)), Caption: p.Alt})
	}
	return []schemaorg.Thing{g}, nil
}
