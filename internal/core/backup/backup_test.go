package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// first are migrations with every type of column, references forwards, backwards and to the same table, a column that the
// database works out, columns whose order differs and a table that is worked out anew; second is a later one.
const (
	first = `-- +goose Up
CREATE TABLE IF NOT EXISTS people (id {id}, name VARCHAR(100) NOT NULL, code CHAR(10), public BOOLEAN NOT NULL, "text" {text}, picture {blob}, friend_id BIGINT,
	FOREIGN KEY (friend_id) REFERENCES people (id)){options};
{if sqlite}
CREATE TABLE IF NOT EXISTS "groups" (id {id}, slug VARCHAR(50) NOT NULL, slug_key VARCHAR(50) GENERATED ALWAYS AS (LOWER(slug)) STORED, founder_id BIGINT NOT NULL, UNIQUE (slug_key),
	FOREIGN KEY (founder_id) REFERENCES people (id) ON DELETE CASCADE){options};
{end}
{if postgresql mysql}
CREATE TABLE IF NOT EXISTS "groups" (id {id}, founder_id BIGINT NOT NULL, slug VARCHAR(50) NOT NULL, slug_key VARCHAR(50) GENERATED ALWAYS AS (LOWER(slug)) STORED, UNIQUE (slug_key),
	FOREIGN KEY (founder_id) REFERENCES people (id) ON DELETE CASCADE){options};
{end}
CREATE TABLE IF NOT EXISTS accounts (id {id}, amount BIGINT NOT NULL){options};
CREATE TABLE IF NOT EXISTS a_marks (nr BIGINT NOT NULL, PRIMARY KEY (nr)){options};
CREATE TABLE IF NOT EXISTS z_marks (nr BIGINT NOT NULL, PRIMARY KEY (nr), FOREIGN KEY (nr) REFERENCES a_marks (nr)){options};
CREATE TABLE IF NOT EXISTS words (word VARCHAR(20) NOT NULL, PRIMARY KEY (word)){options};
`
	second = `-- +goose Up
{column people motto VARCHAR(50)}
`
)

func migrations(texts ...string) fs.FS {
	all := fstest.MapFS{}
	for i, text := range texts {
		all[fmt.Sprintf("%05d_part.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// siteOn returns a site with a database and an empty media store.
func siteOn(t testing.TB, db *sqldb.DB) Site {
	t.Helper()
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return Site{DB: db, Media: store, Schema: migrations(first), Derived: []string{"words"}, Program: "6.0", Domain: "stadt.example", Scratch: t.TempDir(), Key: []byte("key")}
}

// fill gives a site rows and files of all sorts.
func (s Site) fill(t testing.TB, people int) {
	t.Helper()
	odd := []string{"", "Zoë", "a\"b\\c", "line\nline\r\n\ttab", "\x01\x1f\u2028", "’🌱 𝄞", "null", "[1,2]", " blanks  ", "<&>", strings.Repeat("lang ", 2000)}
	err := s.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		for i := range people {
			text, picture, friend, code := any(odd[i%len(odd)]), any([]byte{0, 255, byte(i), '"'}), any(nil), any("2026-01-10")
			if i%5 == 0 {
				text, picture, code = nil, []byte{}, nil
			}
			if i > 0 {
				friend = int64(i)
			}
			id, err := tx.Insert(t.Context(), `INSERT INTO people (name, code, public, "text", picture, friend_id) VALUES (?, ?, ?, ?, ?, ?)`, fmt.Sprint("Person ", i), code, i%2 == 0, text, picture, friend)
			if err != nil {
				return err
			}
			if _, err := tx.Insert(t.Context(), `INSERT INTO "groups" (slug, founder_id) VALUES (?, ?)`, fmt.Sprint("Gruppe-", i), id); err != nil {
				return err
			}
		}
		// The id of a row that is gone is not given again.
		id, err := tx.Insert(t.Context(), `INSERT INTO accounts (amount) VALUES (7)`)
		if err == nil {
			_, err = tx.Exec(t.Context(), `INSERT INTO words (word) VALUES ('hallo')`)
		}
		if err == nil {
			_, err = tx.Exec(t.Context(), `DELETE FROM accounts WHERE id = ?`, id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"aaa.jpg": "a picture", "bbb.jpg": "a picture", "ccc.txt": "", "ddd.bin": strings.Repeat("\x00\xff1", 5000), "eee": "without an ending",
		"fff.jpg.part-abc": "an upload that broke off", "ping-xyz": "ping",
	} {
		if _, err := s.Media.Put(t.Context(), name, strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
}

// make makes a backup, which has to work.
func (s Site) make(t testing.TB, recipients ...age.Recipient) ([]byte, Restored) {
	t.Helper()
	var archive bytes.Buffer
	made, err := s.Make(t.Context(), &archive, recipients)
	if err != nil {
		t.Fatal(err)
	}
	return archive.Bytes(), made
}

// files returns what is in a media store.
func files(t testing.TB, s media.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.Each(t.Context(), func(some []media.Listed) error {
		for _, f := range some {
			r, err := s.Open(t.Context(), f.Name)
			if err != nil {
				return err
			}
			content, err := io.ReadAll(r)
			if all[f.Name] = string(content); err != nil {
				return err
			}
			r.Close()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestASiteMovesFromOneDatabaseToAllOthersAndBack(t *testing.T) {
	t.Parallel()
	from := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	from.fill(t, 300)
	want := files(t, from.Media)
	delete(want, "fff.jpg.part-abc")
	delete(want, "ping-xyz")
	archive, made := from.make(t)
	if made.Manifest.Rows() != 600 || made.Manifest.Files.Rows != 5 || made.Manifest.Blobs != 4 {
		t.Errorf("%d rows, %d files with %d contents", made.Manifest.Rows(), made.Manifest.Files.Rows, made.Manifest.Blobs)
	}
	for _, engine := range []string{"postgresql", "mariadb", "sqlite"} {
		ok := t.Run(engine, func(t *testing.T) {
			to := siteOn(t, dbtest.OpenSchema(t, engine, nil))
			if _, err := to.Restore(t.Context(), bytes.NewReader(archive), Restoring{}); err != nil {
				t.Fatal(err)
			}
			var moved Restored
			archive, moved = to.make(t)
			if diff := cmp.Diff(made.Manifest, moved.Manifest); diff != "" {
				t.Errorf("what has moved is not the same:\n%s", diff)
			}
			if diff := cmp.Diff(want, files(t, to.Media)); diff != "" {
				t.Errorf("files:\n%s", diff)
			}
			// Ids go on after the largest one that was ever given, and references are checked again.
			err := to.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
				if id, err := tx.Insert(t.Context(), `INSERT INTO accounts (amount) VALUES (1)`); err != nil || id != 2 {
					t.Errorf("the next account is %d, %v", id, err)
				}
				id, err := tx.Insert(t.Context(), `INSERT INTO people (name, public) VALUES ('Neu', ?)`, true)
				if id != 301 {
					t.Errorf("the next person is %d", id)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			err = to.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), `INSERT INTO "groups" (slug, founder_id) VALUES ('nirgends', 9999)`)
				return err
			})
			if err == nil {
				t.Error("a group without a founder was taken")
			}
		})
		if !ok {
			return
		}
	}
}

func TestABackupUnderLoadIsOfOneMoment(t *testing.T) {
	t.Parallel()
	const accounts, total = 400, 400 * 100
	dbtest.EachSchema(t, migrations(first), func(t *testing.T, db *sqldb.DB) {
		s := siteOn(t, db)
		s.Media = nil
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			rows := slices.Repeat([][]any{{int64(100)}}, accounts)
			return tx.InsertRows(t.Context(), `INSERT INTO accounts (amount)`, rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		var lock sync.Mutex
		nr := int64(0)
		for range 3 {
			working.Go(func() {
				for ctx.Err() == nil {
					lock.Lock()
					nr++
					n := nr
					lock.Unlock()
					a, b := 1+rand.IntN(accounts), 1+rand.IntN(accounts)
					err := db.Write(ctx, func(tx *sqldb.Tx) error {
						if _, err := tx.Exec(ctx, `UPDATE accounts SET amount = amount - 1 WHERE id = ?`, min(a, b)); err != nil {
							return err
						}
						if _, err := tx.Exec(ctx, `UPDATE accounts SET amount = amount + 1 WHERE id = ?`, max(a, b)); err != nil {
							return err
						}
						if _, err := tx.Exec(ctx, `INSERT INTO a_marks (nr) VALUES (?)`, n); err != nil {
							return err
						}
						_, err := tx.Exec(ctx, `INSERT INTO z_marks (nr) VALUES (?)`, n)
						return err
					})
					if err != nil && ctx.Err() == nil {
						t.Errorf("write %d: %v", n, err)
						return
					}
				}
			})
		}
		seen := int64(-1)
		for range 5 {
			archive, made := s.make(t)
			to := siteOn(t, dbtest.OpenSchema(t, "sqlite", nil))
			if _, err := to.Restore(t.Context(), bytes.NewReader(archive), Restoring{}); err != nil {
				t.Fatal(err)
			}
			var sum, marks, others int64
			for query, into := range map[string]*int64{
				`SELECT SUM(amount) FROM accounts`: &sum, `SELECT COUNT(*) FROM a_marks`: &marks, `SELECT COUNT(*) FROM z_marks`: &others,
			} {
				if err := to.DB.Get(t.Context(), into, query); err != nil {
					t.Fatal(err)
				}
			}
			if sum != total || marks != others {
				t.Errorf("the backup holds %d in all accounts instead of %d, and %d and %d marks: %v", sum, total, marks, others, made.Manifest.Tables)
			}
			seen = max(seen, marks)
		}
		stop()
		working.Wait()
		if seen <= 0 {
			t.Error("nobody has written")
		}
	})
}

func TestABackupOfAnOlderVersionIsMigratedAfterwards(t *testing.T) {
	t.Parallel()
	from := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	from.fill(t, 3)
	archive, _ := from.make(t)
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		to := siteOn(t, db)
		to.Schema = migrations(first, second)
		if _, err := to.Restore(t.Context(), bytes.NewReader(archive), Restoring{}); err != nil {
			t.Fatal(err)
		}
		if err := sqldb.Migrate(t.Context(), db, to.Schema); err != nil {
			t.Fatal(err)
		}
		var names []string
		if err := db.Select(t.Context(), &names, `SELECT name FROM people WHERE motto IS NULL ORDER BY id`); err != nil || len(names) != 3 {
			t.Errorf("%q, %v", names, err)
		}
	})
}

func TestABackupThatThisProgramCannotRestoreIsRefused(t *testing.T) {
	t.Parallel()
	from := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first, second)))
	from.Schema = migrations(first, second)
	from.fill(t, 3)
	archive, _ := from.make(t)
	for _, c := range []struct {
		what    string
		prepare func(to *Site)
		how     Restoring
		want    string
	}{
		{what: "a newer one", want: "whose database has version 2, and this program knows only versions up to 1: restore it with the newer program"},
		{what: "other migrations", prepare: func(to *Site) { to.Schema = migrations(first, second+"-- rewritten\n") }, want: "before the first release"},
		{what: "a database with rows", prepare: func(to *Site) {
			to.Schema = from.Schema
			to.DB = dbtest.OpenSchema(t, "sqlite", to.Schema)
			to.fill(t, 1)
		}, want: "the database is not empty"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			to := siteOn(t, dbtest.OpenSchema(t, "sqlite", nil))
			if c.prepare != nil {
				c.prepare(&to)
			}
			if _, err := to.Restore(t.Context(), bytes.NewReader(archive), c.how); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAFullDatabaseIsReplacedIfThatIsSaid(t *testing.T) {
	t.Parallel()
	from := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	from.fill(t, 3)
	archive, _ := from.make(t)
	dbtest.EachSchema(t, migrations(first, second), func(t *testing.T, db *sqldb.DB) {
		to := siteOn(t, db)
		to.Schema = migrations(first, second)
		to.fill(t, 20)
		if _, err := to.Restore(t.Context(), bytes.NewReader(archive), Restoring{Replace: true}); err != nil {
			t.Fatal(err)
		}
		var people int
		if err := db.Get(t.Context(), &people, `SELECT COUNT(*) FROM people`); err != nil || people != 3 {
			t.Errorf("%d people, %v", people, err)
		}
		if err := sqldb.Migrate(t.Context(), db, to.Schema); err != nil { // the next test finds it as it was
			t.Error(err)
		}
	})
}

func TestARowThatRefersToNothingIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, migrations(first), func(t *testing.T, db *sqldb.DB) {
		l, err := db.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		marks := sqldb.Table{Name: "z_marks", Columns: []sqldb.Column{{Name: "nr", Type: sqldb.Integer}}}
		if err := l.Insert(t.Context(), marks, [][]any{{int64(1)}}); err != nil {
			t.Fatal(err)
		}
		if err := l.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "z_marks") {
			t.Errorf("got %v", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if empty, err := db.IsEmpty(t.Context()); err != nil || !empty {
			t.Errorf("empty: %v, %v", empty, err)
		}
	})
}

func TestAnEncryptedBackupOpensOnlyWithItsKey(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 3)
	archive, _ := s.make(t, key.Recipient())
	if bytes.Contains(archive, []byte("Person")) {
		t.Error("names can be read")
	}
	for _, c := range []struct {
		keys []age.Identity
		want string
	}{
		{[]age.Identity{key}, ""},
		{nil, "is encrypted: name the file with its secret key"},
		{[]age.Identity{other}, "encrypted for another key"},
	} {
		_, err := s.Check(t.Context(), bytes.NewReader(archive), Restoring{Keys: c.keys})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestAPlaceKeepsEachContentOnce(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	now := clock.At(time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC))
	db := dbtest.OpenSchema(t, "sqlite", migrations(first))
	s := siteOn(t, db.WithClock(func() time.Time { return now.Time }))
	s.fill(t, 3)
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, recipients := range [][]age.Recipient{nil, {key.Recipient()}} {
		place := Place{Store: store, Recipients: recipients}
		made, err := place.Make(t.Context(), s, Scheduled)
		if err != nil {
			t.Fatal(err)
		}
		if made.Manifest.Outside != 4 || made.Manifest.Blobs != 0 {
			t.Errorf("%+v", made.Manifest)
		}
		how := Restoring{Keys: []age.Identity{key}, Beside: store}
		for _, check := range []bool{true, false} {
			archive, err := place.Open(t.Context(), made.Name)
			if err != nil {
				t.Fatal(err)
			}
			to := siteOn(t, dbtest.OpenSchema(t, "sqlite", nil))
			if check {
				_, err = to.Check(t.Context(), archive, how)
			} else {
				_, err = to.Restore(t.Context(), archive, how)
			}
			if err != nil {
				t.Errorf("check %v: %v", check, err)
			}
			archive.Close()
			if all := files(t, to.Media); !check && (len(all) != 5 || all["bbb.jpg"] != "a picture") {
				t.Errorf("%d files were restored", len(all))
			}
		}
		now = clock.At(now.Add(24 * time.Hour))
	}
	blobs := 0
	for name := range files(t, store) {
		if isBlobName(name) {
			blobs++
		}
	}
	if blobs != 4 {
		t.Errorf("%d contents lie beside two backups", blobs)
	}
	// A file that nobody has any more goes with the last backup that needs it.
	if err := s.Media.Remove(t.Context(), "ddd.bin"); err != nil {
		t.Fatal(err)
	}
	place := Place{Store: store}
	if _, err := place.Make(t.Context(), s, Scheduled); err != nil {
		t.Fatal(err)
	}
	later := clock.At(time.Now().AddDate(1, 0, 0))
	if removed, err := place.Prune(t.Context(), later, Retention{Daily: 1}); err != nil || removed != 2 {
		t.Errorf("%d backups were removed, %v", removed, err)
	}
	left := files(t, store)
	if names, err := place.List(t.Context()); err != nil || len(names) != 1 || len(left) != 2+3 {
		t.Errorf("what is left: %q, %v, %v", names, slices.Sorted(maps.Keys(left)), err)
	}
	for name := range left {
		if isBlobName(name) {
			if err := store.Remove(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	archive, err := place.Open(t.Context(), slices.DeleteFunc(slices.Sorted(maps.Keys(left)), func(n string) bool { return !archiveName.MatchString(n) })[0])
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	_, err = s.Check(t.Context(), archive, Restoring{Beside: store})
	if d, ok := errors.AsType[*Damage](err); !ok || !strings.Contains(d.Part, "the file ") {
		t.Errorf("a content that is missing: %v", err)
	}
}

func TestWhatHasBrokenOffGoesAndNothingElse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	store, err := media.OpenFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	const end = ".part-abcdefghijklmnopqrstuvwxyz"
	goes := []string{
		"grouprise_2026-11-29_02-37-00.tar" + end, "grouprise_2026-11-29_02-37-00.tar.age" + end, "preinst_auto_2026-11-29_02-37-00.tar" + end,
		"grouprise_2026-11-29_02-37-00.tar.files" + end, "blob-0123456789abcdef0123456789abcdef" + end,
	}
	stays := []string{"preinst_auto_2026-11-29_02-37-00.tar", "letter.part-two", "notes" + end, "picture.jpg" + end}
	for _, name := range slices.Concat(goes, stays) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// One may be being written.
	if _, err := (Place{Store: store}).Prune(t.Context(), clock.At(time.Now().Add(time.Hour)), Retention{Daily: 1}); err != nil || len(files(t, store)) != len(goes)+len(stays) {
		t.Errorf("after an hour there are %d, %v", len(files(t, store)), err)
	}
	if _, err := (Place{Store: store}).Prune(t.Context(), clock.At(time.Now().Add(25*time.Hour)), Retention{Daily: 1}); err != nil {
		t.Fatal(err)
	}
	if left := slices.Sorted(maps.Keys(files(t, store))); !slices.Equal(left, slices.Sorted(slices.Values(stays))) {
		t.Errorf("what is left: %q", left)
	}
}

func TestBackupsAreKeptByDayWeekAndMonth(t *testing.T) {
	t.Parallel()
	var names []string
	for day := range 400 {
		at := clock.At(time.Date(2026, time.January, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, day))
		names = append(names, Name(Scheduled, at, false), Name(Scheduled, clock.At(at.Add(time.Hour)), true))
	}
	kept := slices.Sorted(maps.Keys(Retention{Daily: 3, Weekly: 2, Monthly: 3}.choose(names)))
	want := []string{
		"grouprise_2026-12-31_04-00-00.tar.age", // the last one of its month
		"grouprise_2027-01-31_04-00-00.tar.age", // of its month and its week
		"grouprise_2027-02-02_04-00-00.tar.age", "grouprise_2027-02-03_04-00-00.tar.age", "grouprise_2027-02-04_04-00-00.tar.age",
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	if kept := (Retention{}).choose(names[:4]); len(kept) != 1 {
		t.Errorf("without any rule: %v", kept)
	}
}

func TestAFileThatChangesWhileItIsReadEndsTheBackup(t *testing.T) {
	t.Parallel()
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 3)
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s.Media = shrinking{s.Media}
	if _, err := (Place{Store: store}).Make(t.Context(), s, Scheduled); err == nil {
		t.Error("a file that changed while it was read was backed up")
	}
	if names, err := (Place{Store: store}).List(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("there are backups: %q, %v", names, err)
	}
}

// shrinking is a store whose files have other bytes when they are read the second time.
type shrinking struct{ media.Store }

func (s shrinking) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	f, err := s.Store.Open(ctx, name)
	return &rotten{ReadSeekCloser: f}, err
}

type rotten struct {
	io.ReadSeekCloser

	again bool
}

func (r *rotten) Seek(offset int64, whence int) (int64, error) {
	r.again = true
	return r.ReadSeekCloser.Seek(offset, whence)
}

func (r *rotten) Read(p []byte) (int, error) {
	n, err := r.ReadSeekCloser.Read(p)
	if r.again && n > 0 {
		p[0] ^= 1
	}
	return n, err
}

func TestAFileThatIsThereAlreadyMustBeTheSame(t *testing.T) {
	t.Parallel()
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 1)
	archive, _ := s.make(t)
	to := siteOn(t, dbtest.OpenSchema(t, "sqlite", nil))
	if _, err := to.Media.Put(t.Context(), "aaa.jpg", strings.NewReader("another picture")); err != nil {
		t.Fatal(err)
	}
	_, err := to.Restore(t.Context(), bytes.NewReader(archive), Restoring{})
	if err == nil || !strings.Contains(err.Error(), "another file aaa.jpg") || errs.Is(err, errs.Conflict) {
		t.Errorf("got %v", err)
	}
}
