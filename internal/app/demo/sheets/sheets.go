// Package sheets lets the groups of an invented town publish files: a plan to print with an older version, a table, and
// a voice to practise with.
package sheets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// sheet is an item with a file. People and groups go by their short names.
type sheet struct {
	group, author, title, text string

	internal bool
	days     int    // ago
	versions []file // the oldest first
}

type file struct {
	name, mediaType string
	data            []byte
}

func sheets() []sheet {
	plan := func(year string, beds ...string) file {
		return file{"Beetplan " + year + ".pdf", "application/pdf", page("Beetplan "+year, append(beds, "", "Garten am Bach, Stand: März "+year)...)}
	}
	return []sheet{
		{
			group: "garten", author: "anna", title: "Beetplan zum Aufhängen", days: 9, text: "Einmal ausdrucken und in den Schuppen hängen. Wer tauschen will, sagt Bert Bescheid.",
			versions: []file{
				plan("2025", "Beet 1   Bohnen, Mais", "Beet 2   Kartoffeln", "Beet 3   Salat, Radieschen"),
				plan("2026", "Beet 1   Kartoffeln", "Beet 2   Salat, Radieschen", "Beet 3   Bohnen, Mais", "Beet 4   Gründüngung"),
			},
		},
		{
			group: "garten", author: "bert", title: "Gießliste als Tabelle", days: 12, internal: true, text: "Zum Weiterrechnen.",
			versions: []file{{"Gießliste.csv", "text/csv", []byte("Woche;Wer\n28;Anna, Bert\n29;Bert\n30;Hatice\n")}},
		},
		{
			group: "chor", author: "anna", title: "Der Tenor zum Üben", days: 16, text: "Die ersten Töne von „Abendstille“, langsam.",
			versions: []file{{"Tenor langsam.wav", "audio/wav", voice(196, 220, 246.9, 261.6, 246.9, 220, 196)}},
		},
	}
}

// previewJob is the job that draws the first page of a PDF file.
const previewJob = "files.preview"

// Filling returns what publishes the files in a town that has been filled.
func Filling(db *sqldb.DB, jobs *queue.Queue, store media.Store) func(context.Context) error {
	return func(ctx context.Context) error { return fill(ctx, db, jobs, store) }
}

func fill(ctx context.Context, db *sqldb.DB, jobs *queue.Queue, store media.Store) error {
	var kept []string
	err := db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, s := range sheets() {
			if err := s.publish(ctx, tx, jobs, store, &kept); err != nil {
				return fmt.Errorf("publish the file %q: %w", s.title, err)
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	for _, name := range kept {
		err = errors.Join(err, store.Remove(context.WithoutCancel(ctx), name))
	}
	return err
}

func (s sheet) publish(ctx context.Context, tx *sqldb.Tx, jobs *queue.Queue, store media.Store, kept *[]string) error {
	var of struct {
		EntityID int64 `db:"entity_id"`
		AuthorID int64 `db:"author_id"`
	}
	if err := tx.Get(ctx, &of, `SELECT g.id AS entity_id, p.id AS author_id FROM entities g, people p JOIN entities e ON e.id = p.entity_id WHERE g.slug = ? AND e.slug = ?`, s.group, s.author); err != nil {
		return err
	}
	published := clock.At(tx.Now.Add(-time.Duration(s.days) * 24 * time.Hour))
	id, err := tx.Insert(ctx, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, revision) VALUES ('file', ?, ?, ?, ?, ?, ?, ?)`,
		of.EntityID, of.AuthorID, slug.Make(s.title, 50), s.title, !s.internal, published, len(s.versions))
	if err != nil {
		return err
	}
	for n, f := range s.versions {
		at := clock.At(published.Add(time.Duration(n) * time.Hour))
		name := media.NewName(f.name)
		if _, err := store.Put(ctx, name, bytes.NewReader(f.data)); err != nil {
			return err
		}
		*kept = append(*kept, name)
		fileID, err := tx.Insert(ctx, `INSERT INTO files (name, original_name, media_type, size, creator_id, content_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			name, f.name, f.mediaType, len(f.data), of.AuthorID, id, at)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO file_versions (content_id, number, file_id, author_id, created_at) VALUES (?, ?, ?, ?, ?)`, id, n+1, fileID, of.AuthorID, at); err != nil {
			return err
		}
		var text *string
		if n == 0 {
			text = &s.text
		}
		if _, err := tx.Exec(ctx, `INSERT INTO versions (content_id, revision, author_id, text, created_at) VALUES (?, ?, ?, ?, ?)`, id, n+1, of.AuthorID, text, at); err != nil {
			return err
		}
	}
	return jobs.Enqueue(ctx, tx, previewJob, map[string]int64{"content": id})
}
