package media_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// agedStore is a store whose files can be made older.
type agedStore struct {
	media.Store
	age func(name string, changed time.Time)
}

// agedStores returns an empty store of each kind.
func agedStores(t *testing.T) map[string]agedStore {
	t.Helper()
	folder, path := openFolder(t)
	s3 := &fakeS3{files: map[string][]byte{}, changed: map[string]time.Time{}}
	return map[string]agedStore{
		"folder": {folder, func(name string, changed time.Time) {
			if err := os.Chtimes(path+"/"+name, changed, changed); err != nil {
				t.Fatal(err)
			}
		}},
		"bucket": {openBucketOf(t, s3), func(name string, changed time.Time) { s3.changed[name] = changed }},
	}
}

// names returns what is in a store, in alphabetical order.
func (s agedStore) names(t *testing.T) (names []string) {
	t.Helper()
	err := s.Each(t.Context(), func(some []media.Listed) error {
		for _, f := range some {
			names = append(names, f.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// random returns a name as NewName makes them, which begins with a letter.
func random(letter, rest string) string { return letter + strings.Repeat("2", 25) + rest }

func TestFilesThatNothingRefersToAreRemovedInTheEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for kind, store := range agedStores(t) {
			execute(t, db, `DELETE FROM files`)
			execute(t, db, `DELETE FROM images`)
			now := time.Now()
			execute(t, db, `INSERT INTO files (name, original_name, media_type, size, created_at) VALUES (?, 'x', 'x', 1, 0)`, random("a", ".pdf"))
			execute(t, db, `INSERT INTO images (name, created_at) VALUES (?, 0)`, random("b", ".png"))
			execute(t, db, `INSERT INTO images (name, created_at) VALUES (?, 0)`, random("p", "-40x30.jpg"))
			execute(t, db, `INSERT INTO files (name, original_name, media_type, size, created_at) VALUES (?, 'x', 'x', 1, 0)`, random("w", ".webp"))
			stays := []string{
				random("a", ".pdf"), random("b", ".png"), random("b", ".small.png"), // known, and made of what is known
				random("p", "-40x30.jpg"), random("p", "-40x30.wall.jpg"), random("p", "-40x30.wall.jpg.webp"), random("w", ".webp"),
				"altes-bild.png", "downloads-probe.txt", "backup.tar", // not named by this program
				random("y", ".pdf"), // being uploaded
			}
			goes := []string{random("c", ".pdf"), random("d", ""), random("e", ".cover.png"), random("f", ".pdf.part-"+random("g", "")), "ping-" + random("h", ""), random("i", "-40x30.jpg"), random("j", "-40x30.wall.jpg"), random("k", "-40x30.wall.jpg.webp")}
			for _, name := range slices.Concat(stays, goes) {
				if _, err := store.Put(t.Context(), name, strings.NewReader("x")); err != nil {
					t.Fatal(err)
				}
				if name != random("y", ".pdf") {
					store.age(name, now.AddDate(-1, 0, 0))
				}
			}
			slices.Sort(stays)
			run := func() {
				t.Helper()
				u := &media.Upkeep{DB: db, Store: store, Log: slog.New(slog.DiscardHandler), Age: 30 * 24 * time.Hour, Missing: func(_ context.Context, files int, some []string) {
					t.Errorf("%s: %d files are missing: %q", kind, files, some)
				}}
				if err := u.Run(t.Context()); err != nil {
					t.Fatal(kind, err)
				}
			}
			found := func(at time.Time) { execute(t, db, `UPDATE stray_files SET found_at = ?`, clock.At(at)) }
			run()
			found(now.Add(-29 * 24 * time.Hour))
			run()
			if got := len(store.names(t)); got != len(stays)+len(goes) {
				t.Errorf("%s: %d files are left before their time is over", kind, got)
			}
			// A row that comes back, with a backup of the database, saves its file, and the time begins anew.
			execute(t, db, `INSERT INTO files (name, original_name, media_type, size, created_at) VALUES (?, 'x', 'x', 1, 0)`, random("c", ".pdf"))
			run()
			execute(t, db, `DELETE FROM files WHERE name = ?`, random("c", ".pdf"))
			found(now.Add(-31 * 24 * time.Hour))
			run()
			want := slices.Sorted(slices.Values(append(slices.Clone(stays), random("c", ".pdf"))))
			if got := store.names(t); !slices.Equal(got, want) {
				t.Errorf("%s: left are %q, want %q", kind, got, want)
			}
			found(now.Add(-31 * 24 * time.Hour))
			run()
			if got := store.names(t); !slices.Equal(got, stays) {
				t.Errorf("%s: left are %q, want %q", kind, got, stays)
			}
			var noted int
			if err := db.Get(t.Context(), &noted, `SELECT COUNT(*) FROM stray_files`); err != nil || noted != 0 {
				t.Errorf("%s: %d files are noted still, %v", kind, noted, err)
			}
		}
	})
}

func TestFilesThatAreMissingAreReported(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	for kind, store := range agedStores(t) {
		execute(t, db, `DELETE FROM files`)
		execute(t, db, `DELETE FROM images`)
		const there = 600
		var rows [][]any
		for n := range there { // more than are looked at together
			name := fmt.Sprintf("bild%d.png", n)
			if _, err := store.Put(t.Context(), name, strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, []any{name, 0})
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return tx.InsertRows(t.Context(), `INSERT INTO images (name, created_at)`, rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(store.names(t)); got != there {
			t.Errorf("%s: %d files are listed", kind, got)
		}
		execute(t, db, `INSERT INTO files (name, original_name, media_type, size, created_at) VALUES ('weg.pdf', 'x', 'x', 1, 0)`)
		execute(t, db, `INSERT INTO images (name, created_at) VALUES ('weg.png', 0)`)
		told := ""
		u := &media.Upkeep{DB: db, Store: store, Log: slog.New(slog.DiscardHandler), Age: time.Hour, Missing: func(_ context.Context, files int, some []string) {
			told += fmt.Sprint(files, some)
		}}
		if err := u.Run(t.Context()); err != nil || told != "2 [weg.pdf weg.png]" {
			t.Errorf("%s: told is %q, %v", kind, told, err)
		}
	}
}

func execute(t *testing.T, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
