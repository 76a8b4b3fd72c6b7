package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// visitor takes what an archive holds, in its order.
type visitor interface {
	// head takes the head, before anything else.
	head(h Head) error
	// rows takes some rows of a table.
	rows(t sqldb.Table, rows [][]any) error
	// tables is called when all rows have come and are those that were counted.
	tables() error
	// file takes a file with its bytes; content is nil if they are those of an earlier file, or lie beside the archive.
	file(f File, content io.Reader) error
	// config takes a file of the configuration.
	config(f ConfigFile) error
}

// reader reads the parts of an archive in the only order in which they may come.
type reader struct {
	visitor

	sealed   *sealed
	tar      *tar.Reader
	unpacker *zstd.Decoder
	bounds   bounds
	part     io.Reader // what is read now
	sums     []byte    // as the writer keeps them

	headText []byte
	heading  Head
	counts   map[string]*tally
	parts    map[string]int // by folder
	counted  bool           // all tables were there
	list     tally
	waiting  []File // whose bytes come next
	manifest *Manifest
	found    Manifest
	last     string // what was read last, for what is damaged
}

// read reads a whole archive and makes sure that it is as it was written.
func read(r io.Reader, v visitor, within bounds) (Head, Manifest, error) {
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return Head{}, Manifest{}, err
	}
	defer unpacker.Close()
	s := &sealed{r: bufio.NewReaderSize(r, 64<<10), hash: sha256.New()}
	a := &reader{visitor: v, sealed: s, tar: tar.NewReader(s), unpacker: unpacker, bounds: within, counts: map[string]*tally{}, parts: map[string]int{}, last: "its beginning"}
	for done := false; !done; {
		if done, err = a.next(); err != nil {
			return a.heading, Manifest{}, err
		}
	}
	a.manifest.Tables = a.found.Tables
	return a.heading, *a.manifest, nil
}

// readHead reads what an archive that is not encrypted begins with, and no more of it.
func readHead(archive io.Reader) (Head, error) {
	r := &headReader{}
	if _, _, err := read(archive, r, usualBounds()); !errors.Is(err, errEnough) {
		return Head{}, err
	}
	return r.found, nil
}

// errEnough ends reading once the head is known.
var errEnough = errors.New("the head has been read")

// headReader takes the head, and nothing after it.
type headReader struct {
	visitor // is not asked for anything else

	found Head
}

func (v *headReader) head(h Head) error {
	v.found = h
	return errEnough
}

// next reads a part; done says that it was the last one.
func (a *reader) next() (done bool, err error) {
	h, err := a.tar.Next()
	switch {
	case errors.Is(err, io.EOF):
		return false, damage("its end", errors.New("it is missing"))
	case errors.Is(err, tar.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, tar.ErrFieldTooLong):
		return false, damage("what follows "+a.last, err)
	case err != nil:
		return false, damage("what follows "+a.last, err)
	}
	part := describe(h.Name)
	if h.Typeflag != tar.TypeReg {
		return false, damage(part, errors.New("it is not a file"))
	}
	checksum, sums := sha256.New(), a.sums
	isBlob := blobPart.MatchString(h.Name) // whose name is its checksum
	if a.part = a.tar; !isBlob {
		a.part = io.TeeReader(a.tar, checksum)
	}
	err = a.take(h)
	if err == nil {
		_, err = io.Copy(io.Discard, a.part)
	}
	if err != nil {
		if errors.Is(err, errOrder) {
			return false, damage(part+", after "+a.last, err)
		}
		return false, a.blame(part, err)
	}
	if !isBlob {
		a.sums = appendSum(sums, [sha256.Size]byte(checksum.Sum(nil)), h.Name)
	}
	a.last = part
	return h.Name == sealName, nil
}

// notOurs is an error of the visitor: what was read is whole.
type notOurs struct{ err error }

func (e notOurs) Error() string { return e.err.Error() }
func (e notOurs) Unwrap() error { return e.err }

func (a *reader) blame(part string, err error) error {
	if own, ok := errors.AsType[notOurs](err); ok {
		return own.err
	}
	return damage(part, err)
}

func visited(err error) error {
	if err == nil {
		return nil
	}
	return notOurs{err}
}

var (
	errOrder   = errors.New("it does not belong there")
	errTooLong = errors.New("it is larger than any backup would write it")
)

// take reads a part that may come now.
func (a *reader) take(h *tar.Header) (err error) {
	begun := a.heading.Format != 0
	if a.headText != nil && !begun {
		if h.Name != headSumName {
			return errOrder
		}
		return a.begin()
	}
	if len(a.waiting) > 0 {
		if h.Name != "blobs/"+a.waiting[0].SHA256 || h.Size != a.waiting[0].Size {
			return errOrder
		}
		return a.blob()
	}
	switch {
	case h.Name == headName && !begun:
		a.headText, err = a.all(maxDocument)
		return err
	case !begun:
		return errors.New("this is no backup of grouprise")
	case a.manifest != nil:
		if h.Name != sealName {
			return errOrder
		}
		return a.seal(h)
	case !a.counted:
		if h.Name == tablesName {
			return a.count()
		}
		if m := tablePart.FindStringSubmatch(h.Name); m != nil {
			return a.table(m[1], m[2])
		}
		return errOrder
	case h.Name == manifestName:
		return a.end()
	}
	if m := filePart.FindStringSubmatch(h.Name); m != nil {
		return a.files(m[1])
	}
	if name, ok := strings.CutPrefix(h.Name, "configuration/"); ok && isPlainName(name) {
		text, err := a.all(maxConfig)
		if err != nil {
			return err
		}
		return visited(a.config(ConfigFile{name, text}))
	}
	return errOrder
}

// all returns the bytes of a small part.
func (a *reader) all(atMost int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(a.part, atMost+1))
	if err == nil && int64(len(b)) > atMost {
		err = errTooLong
	}
	return b, err
}

func (a *reader) document(v any) error {
	b, err := a.all(maxDocument)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

var plainSQLName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// begin reads the head once it is known to be whole, because all that follows is read as it says.
func (a *reader) begin() error {
	sum, err := a.all(maxSeal)
	if err != nil {
		return err
	}
	if !bytes.Equal(sum, appendSum(nil, sha256.Sum256(a.headText), headName)) {
		return damage(describe(headName)+" or "+describe(headSumName), errChecksum)
	}
	var h Head
	if err := json.Unmarshal(a.headText, &h); err != nil {
		return err
	}
	if h.Format != format {
		return notOurs{fmt.Errorf("the backup has format %d, but this program knows only format %d: restore it with grouprise %s", h.Format, format, h.Program)}
	}
	for _, t := range h.Tables {
		if !plainSQLName.MatchString(t.Name) || a.counts[t.Name] != nil || len(t.Columns) == 0 {
			return fmt.Errorf("the table %q is not right", t.Name)
		}
		for _, c := range t.Columns {
			if !plainSQLName.MatchString(c.Name) || !slices.Contains([]sqldb.ColumnType{sqldb.Integer, sqldb.Boolean, sqldb.Real, sqldb.Text, sqldb.Bytes}, c.Type) {
				return fmt.Errorf("the column %q of the table %s is not right", c.Name, t.Name)
			}
		}
		a.counts[t.Name] = &tally{}
	}
	a.heading = h
	return visited(a.head(h))
}
