package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// templates holds the bytes of a migrated SQLite file for each set of migrations.
var templates = struct {
	sync.Mutex
	files map[string][]byte
}{files: map[string][]byte{}}

// template returns the content of a migrated, empty SQLite file. It is made once per process: a copy
// costs a tenth of the migrations.
func template(fsys fs.FS) ([]byte, error) {
	key, err := fingerprint(fsys)
	if err != nil {
		return nil, err
	}
	templates.Lock()
	defer templates.Unlock()
	if content, ok := templates.files[key]; ok {
		return content, nil
	}
	dir, err := os.MkdirTemp("", "template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	file := filepath.Join(dir, "template.sqlite3")
	db, err := sqldb.Open(ctx, sqldb.Config{Engine: sqldb.SQLite, Path: file, NoSync: true})
	if err != nil {
		return nil, err
	}
	if err := sqldb.Migrate(ctx, db, fsys); err != nil {
		db.Close()
		return nil, err
	}
	if err := db.Close(); err != nil { // writes the log back into the file
		return nil, err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	templates.files[key] = content
	return content, nil
}

// fingerprint names a set of migrations by its content.
func fingerprint(fsys fs.FS) (string, error) {
	if fsys == nil {
		return "empty", nil
	}
	hash := sha256.New()
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return "", err
		}
		hash.Write([]byte(name + "\x00"))
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil))[:10], nil
}
