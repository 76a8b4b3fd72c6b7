package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// scratch is a database on this machine into which an archive is restored to see that it can be.
type scratch struct {
	db     *sqldb.DB
	folder string
}

// scratchCache is how much of a scratch database is kept in memory, in kilobytes: a backup is made where the site runs.
const scratchCache = 2000

// newScratch makes an empty database.
func (s Site) newScratch(ctx context.Context) (*scratch, error) {
	if err := os.MkdirAll(s.Scratch, 0o750); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(s.Scratch, "backup-proof-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the proof: %w", err)
	}
	db, err := sqldb.Open(ctx, sqldb.Config{Engine: sqldb.SQLite, Path: filepath.Join(folder, "proof.sqlite3"), MaxConns: 1, NoSync: true, Cache: scratchCache})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &scratch{db, folder}, nil
}

func (s *scratch) close() error { return errors.Join(s.db.Close(), os.RemoveAll(s.folder)) }

// prover restores an archive into a scratch database, and reads the bytes of all files.
type prover struct {
	restorer

	beside bool // the bytes beside the archive are read as well
}

var _ visitor = (*prover)(nil)

func (v *prover) head(h Head) error {
	v.began = h
	return v.begin()
}

func (v *prover) config(ConfigFile) error { return nil }

func (v *prover) file(f File, content io.Reader) error {
	if content != nil || f.As != "" || !v.beside {
		return nil
	}
	source, err := openBeside(v.ctx, v.how, f)
	if err != nil {
		return err
	}
	defer source.Close()
	if _, err := io.Copy(io.Discard, &verified{r: source, hash: sha256.New(), want: f.SHA256}); err != nil {
		return damage("the file "+f.Name, err)
	}
	return nil
}

// prove reads an archive, restores its rows into a scratch database, and compares what is there with what was counted.
func (s Site) prove(ctx context.Context, plain io.Reader, in *scratch, how Restoring, beside bool) (Restored, error) {
	at := s
	at.DB, at.Media = in.db, nil
	v := &prover{restorer{ctx: ctx, site: at, how: how}, beside}
	head, manifest, err := read(plain, v, usualBounds())
	if err = errors.Join(err, v.close()); err != nil {
		return Restored{head, manifest}, err
	}
	return Restored{head, manifest}, compareTables(ctx, in.db, head.Tables, manifest.Tables)
}

// compareTables compares the rows of a database with those that were counted.
func compareTables(ctx context.Context, db *sqldb.DB, tables []sqldb.Table, want []Counted) error {
	return db.Snapshot(ctx, func(snapshot *sqldb.Snapshot) error {
		for i, t := range tables {
			var rows tally
			err := snapshot.Rows(ctx, t, func(row []any) error {
				rows.count(row)
				return nil
			})
			if err == nil {
				err = compare("the restored table "+t.Name, want[i], rows.result(t.Name))
			}
			if err != nil {
				return fmt.Errorf("prove the backup: %w", err)
			}
		}
		return nil
	})
}

// Check reads a whole archive, with the bytes of all files, and restores its rows into a scratch database. It changes
// nothing. An error is a Damage if something is not as it was written.
func (s Site) Check(ctx context.Context, archive io.Reader, how Restoring) (r Restored, err error) {
	plain, err := decrypt(archive, how.Keys)
	if err != nil {
		return Restored{}, err
	}
	in, err := s.newScratch(ctx)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	return s.prove(ctx, plain, in, how, true)
}
