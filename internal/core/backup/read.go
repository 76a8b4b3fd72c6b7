package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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

var (
	tablePart = regexp.MustCompile(`^tables/([a-z0-9_]{1,64})/([0-9]{6,9})\.jsonl\.zst$`)
	filePart  = regexp.MustCompile(`^files/([0-9]{6,9})\.jsonl\.zst$`)
	blobPart  = regexp.MustCompile(`^blobs/([0-9a-f]{64})$`)
	checksums = regexp.MustCompile(`^[0-9a-f]{64}$`)
	blobNames = regexp.MustCompile(`^blob-[0-9a-f]{32}$`)
)

func isChecksum(s string) bool { return checksums.MatchString(s) }
func isBlobName(s string) bool { return blobNames.MatchString(s) }

// isPlainName reports whether something is the name of a file that leads into no other folder.
func isPlainName(s string) bool {
	return s != "" && s != "." && s != ".." && len(s) <= 255 && utf8.ValidString(s) && !strings.ContainsAny(s, `/\`) && !strings.ContainsFunc(s, unicode.IsControl)
}

// describe says what a part is in plain words.
func describe(name string) string {
	if m := tablePart.FindStringSubmatch(name); m != nil {
		return "the table " + m[1] + " (part " + strings.TrimLeft(m[2], "0") + ")"
	}
	if m := filePart.FindStringSubmatch(name); m != nil {
		return "the list of files (part " + strings.TrimLeft(m[1], "0") + ")"
	}
	if m := blobPart.FindStringSubmatch(name); m != nil {
		return "the file with the checksum " + m[1]
	}
	return strconv.Quote(name)
}

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

// nth makes sure that the parts of a folder come one after the other.
func (a *reader) nth(folder, number string) error {
	a.parts[folder]++
	if n, err := strconv.Atoi(number); err != nil || n != a.parts[folder] {
		return errOrder
	}
	return nil
}

// lines calls fn with each row of a packed part.
func (a *reader) lines(columns []sqldb.Column, fn func(row []any, size int) error) error {
	if err := a.unpacker.Reset(a.part); err != nil {
		return err
	}
	bounded := &io.LimitedReader{R: a.unpacker, N: a.bounds.part}
	scanner := bufio.NewScanner(bounded)
	scanner.Buffer(make([]byte, 0, min(64<<10, a.bounds.row)), a.bounds.row)
	scanner.Split(wholeLines)
	for scanner.Scan() {
		row := make([]any, len(columns))
		if err := parseRow(scanner.Bytes(), columns, row); err != nil {
			return err
		}
		if err := fn(row, len(scanner.Bytes())); err != nil {
			return err
		}
	}
	if bounded.N == 0 || errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return errTooLong
	}
	return scanner.Err()
}

// wholeLines splits at the ends of lines, and wants one after the last.
func wholeLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errRow
	}
	return 0, nil, nil
}

// Rows are handed on together up to as many, or as many bytes.
const (
	rowsAtOnce  = 128
	bytesAtOnce = 1 << 20
)

func (a *reader) table(name, number string) error {
	i := slices.IndexFunc(a.heading.Tables, func(t sqldb.Table) bool { return t.Name == name })
	if i < 0 {
		return errors.New("there is no such table")
	}
	if err := a.nth("tables/"+name, number); err != nil {
		return err
	}
	t, counted := a.heading.Tables[i], a.counts[name]
	var rows [][]any
	size := 0
	flush := func() error {
		err := visited(a.rows(t, rows))
		rows, size = rows[:0], 0
		return err
	}
	err := a.lines(t.Columns, func(row []any, length int) error {
		counted.count(row)
		rows = append(rows, row)
		if size += length; len(rows) < rowsAtOnce && size < bytesAtOnce {
			return nil
		}
		return flush()
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	return flush()
}

// count compares the rows that came with those that were counted.
func (a *reader) count() error {
	var want []Counted
	if err := a.document(&want); err != nil {
		return err
	}
	if len(want) != len(a.heading.Tables) {
		return fmt.Errorf("it counts %d tables instead of %d", len(want), len(a.heading.Tables))
	}
	for i, t := range a.heading.Tables {
		if want[i].Name != t.Name {
			return fmt.Errorf("it does not count the table %s", t.Name)
		}
		if err := compare("the table "+t.Name, want[i], a.counts[t.Name].result(t.Name)); err != nil {
			return damage("the table "+t.Name+", or what "+describe(tablesName)+" says of it", err)
		}
	}
	a.counted, a.found.Tables = true, want
	return visited(a.tables())
}

func (a *reader) files(number string) error {
	if err := a.nth("files", number); err != nil {
		return err
	}
	var all []File
	err := a.lines(fileColumns(), func(row []any, _ int) error {
		f, ok := fileOf(row)
		if !ok || len(all) == filesAtOnce {
			return errRow
		}
		a.list.count(row)
		all = append(all, f)
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range all {
		a.found.Bytes += f.Size
		switch {
		case f.As == "" && f.Blob == "":
			a.found.Blobs++
			a.waiting = append(a.waiting, f)
			continue
		case f.As == "":
			a.found.Outside++
		}
	}
	// Copies of what comes with this part are made when it has come.
	a.waiting = append(a.waiting, slices.DeleteFunc(all, func(f File) bool { return f.As == "" && f.Blob == "" })...)
	return a.withoutBytes()
}

// withoutBytes hands on the files at the front whose bytes do not come with the archive.
func (a *reader) withoutBytes() error {
	for len(a.waiting) > 0 && (a.waiting[0].As != "" || a.waiting[0].Blob != "") {
		if err := a.file(a.waiting[0], nil); err != nil {
			return visited(err)
		}
		a.waiting = a.waiting[1:]
	}
	return nil
}

func (a *reader) blob() error {
	f := a.waiting[0]
	content := &verified{r: a.part, hash: sha256.New(), want: f.SHA256}
	err := a.file(f, content)
	if err == nil {
		_, err = io.Copy(io.Discard, content)
	}
	if content.failed != nil {
		return damage("the file "+f.Name, content.failed)
	}
	if err != nil {
		return notOurs{err}
	}
	a.waiting = a.waiting[1:]
	return a.withoutBytes()
}

// end compares the files that came with those that were counted.
func (a *reader) end() error {
	var m Manifest
	if err := a.document(&m); err != nil {
		return err
	}
	if err := compare("the list of files", m.Files, a.list.result("files")); err != nil {
		return damage("the list of files, or what "+describe(manifestName)+" says of it", err)
	}
	if m.Bytes != a.found.Bytes || m.Blobs != a.found.Blobs || m.Outside != a.found.Outside {
		return errors.New("it counts other files than there are")
	}
	a.manifest = &m
	return nil
}

// seal compares the checksums of everything before, and makes sure that nothing follows.
func (a *reader) seal(h *tar.Header) error {
	want := a.sealed.before()
	// A head has bytes that readers of tar pass over.
	var head bytes.Buffer
	if err := tar.NewWriter(&head).WriteHeader(partHeader(sealName, h.Size, h.ModTime)); err != nil || !bytes.Equal(head.Bytes(), a.sealed.late) {
		return errChecksum
	}
	got, err := a.all(maxSeal)
	if err != nil {
		return err
	}
	here := slices.Collect(bytes.Lines(a.sums))
	said := slices.Collect(bytes.Lines(got))
	if len(said) != len(here)+1 {
		return fmt.Errorf("it tells of %d parts instead of %d", len(said)-1, len(here))
	}
	for i, line := range here {
		if !bytes.Equal(line, said[i]) {
			_, name, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("  "))
			return damage(describe(string(name)), errChecksum)
		}
	}
	if !bytes.Equal(said[len(here)], appendAll(nil, want)) {
		return damage("what fills the space between its parts", errChecksum)
	}
	padding := (block - len(got)%block) % block
	rest, err := io.ReadAll(io.LimitReader(a.sealed, int64(padding+2*block+1)))
	if err != nil {
		return err
	}
	if len(rest) != padding+2*block || len(bytes.Trim(rest, "\x00")) > 0 {
		return damage("its end", errors.New("something else is there"))
	}
	return nil
}

// block is a block of tar: each part fills whole ones, and two empty ones are the end.
const block = 512

// sealed reads an archive and works out the checksum of everything but its latest block, which is the head of the seal
// when it matters.
type sealed struct {
	r    io.Reader
	hash hash.Hash
	late []byte
}

// Read implements io.Reader.
func (s *sealed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.late = append(s.late, p[:n]...)
	if over := len(s.late) - block; over > 0 {
		s.hash.Write(s.late[:over])
		s.late = append(s.late[:0], s.late[over:]...)
	}
	return n, err
}

// before returns the checksum of what came before the latest block.
func (s *sealed) before() [sha256.Size]byte { return [sha256.Size]byte(s.hash.Sum(nil)) }

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
