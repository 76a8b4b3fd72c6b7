package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

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
