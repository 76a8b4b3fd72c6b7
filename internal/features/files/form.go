package files

import (
	"context"
	"errors"
	"mime/multipart"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// form is what a file is published with. A file that comes with the form is stored at once, and the form says from then
// on which it is: so it is still there when something else in the form is wrong, and a script can send it ahead.
type form struct {
	content.Common
	Sent   *multipart.FileHeader `form:"file" label:"File"`
	Stored stored                `form:"stored" text:"line" label:"File"`

	room    *Files
	actorID int64  // who saves it
	picture string // the preview of the file, once the form is loaded or saved
}

var (
	_ content.Form     = (*form)(nil)
	_ content.Receiver = (*form)(nil)
	_ content.Preparer = (*form)(nil)
	_ content.Pictured = (*form)(nil)
)

// stored names a stored file in a form: its name in the store, a slash, and what people call it. Only the first counts.
type stored string

func storedAs(f media.File) stored {
	if f.Name == "" {
		return ""
	}
	return stored(f.Name + "/" + f.OriginalName)
}

// name returns the name in the store.
func (s stored) name() string {
	name, _, _ := strings.Cut(string(s), "/")
	return name
}

// String returns what people call the file.
func (s stored) String() string {
	_, called, _ := strings.Cut(string(s), "/")
	return called
}

// Load implements content.Form.
func (f *form) Load(ctx context.Context, q sqldb.Querier, id int64) error {
	present, err := currentVersion(ctx, q, id)
	f.Stored, f.picture = storedAs(present.File), present.Picture
	return err
}

// Receive implements content.Receiver.
func (f *form) Receive(ctx context.Context, authorID int64) error {
	if f.Sent == nil {
		return nil
	}
	file, err := f.room.receive(ctx, authorID, f.Sent)
	if err == nil {
		f.Stored = storedAs(file)
	}
	return err
}

// receive keeps a file that somebody sent, and counts them.
func (r *Files) receive(ctx context.Context, personID int64, sent *multipart.FileHeader) (media.File, error) {
	limit := limitUploads()
	err := r.deps.Limiter.Allow(ctx, limit, web.Account(personID))
	if often, ok := errors.AsType[*errs.Error](err); ok && often.Kind == errs.TooMany {
		return media.File{}, errs.New(errs.TooMany, "You can upload up to %d files a day. Please continue later.", limit.Count).After(often.RetryAfter)
	}
	if err != nil {
		return media.File{}, err
	}
	return r.uploads.Add(ctx, personID, "file", sent)
}

// Validate implements content.Form. What exists has a file, even if a script does not send its name.
func (f *form) Validate() error {
	if f.Stored == "" && f.Version == 0 && f.Slug == "" {
		return noFile()
	}
	return nil
}

func noFile() error { return errs.Check(errs.Field("file", "Choose a file.")) }

// Prepare implements content.Preparer.
func (f *form) Prepare(_ context.Context, authorID int64) error {
	f.actorID = authorID
	return nil
}

// CardPicture implements content.Pictured.
func (f *form) CardPicture() string { return f.picture }

// Same implements content.Form.
func (f *form) Same(ctx context.Context, q sqldb.Querier, id int64) (bool, error) {
	return holdsLike(ctx, q, id, f.Stored.name())
}

// Save implements content.Form. Another file than the present one becomes a version.
func (f *form) Save(ctx context.Context, tx *sqldb.Tx, id int64) error {
	present, err := currentVersion(ctx, tx, id)
	if err != nil {
		return err
	}
	if present.Number > 0 && (f.Stored == "" || f.Stored.name() == present.File.Name) {
		f.picture = present.Picture
		return nil
	}
	if f.Stored == "" {
		return noFile()
	}
	file, err := takeFile(ctx, tx, f.Stored.name(), id, f.actorID)
	if errs.Is(err, errs.NotFound) {
		return errs.Check(errs.Field("file", "This file is no longer stored here. Choose it again."))
	}
	if err != nil {
		return err
	}
	if err := insertVersion(ctx, tx, id, present.Number+1, file.ID, f.actorID); err != nil {
		return err
	}
	f.picture = ""
	if present.Picture != "" {
		if err := forgetPreview(ctx, tx, id, present.Picture); err != nil {
			return err
		}
	}
	return f.room.enqueuePreview(ctx, tx, id, file)
}

// Fields implements content.Form.
func (f *form) Fields(_ *site.Visit, wrong parts.Errors) templ.Component {
	return fields(f, wrong)
}
