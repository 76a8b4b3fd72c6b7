package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// A rendition is a JPEG at once, when somebody first asks for it. Most browsers read WebP, too, which is a third or half
// smaller and takes long to make: a job does so afterwards. Those who have asked before have what they need.

// Converter makes WebP of pictures.
type Converter interface {
	// Convert returns a WebP for each JPEG, in their order; nil for one that cannot be converted.
	Convert(ctx context.Context, pictures [][]byte) ([][]byte, error)
}

// converting is what makes WebP of renditions.
type converting struct {
	jobs      queue.Enqueuer
	converter Converter
}

// ConvertBy lets jobs make WebP of renditions from now on.
func (p *Pictures) ConvertBy(jobs queue.Enqueuer, c Converter) { p.converting = &converting{jobs, c} }

const jobWebP = "pictures.convert"

// webpJob is what the job is to convert.
type webpJob struct {
	Name string `json:"name"` // of the picture
	Size string `json:"size"` // of the rendition
}

// maxConverted is how many pictures are converted together.
const maxConverted = 8

// convertible reports whether a rendition becomes a WebP: photos that are shown on pages, and large enough for it to
// matter. Mails and messengers get JPEG.
func convertible(name, size string) bool {
	sizes := []string{community.CardPicture, community.CoverPicture, community.TextPicture, community.WallPicture, community.ScreenPicture}
	return path.Ext(name) == ".jpg" && slices.Contains(sizes, size)
}

// webpName returns the name in the store of a rendition as WebP.
func webpName(rendition string) string { return rendition + ".webp" }

// convertLater enqueues what makes a WebP of a rendition.
func (p *Pictures) convertLater(ctx context.Context, name, size string) error {
	if p.converting == nil || !convertible(name, size) {
		return nil
	}
	return p.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		return p.converting.jobs.Enqueue(ctx, tx, jobWebP, webpJob{name, size}, queue.Unique(renditionName(name, size)))
	})
}

// Jobs are what makes WebP of renditions.
func (p *Pictures) Jobs() []queue.Kind {
	return []queue.Kind{{Name: jobWebP, Lane: queue.Housekeeping, MaxAttempts: 3, Batch: maxConverted, HandleMany: p.convertMany}}
}

func (p *Pictures) convertMany(ctx context.Context, jobs []queue.Job) []error {
	problems := make([]error, len(jobs))
	var wanted []webpJob
	var pictures [][]byte
	var places []int
	for i, j := range jobs {
		var w webpJob
		if problems[i] = j.Decode(&w); problems[i] != nil {
			continue
		}
		picture, err := p.readAll(ctx, renditionName(w.Name, w.Size))
		if errs.Is(err, errs.NotFound) {
			continue // the picture has been removed
		}
		if problems[i] = err; err == nil {
			wanted, pictures, places = append(wanted, w), append(pictures, picture), append(places, i)
		}
	}
	if len(pictures) == 0 {
		return problems
	}
	converted, err := p.converting.converter.Convert(ctx, pictures)
	for n, i := range places {
		switch {
		case err != nil:
			problems[i] = err
		case len(converted[n]) > 0 && len(converted[n]) < len(pictures[n]):
			problems[i] = p.keepWebP(ctx, wanted[n], converted[n])
		}
	}
	return problems
}

func (p *Pictures) readAll(ctx context.Context, stored string) ([]byte, error) {
	r, err := p.store.Open(ctx, stored)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// keepWebP stores a WebP, and notes that it is there.
func (p *Pictures) keepWebP(ctx context.Context, w webpJob, data []byte) error {
	stored := webpName(renditionName(w.Name, w.Size))
	if _, err := p.store.Put(ctx, stored, bytes.NewReader(data)); err != nil && !errs.Is(err, errs.Conflict) { // an attempt before was cut off
		return err
	}
	var noted int64
	err := p.db.WriteUnseen(ctx, func(tx *sqldb.Tx) (err error) {
		noted, err = tx.Exec(ctx, `UPDATE images SET webp = webp || ' ' || ? WHERE name = ? AND webp || ' ' NOT LIKE ?`, w.Size, w.Name, "% "+w.Size+" %")
		return err
	})
	if err != nil {
		return fmt.Errorf("note the WebP of %s: %w", stored, err)
	}
	if noted > 0 {
		return nil
	}
	var id int64
	if err := p.db.Get(ctx, &id, `SELECT id FROM images WHERE name = ?`, w.Name); !errs.Is(err, errs.NotFound) {
		return err
	}
	return p.store.Remove(ctx, stored) // somebody has removed the picture meanwhile
}

// hasWebP reports whether a rendition is there as WebP, by the column of its picture.
func hasWebP(column, size string) bool { return slices.Contains(strings.Fields(column), size) }
