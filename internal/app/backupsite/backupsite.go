// Package backupsite says what of a site is backed up: its database, its uploaded files and its configuration.
package backupsite

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
)

// Of returns what of a site is backed up; a store that is nil leaves its files out.
func Of(o *options.Options, db *sqldb.DB, store media.Store) backup.Site {
	key := sha256.Sum256([]byte("backups of " + o.SecretKey))
	return backup.Site{
		DB: db, Media: store, Schema: schema.FS, Derived: search.Tables(), Program: o.Version, Domain: o.Domain,
		Scratch: o.DataPath, Key: key[:], Config: func() ([]backup.ConfigFile, error) { return configuration(o) },
	}
}

// configuration returns the options in force without what is secret, and if the administrator wants it the files as they
// are, with the secret key.
func configuration(o *options.Options) ([]backup.ConfigFile, error) {
	var inForce bytes.Buffer
	if err := o.Settings().Print(&inForce); err != nil {
		return nil, err
	}
	all := []backup.ConfigFile{{Name: "in-force.yaml", Text: inForce.Bytes()}}
	if !o.Backup.Passwords {
		return all, nil
	}
	for i, name := range append(slices.Clone(o.Settings().Files), o.SecretFile()) {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // an option may hold the key
		}
		if err != nil {
			return nil, err
		}
		all = append(all, backup.ConfigFile{Name: fmt.Sprintf("%02d-%s", i+1, filepath.Base(name)), Text: text})
	}
	return all, nil
}
