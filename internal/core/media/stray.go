package media

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Upkeep compares the store with what the database knows of it. A process that is killed between the two leaves files
// behind, and whoever restores a backup of one of them alone has what the other does not know.
type Upkeep struct {
	DB    *sqldb.DB
	Store Store
	Log   *slog.Logger
	// Age is how long a file must have been found without a row before it is removed: whoever started the site with the
	// wrong database, or with an old one, has this long to find out.
	Age time.Duration
	// Missing reports rows whose files are gone: how many, and the names of some.
	Missing func(ctx context.Context, files int, some []string)
}

// justWritten is how long nobody asks for the row of a file: it may be in a transaction that has not ended.
const justWritten = 24 * time.Hour

// maxNamed is how many missing files are named.
const maxNamed = 5

// ours finds the names that this program gives: random ones, with the size of a picture, those of its smaller versions and
// of their WebP, and what is left of writing and trying. Nothing else in a folder or bucket is ever removed.
var ours = regexp.MustCompile(`^(?:ping-)?(?P<random>[a-z2-7]{26}(?:-\d{1,5}x\d{1,5}(?:-page)?)?)` +
	`(?:\.[a-z]{2,20}(?P<of>\.[a-z0-9]{1,10})\.webp|(?:\.[a-z]{2,20})??(?P<extension>\.[a-z0-9]{1,10})?)(?P<part>\.part-[a-z2-7]{26})?$`)

// rowOf returns the name under which the database knows a file of ours, if it knows it; ok is false for names that are
// not ours.
func rowOf(name string) (row string, ok bool) {
	found := ours.FindStringSubmatch(name)
	if found == nil {
		return "", false
	}
	if found[ours.SubexpIndex("part")] != "" || strings.HasPrefix(name, "ping-") {
		return "", true
	}
	return found[ours.SubexpIndex("random")] + found[ours.SubexpIndex("of")] + found[ours.SubexpIndex("extension")], true
}

// Run removes files that no row knows, and reports rows whose files are gone.
func (u *Upkeep) Run(ctx context.Context) error {
	seed := maphash.MakeSeed()
	var there []uint64 // the names of all files, hashed: there may be millions
	err := u.Store.Each(ctx, func(some []Listed) error {
		for _, f := range some {
			there = append(there, maphash.String(seed, f.Name))
		}
		return u.sweep(ctx, some)
	})
	if err != nil {
		return fmt.Errorf("look through the files: %w", err)
	}
	slices.Sort(there)
	return u.findMissing(ctx, func(name string) bool {
		_, found := slices.BinarySearch(there, maphash.String(seed, name))
		return found
	})
}

// sweep notes which of some files no row knows, and removes those that were noted long enough ago.
func (u *Upkeep) sweep(ctx context.Context, some []Listed) error {
	now := u.DB.Now()
	rows := map[string]string{} // the name in the database by the name in the store
	for _, f := range some {
		if row, ok := rowOf(f.Name); ok && now.Sub(f.ChangedAt) > justWritten {
			rows[f.Name] = row
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var known []string
	wanted := slices.Collect(maps.Values(rows))
	err := u.DB.Select(ctx, &known, `SELECT name FROM files WHERE name IN (?) UNION SELECT name FROM images WHERE name IN (?) ORDER BY name`, wanted, wanted)
	if err != nil {
		return fmt.Errorf("look for the rows of files: %w", err)
	}
	var kept, stray []string
	for name, row := range rows {
		if slices.Contains(known, row) {
			kept = append(kept, name)
		} else {
			stray = append(stray, name)
		}
	}
	slices.Sort(stray)
	var old []string
	err = u.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		noted := make([][]any, len(stray))
		for i, name := range stray {
			noted[i] = []any{name, tx.Now}
		}
		if err := tx.InsertNewRows(ctx, `INSERT INTO stray_files (name, found_at)`, noted); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM stray_files WHERE name IN (?)`, kept); err != nil {
			return err
		}
		return tx.Select(ctx, &old, `SELECT name FROM stray_files WHERE name IN (?) AND found_at <= ? ORDER BY name`, stray, clock.At(now.Add(-u.Age)))
	})
	if err != nil {
		return fmt.Errorf("note files that no row knows: %w", err)
	}
	return u.remove(ctx, old)
}

// remove removes files from the store, and the notes of them.
func (u *Upkeep) remove(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		if err := u.Store.Remove(ctx, name); err != nil {
			return err
		}
	}
	u.Log.InfoContext(ctx, "removed files that nothing refers to", "files", len(names))
	err := u.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM stray_files WHERE name IN (?)`, names)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget files that were removed: %w", err)
	}
	return nil
}

// named is a row that a file belongs to.
type named struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
}

// findMissing reports the rows whose files are not there. What was not seen is looked for once more: it may have come
// meanwhile.
func (u *Upkeep) findMissing(ctx context.Context, seen func(name string) bool) error {
	missing := 0
	var some []string
	check := func(rows []named) error {
		for _, row := range rows {
			if seen(row.Name) {
				continue
			}
			f, err := u.Store.Open(ctx, row.Name)
			switch {
			case err == nil:
				err = f.Close()
			case errs.Is(err, errs.NotFound):
				err = nil
				if missing++; len(some) < maxNamed {
					some = append(some, row.Name)
				}
			}
			if err != nil {
				return fmt.Errorf("look for the file %s: %w", row.Name, err)
			}
		}
		return nil
	}
	err := errors.Join(
		u.eachRow(ctx, `SELECT id, name FROM files WHERE id > ? ORDER BY id LIMIT ?`, check),
		u.eachRow(ctx, `SELECT id, name FROM images WHERE id > ? ORDER BY id LIMIT ?`, check),
	)
	if err != nil || missing == 0 {
		return err
	}
	u.Log.WarnContext(ctx, "files that the database knows are missing from the media storage", "files", missing, "some", some)
	u.Missing(ctx, missing, some)
	return nil
}

// eachRow calls fn with the rows of a table, some at a time.
func (u *Upkeep) eachRow(ctx context.Context, query string, fn func([]named) error) error {
	for after := int64(0); ; {
		var rows []named
		if err := u.DB.Select(ctx, &rows, query, after, listedAtOnce); err != nil {
			return fmt.Errorf("list the rows of files: %w", err)
		}
		if err := fn(rows); err != nil || len(rows) < listedAtOnce {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}
