package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sandbox"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// previewJob makes the preview of a file.
const previewJob = "files.preview"

// payload is that of previewJob.
type payload struct {
	ContentID int64 `json:"content"`
}

// enqueuePreview lets the preview of a file be made, if its sort has one.
func (r *Files) enqueuePreview(ctx context.Context, tx *sqldb.Tx, contentID int64, f media.File) error {
	if sort := f.Sort(); sort != media.PictureFile && sort != media.PDFFile {
		return nil
	}
	return r.deps.Queue.Enqueue(ctx, tx, previewJob, payload{contentID})
}

func (r *Files) previewJob(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	return r.MakePreview(ctx, p.ContentID)
}

// MakePreview makes the preview of the file that an item has now. A file of which there is none to be made, because it is
// broken or meant to do harm, is left alone: its page shows what it is called.
func (r *Files) MakePreview(ctx context.Context, contentID int64) error {
	v, err := currentVersion(ctx, r.deps.DB, contentID)
	if err != nil || v.Number == 0 || v.Picture != "" {
		return err
	}
	picture, err := r.draw(ctx, v)
	if err != nil {
		return err
	}
	if picture == "" {
		return nil
	}
	shown := false
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := content.LockItems(ctx, tx, contentID); err != nil {
			return err
		}
		now, err := currentVersion(ctx, tx, contentID)
		if shown = err == nil && now.File.ID == v.File.ID && now.Picture == ""; !shown {
			return err // somebody has replaced it meanwhile
		}
		if err := insertPreview(ctx, tx, contentID, v.File.ID, picture); err != nil {
			return err
		}
		return r.content.SetPicture(ctx, tx, contentID, picture)
	})
	if err == nil && shown {
		return nil
	}
	return errors.Join(err, r.deps.Pictures.Discard(context.WithoutCancel(ctx), picture))
}

// draw returns the name of a picture of a file; empty if there is none to be made.
func (r *Files) draw(ctx context.Context, v version) (picture string, err error) {
	file, err := r.deps.Media.Open(ctx, v.File.Name)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close() // it was only read
	var pixels io.ReadSeeker = file
	add := r.deps.Pictures.Add
	if v.File.Sort() == media.PDFFile {
		page, err := r.deps.FirstPage(ctx, file)
		if errors.Is(err, sandbox.ErrRefused) || errors.Is(err, sandbox.ErrStopped) {
			r.deps.Log.InfoContext(ctx, "no preview of a file", "file", v.File.Name, "reason", err)
			return "", nil
		}
		if err != nil {
			return "", err
		}
		pixels, add = bytes.NewReader(page), r.deps.Pictures.AddPage
	}
	picture, err = add(ctx, v.AuthorID, "file", pixels)
	if errs.Is(err, errs.Invalid) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("keep the preview of %s: %w", v.File.Name, err)
	}
	return picture, nil
}
