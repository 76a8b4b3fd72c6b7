package email

import (
	"context"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
)

// maxFace is how large a picture on top of a mail may be, in bytes; each recipient gets a copy.
const maxFace = 16 << 10

// keptFaces is how many of these pictures are kept.
const keptFaces = 64

// face is who stands on top of a mail. The picture comes with the mail: opening a mail asks the site for nothing, so
// that nobody learns who read it when, and the picture is there where mail programs load none. Where there is no
// picture, initials stand on the colour that pages show; where the program shows none, its place has that colour.
type face struct {
	name     string
	url      string
	initials string
	look     string // of the cell: colour, corners, size of the letters
	picture  string // its content id, or empty
}

// faceOf returns the face of a person or group, and its picture as a part of the mail.
func (e *Email) faceOf(ctx context.Context, entity community.Entity) (face, []mime.Attachment) {
	f := drawnFace(entity)
	f.url = e.BaseURL + entity.Path()
	return e.withPicture(ctx, f, entity.Picture, entity.Slug)
}

// withPicture returns a face with a picture, and that as a part of the mail under a name without ending.
func (e *Email) withPicture(ctx context.Context, f face, picture, name string) (face, []mime.Attachment) {
	data := e.facePicture(ctx, picture)
	if data == nil {
		return f, nil
	}
	f.picture = notify.FaceID + picture + "@" + e.Domain
	mediaType := "image/jpeg"
	if path.Ext(picture) == ".png" {
		mediaType = "image/png"
	}
	return f, []mime.Attachment{{Name: name + path.Ext(picture), MediaType: mediaType, Data: data, Inline: true, ContentID: f.picture}}
}

// drawnFace returns a face without a picture.
func drawnFace(entity community.Entity) face {
	corners := "22px"
	if entity.IsGroup() {
		corners = "10px"
	}
	f := face{name: entity.Name, initials: parts.Initials(entity)}
	size := 18
	switch utf8.RuneCountInString(f.initials) {
	case 3:
		size = 15
	case 4:
		size = 12
	}
	f.look = "background:" + parts.AvatarColour(entity) + ";border-radius:" + corners + ";font-size:" + strconv.Itoa(size) + "px"
	return f
}

// siteFace is the face of the site itself: its first letter.
func (e *Email) siteFace() face {
	name := e.SiteName.String()
	first, _ := utf8.DecodeRuneInString(name + "?")
	return face{
		name: name, url: e.BaseURL + "/", initials: strings.ToUpper(string(first)),
		look: "background:" + primary + ";border-radius:10px;font-size:18px",
	}
}

// siteFaceOf returns the face of the site with its icon, if it has one.
func (e *Email) siteFaceOf(ctx context.Context, f face) (face, []mime.Attachment) {
	if e.SiteIcon == nil {
		return f, nil
	}
	return e.withPicture(ctx, f, e.SiteIcon(ctx), "icon")
}

// facePicture returns the small picture of a name, nil if there is none that can go along. A mail does not wait for it.
func (e *Email) facePicture(ctx context.Context, name string) []byte {
	if name == "" || e.Pictures == nil {
		return nil
	}
	if data, ok := e.faces.Get(name); ok {
		return data
	}
	data, err := e.readFace(ctx, name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		e.Logger.WarnContext(ctx, "a mail goes without the picture of its group", "picture", name, "error", err)
		return nil
	}
	e.faces.Add(name, data)
	return data
}

// readFace reads a small picture; nil if it is too large.
func (e *Email) readFace(ctx context.Context, name string) ([]byte, error) {
	r, err := e.Pictures.Open(ctx, community.Viewer{}, name, community.SmallPicture)
	if err != nil {
		return nil, err
	}
	defer r.Close() // it was only read
	data, err := io.ReadAll(io.LimitReader(r, maxFace+1))
	if err != nil || len(data) > maxFace {
		return nil, err
	}
	return data, nil
}
