// Package media keeps the bytes of uploads and attachments, apart from the database.
//
// A file has a random name that nobody can guess and that never changes, because it stands in texts and
// in mails; what people called it is a column of the table files. Whether somebody may have a file is
// decided by the room that owns the item it hangs on.
package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Store keeps files by name.
type Store interface {
	// Put writes a new file; it is durable when Put returns. A name that exists is a Conflict.
	Put(ctx context.Context, name string, r io.Reader) (size int64, err error)
	// Open returns a file for reading; NotFound if there is none.
	Open(ctx context.Context, name string) (io.ReadSeekCloser, error)
	// Remove deletes a file. Removing what is not there is no error.
	Remove(ctx context.Context, name string) error
	// Each calls fn with all files, some at a time and in no order. Files that come or go meanwhile may be left out.
	Each(ctx context.Context, fn func(some []Listed) error) error
	// Ping reports whether the store can be reached and written to.
	Ping(ctx context.Context) error
}

// Listed is a file of a store.
type Listed struct {
	Name      string
	ChangedAt time.Time
}

// listedAtOnce is how many files are looked at together.
const listedAtOnce = 500

// exists is the answer to who puts a file under a name that there is.
func exists(cause error) error {
	return errs.New(errs.Conflict, "A file with this name already exists.").Because(cause)
}

// NewName returns a random name with the extension of the original one, in lower case. An extension that
// is none, such as one with blanks, is left out.
func NewName(original string) string {
	ext := strings.ToLower(path.Ext(original))
	valid := len(ext) > 1 && len(ext) <= 10
	for _, c := range strings.TrimPrefix(ext, ".") {
		valid = valid && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	}
	if !valid {
		ext = ""
	}
	return strings.ToLower(rand.Text()) + ext
}

// Folder is a Store in a folder of the file system. Names cannot lead out of it.
type Folder struct{ root *os.Root }

var _ Store = (*Folder)(nil)

// OpenFolder opens, and if need be creates, the folder at path.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("create the media folder: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the media folder: %w", err)
	}
	return &Folder{root: root}, nil
}

// Put implements Store: the file is written aside, flushed to the disk and given its name at the end, so
// that a half-written file is never seen.
func (f *Folder) Put(_ context.Context, name string, r io.Reader) (size int64, err error) {
	part := name + ".part-" + strings.ToLower(rand.Text())
	file, err := f.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return 0, fmt.Errorf("create the file %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.root.Remove(part))
		}
	}()
	// A mail server that runs a program for each mail may forbid the group everything, and the group may be that of the
	// web server.
	err = file.Chmod(0o640)
	if err == nil {
		size, err = io.Copy(file, r)
	}
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return size, fmt.Errorf("write the file %s: %w", name, err)
	}
	if err = f.root.Link(part, name); errors.Is(err, fs.ErrExist) {
		return size, exists(err)
	}
	if err != nil {
		return size, fmt.Errorf("name the file %s: %w", name, err)
	}
	if err = f.root.Remove(part); err != nil {
		return size, fmt.Errorf("tidy up after %s: %w", name, err)
	}
	return size, f.sync()
}

// sync flushes the folder itself, so that a new name survives a power cut.
func (f *Folder) sync() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return fmt.Errorf("open the media folder: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, name string) (io.ReadSeekCloser, error) {
	file, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "This file does not exist.").Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the file %s: %w", name, err)
	}
	return file, nil
}

// Remove implements Store.
func (f *Folder) Remove(_ context.Context, name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the file %s: %w", name, err)
	}
	return nil
}

// Each implements Store. What is in folders below is not the store's.
func (f *Folder) Each(ctx context.Context, fn func(some []Listed) error) (err error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return fmt.Errorf("open the media folder: %w", err)
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	for ctx.Err() == nil {
		entries, err := dir.ReadDir(listedAtOnce)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the media folder: %w", err)
		}
		some := make([]Listed, 0, len(entries))
		for _, e := range entries {
			info, err := e.Info()
			if err == nil && info.Mode().IsRegular() {
				some = append(some, Listed{Name: e.Name(), ChangedAt: info.ModTime()})
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("look at the file %s: %w", e.Name(), err)
			}
		}
		if err := fn(some); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Ping implements Store.
func (f *Folder) Ping(ctx context.Context) error {
	name := "ping-" + strings.ToLower(rand.Text())
	if _, err := f.Put(ctx, name, strings.NewReader("ping")); err != nil {
		return err
	}
	return f.Remove(ctx, name)
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.root.Close() }
