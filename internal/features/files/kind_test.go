package files

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/contenttest"
)

// newRoom returns the room over a database and a store.
func newRoom(db *sqldb.DB, store media.Store) *Files {
	jobs := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	r := New(Deps{
		DB: db, Queue: jobs, Media: store, Pictures: media.NewPictures(db, store),
		Limiter: web.NewLimiter(db, nil), Log: slog.New(slog.DiscardHandler), MaxBytes: 1 << 20, Keep: 30 * 24 * time.Hour,
	})
	jobs.Handle(queue.Kind{Name: previewJob, Handle: r.previewJob})
	return r
}

// sampleForm is a form whose file has just been sent, as often as the suite names it.
type sampleForm struct{ form }

// Save implements content.Form.
func (f *sampleForm) Save(ctx context.Context, tx *sqldb.Tx, id int64) error {
	name := f.Stored.name()
	present, err := currentVersion(ctx, tx, id)
	if err != nil {
		return err
	}
	if strings.HasSuffix(name, "sample.pdf") && present.File.Name != name {
		// Whoever has the file keeps it, under another name.
		if _, err := tx.Exec(ctx, `UPDATE files SET name = ? WHERE name = ?`, media.NewName(name), name); err != nil {
			return err
		}
		if err := insertSample(ctx, tx, name, f.actorID); err != nil {
			return err
		}
	}
	return f.form.Save(ctx, tx, id)
}

func insertSample(ctx context.Context, tx *sqldb.Tx, name string, creatorID int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO files (name, original_name, media_type, size, creator_id, created_at) VALUES (?, ?, 'application/pdf', ?, ?, ?)`,
		name, strings.ToUpper(name), 1000*len(name), sqldb.OrNull(creatorID), tx.Now)
	return err
}

func TestFilesAreAKindOfContent(t *testing.T) {
	t.Parallel()
	over := func(t *testing.T, db *sqldb.DB) content.Kind {
		t.Helper()
		folder, err := media.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = folder.Close() })
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := insertSample(t.Context(), tx, "sample.pdf", 0); err != nil {
				return err
			}
			return insertSample(t.Context(), tx, "othersample.pdf", 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(db, folder)
		k := r.Kind()
		k.Form = func() content.Form { return &sampleForm{form{room: r}} }
		return k
	}
	contenttest.Conformance(t, newRoom(nil, nil).Kind(), contenttest.Sample{
		Fields: url.Values{"stored": {"sample.pdf/SAMPLE.PDF"}}, Changed: url.Values{"stored": {"othersample.pdf/OTHERSAMPLE.PDF"}},
		OnPage: []string{"SAMPLE.PDF", "PDF, 10 kB"}, OnCard: []string{"SAMPLE.PDF"}, InMail: []string{"SAMPLE.PDF (PDF, 10 kB)"}, Enclosed: []string{"application/pdf"}, Over: over,
	})
}
