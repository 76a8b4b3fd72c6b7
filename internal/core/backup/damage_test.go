package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// looking is a visitor that keeps nothing.
type looking struct{}

func (looking) head(Head) error                 { return nil }
func (looking) rows(sqldb.Table, [][]any) error { return nil }
func (looking) tables() error                   { return nil }
func (looking) config(ConfigFile) error         { return nil }
func (looking) file(_ File, content io.Reader) error {
	if content == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, content)
	return err
}

// region is where a part lies in an archive.
type region struct {
	from, to int // of its content; its head is the block before
	part     string
}

func regions(t *testing.T, archive []byte) (all []region) {
	t.Helper()
	source := bytes.NewReader(archive)
	parts := tar.NewReader(source)
	for {
		h, err := parts.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		at := len(archive) - source.Len()
		all = append(all, region{at, at + int(h.Size), h.Name})
	}
}

func TestAFlippedBitIsNamed(t *testing.T) {
	t.Parallel()
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 30)
	s.Config = func() ([]ConfigFile, error) {
		return []ConfigFile{{"in-force.yaml", []byte("domain: stadt.example\n")}}, nil
	}
	archive, _ := s.make(t)
	if _, _, err := read(bytes.NewReader(archive), looking{}, usualBounds()); err != nil {
		t.Fatal(err)
	}
	parts := regions(t, archive)
	flip := func(at int, bit byte) error {
		damaged := bytes.Clone(archive)
		damaged[at] ^= 1 << bit
		_, _, err := read(bytes.NewReader(damaged), looking{}, usualBounds())
		return err
	}
	for at := 0; at < len(archive); at += 11 + at%13 {
		err := flip(at, byte(at%8))
		d, ok := errors.AsType[*Damage](err)
		if !ok {
			t.Errorf("bit %d of byte %d: %v", at%8, at, err)
			continue
		}
		i := slices.IndexFunc(parts, func(r region) bool { return r.from <= at && at < r.to })
		if i < 0 {
			continue // the head of a part, or between parts: what was found says where
		}
		want := describe(parts[i].part)
		if blobPart.MatchString(parts[i].part) {
			want = "the file "
		}
		if parts[i].part == sealName {
			continue // it speaks of others
		}
		if !strings.Contains(d.Part, strings.Split(want, " (part")[0]) {
			t.Errorf("byte %d lies in %s, and what is named is %q: %v", at, parts[i].part, d.Part, d.Err)
		}
	}
}

func TestAnEndThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 10)
	archive, _ := s.make(t)
	for length := 0; length < len(archive); length += 1 + length%97 {
		_, _, err := read(bytes.NewReader(archive[:length]), looking{}, usualBounds())
		if _, ok := errors.AsType[*Damage](err); !ok {
			t.Errorf("the first %d bytes: %v", length, err)
		}
	}
}

func TestAFlippedBitOfAnEncryptedBackupIsNamed(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 30)
	archive, _ := s.make(t, key.Recipient())
	for at := 40; at < len(archive); at += 211 {
		damaged := bytes.Clone(archive)
		damaged[at] ^= 4
		plain, err := decrypt(bytes.NewReader(damaged), []age.Identity{key})
		if err == nil {
			_, _, err = read(plain, looking{}, usualBounds())
		}
		if _, ok := errors.AsType[*Damage](err); !ok && !strings.Contains(err.Error(), "for another key") {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

// part is a part of an archive that somebody has made up.
type part struct {
	name string
	text string
	kind byte
}

func archiveOf(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		if p.name == headName {
			parts = slices.Insert(slices.Clone(parts), i+1, part{name: headSumName, text: string(appendSum(nil, sha256.Sum256([]byte(p.text)), headName))})
		}
		if err := w.WriteHeader(&tar.Header{Name: p.name, Size: int64(len(p.text)), Typeflag: max(p.kind, tar.TypeReg), Linkname: "/etc/passwd"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func headOf(t testing.TB, tables ...sqldb.Table) part {
	t.Helper()
	text, err := json.Marshal(Head{Format: format, Version: 1, Tables: tables})
	if err != nil {
		t.Fatal(err)
	}
	return part{name: headName, text: string(text)}
}

func packed(text string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

func TestAHostileArchiveDoesNoHarm(t *testing.T) {
	t.Parallel()
	nr := []sqldb.Column{{Name: "nr", Type: sqldb.Integer}}
	words := []sqldb.Column{{Name: "word", Type: sqldb.Text}}
	head := headOf(t, sqldb.Table{Name: "a_marks", Columns: nr}, sqldb.Table{Name: "words", Columns: words})
	none := sumOf().String()
	counts := part{name: tablesName, text: fmt.Sprintf(`[{"name":"a_marks","rows":0,"checksum":"%s"},{"name":"words","rows":0,"checksum":"%[1]s"}]`, none)}
	list := func(line string) part { return part{name: "files/000001.jsonl.zst", text: packed(line + "\n")} }
	checksum := strings.Repeat("a", 64)
	for _, c := range []struct {
		what  string
		parts []part
		want  string
	}{
		{"nothing", nil, "its end: it is missing"},
		{"something else", []part{{name: "hello.txt", text: "hello"}}, "this is no backup of grouprise"},
		{"a path", []part{head, counts, {name: "../../etc/passwd", text: "x"}}, "does not belong there"},
		{"an absolute path", []part{head, counts, {name: "/etc/passwd", text: "x"}}, "does not belong there"},
		{"a path in the configuration", []part{head, counts, {name: "configuration/../x", text: "x"}}, "does not belong there"},
		{"a path of a table", []part{head, {name: "tables/../000001.jsonl.zst", text: packed("[1]\n")}}, "does not belong there"},
		{"a link", []part{head, counts, {name: "configuration/x", kind: tar.TypeSymlink}}, "not a file"},
		{"a file that leads elsewhere", []part{head, counts, list(`["../x","` + checksum + `",1,null,null]`)}, "not written as its table says"},
		{"a file of another folder", []part{head, counts, list(`["a/x","` + checksum + `",1,null,null]`)}, "not written as its table says"},
		{"a copy from elsewhere", []part{head, counts, list(`["x","` + checksum + `",1,"../secret.key",null]`)}, "not written as its table says"},
		{"bytes from elsewhere", []part{head, counts, list(`["x","` + checksum + `",1,null,"../secret.key"]`)}, "not written as its table says"},
		{"a negative size", []part{head, counts, list(`["x","` + checksum + `",-1,null,null]`)}, "not written as its table says"},
		{"other bytes", []part{head, counts, list(`["x","` + checksum + `",1,null,null]`), {name: "blobs/" + checksum, text: "x"}}, "the file x"},
		{"other bytes first", []part{head, counts, list(`["x","` + checksum + `",1,null,null]`), {name: "blobs/" + strings.Repeat("b", 64), text: "x"}}, "does not belong there"},
		{"an unknown table", []part{head, {name: "tables/passwords/000001.jsonl.zst", text: packed("[1]\n")}}, "there is no such table"},
		{"a statement", []part{headOf(t, sqldb.Table{Name: `x"; DROP TABLE people; --`, Columns: nr})}, "is not right"},
		{"a column that is a statement", []part{headOf(t, sqldb.Table{Name: "x", Columns: []sqldb.Column{{Name: `a") VALUES (1); --`, Type: sqldb.Integer}}})}, "is not right"},
		{"a table twice", []part{headOf(t, sqldb.Table{Name: "x", Columns: nr}, sqldb.Table{Name: "x", Columns: nr})}, "is not right"},
		{"rows of another type", []part{head, {name: "tables/a_marks/000001.jsonl.zst", text: packed("[\"1\"]\n")}}, "not written as its table says"},
		{"rows that were not counted", []part{head, {name: "tables/a_marks/000001.jsonl.zst", text: packed("[1]\n")}, counts}, "the table a_marks has 1 rows instead of 0"},
		{"rows after they were counted", []part{head, counts, {name: "tables/a_marks/000001.jsonl.zst", text: packed("[1]\n")}}, "does not belong there"},
		{"parts in another order", []part{head, {name: "tables/a_marks/000002.jsonl.zst", text: packed("[1]\n")}}, "does not belong there"},
		{"two heads", []part{head, head}, "does not belong there"},
		{"a newer format", []part{{name: headName, text: `{"format":7,"program":"9.0"}`}}, "restore it with grouprise 9.0"},
		{"a row that never ends", []part{head, {name: "tables/words/000001.jsonl.zst", text: packed(`["` + strings.Repeat("a", 3<<20) + "\"]\n")}}, "larger than any backup"},
		{"rows that never end", []part{head, {name: "tables/a_marks/000001.jsonl.zst", text: packed(strings.Repeat("[1]\n", 2<<20))}}, "larger than any backup"},
		{"no seal", []part{head, counts, {name: manifestName, text: `{"files":{"name":"files","rows":0,"checksum":"` + none + `"}}`}}, "its end: it is missing"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(bytes.NewReader(archiveOf(t, c.parts...)), looking{}, bounds{part: 4 << 20, row: 1 << 20})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func sumOf() *sum { return &sum{} }

func TestNothingIsRestoredOfADamagedTable(t *testing.T) {
	t.Parallel()
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 30)
	archive, _ := s.make(t)
	parts := regions(t, archive)
	i := slices.IndexFunc(parts, func(r region) bool { return strings.HasPrefix(r.part, "tables/people/") })
	archive[parts[i].from+30] ^= 1
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		to := siteOn(t, db)
		_, err := to.Restore(t.Context(), bytes.NewReader(archive), Restoring{})
		if d, ok := errors.AsType[*Damage](err); !ok || !strings.Contains(d.Part, "the table people") {
			t.Errorf("got %v", err)
		}
		if empty, err := db.IsEmpty(t.Context()); err != nil || !empty {
			t.Errorf("empty: %v, %v", empty, err)
		}
	})
}

func TestACheckLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	s.fill(t, 3)
	archive, _ := s.make(t)
	if _, err := s.Check(t.Context(), bytes.NewReader(archive), Restoring{}); err != nil {
		t.Error(err)
	}
	if _, err := s.Check(t.Context(), bytes.NewReader(archive[:len(archive)/2]), Restoring{}); err == nil {
		t.Error("half a backup can be restored")
	}
	left, err := os.ReadDir(s.Scratch)
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left in %s, %v", left, filepath.Base(s.Scratch), err)
	}
}

func TestARowIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	columns := []sqldb.Column{{Type: sqldb.Integer}, {Type: sqldb.Text}, {Type: sqldb.Boolean}, {Type: sqldb.Bytes}, {Type: sqldb.Real}, {Type: sqldb.Text}}
	for _, row := range [][]any{
		{int64(-9223372036854775808), "", false, []byte{}, 0.1, nil},
		{int64(9223372036854775807), "\"\\\n\r\t\x01 ü 🌱 \u2028", true, []byte{0, 1, 255}, -1e300, "x"},
		{nil, nil, nil, nil, nil, nil},
	} {
		line := appendRow(nil, row)
		got := make([]any, len(row))
		if err := parseRow(bytes.TrimSuffix(line, []byte("\n")), columns, got); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if again := appendRow(nil, got); !bytes.Equal(again, line) || !json.Valid(line) {
			t.Errorf("%s became %s", line, again)
		}
	}
}

// FuzzRead looks for archives and rows that make the reader fail badly, or that it reads as something else.
func FuzzRead(f *testing.F) {
	columns := []sqldb.Column{{Name: "nr", Type: sqldb.Integer}, {Name: "word", Type: sqldb.Text}, {Name: "data", Type: sqldb.Bytes}, {Name: "yes", Type: sqldb.Boolean}, {Name: "part", Type: sqldb.Real}}
	head := headOf(f, sqldb.Table{Name: "things", Columns: columns})
	f.Add([]byte(`[1,"a\u0001\n","AAE=",true,0.5]`+"\n"), false)
	f.Add([]byte(`[null,null,null,null,null]`+"\n"), false)
	f.Add(archiveOf(f, head, part{name: tablesName, text: `[]`}), true)
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		if !whole {
			row := make([]any, len(columns))
			if parseRow(bytes.TrimSuffix(b, []byte("\n")), columns, row) == nil {
				line := appendRow(nil, row)
				again := make([]any, len(columns))
				if err := parseRow(bytes.TrimSuffix(line, []byte("\n")), columns, again); err != nil || !bytes.Equal(appendRow(nil, again), line) {
					t.Errorf("%s became %s, %v", b, line, err)
				}
			}
			b = archiveOf(t, head, part{name: "tables/things/000001.jsonl.zst", text: packed(string(b))})
		}
		if _, _, err := read(bytes.NewReader(b), looking{}, bounds{part: 1 << 16, row: 1 << 14}); err == nil {
			t.Error("what nobody has sealed was taken")
		}
	})
}
