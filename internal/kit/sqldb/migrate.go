package sqldb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"grouprise.org/grouprise/internal/kit/clock"
)

// Migrate brings the database up to the newest migration of fsys, whose files are goose's with the
// macros of expandMacros. Any number of processes may call it at once: one migrates, the others wait
// and find nothing left to do. A database that is newer than fsys is a NewerError, one whose migrations
// had other texts a PrereleaseError, and one of grouprise 5.5 a PredecessorError.
func Migrate(ctx context.Context, db *DB, fsys fs.FS) error {
	return db.migrate(ctx, fsys, func(provider *goose.Provider, current, newest int64) error {
		if current > newest {
			return &NewerError{Database: current, Program: newest}
		}
		for attempt := 1; ; attempt++ {
			_, err := provider.Up(ctx)
			if err == nil {
				return nil
			}
			if db.engine.fault(err) != collision || attempt == migrationAttempts || !clock.Pause(ctx, migrationPause) {
				return fmt.Errorf("migrate the database: %w", db.translate(ctx, "migrate", err))
			}
		}
	})
}

// A migration that changes a table waits for everybody who uses it, and whoever comes next waits behind the migration. While
// other processes go on, such as those of the version before, it therefore waits for seconds only (engine.hurry), lets them
// go on, and tries again.
const (
	migrationAttempts = 20
	migrationPause    = time.Second
)

// migrate lets up bring the database to a version, while nobody else does so.
func (db *DB) migrate(ctx context.Context, fsys fs.FS, up func(provider *goose.Provider, current, newest int64) error) error {
	unlock, err := db.engine.lock(ctx, db)
	if err != nil {
		return db.translate(ctx, "lock for migrations", err)
	}
	defer unlock()
	return db.withProvider(ctx, fsys, func(provider *goose.Provider) error {
		current, newest, err := provider.GetVersions(ctx)
		if err != nil {
			return db.translate(ctx, "read the version of the database", err)
		}
		return up(provider, current, newest)
	})
}

// NewerError says that the database was migrated by a newer program.
type NewerError struct{ Database, Program int64 }

// Error implements the error interface.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the database has version %d, but this program knows only versions up to %d: "+
		"run the newer program again, or restore the backup from before its installation", e.Database, e.Program)
}

// Versions returns the version that the database has and the newest one of fsys. A process that does
// not migrate serves only if they are equal. A database whose migrations had other texts is a
// PrereleaseError.
func Versions(ctx context.Context, db *DB, fsys fs.FS) (database, program int64, err error) {
	err = db.withProvider(ctx, fsys, func(provider *goose.Provider) (err error) {
		database, program, err = provider.GetVersions(ctx)
		return db.translate(ctx, "read the version of the database", err)
	})
	return database, program, err
}

// withProvider calls fn, as SQLite's only writer, with the migrations of fsys, if the database fits them.
func (db *DB) withProvider(ctx context.Context, fsys fs.FS, fn func(*goose.Provider) error) error {
	if db.writer != nil {
		if err := db.acquireConnection(ctx); err != nil {
			return err
		}
		defer func() { <-db.writer }()
	}
	store, err := newChecksumStore(db.engine, fsys)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectCustom, db.write, expandedFS{fsys, db.engine},
		goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	foreign, err := store.exists(ctx, db.write, predecessorTable)
	if err != nil {
		return db.translate(ctx, "look for older tables", err)
	}
	if foreign {
		return &PredecessorError{Place: db.place()}
	}
	fits, err := store.fits(ctx, db.write)
	if err != nil {
		return db.translate(ctx, "compare the migrations", err)
	}
	if !fits {
		return &PrereleaseError{Remove: db.place()}
	}
	return fn(provider)
}

// place names the database for an administrator.
func (db *DB) place() string {
	if db.engine.name == SQLite {
		return "the file " + db.path
	}
	return "the database " + db.name
}

// upMark is the line with which the steps of a migration begin.
const upMark = "-- +goose Up\n"

// expandedFS is a folder of migrations with the macros expanded for one engine.
type expandedFS struct {
	fs.FS
	engine *engine
}

// Open implements fs.FS.
func (f expandedFS) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	defer file.Close()
	text, err := fs.ReadFile(f.FS, name)
	if err != nil {
		return nil, err
	}
	expanded, err := f.engine.expandMacros(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.engine.hurry != "" {
		expanded = strings.Replace(expanded, upMark, upMark+f.engine.hurry+"\n", 1)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return &expandedFile{Reader: bytes.NewReader([]byte(expanded)), info: info}, nil
}

// ReadDir implements fs.ReadDirFS.
func (f expandedFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS, name) }

type expandedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *expandedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *expandedFile) Close() error               { return nil }

var (
	blocks = regexp.MustCompile(`(?s)\{if ([a-z ]+)\}\n?(.*?)\{end\}\n?`)
	macros = regexp.MustCompile(`\{([a-z]+)((?: [^{}]*)?)\}`)
	index  = regexp.MustCompile(`^ (\S+) (\S+) \((.+)\)$`)
	column = regexp.MustCompile(`(?s)^ (\S+) (\S+) (.+)$`)
)

// expandMacros returns a migration as the engine gets it. The macros:
//
//	{id}                            the primary key column's type: numbers given by the database
//	{text} {blob}                   texts and bytes of any length
//	{options}                       after the closing parenthesis of CREATE TABLE
//	{index name table (columns)}    an index; {unique name table (columns)} a unique one
//	{column table name definition}  a new column of an existing table
//	{if sqlite mysql}               the lines up to {end} are for these engines only
func (e *engine) expandMacros(text string) (string, error) {
	var wrong []error
	text = blocks.ReplaceAllStringFunc(text, func(block string) string {
		parts := blocks.FindStringSubmatch(block)
		names := strings.Fields(parts[1])
		for _, name := range names {
			if engines[name] == nil {
				wrong = append(wrong, fmt.Errorf("unknown engine in {if %s}", parts[1]))
			}
		}
		if slices.Contains(names, e.name) {
			return parts[2]
		}
		return ""
	})
	text = macros.ReplaceAllStringFunc(text, func(macro string) string {
		parts := macros.FindStringSubmatch(macro)
		switch name, rest := parts[1], parts[2]; {
		case name == "id" && rest == "":
			return e.id
		case name == "text" && rest == "":
			return e.text
		case name == "blob" && rest == "":
			return e.blob
		case name == "options" && rest == "":
			return e.options
		case name == "index" || name == "unique":
			if p := index.FindStringSubmatch(rest); p != nil {
				kind := "INDEX"
				if name == "unique" {
					kind = "UNIQUE INDEX"
				}
				return e.index(kind, p[1], p[2], p[3])
			}
		case name == "column":
			if p := column.FindStringSubmatch(rest); p != nil {
				return e.column(p[1], p[2], p[3])
			}
		}
		wrong = append(wrong, fmt.Errorf("unknown macro %s", macro))
		return macro
	})
	return text, errors.Join(wrong...)
}
