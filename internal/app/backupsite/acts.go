package backupsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/terminal"
	"grouprise.org/grouprise/internal/schema"
)

// Say says what a backup holds.
func Say(out io.Writer, where string, made backup.Restored) error {
	_, err := fmt.Fprintf(out, "%s was written and proved: %s.\n", where, withBytes(made))
	return err
}

// Extent says how much a backup holds.
func Extent(b backup.Restored) string {
	return terminal.Count(b.Manifest.Rows(), "1 row", "%d rows") + " in " + terminal.Count(len(b.Head.Tables), "1 table", "%d tables") + ", " +
		terminal.Count(b.Manifest.Files.Rows, "1 file", "%d files")
}

func withBytes(b backup.Restored) string {
	return Extent(b) + " (" + terminal.Count(b.Manifest.Bytes, "1 byte", "%d bytes") + ")"
}

// List writes the names of all backups in the place that the configuration names.
func List(ctx context.Context, o *options.Options, out io.Writer) error {
	store, err := o.Backup.OpenStore(o.BackupPath)
	if err != nil {
		return err
	}
	names, err := backup.Place{Store: store}.List(ctx)
	for _, name := range names {
		_, printed := fmt.Fprintln(out, name)
		err = errors.Join(err, printed)
	}
	return errors.Join(err, store.Close())
}

// openSite opens what is backed up, without the house: the database may be that of an older version. The caller closes
// what is returned.
func openSite(ctx context.Context, o *options.Options, files bool) (backup.Site, func() error, error) {
	if err := o.Prepare(); err != nil {
		return backup.Site{}, nil, err
	}
	db, err := sqldb.Open(ctx, o.DatabaseConfig())
	if err != nil {
		return backup.Site{}, nil, err
	}
	if !files {
		return Of(o, db, nil), db.Close, nil
	}
	store, err := o.OpenMedia()
	if err != nil {
		return backup.Site{}, nil, errors.Join(err, db.Close())
	}
	return Of(o, db, store), func() error { return errors.Join(store.Close(), db.Close()) }, nil
}

// Write writes a backup into one file, which gets its name when it is whole, or to out if the name is "-".
func Write(ctx context.Context, o *options.Options, name string, files bool, out io.Writer) (err error) {
	recipients, err := backup.ParseRecipients(o.Backup.Recipients)
	if err != nil {
		return err
	}
	site, closeSite, err := openSite(ctx, o, files)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSite()) }()
	database, program, err := sqldb.Versions(ctx, site.DB, schema.FS)
	switch {
	case err != nil:
		return err
	case database > program: // it could not be proved
		return WayBack(ctx, o, &sqldb.NewerError{Database: database, Program: program})
	}
	if name == "-" {
		_, err := site.Make(ctx, out, recipients)
		return err
	}
	var made backup.Restored
	err = backup.WriteFile(name, func(w io.Writer) (err error) {
		made, err = site.Make(ctx, w, recipients)
		return err
	})
	if err != nil {
		return err
	}
	return Say(out, name, made)
}

// Open opens an archive by the name of its file, or of the one that the place of the configuration has; "-" is in. beside is where
// the rest of it lies.
func Open(ctx context.Context, o *options.Options, name string, in io.Reader) (archive io.Reader, beside media.Store, closeAll func() error, err error) {
	var store backup.Store
	file, err := os.Open(name)
	if err == nil {
		if info, problem := file.Stat(); problem == nil && info.IsDir() {
			return nil, nil, nil, errors.Join(fmt.Errorf("%s is a folder: name a backup in it", name), file.Close())
		}
	}
	switch {
	case err == nil:
		store, err = media.OpenFolder(filepath.Dir(name))
		if err != nil {
			return nil, nil, nil, errors.Join(err, file.Close())
		}
		return file, store, func() error { return errors.Join(file.Close(), store.Close()) }, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil, err
	}
	if store, err = o.Backup.OpenStore(o.BackupPath); err != nil {
		return nil, nil, nil, err
	}
	if name == "-" {
		return in, store, store.Close, nil
	}
	kept, err := backup.Place{Store: store}.Open(ctx, filepath.Base(name))
	if errs.Is(err, errs.NotFound) {
		return nil, nil, nil, errors.Join(fmt.Errorf("%q is neither a file nor a backup in %s: grouprise backup --list shows what is there", name, o.Backup.Where(o.BackupPath)), store.Close())
	}
	if err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("%s: %w", name, err), store.Close())
	}
	return kept, store, func() error { return errors.Join(kept.Close(), store.Close()) }, nil
}

// Check makes sure that an archive can be restored, and says so.
func Check(ctx context.Context, o *options.Options, archive io.Reader, how backup.Restoring, out io.Writer) error {
	scratch, err := os.MkdirTemp("", "grouprise-check-")
	if err != nil {
		return err
	}
	read, err := backup.Site{Schema: schema.FS, Scratch: scratch, Program: o.Version, Domain: o.Domain}.Check(ctx, archive, how)
	if err := errors.Join(err, os.RemoveAll(scratch)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The backup of %s from %s can be restored: %s.\n", read.Head.Site, read.Head.MadeAt.Format("2006-01-02 15:04:05 MST"), withBytes(read))
	return err
}

// Restore restores the rows and files of an archive. The database has the version of the archive then.
func Restore(ctx context.Context, o *options.Options, archive io.Reader, how backup.Restoring) (read backup.Restored, err error) {
	site, closeSite, err := openSite(ctx, o, true)
	if err != nil {
		return read, err
	}
	read, err = site.Restore(ctx, archive, how)
	return read, errors.Join(err, closeSite())
}

// Pending says what there is to do for the database to be of this program's version; "" if it is.
func Pending(ctx context.Context, o *options.Options) (string, error) {
	if o.DatabaseConfig().LacksFile() { // looking makes no file
		newest, err := sqldb.Newest(schema.FS)
		return pending(0, newest), err
	}
	db, err := sqldb.Open(ctx, o.DatabaseConfig())
	if err != nil {
		return "", err
	}
	database, program, err := sqldb.Versions(ctx, db, schema.FS)
	if err := errors.Join(err, db.Close()); err != nil || database >= program {
		return "", err
	}
	return pending(database, program), nil
}

func pending(database, program int64) string {
	return fmt.Sprintf("The database has version %d and becomes version %d.", database, program)
}

// WayBack adds to the error of a database that is newer than this program the newest backup that this program can restore, if
// the place of backups has one that says so. Other errors stay as they are.
func WayBack(ctx context.Context, o *options.Options, err error) error {
	newer, ok := errors.AsType[*sqldb.NewerError](err)
	if !ok {
		return err
	}
	if _, problem := os.Stat(o.BackupPath); problem != nil && o.Backup.S3.Bucket == "" {
		return err // looking for backups makes no folder
	}
	store, problem := o.Backup.OpenStore(o.BackupPath)
	if problem != nil {
		return err
	}
	name, head, problem := backup.Place{Store: store}.NewestUpTo(ctx, newer.Program)
	if errors.Join(problem, store.Close()) != nil || name == "" {
		return err
	}
	return fmt.Errorf("%w. That is %s, made on %s by grouprise %s. With everything stopped, grouprise restore --replace %s goes back to it; what was written since then is lost",
		err, filepath.Join(o.Backup.Where(o.BackupPath), name), head.MadeAt.Format("2006-01-02 15:04:05 MST"), head.Program, name)
}

// DumpName returns what a dump is called, as 5.5 called its own.
func DumpName(o *options.Options, prefix, folder, file, ending string) (string, error) {
	if folder == "" {
		folder = o.BackupPath
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return "", err
		}
	}
	if file == "" {
		file = time.Now().Format("2006-01-02_15-04-05")
	}
	if prefix != "" {
		file = prefix + "_" + file
	}
	return filepath.Join(folder, file+ending), nil
}
