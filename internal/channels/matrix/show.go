package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/matrix"
)

// maxPictures is how many pictures stand below a message.
const maxPictures = 3

// shown is a picture that stands below a message, or for which the homeserver was asked: then it is no event yet.
type shown struct {
	Name     string `json:"name"`
	Revision int    `json:"revision"` // of the message, for the id of the transaction
	Event    string `json:"event,omitempty"`
}

// picturesOf returns the names of the pictures that a message shows.
func picturesOf(told *notify.Message) []string {
	if told.Format == markdown.Plain {
		return nil
	}
	names := media.NamesIn(told.Text)
	return names[:min(len(names), maxPictures)]
}

// show lets pictures stand below a message, and takes out the others that stand there. It takes one step, after which the
// message is looked at again unless nothing is left to do. Whoever has the address of a picture at a homeserver may load it, so that only those
// get there that anybody may see; the others are behind the link.
func (m *Matrix) show(ctx context.Context, l line, e entry, names []string) error {
	var stand []shown
	if e.Pictures != "" {
		if err := json.Unmarshal([]byte(e.Pictures), &stand); err != nil {
			return fmt.Errorf("read which pictures stand below chat message %d: %w", e.ID, err)
		}
	}
	var wanted []matrix.Image
	var kept []string
	for _, name := range names {
		image, err := m.upload(ctx, name)
		switch {
		case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied), errs.Is(err, errs.Invalid):
		case err != nil:
			return err
		default:
			wanted, kept = append(wanted, image), append(kept, name)
		}
	}
	for i, s := range stand {
		switch at := slices.Index(kept, s.Name); {
		case at < 0:
			return m.hide(ctx, l, e, stand, i)
		case s.Event == "":
			return m.place(ctx, l, e, stand, i, &wanted[at])
		}
	}
	for _, name := range kept {
		if slices.ContainsFunc(stand, func(s shown) bool { return s.Name == name }) {
			continue
		}
		return m.saveShown(ctx, e, append(stand, shown{Name: name, Revision: e.Revision}))
	}
	return save(ctx, m.config.DB, e, false)
}

// saveShown notes which pictures stand below a message.
func (m *Matrix) saveShown(ctx context.Context, e entry, stand []shown) error {
	e.Revision++
	e.Pictures = ""
	if len(stand) > 0 {
		text, err := json.Marshal(stand)
		if err != nil {
			return fmt.Errorf("write which pictures stand below chat message %d: %w", e.ID, err)
		}
		e.Pictures = string(text)
	}
	return save(ctx, m.config.DB, e, true)
}

// ask asks for a picture in its transaction, and returns which event it is or was already.
func (m *Matrix) ask(ctx context.Context, l line, e entry, s shown, image *matrix.Image) (event string, err error) {
	said := matrix.Message{Text: s.Name, HTML: s.Name, Image: image}
	if said.Thread, err = head(ctx, m.config.DB, l.ID, e); err != nil {
		return "", err
	}
	return m.config.Server.Send(ctx, l.Room, fmt.Sprintf("grouprise-%d-%d-%s", e.ID, s.Revision, s.Name), said)
}

// place puts a picture below its message.
func (m *Matrix) place(ctx context.Context, l line, e entry, stand []shown, i int, image *matrix.Image) (err error) {
	if stand[i].Event, err = m.ask(ctx, l, e, stand[i], image); err != nil {
		return m.refused(ctx, e, err)
	}
	return m.saveShown(ctx, e, stand)
}

// hide takes a picture out.
func (m *Matrix) hide(ctx context.Context, l line, e entry, stand []shown, i int) (err error) {
	s := stand[i]
	if s.Event == "" { // perhaps it stands there: asked again, it tells which event it is
		s.Event, err = m.ask(ctx, l, e, s, nil)
	}
	if err == nil {
		err = m.config.Server.Redact(ctx, l.Room, s.Event, fmt.Sprintf("grouprise-%d-%d-out", e.ID, e.Revision))
	}
	if err != nil && errs.Temporary(err) {
		return err
	}
	if err != nil {
		m.config.Log.WarnContext(ctx, "a picture could not be taken out of a chat room", "room", l.Room, "error", err)
	}
	return m.saveShown(ctx, e, slices.Delete(stand, i, i+1))
}

// upload returns where the homeserver has a picture that anybody may see; NotFound if not everybody may.
func (m *Matrix) upload(ctx context.Context, name string) (image matrix.Image, err error) {
	picture, err := m.config.Pictures.Open(ctx, community.Viewer{}, name, community.TextPicture)
	if err != nil {
		return image, err
	}
	if known, ok := m.uploaded.Get(name); ok {
		return known, picture.Close()
	}
	var data bytes.Buffer
	_, err = io.Copy(&data, picture)
	if err := errors.Join(err, picture.Close()); err != nil {
		return image, fmt.Errorf("read the picture %s: %w", name, err)
	}
	image = matrix.Image{MediaType: media.PictureType(name), Size: data.Len()}
	image.Width, image.Height = fit(community.PictureSize(name))
	if image.URL, err = m.config.Server.Upload(ctx, image.MediaType, data.Bytes()); err != nil {
		return image, err
	}
	m.uploaded.Add(name, image)
	return image, nil
}

// How large the rendition is that rooms show: media makes it.
const maxWidth, maxHeight = 960, 1920

// fit returns how large a picture is in that rendition.
func fit(width, height int) (w, h int) {
	if width > maxWidth {
		width, height = maxWidth, height*maxWidth/width
	}
	if height > maxHeight {
		width, height = width*maxHeight/height, maxHeight
	}
	return width, height
}
