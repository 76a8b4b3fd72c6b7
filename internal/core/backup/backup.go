// Package backup writes a site into one archive while it runs, proves that the archive can be restored, and restores it
// into any database.
//
// # The archive
//
// An archive is a tar file in which everything says what it should be, so that in ten years it can be read with what every
// machine has (age, tar, zstd, any reader of JSON), and anything that was damaged is named:
//
//	head.json                      the format, the versions of the program and of the database, its tables and their columns
//	head.json.sha256               its checksum: everything else is read as the head says
//	tables/<name>/<n>.jsonl.zst    rows, each a line: see rows.go
//	tables.json                    how many rows each table has, and a checksum of them
//	files/<n>.jsonl.zst            some uploaded files: name, SHA-256, size, and where its bytes are
//	blobs/<SHA-256>                the bytes of those files, each content once
//	configuration/<name>           the configuration
//	manifest.json                  how many files there are, and a checksum of their list
//	seal                           the SHA-256 of each part, as sha256sum writes them, and of everything before it
//
// All rows are from one moment. Files are read after them: files never change, and one that is not needed does no harm.
//
// In a place that keeps many backups the bytes of files lie beside the archives, each content once, and are not written
// again by the next backup. Their names there do not tell what is in them.
//
// If there is a recipient, archives and the bytes beside them are encrypted for it with age. Only its key opens them, which
// the site does not have.
package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// format is the version of archives.
const format = 1

// The parts of an archive that are there once.
const (
	headName     = "head.json"
	headSumName  = "head.json.sha256"
	tablesName   = "tables.json"
	manifestName = "manifest.json"
	sealName     = "seal"
)

// Bounds of what is read from archives, which may come from anybody.
const (
	maxDocument = 16 << 20 // of head, counts and manifest
	maxConfig   = 4 << 20
	maxSeal     = 64 << 20
	partSize    = 512 << 10 // of rows from which on no more are packed with them
	filesAtOnce = 200
)

// bounds are those of rows. Mails that wait for their senders are the largest.
type bounds struct {
	part int64 // of rows that are packed together
	row  int
}

func usualBounds() bounds { return bounds{part: 256 << 20, row: 192 << 20} }

// Head is what an archive begins with.
type Head struct {
	Format     int              `json:"format"`
	Program    string           `json:"program"`    // its version
	Site       string           `json:"site"`       // the domain
	Engine     string           `json:"engine"`     // of the database it was made of
	Version    int64            `json:"version"`    // of the database
	Migrations map[int64]string `json:"migrations"` // checksums of what led there
	MadeAt     time.Time        `json:"made_at"`
	Tables     []sqldb.Table    `json:"tables"`
	LeftOut    []string         `json:"left_out"` // tables that are worked out anew from the others
}

// Counted is how many rows there are, and a checksum of them in any order.
type Counted struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"`
}

// Manifest is what an archive ends with.
type Manifest struct {
	Tables  []Counted `json:"-"` // they stand in a part of their own
	Files   Counted   `json:"files"`
	Bytes   int64     `json:"bytes"`   // of all files
	Blobs   int       `json:"blobs"`   // in the archive
	Outside int       `json:"outside"` // beside the archive
	Gone    int       `json:"gone"`    // files that went away while the backup was made
}

// Rows returns how many rows all tables have.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Damage says what of an archive is not as it was written.
type Damage struct {
	Part string // the part in plain words: "the table contents", "the file abc.jpg"
	Err  error
}

// Error implements the error interface.
func (d *Damage) Error() string { return fmt.Sprintf("the backup is damaged: %s: %v", d.Part, d.Err) }

// Unwrap returns what was found.
func (d *Damage) Unwrap() error { return d.Err }

func damage(part string, err error) error {
	if _, known := errors.AsType[*Damage](err); known {
		return err
	}
	return &Damage{part, err}
}

// Site is what backups are made of, and restored to.
type Site struct {
	DB      *sqldb.DB
	Media   media.Store // nil: the database alone
	Schema  fs.FS       // all migrations
	Derived []string    // tables that are worked out anew
	Program string      // its version
	Domain  string
	Scratch string // a folder for the database into which archives are restored as a proof
	// Config returns the configuration as files; nil for none.
	Config func() ([]ConfigFile, error)
	Key    []byte // names the bytes of files beside archives
}

// ConfigFile is a file of the configuration.
type ConfigFile struct {
	Name string // without folders
	Text []byte
}

// fileColumns are those of the list of files, which is written as a table is.
func fileColumns() []sqldb.Column {
	return []sqldb.Column{
		{Name: "name", Type: sqldb.Text},
		{Name: "sha256", Type: sqldb.Text},
		{Name: "size", Type: sqldb.Integer},
		{Name: "as", Type: sqldb.Text},   // the name of an earlier file with the same bytes; else null
		{Name: "blob", Type: sqldb.Text}, // what the bytes are called beside the archive; null if they are in it
	}
}

// File is a line of the list of files.
type File struct {
	Name, SHA256 string
	Size         int64
	As, Blob     string
}

func (f File) row() []any {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return []any{f.Name, f.SHA256, f.Size, orNull(f.As), orNull(f.Blob)}
}

// fileOf reads a line of the list of files.
func fileOf(row []any) (f File, ok bool) {
	f.Name, _ = row[0].(string)
	f.SHA256, _ = row[1].(string)
	f.Size, ok = row[2].(int64)
	f.As, _ = row[3].(string)
	f.Blob, _ = row[4].(string)
	return f, ok && f.Size >= 0 && isPlainName(f.Name) && isChecksum(f.SHA256) && (f.As == "" || isPlainName(f.As)) && (f.Blob == "" || isBlobName(f.Blob))
}
