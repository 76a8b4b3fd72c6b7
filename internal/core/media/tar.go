package media

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
)

// WriteTar writes all files of a store into a tar file, which belongs to root as that of 5.5 did.
func WriteTar(ctx context.Context, w io.Writer, store Store) error {
	archive := tar.NewWriter(w)
	err := store.Each(ctx, func(some []Listed) error {
		for _, f := range some {
			if err := tarFile(ctx, archive, store, f); err != nil && !errs.Is(err, errs.NotFound) {
				return fmt.Errorf("dump the file %s: %w", f.Name, err)
			}
		}
		return nil
	})
	return errors.Join(err, archive.Close())
}

func tarFile(ctx context.Context, archive *tar.Writer, store Store, f Listed) error {
	content, err := store.Open(ctx, f.Name)
	if err != nil {
		return err
	}
	defer content.Close()
	size, err := content.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: f.Name, Size: size, Mode: 0o644, ModTime: f.ChangedAt, Uname: "root", Gname: "root"}); err != nil {
		return err
	}
	_, err = io.Copy(archive, content)
	return err
}

// unpack finds out how a file is compressed.
func unpack(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	start, _ := b.Peek(6) // a shorter one is none of these
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return gzip.NewReader(b)
	case bytes.HasPrefix(start, []byte("BZh")):
		return bzip2.NewReader(b), nil
	case bytes.HasPrefix(start, []byte("\xfd7zXZ")):
		return nil, errors.New("the file is compressed with xz: uncompress it first (unxz)")
	}
	return b, nil
}

// Clear removes all files of a store.
func Clear(ctx context.Context, store Store) error {
	return store.Each(ctx, func(some []Listed) error {
		for _, f := range some {
			if err := store.Remove(ctx, f.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadTar stores the files of a tar file, which may be compressed, and returns how many came and how many were there already.
// One that would lie elsewhere than in the store ends it.
func ReadTar(ctx context.Context, r io.Reader, store Store) (read, there int, err error) {
	plain, err := unpack(r)
	if err != nil {
		return 0, 0, err
	}
	archive := tar.NewReader(plain)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return read, there, nil
		}
		if err != nil {
			return read, there, fmt.Errorf("read the file: %w", err)
		}
		name := strings.TrimPrefix(h.Name, "./")
		if h.Typeflag == tar.TypeDir && filepath.IsLocal(name) {
			continue
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) || strings.Contains(name, "/") {
			return read, there, fmt.Errorf("%q is no uploaded file", h.Name)
		}
		switch _, err := store.Put(ctx, name, archive); {
		case errs.Is(err, errs.Conflict):
			there++
		case err != nil:
			return read, there, err
		default:
			read++
		}
	}
}
