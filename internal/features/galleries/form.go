package galleries

import (
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// form is what a gallery is written with. A script sends the files one by one, to where pictures for texts go, and puts
// their names into Images; without one they come as Files.
type form struct {
	content.Common
	Images entries                 `form:"images"     label:"Pictures" text:"line"`
	Cover  string                  `form:"cover"      label:"Cover"    text:"line"` // name of the picture; "" is the first
	Files  []*multipart.FileHeader `form:"new_images" label:"Pictures"`

	room     *Galleries
	personID int64 // who saves it
}

// entries are the pictures of a gallery in their order.
type entries []entry

// String returns them as somebody reads them who has changed others at the same time.
func (all entries) String() string {
	lines := make([]string, len(all))
	for i, e := range all {
		lines[i] = strings.Join(slices.DeleteFunc([]string{e.Name, e.Caption, e.Alt}, func(s string) bool { return s == "" }), " · ")
	}
	return strings.Join(lines, "\n")
}

var (
	_ content.Form        = (*form)(nil)
	_ content.Pictured    = (*form)(nil)
	_ content.Illustrated = (*form)(nil)
	_ content.Receiver    = (*form)(nil)
	_ content.Preparer    = (*form)(nil)
	_ content.Merger      = (*form)(nil)
)

// Load implements content.Form.
func (f *form) Load(ctx context.Context, q sqldb.Querier, id int64) error {
	all, err := listPictures(ctx, q, id)
	if err != nil {
		return err
	}
	f.Images, f.Cover = nil, ""
	for _, p := range all {
		f.Images = append(f.Images, p.entry)
		if p.Cover {
			f.Cover = p.Name
		}
	}
	return nil
}

// newImagesField is the name of the field for files.
const newImagesField = "new_images"

// Receive implements content.Receiver. Whatever can be kept is; what cannot is named.
func (f *form) Receive(ctx context.Context, personID int64) error {
	if len(f.Files) > maxAtOnce {
		return errs.Check(errs.Field(newImagesField, "Choose up to %d pictures at once. You can add more afterwards.", maxAtOnce))
	}
	var failed []string
	var wrong []errs.FieldError
	for _, file := range f.Files {
		if err := media.CountUpload(ctx, f.room.deps.Limiter, personID); err != nil {
			return err
		}
		name, err := f.room.deps.Pictures.Upload(ctx, personID, newImagesField, file)
		problem, ok := errors.AsType[*errs.Error](err)
		switch {
		case err == nil:
			f.Images = append(f.Images, entry{Name: name})
		case ok && problem.Kind == errs.Invalid:
			failed = append(failed, file.Filename)
			wrong = append(wrong, problem.Fields...)
		default:
			return err
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return errs.Check(errs.Field(newImagesField, "These files couldn’t be added: %s.", strings.Join(failed, ", ")), wrong[0])
}

// Validate implements content.Form. The pictures are in their order from then on.
func (f *form) Validate() error {
	f.Images = arrange(f.Images)
	if !slices.ContainsFunc(f.Images, func(e entry) bool { return e.Name == f.Cover }) {
		f.Cover = ""
	}
	return errs.Check(validate(f.Images)...)
}

// Prepare implements content.Preparer.
func (f *form) Prepare(_ context.Context, personID int64) error {
	f.personID = personID
	return nil
}

// Fields implements content.Form.
func (f *form) Fields(_ *site.Visit, wrong parts.Errors) templ.Component {
	return fields(f, int(f.room.deps.MaxBytes>>20), wrong)
}

// Save implements content.Form.
func (f *form) Save(ctx context.Context, tx *sqldb.Tx, id int64) error {
	return savePictures(ctx, tx, id, f.personID, f.Images, f.Cover)
}

// Same implements content.Form.
func (f *form) Same(ctx context.Context, q sqldb.Querier, id int64) (bool, error) {
	stored := &form{}
	if err := stored.Load(ctx, q, id); err != nil {
		return false, err
	}
	return slices.Equal(stored.Images, f.Images) && stored.Cover == f.Cover, nil
}

// CardPicture implements content.Pictured.
func (f *form) CardPicture() string {
	if f.Cover == "" && len(f.Images) > 0 {
		return f.Images[0].Name
	}
	return f.Cover
}

// Album implements content.Illustrated.
func (f *form) Album() community.Album {
	album := community.Album{Count: len(f.Images)}
	for _, e := range f.Images[:min(len(f.Images), community.MaxAlbumPictures)] {
		album.Pictures = append(album.Pictures, community.AlbumPicture{Name: e.Name, Alt: e.said()})
	}
	return album
}

// said returns what is said of a picture instead of showing it; "" if nothing is.
func (e entry) said() string {
	if e.Alt != "" {
		return e.Alt
	}
	return e.Caption
}

// Merge implements content.Merger.
func (f *form) Merge(field, base string, theirs content.Form) bool {
	other, ok := theirs.(*form)
	if !ok || field != imagesField {
		return false
	}
	var before entries
	if err := json.Unmarshal([]byte(base), &before); err != nil {
		return false
	}
	merged, ok := merge(before, f.Images, other.Images)
	if ok && len(merged) <= maxPictures {
		f.Images = merged
		return true
	}
	return false
}
