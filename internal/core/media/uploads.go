package media

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/picture"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Uploads keeps the files that people send with forms. Until something refers to a file, it is
// nobody's but theirs, and not for long.
type Uploads struct {
	db    *sqldb.DB
	store Store
}

// NewUploads returns the keeper of the files in a database and a store.
func NewUploads(db *sqldb.DB, store Store) *Uploads { return &Uploads{db: db, store: store} }

// Add takes a file that came with a form. Invalid names the form field and says what is wrong with the file.
func (u *Uploads) Add(ctx context.Context, creatorID int64, field string, sent *multipart.FileHeader) (File, error) {
	f, err := Receive(ctx, u.store, creatorID, field, sent)
	if err != nil {
		return f, err
	}
	err = u.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		f.CreatedAt = tx.Now
		f.ID, err = tx.Insert(ctx, `INSERT INTO files (name, original_name, media_type, size, creator_id, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
			f.Name, f.OriginalName, f.MediaType, f.Size, creatorID, tx.Now)
		return err
	})
	if err != nil {
		return f, errors.Join(fmt.Errorf("record the file %s: %w", f.Name, err), u.store.Remove(context.WithoutCancel(ctx), f.Name))
	}
	return f, nil
}

// Receive puts a file that came with a form into a store, and returns it for InsertFiles. Invalid names the form field and
// says what is wrong with the file.
func Receive(ctx context.Context, store Store, creatorID int64, field string, sent *multipart.FileHeader) (f File, err error) {
	if sent.Size == 0 {
		return f, errs.Check(errs.Field(field, "“%s” is empty. Choose another file.", sent.Filename))
	}
	r, err := sent.Open()
	if err != nil {
		return f, fmt.Errorf("open an upload: %w", err)
	}
	defer r.Close() // it was only read
	return Put(ctx, store, File{Name: NewName(sent.Filename), OriginalName: nameOf(sent.Filename), CreatorID: creatorID}, r)
}

// Put puts a file that somebody has sent into a store and returns it with its size, and with its type if it has none yet. A
// picture loses what the camera and programs have written into it. One that is not built like a picture is kept as
// something that nobody knows: it is never shown.
func Put(ctx context.Context, store Store, f File, r io.Reader) (File, error) {
	whole := bufio.NewReaderSize(r, typeHead)
	head, err := whole.Peek(typeHead)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, fmt.Errorf("read the beginning of a file: %w", err)
	}
	f.MediaType = cmp.Or(f.MediaType, TypeOf(head, f.OriginalName))
	var kept io.Reader = whole
	if picture.TypeOf(head) != "" {
		sent, err := io.ReadAll(whole)
		if err != nil {
			return f, fmt.Errorf("read a picture: %w", err)
		}
		stripped, err := picture.Strip(sent)
		if err != nil {
			f.MediaType, stripped = octets, sent
		}
		kept = bytes.NewReader(stripped)
	}
	f.Size, err = store.Put(ctx, f.Name, kept)
	return f, err
}

// nameOf returns what a file is called that came without a name that anybody can read.
func nameOf(original string) string {
	original = strings.TrimSpace(original)
	if original == "" {
		return "file"
	}
	return original
}

// Erase removes files from the store whose rows are gone.
func (u *Uploads) Erase(ctx context.Context, names []string) error {
	var problems error
	for _, name := range names {
		problems = errors.Join(problems, u.store.Remove(ctx, name))
	}
	return problems
}

// RemoveUnused removes files that nothing has come to refer to within an age.
func (u *Uploads) RemoveUnused(ctx context.Context, age time.Duration) error {
	return u.Sweep(ctx, `SELECT f.name FROM files f WHERE f.content_id IS NULL AND f.contribution_id IS NULL AND f.created_at < ? ORDER BY f.name`,
		clock.At(u.db.Now().Add(-age)))
}

// Sweep removes the files whose names a query returns, rows and bytes.
func (u *Uploads) Sweep(ctx context.Context, query string, args ...any) error {
	var problems error
	remove := func(tx *sqldb.Tx, names []string) error {
		if _, err := tx.Exec(ctx, `DELETE FROM files WHERE name IN (?)`, names); err != nil {
			return err
		}
		tx.AfterCommit(func() { problems = errors.Join(problems, u.Erase(context.WithoutCancel(ctx), names)) })
		return nil
	}
	return errors.Join(sqldb.Sweep(ctx, u.db, remove, query, args...), problems)
}
