package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Restoring says how an archive is restored.
type Restoring struct {
	Keys    []age.Identity
	Beside  media.Store // where the bytes of files lie that are not in the archive; nil: nowhere
	Replace bool        // what is in the database goes
	Config  func(f ConfigFile) error
}

// Restored is what an archive was.
type Restored struct {
	Head     Head
	Manifest Manifest
}

// Restore restores an archive into the database and the media store of a site. The database has the version of the archive
// then; migrating it and working out what is derived come after. If a row is not as it was written, the database stays
// without rows.
func (s Site) Restore(ctx context.Context, archive io.Reader, r Restoring) (Restored, error) {
	plain, err := decrypt(archive, r.Keys)
	if err != nil {
		return Restored{}, err
	}
	v := &restorer{ctx: ctx, site: s, how: r}
	head, manifest, err := read(plain, v, usualBounds())
	return Restored{head, manifest}, errors.Join(err, v.close())
}

// restorer writes what an archive holds into a site.
type restorer struct {
	ctx    context.Context //nolint:containedctx // It lives for one call.
	site   Site
	how    Restoring
	began  Head
	loader *sqldb.Loader
}

var _ visitor = (*restorer)(nil)

func (v *restorer) close() error {
	if v.loader == nil {
		return nil
	}
	return v.loader.Close()
}

func (v *restorer) head(h Head) error {
	v.began = h
	empty, err := v.site.DB.IsEmpty(v.ctx)
	if err != nil {
		return err
	}
	if !empty && !v.how.Replace {
		return errors.New("the database is not empty: restore into an empty one, or say --replace to lose what is in it")
	}
	if v.how.Replace {
		if err := v.site.checkVersion(h); err != nil {
			return err
		}
		if err := v.site.DB.DropTables(v.ctx); err != nil {
			return fmt.Errorf("empty the database: %w", err)
		}
	}
	return v.begin()
}

// begin brings the database to the version of the archive, and begins to fill it.
func (v *restorer) begin() (err error) {
	if err := v.site.checkVersion(v.began); err != nil {
		return err
	}
	if err := sqldb.MigrateTo(v.ctx, v.site.DB, v.site.Schema, v.began.Version, v.began.Migrations); err != nil {
		return err
	}
	v.loader, err = v.site.DB.Load(v.ctx)
	return err
}

// checkVersion refuses an archive of a database that this program does not know.
func (s Site) checkVersion(h Head) error {
	newest, err := sqldb.Newest(s.Schema)
	if err == nil && h.Version > newest {
		err = fmt.Errorf("the backup comes from grouprise %s, whose database has version %d, and this program knows only versions up to %d: restore it with the newer program", h.Program, h.Version, newest)
	}
	return err
}

func (v *restorer) rows(t sqldb.Table, rows [][]any) error { return v.loader.Insert(v.ctx, t, rows) }

func (v *restorer) tables() error {
	for _, t := range v.began.Tables {
		v.loader.ContinueIDs(t)
	}
	return v.loader.Commit(v.ctx)
}

func (v *restorer) file(f File, content io.Reader) error {
	store := v.site.Media
	if store == nil {
		return nil // read it all the same
	}
	if content == nil {
		source, err := v.content(f)
		if err != nil {
			return err
		}
		defer source.Close()
		content = &verified{r: source, hash: sha256.New(), want: f.SHA256}
	}
	_, err := store.Put(v.ctx, f.Name, content)
	if errs.Is(err, errs.Conflict) {
		return v.same(f)
	}
	if err != nil {
		return fmt.Errorf("restore the file %s: %w", f.Name, err)
	}
	return nil
}

// content opens the bytes of a file that are not in the archive, or came before.
func (v *restorer) content(f File) (io.ReadCloser, error) {
	if f.As != "" {
		source, err := v.site.Media.Open(v.ctx, f.As)
		if err != nil {
			return nil, fmt.Errorf("the file %s has the bytes of %s: %w", f.Name, f.As, err)
		}
		return source, nil
	}
	return openBeside(v.ctx, v.how, f)
}

// openBeside opens the bytes of a file that lie beside the archive.
func openBeside(ctx context.Context, how Restoring, f File) (io.ReadCloser, error) {
	if how.Beside == nil {
		return nil, fmt.Errorf("the file %s lies beside the backup (%s), and it is not known where that is", f.Name, f.Blob)
	}
	source, err := how.Beside.Open(ctx, f.Blob)
	if errs.Is(err, errs.NotFound) {
		return nil, damage("the file "+f.Name, fmt.Errorf("%s is missing beside the backup", f.Blob))
	}
	if err != nil {
		return nil, err
	}
	plain, err := decrypt(source, how.Keys)
	if err != nil {
		return nil, errors.Join(damage("the file "+f.Name, err), source.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, source}, nil
}

// same makes sure that a file that is there already is the one that is restored.
func (v *restorer) same(f File) error {
	there, err := v.site.Media.Open(v.ctx, f.Name)
	if err != nil {
		return err
	}
	defer there.Close()
	h := sha256.New()
	if _, err := io.Copy(h, there); err != nil {
		return fmt.Errorf("read the file %s: %w", f.Name, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("there is another file %s already: restore into an empty folder", f.Name)
	}
	return nil
}

func (v *restorer) config(f ConfigFile) error {
	if v.how.Config == nil {
		return nil
	}
	return v.how.Config(f)
}
