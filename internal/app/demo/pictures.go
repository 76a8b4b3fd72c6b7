package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/app/demo/invented"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/scenery"
)

// Keeper keeps pictures as those that people upload.
type Keeper interface {
	// Keep takes a picture and returns its name, and how many bytes it has.
	Keep(ctx context.Context, field string, r io.ReadSeeker) (name string, size int64, err error)
	// Erase removes pictures that were kept.
	Erase(ctx context.Context, names []string) error
}

var _ Keeper = (*media.Pictures)(nil)

// How large pictures are drawn, in pixels.
const (
	sceneWidth, sceneHeight = 1024, 576
	coverWidth, coverHeight = 1152, 480
	portraitWidth           = 256
	quality                 = 82
)

type (
	portrait struct {
		person int64
		face   scenery.Face
	}
	// groupPictures are the emblem and the cover of a group.
	groupPictures struct {
		entity, founder int64
		idea            invented.Idea
	}
	illustration struct {
		content, author int64
		picture         scenery.Picture
		shows           string
	}
)

// drawn is a picture on its way from the drawing to where it is shown.
type drawn struct {
	creator int64
	draw    func() (*image.RGBA, error)
	show    func(name string) // in the rows
	content int64             // whose text shows it, or 0
}

// The columns of rows that are written into later.
const (
	entityPicture  = 8
	entityCover    = 9
	contentKind    = 1
	contentPicture = 9
	contentStarts  = 10
	contentEnds    = 11
	contentAlbum   = 12
	versionText    = 2
)

// draw draws what the town looks like, and returns the names of all pictures.
func (t *town) draw(ctx context.Context, keeper Keeper) (names []string, err error) {
	if keeper == nil {
		return nil, nil
	}
	hung := t.galleries()
	all := append(t.drawings(), hung.drawings()...)
	names = make([]string, len(all))
	sizes := make([]int64, len(all))
	encoder := png.Encoder{CompressionLevel: png.NoCompression} // what is kept is a JPEG anyway
	together, ctx := errgroup.WithContext(ctx)
	together.SetLimit(runtime.GOMAXPROCS(0))
	for n, d := range all {
		together.Go(func() error {
			picture, err := d.draw()
			if err != nil {
				return err
			}
			var file bytes.Buffer
			if err := encoder.Encode(&file, picture); err != nil {
				return fmt.Errorf("write a drawing: %w", err)
			}
			names[n], sizes[n], err = keeper.Keep(ctx, "picture", bytes.NewReader(file.Bytes()))
			return err
		})
	}
	if err := together.Wait(); err != nil {
		return nil, fmt.Errorf("draw the town: %w", err)
	}
	for n, d := range all {
		d.show(names[n])
		id := int64(n + 1)
		t.rows.images = append(t.rows.images, []any{id, names[n], sizes[n], d.creator, t.now})
		if d.content != 0 {
			t.rows.imageUses = append(t.rows.imageUses, []any{id, d.content})
		}
	}
	return names, t.hang(hung, names[len(names)-len(hung):])
}

func (t *town) drawings() []drawn {
	var all []drawn
	for _, p := range t.portraits { // the entities of people have their ids
		draw := func() (*image.RGBA, error) { return scenery.Portrait(p.face, portraitWidth), nil }
		all = append(all, drawn{creator: p.person, draw: draw, show: t.showOf(p.person, entityPicture)})
	}
	for n, c := range t.groupPictures {
		scene, accent := c.idea.Scene, c.idea.Accent
		picture := scenery.Picture{
			Scene: scene, Accent: accent, Hour: scenery.Hour(n % 3), Season: scenery.Season(n % 3), Seed: uint64(100 + n),
		}
		emblem := func() (*image.RGBA, error) { return scenery.Emblem(scene, accent, portraitWidth) }
		cover := func() (*image.RGBA, error) { return scenery.Draw(picture, coverWidth, coverHeight) }
		all = append(all,
			drawn{creator: c.founder, draw: emblem, show: t.showOf(c.entity, entityPicture)},
			drawn{creator: c.founder, draw: cover, show: t.showOf(c.entity, entityCover)})
	}
	for _, s := range t.illustrations {
		draw := func() (*image.RGBA, error) { return scenery.Draw(s.picture, sceneWidth, sceneHeight) }
		show := func(name string) {
			t.rows.contents[s.content-1][contentPicture] = name
			version := t.rows.versions[s.content-1]
			version[versionText] = illustrate(fmt.Sprint(version[versionText]), media.Markdown(name, s.shows+".jpg"))
		}
		all = append(all, drawn{creator: s.author, content: s.content, draw: draw, show: show})
	}
	return all
}

// showOf returns what puts a picture into a column of an entity.
func (t *town) showOf(entity int64, column int) func(string) {
	return func(name string) { t.rows.entities[entity-1][column] = name }
}

// illustrate puts a picture behind the first paragraph of a text.
func illustrate(text, picture string) string {
	first, rest, _ := strings.Cut(text, "\n\n")
	return strings.TrimSpace(first + "\n\n" + picture + "\n\n" + rest)
}

// accentOf returns the colour of a group that was thought of by hand.
func accentOf(group string) int {
	for _, i := range slices.Concat(invented.CastIdeas(), invented.GroupIdeas()) {
		if i.Name == group {
			return i.Accent
		}
	}
	return 0
}
