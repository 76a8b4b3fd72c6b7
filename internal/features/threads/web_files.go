package threads

import (
	"context"
	"errors"
	"mime/multipart"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// maxFiles is how many files come with one comment or message on the web.
const maxFiles = 10

// FormBytes returns how large a form with files may be, each of which has at most some bytes.
func FormBytes(ofFile int64) int64 { return maxFiles*ofFile + 1<<20 }

// Uploads are the files of a form below a thread; forms embed it.
type Uploads struct {
	Files []*multipart.FileHeader `form:"files" label:"Files"`
}

// Attach stores the files that came with a form and calls fn with them. If it fails they are removed. Invalid, beside the
// field files, if there are too many.
func (t *Threads) Attach(ctx context.Context, creatorID int64, u Uploads, fn func(files []media.File) error) error {
	if len(u.Files) > maxFiles {
		return errs.Check(errs.Field("files", "Attach at most %d files.", maxFiles))
	}
	var stored []media.File
	err := func() error {
		for _, upload := range u.Files {
			f, err := media.Receive(ctx, t.deps.Media, creatorID, "files", upload)
			if err != nil {
				return err
			}
			stored = append(stored, f)
		}
		return fn(stored)
	}()
	if err == nil {
		return nil
	}
	for _, f := range stored {
		err = errors.Join(err, t.deps.Media.Remove(context.WithoutCancel(ctx), f.Name))
	}
	return err
}

// sendFile hands out a file that hangs on something the viewer may read. What a browser could run is
// only downloaded, never shown.
func (t *Threads) sendFile(v *site.Visit) error {
	f, err := t.readable(v.Context(), v.Viewer, v.Path("name"))
	if err != nil {
		return err
	}
	body, err := t.deps.Media.Open(v.Context(), f.Name)
	if err != nil {
		return err
	}
	defer body.Close() // it was only read
	mediaType, disposition := f.Served()
	h := v.W.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", media.Disposition(disposition, f.OriginalName))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+f.Name+`"`)
	t.deps.Sender.Send(v.W, v.R, f.Name, body)
	return nil
}

// describe returns the name and size of a file.
func describe(p *lang.Printer, f media.File) string {
	return f.OriginalName + " (" + p.Bytes(f.Size) + ")"
}
