package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// writer writes the parts of an archive in their order.
type writer struct {
	tar      *tar.Writer
	hash     hash.Hash // of everything that was written
	sums     []byte    // of each part but the bytes of files, whose names are their checksums
	packer   *zstd.Encoder
	packed   []byte
	madeAt   time.Time
	manifest Manifest
}

func newWriter(w io.Writer, madeAt time.Time) (*writer, error) {
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(partSize), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	return &writer{tar: tar.NewWriter(io.MultiWriter(w, h)), hash: h, packer: packer, madeAt: madeAt}, nil
}

// part begins a part of a size.
func (w *writer) part(name string, size int64) error {
	return w.tar.WriteHeader(partHeader(name, size, w.madeAt))
}

func partHeader(name string, size int64, at time.Time) *tar.Header {
	return &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: at.Truncate(time.Second), Typeflag: tar.TypeReg}
}

func (w *writer) bytes(name string, b []byte) error {
	w.sums = appendSum(w.sums, sha256.Sum256(b), name)
	if err := w.part(name, int64(len(b))); err != nil {
		return err
	}
	_, err := w.tar.Write(b)
	return err
}

func (w *writer) document(name string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return w.bytes(name, append(b, '\n'))
}

// head writes the head, and its checksum at once.
func (w *writer) head(h Head) error {
	text, err := json.MarshalIndent(h, "", " ")
	if err != nil {
		return err
	}
	if err := w.bytes(headName, text); err != nil {
		return err
	}
	return w.bytes(headSumName, appendSum(nil, sha256.Sum256(text), headName))
}

// lines writes lines, packed.
func (w *writer) lines(folder string, nth int, lines []byte) error {
	w.packed = w.packer.EncodeAll(lines, w.packed[:0])
	return w.bytes(fmt.Sprintf("%s/%06d.jsonl.zst", folder, nth), w.packed)
}

// tables writes all rows of a snapshot.
func (w *writer) tables(ctx context.Context, s *sqldb.Snapshot, tables []sqldb.Table) error {
	for _, t := range tables {
		counted, err := w.table(ctx, s, t)
		if err != nil {
			return fmt.Errorf("back up the table %s: %w", t.Name, err)
		}
		w.manifest.Tables = append(w.manifest.Tables, counted)
	}
	return w.document(tablesName, w.manifest.Tables)
}

func (w *writer) table(ctx context.Context, s *sqldb.Snapshot, t sqldb.Table) (Counted, error) {
	var rows tally
	var lines []byte
	nth := 0
	flush := func() error {
		nth++
		err := w.lines("tables/"+t.Name, nth, lines)
		lines = lines[:0]
		return err
	}
	err := s.Rows(ctx, t, func(row []any) error {
		lines = append(lines, rows.count(row)...)
		if len(lines) < partSize {
			return nil
		}
		return flush()
	})
	if err == nil && len(lines) > 0 {
		err = flush()
	}
	return rows.result(t.Name), err
}

// source is an uploaded file while it is backed up.
type source struct {
	File

	content io.ReadSeekCloser
}

// files writes all files of a store.
func (w *writer) files(ctx context.Context, store media.Store, beside *besides) error {
	var list tally
	first := map[[sha256.Size]byte]string{} // the file that had a content first
	nth := 0
	err := store.Each(ctx, func(some []media.Listed) error {
		for part := range slices.Chunk(some, filesAtOnce) {
			sources, err := w.open(ctx, store, part, first)
			if err == nil && len(sources) > 0 {
				nth++
				err = w.some(ctx, nth, sources, beside, &list)
			}
			for _, f := range sources {
				err = errors.Join(err, f.content.Close())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.manifest.Files = list.result("files")
	return err
}

// isLeft reports whether a file is what an upload has left behind, or is about to become a file.
func isLeft(name string) bool {
	return strings.Contains(name, ".part-") || strings.HasPrefix(name, "ping-") || !isPlainName(name)
}

// open opens some files and reads what they are. They stay open: a file that is removed meanwhile stays readable.
func (w *writer) open(ctx context.Context, store media.Store, some []media.Listed, first map[[sha256.Size]byte]string) (all []source, err error) {
	for _, f := range some {
		if isLeft(f.Name) {
			continue
		}
		content, err := store.Open(ctx, f.Name)
		if errs.Is(err, errs.NotFound) {
			w.manifest.Gone++
			continue
		}
		if err != nil {
			return all, err
		}
		s := source{File: File{Name: f.Name}, content: content}
		all = append(all, s)
		h := sha256.New()
		size, err := io.Copy(h, content)
		if err == nil {
			_, err = content.Seek(0, io.SeekStart)
		}
		if err != nil {
			return all, fmt.Errorf("read the file %s: %w", f.Name, err)
		}
		checksum := [sha256.Size]byte(h.Sum(nil))
		s.SHA256, s.Size, s.As = hex.EncodeToString(checksum[:]), size, first[checksum]
		if s.As == "" {
			first[checksum] = s.Name
		}
		all[len(all)-1] = s
	}
	return all, nil
}

// some writes the list of some files, and then their bytes as far as they are not there yet.
func (w *writer) some(ctx context.Context, nth int, files []source, beside *besides, list *tally) error {
	var lines []byte
	for i := range files {
		f := &files[i]
		if f.As == "" && beside != nil {
			f.Blob = beside.name(f.SHA256)
		}
		lines = append(lines, list.count(f.row())...)
		w.manifest.Bytes += f.Size
	}
	if err := w.lines("files", nth, lines); err != nil {
		return err
	}
	for _, f := range files {
		if f.As != "" {
			continue
		}
		content := &verified{r: f.content, hash: sha256.New(), want: f.SHA256}
		var err error
		if f.Blob != "" {
			w.manifest.Outside++
			err = beside.put(ctx, f.Blob, content)
		} else {
			w.manifest.Blobs++
			err = w.blob(f.File, content)
		}
		if err != nil {
			return fmt.Errorf("back up the file %s: %w", f.Name, err)
		}
	}
	return nil
}

func (w *writer) blob(f File, content io.Reader) error {
	if err := w.part("blobs/"+f.SHA256, f.Size); err != nil {
		return err
	}
	_, err := io.Copy(w.tar, content)
	return err
}

// configuration writes files of the configuration.
func (w *writer) configuration(files []ConfigFile) error {
	for _, f := range files {
		if err := w.bytes("configuration/"+f.Name, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// close writes the end of an archive.
func (w *writer) close() error {
	if err := w.document(manifestName, w.manifest); err != nil {
		return err
	}
	if err := w.tar.Flush(); err != nil {
		return err
	}
	seal := appendAll(w.sums, [sha256.Size]byte(w.hash.Sum(nil)))
	if err := w.part(sealName, int64(len(seal))); err != nil {
		return err
	}
	if _, err := w.tar.Write(seal); err != nil {
		return err
	}
	return w.tar.Close()
}

// appendSum appends a line of the seal, which is written as sha256sum writes it.
func appendSum(b []byte, checksum [sha256.Size]byte, name string) []byte {
	b = hex.AppendEncode(b, checksum[:])
	return append(append(append(b, "  "...), name...), '\n')
}

// appendAll appends the last line of the seal, about all that comes before it: a comment to sha256sum.
func appendAll(b []byte, checksum [sha256.Size]byte) []byte {
	return appendSum(append(b, "# "...), checksum, "everything above")
}

// verified reads something that has a checksum, and fails at its end if it has another one.
type verified struct {
	r      io.Reader
	hash   hash.Hash
	want   string
	failed error // why it could not be read to its end
}

var errChecksum = errors.New("its bytes are not those that its checksum is of")

// Read implements io.Reader.
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.hash.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(v.hash.Sum(nil)) != v.want {
		err = errChecksum
	}
	if err != nil && err != io.EOF {
		v.failed = err
	}
	return n, err
}
