package demo

import (
	"image"

	"grouprise.org/grouprise/internal/app/demo/invented"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/scenery"
)

// exhibit is a picture of a gallery.
type exhibit struct {
	content, author int64
	position        int
	picture         invented.Snapshot
	accent          int
}

// exhibits are the pictures of all galleries, of each in its order.
type exhibits []exhibit

// galleries publishes the galleries, and returns their pictures.
func (t *town) galleries() (all exhibits) {
	for _, g := range invented.Galleries() {
		group := t.groupsNamed[g.Group]
		if group == 0 {
			continue // the town is too small for it
		}
		author := t.named[g.Author]
		t.join(group, author)
		id := t.content(group, author, g.Title, g.Text, !g.Internal, g.Pinned, t.hoursAgo(g.Hours))
		t.rows.contents[id-1][contentKind] = "gallery"
		for n, s := range g.Pictures {
			all = append(all, exhibit{id, author, n + 1, s, accentOf(g.Group)})
		}
	}
	return all
}

func (all exhibits) drawings() (drawings []drawn) {
	for _, e := range all {
		picture := *e.picture.Picture
		picture.Accent = e.accent
		draw := func() (*image.RGBA, error) { return scenery.Draw(picture, sceneWidth, sceneHeight) }
		drawings = append(drawings, drawn{creator: e.author, draw: draw, show: func(string) {}})
	}
	return drawings
}

// hang puts pictures into their galleries, which are the last of all pictures.
func (t *town) hang(all exhibits, names []string) error {
	albums := map[int64]*community.Album{}
	first := len(t.rows.images) - len(all) + 1
	for n, e := range all {
		t.rows.galleryPictures = append(t.rows.galleryPictures, []any{int64(first + n), e.content, e.position, e.picture.Caption, e.picture.Shows})
		album := albums[e.content]
		if album == nil {
			album = &community.Album{}
			albums[e.content] = album
			t.rows.contents[e.content-1][contentPicture] = names[n]
		}
		album.Count++
		if len(album.Pictures) < community.MaxAlbumPictures {
			album.Pictures = append(album.Pictures, community.AlbumPicture{Name: names[n], Alt: e.picture.Shows})
		}
	}
	for id, album := range albums {
		text, err := album.Encode()
		if err != nil {
			return err
		}
		t.rows.contents[id-1][contentAlbum] = text
	}
	return nil
}
