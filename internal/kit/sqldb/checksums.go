package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// createChecksums creates the table that remembers the text of each migration that was applied. Goose remembers
// only the number, by which a database cannot be told from one whose tables were different.
const createChecksums = `CREATE TABLE IF NOT EXISTS migration_checksums (
	version  BIGINT   NOT NULL,
	checksum CHAR(64) NOT NULL,
	PRIMARY KEY (version)
)`

// PrereleaseError says that the database was made by a version of the program from before the first release.
// Until then migrations are rewritten in place, so no migration leads from its tables to the present ones.
type PrereleaseError struct {
	Remove string // what to remove: "the file …" or "the database …"
}

// Error implements the error interface.
func (e *PrereleaseError) Error() string {
	return "the database was made by a version of grouprise from before the first release, whose tables were different: " +
		"remove " + e.Remove + " and begin anew"
}

// predecessorTable is a table that every database of grouprise 5.5 has, and none of ours.
const predecessorTable = "django_migrations"

// PredecessorError says that the database belongs to grouprise 5.5. Nothing in it has been changed.
type PredecessorError struct {
	Place string // "the file …" or "the database …"
}

// Error implements the error interface.
func (e *PredecessorError) Error() string {
	return e.Place + " belongs to grouprise 5.5 and has not been changed: give this version a database of its own (database.name). " +
		"A later version will be able to move the data of 5.5 into it; keep the old database and the uploaded files until then"
}

// checksumStore is goose's table of applied migrations, with a checksum of each migration's text in a table of
// ours beside it.
type checksumStore struct {
	database.Store
	engine    *engine
	checksums map[int64]string // of the program's migrations, by version
}

var _ database.StoreExtender = (*checksumStore)(nil)

// newChecksumStore returns a store that knows the migrations of fsys.
func newChecksumStore(e *engine, fsys fs.FS) (*checksumStore, error) {
	store, err := database.NewStore(e.dialect, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	s := &checksumStore{Store: store, engine: e, checksums: map[int64]string{}}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		s.checksums[version] = hex.EncodeToString(sum[:])
	}
	return s, nil
}

// TableExists implements database.StoreExtender.
func (s *checksumStore) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	return s.exists(ctx, db, s.Tablename())
}

func (s *checksumStore) exists(ctx context.Context, db database.DBTxConn, table string) (exists bool, err error) {
	err = db.QueryRowContext(ctx, fmt.Sprintf(s.engine.hasTable, table)).Scan(&exists)
	return exists, err
}

// fits reports whether the migrations that the database has had are those of the program. Those of a newer
// program are passed over.
func (s *checksumStore) fits(ctx context.Context, db *sql.DB) (bool, error) {
	if exists, err := s.TableExists(ctx, db); err != nil || !exists {
		return err == nil, err
	}
	if exists, err := s.exists(ctx, db, "migration_checksums"); err != nil || !exists {
		return false, err
	}
	rows, err := db.QueryContext(ctx, `SELECT v.version_id, COALESCE(c.checksum, '') FROM goose_db_version v
		LEFT JOIN migration_checksums c ON c.version = v.version_id ORDER BY v.version_id, v.id`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var applied string
		if err := rows.Scan(&version, &applied); err != nil {
			return false, err
		}
		if ours, ok := s.checksums[version]; ok && ours != applied {
			return false, nil
		}
	}
	return true, rows.Err()
}

// CreateVersionTable implements database.Store. The checksums' table comes first, because fits takes a database
// that has only goose's for an older one.
func (s *checksumStore) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	if _, err := db.ExecContext(ctx, createChecksums); err != nil {
		return err
	}
	return s.Store.CreateVersionTable(ctx, db)
}

// Insert implements database.Store, in the transaction of the migration. On MySQL, where a migration that broke
// off is not rolled back, there may be a checksum already.
func (s *checksumStore) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	if checksum, ok := s.checksums[r.Version]; ok {
		for _, statement := range []string{
			fmt.Sprintf(`DELETE FROM migration_checksums WHERE version = %d`, r.Version),
			fmt.Sprintf(`INSERT INTO migration_checksums (version, checksum) VALUES (%d, '%s')`, r.Version, checksum),
		} {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
	}
	return s.Store.Insert(ctx, db, r)
}
