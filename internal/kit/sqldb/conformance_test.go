package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// things is the schema of these tests: every type and macro once.
var things = fstest.MapFS{"00001_things.sql": {Data: []byte(`-- +goose Up
CREATE TABLE IF NOT EXISTS things (
    id         {id},
    name       VARCHAR(100) NOT NULL,
    "text"     {text},
    data       {blob},
    number     BIGINT,
    active     BOOLEAN NOT NULL DEFAULT FALSE,
    day        CHAR(10),
    created_at BIGINT,
    UNIQUE (name)
){options};
{index things_number things (number, id)}

CREATE TABLE IF NOT EXISTS parts (
    id       {id},
    thing_id BIGINT NOT NULL,
    name     VARCHAR(20) NOT NULL,
    FOREIGN KEY (thing_id) REFERENCES things (id) ON DELETE CASCADE
){options};
{unique parts_name parts (thing_id, name)}
{column parts note VARCHAR(50) NOT NULL DEFAULT 'it''s new'}

{if sqlite}
CREATE TABLE only_here (a BIGINT);
{end}
{if postgresql mysql}
CREATE TABLE IF NOT EXISTS only_here (a BIGINT);
{end}
`)}}

type thing struct {
	ID        int64
	Name      string
	Text      *string
	Data      []byte
	Number    *int64
	Active    bool
	Day       *string
	CreatedAt clock.Time `db:"created_at"`
}

func each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.EachSchema(t, things, fn)
}

func mustWrite(t testing.TB, db *sqldb.DB, fn func(tx *sqldb.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// add inserts a thing with a name and a number.
func add(t testing.TB, db *sqldb.DB, name string, number any) (id int64) {
	t.Helper()
	mustWrite(t, db, func(tx *sqldb.Tx) (err error) {
		id, err = tx.Insert(t.Context(), `INSERT INTO things (name, number) VALUES (?, ?)`, name, number)
		return err
	})
	return id
}

func names(t testing.TB, db *sqldb.DB, query string, args ...any) []string {
	t.Helper()
	list := []string{}
	if err := db.Select(t.Context(), &list, query, args...); err != nil {
		t.Fatal(err)
	}
	return list
}

func wantKind(t *testing.T, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("error is %v, want one of kind %q", err, kind)
	}
}

func wantEqual(t *testing.T, got, want any) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return // cmp takes seconds for megabytes
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	big := strings.Repeat("Grüße 👩‍👩‍👧 ", 200_000) // 5.2 MB
	bytes := []byte(strings.Repeat("\x00\xff\x80'\"\\", 900_000))
	for name, want := range map[string]thing{
		"nothing":       {Name: "n"},
		"everything":    {Name: `Zoë's "Käse" \ 100% 👩‍🌾`, Text: new("a\nb\r\n\tc"), Data: []byte{0, 1, 255}, Number: new(int64(-5)), Active: true, Day: new("2026-02-28"), CreatedAt: clock.Date(2026, 3, 29, 1, 30)},
		"smallest":      {Name: "s", Number: new(int64(math.MinInt64)), CreatedAt: clock.At(time.UnixMilli(-62_135_596_799_999))},
		"largest":       {Name: "l", Number: new(int64(math.MaxInt64)), CreatedAt: clock.At(time.UnixMilli(253_402_300_799_999))},
		"empty":         {Name: "", Text: new(""), Data: []byte{}},
		"big":           {Name: "b", Text: &big, Data: bytes},
		"question mark": {Name: "what? $1 ?", Text: new("-- ? /* */")},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db *sqldb.DB) {
				want := want // the engines give it different ids
				mustWrite(t, db, func(tx *sqldb.Tx) (err error) {
					want.ID, err = tx.Insert(t.Context(), `INSERT INTO things (name, "text", data, number, active, day, created_at)
						VALUES (?, ?, ?, ?, ?, ?, ?)`, want.Name, want.Text, want.Data, want.Number, want.Active, want.Day, want.CreatedAt)
					return err
				})
				var got thing
				if err := db.Get(t.Context(), &got, `SELECT id, name, "text", data, number, active, day, created_at
					FROM things WHERE id = ? /* what? */ -- and?`, want.ID); err != nil {
					t.Fatal(err)
				}
				wantEqual(t, got, want)
			})
		})
	}
}

func TestUnfitTextIsRepaired(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		type name string
		add(t, db, "a\x00b\xffc", nil)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO things (name) VALUES (?)`, name("\x00\xc3"))
			return err
		})
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE name IN (?) ORDER BY id`, []string{"ab\xffc", "\xc3\x00"}), []string{"ab\uFFFDc", "\uFFFD"})
	})
}

func TestKeysTellCaseAccentsAndBlanksApart(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		all := []string{"garten", "Garten", "garten ", "gärten", "Gärten", "gär\u200bten", "straße", "strasse", "", " ", "😀", "😁"}
		for _, name := range all {
			add(t, db, name, nil)
		}
		for _, name := range all {
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE name = ?`, name), []string{name})
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE name IN (?)`, []string{name}), []string{name})
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Insert(t.Context(), `INSERT INTO things (name) VALUES (?)`, name)
				return err
			})
			wantKind(t, err, errs.Conflict)
		}
	})
}

func TestListsOfEveryLength(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		type id int64
		type word string
		all := []string{}
		ids := []int64{}
		own := []id{}
		words := []word{}
		for i := range 300 {
			all = append(all, fmt.Sprintf("n%03d", i))
			words = append(words, word(all[i]))
		}
		rows := [][]any{}
		for i, name := range all {
			rows = append(rows, []any{i + 1, name, i%2 == 0, clock.At(time.UnixMilli(int64(i)))})
			ids, own = append(ids, int64(i+1)), append(own, id(i+1))
		}
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			return tx.InsertRows(t.Context(), `INSERT INTO things (id, name, active, created_at)`, rows)
		})
		for _, n := range []int{0, 1, 2, 3, 5, 64, 127, 128, 129, 300} {
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE id IN (?) ORDER BY id`, ids[:n]), all[:n])
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE id NOT IN (?) ORDER BY id`, own[:n]), all[n:])
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE name not in ( ? ) AND id >= ? and name in (?) ORDER BY id`, words[:n], 2, all), all[max(n, 1):])
			times := []clock.Time{}
			for i := range n {
				times = append(times, clock.At(time.UnixMilli(int64(i))))
			}
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE created_at IN (?) ORDER BY id`, times), all[:n])
		}
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE active IN (?) AND id < ? ORDER BY id`, []bool{true}, 4), []string{"n000", "n002"})
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE id IN (?, ?) ORDER BY id`, 3, 4), []string{"n002", "n003"})
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE id IN (?)`, []int64(nil)), []string{})
	})
}

func TestRowsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		rows := [][]any{}
		for i := range 2000 {
			rows = append(rows, []any{i + 1, fmt.Sprintf("n%04d LIMIT ?", i), true, clock.At(time.UnixMilli(0))})
		}
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			return tx.InsertRows(t.Context(), `INSERT INTO things (id, name, active, created_at)`, rows)
		})
		const last = `SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM things WHERE id > ? AND name LIKE '% LIMIT ?' ORDER BY id LIMIT ? OFFSET ?) x`
		for _, bound := range [][3]int{{0, 0, 0}, {0, 1, 1}, {7, 12, 3}, {0, 1024, 0}, {0, 1025, 1}, {1, 5, 1024}, {0, 1500, 400}, {0, 3000, 0}} {
			after, limit, offset := bound[0], bound[1], bound[2]
			want := min(after+offset+limit, 2000)
			if limit == 0 {
				want = 0
			}
			var got int
			if err := db.Get(t.Context(), &got, last, after, limit, offset); err != nil || got != want {
				t.Errorf("%v: %d, %v; want %d", bound, got, err, want)
			}
		}
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE id IN (?) ORDER BY id DESC LIMIT ?`, []int{4, 2, 3}, 2), []string{"n0003 LIMIT ?", "n0002 LIMIT ?"})
	})
}

func TestWrongArgumentsAreNamed(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for query, args := range map[string][]any{
			`SELECT id FROM things WHERE id = ?`:           {},
			`SELECT id FROM things WHERE name = '?'`:       {1},
			`SELECT id FROM things WHERE id = ? OR 1 = 1`:  {[]int64{1}},
			`SELECT id FROM things WHERE created_at = ?`:   {time.Now()},
			`SELECT id FROM things WHERE id = ? OR id = 1`: {struct{}{}},
		} {
			var ids []int64
			err := db.Select(t.Context(), &ids, query, args...)
			wantKind(t, err, errs.Internal)
			if err != nil && !strings.Contains(err.Error(), query) {
				t.Errorf("%q does not name the query", err)
			}
		}
	})
}

func TestGetScansPlainValuesAndStructs(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "a", 3)
		add(t, db, "b", 4)
		var sum int64
		var latest clock.Time
		var exists, none bool
		var number *int64
		type base struct{ Name string }
		var row struct {
			base
			Parts int `db:"parts"`
		}
		for _, err := range []error{
			db.Get(t.Context(), &sum, `SELECT SUM(number) FROM things`),
			db.Get(t.Context(), &latest, `SELECT MAX(created_at) FROM things`),
			db.Get(t.Context(), &exists, `SELECT EXISTS (SELECT 1 FROM things WHERE name = ?)`, "a"),
			db.Get(t.Context(), &none, `SELECT EXISTS (SELECT 1 FROM things WHERE name = ?)`, "c"),
			db.Get(t.Context(), &number, `SELECT MAX(number) FROM things WHERE id < 0`),
			db.Get(t.Context(), &row, `SELECT name, (SELECT COUNT(*) FROM parts WHERE thing_id = things.id) AS parts FROM things ORDER BY name DESC, id`),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if sum != 7 || !latest.IsZero() || !exists || none || number != nil || row.Name != "b" || row.Parts != 0 {
			t.Errorf("got %v %v %v %v %v %+v", sum, latest, exists, none, number, row)
		}
		wantKind(t, db.Get(t.Context(), &sum, `SELECT id FROM things WHERE name = ?`, "c"), errs.NotFound)
		wantKind(t, db.Get(t.Context(), &sum, `SELECT missing FROM things`), errs.Internal)
	})
}

func TestAMemoAsksEachQuestionOnce(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "a", 3)
		add(t, db, "b", 4)
		q := sqldb.NewMemo(db)
		type thing struct {
			Name string `db:"name"`
		}
		for range 3 {
			before := db.Stats().Statements
			var one thing
			var all []thing
			var name string
			const both = `SELECT name FROM things WHERE name IN (?) ORDER BY name`
			if err := errors.Join(
				q.Get(t.Context(), &one, `SELECT name FROM things WHERE name = ?`, "a"),
				q.Get(t.Context(), &name, `SELECT name FROM things WHERE name = ?`, "b"),
				q.Select(t.Context(), &all, both, []string{"b", "a"}),
				q.Select(t.Context(), &all, both, []string{"b", "a"}),
			); err != nil {
				t.Fatal(err)
			}
			wantKind(t, q.Get(t.Context(), &one.Name, `SELECT name FROM things WHERE name = ?`, "c"), errs.NotFound)
			if one.Name != "a" || name != "b" || fmt.Sprint(all) != "[{a} {b}]" {
				t.Errorf("%q, %q and %v", one.Name, name, all)
			}
			all[0].Name = "changed"
			if asked := db.Stats().Statements - before; asked != 1 && asked != 4 {
				t.Errorf("%d statements", asked)
			}
		}
	})
}

func TestAMemoTellsArgumentsApart(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		begin := clock.Date(2026, 3, 29, 1, 30)
		rows := [][]any{}
		for i, id := range []int64{5, 1_200_000, 1_200_001, math.MaxInt64} {
			rows = append(rows, []any{id, fmt.Sprint(id), true, clock.At(begin.Add(time.Duration(i) * time.Millisecond))})
		}
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			return tx.InsertRows(t.Context(), `INSERT INTO things (id, name, active, created_at)`, rows)
		})
		q := sqldb.NewMemo(db)
		number := new(int64)
		for _, row := range rows {
			*number = row[0].(int64)
			for query, arg := range map[string]any{
				`SELECT name FROM things WHERE id = ?`:          row[0],
				`SELECT name FROM things WHERE id IN (?)`:       []int64{row[0].(int64)},
				`SELECT name FROM things WHERE id = ? OR FALSE`: number,
				`SELECT name FROM things WHERE created_at = ?`:  row[3],
			} {
				var name string
				if err := q.Get(t.Context(), &name, query, arg); err != nil || name != row[1] {
					t.Errorf("%s with %v: %q, %v", query, arg, name, err)
				}
			}
		}
	})
}

func TestNullsSortWhereTheyAreToldTo(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "two", 2)
		add(t, db, "null", nil)
		add(t, db, "one", 1)
		wantEqual(t, names(t, db, `SELECT name FROM things ORDER BY (number IS NULL), number, id`), []string{"one", "two", "null"})
		wantEqual(t, names(t, db, `SELECT name FROM things ORDER BY (number IS NOT NULL), number DESC, id`), []string{"null", "two", "one"})
	})
}

func TestPatternsAreEscaped(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for _, name := range []string{`50%`, `50 kg`, `a_b`, `axb`, `back\slash`, `wow!`} {
			add(t, db, name, nil)
		}
		for search, want := range map[string]string{`50%`: `50%`, `a_`: `a_b`, `back\`: `back\slash`, `wow!`: `wow!`} {
			wantEqual(t, names(t, db, `SELECT name FROM things WHERE name LIKE ? ESCAPE '!'`, sqldb.EscapeLike(search)+"%"), []string{want})
		}
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE name = 'back\slash' OR name = 'wow' || '!' ORDER BY id`), []string{`back\slash`, `wow!`})
	})
}

func TestChangesAreCountedUnlessNobodySeesThem(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		insert := func(name string, problem error) func(tx *sqldb.Tx) error {
			return func(tx *sqldb.Tx) error {
				if _, err := tx.Insert(t.Context(), `INSERT INTO things (name) VALUES (?)`, name); err != nil {
					return err
				}
				return problem
			}
		}
		for _, step := range []struct {
			what    string
			write   func(context.Context, func(tx *sqldb.Tx) error) error
			fn      func(tx *sqldb.Tx) error
			fails   bool
			counted bool
		}{
			{"a change", db.Write, insert("seen", nil), false, true},
			{"a change that nobody sees", db.WriteUnseen, insert("unseen", nil), false, false},
			{"a change that is rolled back", db.Write, insert("undone", errors.New("no")), true, false},
			{"a change that the database refuses", db.Write, insert("seen", nil), true, false},
		} {
			before := db.Changes()
			if err := step.write(t.Context(), step.fn); (err != nil) != step.fails {
				t.Errorf("%s: %v", step.what, err)
			}
			if counted := db.Changes() != before; counted != step.counted {
				t.Errorf("%s is counted: %v", step.what, counted)
			}
		}
		wantEqual(t, names(t, db, `SELECT name FROM things ORDER BY id`), []string{"seen", "unseen"})
	})
}

func TestExecCountsMatchedRows(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "a", 1)
		add(t, db, "b", 1)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			for query, want := range map[string]int64{
				`UPDATE things SET number = 1`:                   2,
				`UPDATE things SET number = 1 WHERE name = 'a'`:  1,
				`UPDATE things SET number = 1 WHERE name = 'no'`: 0,
				`DELETE FROM things WHERE name = 'no'`:           0,
			} {
				if rows, err := tx.Exec(t.Context(), query); err != nil || rows != want {
					t.Errorf("%s: %d rows, want %d, error %v", query, rows, want, err)
				}
			}
			return nil
		})
	})
}

func TestRowsBecomeWhatAQuerySays(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for n, name := range []string{"a", "b", "c", "d"} {
			add(t, db, name, n)
		}
		// The table itself may be read; of d nothing is said, and of b what it is already.
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			rows, err := tx.UpdateFrom(t.Context(), "things", "number", `
				SELECT t.id, CASE t.name WHEN 'b' THEN 1 ELSE 10 + t.number % 10 END AS value FROM things t WHERE t.name <> ?`, "d")
			if rows != 2 {
				t.Errorf("%d rows were changed, want 2", rows)
			}
			return err
		})
		wantEqual(t, names(t, db, `SELECT name FROM things ORDER BY number`), []string{"b", "d", "a", "c"})
	})
}

func TestWhatIsReadIsObserved(t *testing.T) {
	t.Parallel()
	var seen []any
	db, err := sqldb.Open(t.Context(), sqldb.Config{Engine: sqldb.SQLite, Path: t.TempDir() + "/x", Observe: func(query string, args []any) {
		seen = append(append(seen, query), args...)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.Get(t.Context(), &n, `SELECT ? + 1`, 2); err != nil || n != 3 {
		t.Error(n, err)
	}
	wantEqual(t, names(t, db, `SELECT 'x' WHERE 1 IN (?)`, []int64{1}), []string{"x"})
	wantEqual(t, seen, []any{`SELECT ? + 1`, 2, `SELECT 'x' WHERE 1 IN (?)`, []int64{1}})
}

func TestInsertNewTellsWhetherItDid(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		old := add(t, db, "old", 1)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			const query = `INSERT INTO things (name, number) VALUES (?, ?)`
			for i, step := range []struct {
				name string
				want bool
			}{{"old", false}, {"new", true}, {"new", false}, {"Old", true}} {
				if inserted, err := tx.InsertNew(ctx, query, step.name, 9); err != nil || inserted != step.want {
					t.Errorf("step %d: inserted %v, error %v", i, inserted, err)
				}
			}
			rows := [][]any{{"old", 9}, {"x", 1}, {"x", 2}, {"y", 1}, {"newest", 0}, {"newest", 1}}
			return tx.InsertNewRows(ctx, `INSERT INTO things (name, number)`, rows)
		})
		wantEqual(t, names(t, db, `SELECT name FROM things ORDER BY name`), []string{"Old", "new", "newest", "old", "x", "y"})
		var number int64
		if err := db.Get(ctx, &number, `SELECT number FROM things WHERE id = ?`, old); err != nil || number != 1 {
			t.Errorf("the old row has number %d, error %v", number, err)
		}
		wantKind(t, db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.InsertNew(ctx, `INSERT INTO parts (thing_id, name) VALUES (?, ?)`, 999, "orphan")
			return err
		}), errs.Internal)
	})
}

func TestImportedIDsAreFollowed(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			if err := tx.SyncIDs(ctx, "things"); err != nil {
				return err
			}
			id, err := tx.Insert(ctx, `INSERT INTO things (id, name) VALUES (?, ?)`, 41, "imported")
			if id != 41 {
				t.Errorf("the imported row has id %d", id)
			}
			return errors.Join(err, tx.SyncIDs(ctx, "things"), tx.SyncIDs(ctx, "parts"))
		})
		if id := add(t, db, "next", nil); id != 42 {
			t.Errorf("the next row has id %d, want 42", id)
		}
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM things WHERE id = 42`)
			return errors.Join(err, tx.SyncIDs(ctx, "things"))
		})
		if id := add(t, db, "after", nil); id != 43 {
			t.Errorf("an id was given twice or lost: %d, want 43", id)
		}
	})
}

func TestTooLongTextIsInvalid(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, things, func(t *testing.T, db *sqldb.DB) {
		if db.Engine() == sqldb.SQLite {
			t.Skip("SQLite does not limit VARCHAR")
		}
		wantKind(t, db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO things (name) VALUES (?)`, strings.Repeat("ü", 101))
			return err
		}), errs.Invalid)
	})
}

func TestForeignKeysAreEnforcedAndCascade(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		id := add(t, db, "whole", nil)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO parts (thing_id, name) VALUES (?, 'a')`, id)
			return err
		})
		wantEqual(t, names(t, db, `SELECT note FROM parts`), []string{"it's new"})
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM things`)
			return err
		})
		wantEqual(t, names(t, db, `SELECT name FROM parts`), []string{})
	})
}

func TestErrorsAndPanicsRollBack(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		boom := errors.New("boom")
		committed := false
		fail := func(end func() error) func(tx *sqldb.Tx) error {
			return func(tx *sqldb.Tx) error {
				tx.AfterCommit(func() { committed = true })
				if _, err := tx.Insert(ctx, `INSERT INTO things (name) VALUES ('gone')`); err != nil {
					return err
				}
				return end()
			}
		}
		if err := db.Write(ctx, fail(func() error { return boom })); !errors.Is(err, boom) {
			t.Errorf("error is %v", err)
		}
		func() {
			defer func() {
				if r := recover(); r != "bang" {
					t.Errorf("recovered %v", r)
				}
			}()
			_ = db.Write(ctx, fail(func() error { panic("bang") }))
		}()
		wantEqual(t, names(t, db, `SELECT name FROM things`), []string{})
		if committed {
			t.Error("AfterCommit was called without a commit")
		}
		add(t, db, "next", nil) // the writer is free again
	})
}

func TestAfterCommitSeesTheCommit(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		var calls []string
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			_, err := tx.Insert(t.Context(), `INSERT INTO things (name) VALUES ('a')`)
			tx.AfterCommit(func() { calls = append(calls, names(t, db, `SELECT name FROM things`)...) })
			tx.AfterCommit(func() { calls = append(calls, "second"); add(t, db, "b", nil) })
			wantEqual(t, names(t, db, `SELECT name FROM things`), []string{}) // not yet to be seen beside it
			return err
		})
		wantEqual(t, calls, []string{"a", "second"})
	})
}

func TestNestedUndoesOnlyItself(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		add(t, db, "taken", nil)
		var calls []string
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			insert := func(name string) error {
				tx.AfterCommit(func() { calls = append(calls, name) })
				_, err := tx.Insert(ctx, `INSERT INTO things (name) VALUES (?)`, name)
				return err
			}
			err := tx.Nested(ctx, func() error {
				if err := insert("a"); err != nil {
					return err
				}
				if err := tx.Nested(ctx, func() error { return errors.Join(insert("b"), errors.New("no")) }); err == nil {
					t.Error("the inner error was lost")
				}
				return insert("c")
			})
			if err != nil {
				return err
			}
			wantKind(t, tx.Nested(ctx, func() error { return errors.Join(insert("d"), insert("taken")) }), errs.Conflict)
			return insert("e")
		})
		wantEqual(t, names(t, db, `SELECT name FROM things ORDER BY name`), []string{"a", "c", "e", "taken"})
		wantEqual(t, calls, []string{"a", "c", "e"})
	})
}

func TestConcurrentWritersLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		id := add(t, db, "counter", 0)
		other := dbtest.Reopen(t, db)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				db := []*sqldb.DB{db, other}[i%2]
				for range 15 {
					err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
						var n int64
						if err := tx.GetLocked(t.Context(), &n, `SELECT number FROM things WHERE id = ?`, id); err != nil {
							return err
						}
						_, err := tx.Exec(t.Context(), `UPDATE things SET number = ? WHERE id = ?`, n+1, id)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		if err := db.Get(t.Context(), &n, `SELECT number FROM things WHERE id = ?`, id); err != nil || n != 120 {
			t.Errorf("counted %d of 120, error %v", n, err)
		}
	})
}

// Two transactions lock two rows in opposite order. On the servers one of them is chosen to fail and
// runs again; SQLite lets the second begin only after the first.
func TestDeadlocksRunAgain(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		a, b := add(t, db, "a", 0), add(t, db, "b", 0)
		met := make(chan struct{}, 2)
		runs := make(chan int, 100)
		var wg sync.WaitGroup
		for _, order := range [][]int64{{a, b}, {b, a}} {
			wg.Go(func() {
				first := true
				err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
					runs <- 1
					for i, id := range order {
						if _, err := tx.Exec(t.Context(), `UPDATE things SET number = number + 1 WHERE id = ?`, id); err != nil {
							return err
						}
						if i == 0 && first && db.Engine() != sqldb.SQLite {
							first = false
							met <- struct{}{}
							for len(met) < 2 {
								time.Sleep(time.Millisecond)
							}
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if db.Engine() != sqldb.SQLite && len(runs) < 3 {
			t.Errorf("%d runs: there was no deadlock to survive", len(runs))
		}
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE number = 2 ORDER BY id`), []string{"a", "b"})
	})
}

func TestSkipLockedPassesOver(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "a", 1)
		add(t, db, "b", 1)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			var mine []string
			if err := tx.SelectSkipLocked(t.Context(), &mine, `SELECT name FROM things ORDER BY id LIMIT 1`); err != nil {
				return err
			}
			wantEqual(t, mine, []string{"a"})
			if db.Engine() == sqldb.SQLite {
				return nil // the second transaction would wait for the first
			}
			return db.Write(t.Context(), func(tx *sqldb.Tx) error {
				var theirs []string
				err := tx.SelectSkipLocked(t.Context(), &theirs, `SELECT name FROM things ORDER BY id`)
				wantEqual(t, theirs, []string{"b"})
				return err
			})
		})
	})
}

// Who holds a row keeps others from changing it, not from naming it as their parent.
func TestALockedRowCanBeReferredTo(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		if db.Engine() != sqldb.PostgreSQL {
			t.Skip("SQLite writes alone, and MariaDB's foreign keys wait for the lock")
		}
		id := add(t, db, "parent", 0)
		other := dbtest.Reopen(t, db)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			var n int64
			if err := tx.GetLocked(t.Context(), &n, `SELECT number FROM things WHERE id = ?`, id); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			return other.Write(ctx, func(tx *sqldb.Tx) error {
				_, err := tx.Insert(ctx, `INSERT INTO parts (thing_id, name) VALUES (?, 'a')`, id)
				return err
			})
		})
	})
}

// A database that was filled plans by what is in it.
func TestAnalyzeLooksAtTheData(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "one", 1)
		if err := db.Analyze(t.Context()); err != nil {
			t.Fatal(err)
		}
		if db.Engine() != sqldb.PostgreSQL {
			return
		}
		var seen int
		if err := db.Get(t.Context(), &seen, `SELECT CAST(reltuples AS INTEGER) FROM pg_class WHERE oid = CAST('things' AS regclass)`); err != nil || seen != 1 {
			t.Errorf("the planner knows of %d things, %v", seen, err)
		}
	})
}

func TestCancelledContextsPassThrough(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var one int
		if err := db.Get(ctx, &one, `SELECT 1`); !errors.Is(err, context.Canceled) {
			t.Errorf("Get: %v", err)
		}
		if err := db.Write(ctx, func(*sqldb.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Write: %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 60*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := db.Get(ctx, &one, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
			SELECT COUNT(*) FROM n AS a, n AS b, n AS c, n AS d WHERE a.i + b.i + c.i + d.i = 7`)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Minute {
			t.Errorf("a long query: %v after %v", err, time.Since(start))
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestTheTimeOfATransactionIsTheClocks(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		noon := clock.Date(2026, 5, 1, 12, 0)
		mustWrite(t, db.WithClock(func() time.Time { return noon.Time }), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO things (name, created_at) VALUES ('a', ?)`, tx.Now)
			return err
		})
		var at clock.Time
		if err := db.Get(t.Context(), &at, `SELECT created_at FROM things`); err != nil || at != noon {
			t.Errorf("at is %v, error %v", at, err)
		}
	})
}

// More texts than a connection remembers, some used within each other's rows.
func TestQueriesForDocumentsHaveFewTexts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		texts := map[string]bool{}
		for n := 1; n <= 100; n++ {
			terms := make([]string, n)
			for i := range terms {
				terms[i] = fmt.Sprintf("w%d", i)
			}
			query, args := db.Newest([][]string{terms, {"wa", "wb"}}, sqldb.DocumentHere+" > ?", []any{0}, 10)
			var found []int64
			if err := db.Select(t.Context(), &found, query, args...); err != nil {
				t.Fatalf("%d terms: %v", n, err)
			}
			texts[query] = true
		}
		if len(texts) > 8 { // 1, 2, 4 … 128
			t.Errorf("the server has to plan %d texts", len(texts))
		}
	})
}

func TestStatementsAreForgottenAndPreparedAgain(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, db, "a", 7)
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			for round := range 2 {
				for i := range 200 {
					var n int
					if err := tx.Get(t.Context(), &n, fmt.Sprintf(`SELECT number + %d FROM things WHERE name = ?`, i), "a"); err != nil || n != 7+i {
						return fmt.Errorf("round %d, query %d: %d, %w", round, i, n, err)
					}
				}
			}
			return nil
		})
	})
}

func TestMigrationsRunOnceAndRefuseToGoBack(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		var wg sync.WaitGroup
		for range 3 {
			other := dbtest.Reopen(t, db)
			for _, db := range []*sqldb.DB{db, other} {
				wg.Go(func() {
					if err := sqldb.Migrate(ctx, db, things); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		add(t, db, "a", nil)

		newer := fstest.MapFS{
			"00001_things.sql": things["00001_things.sql"],
			"00002_more.sql":   {Data: []byte("-- +goose Up\nUPDATE things SET number = 2;\n{column things colour VARCHAR(9)}\n{index things_colour things (colour)}\n")},
		}
		if err := sqldb.Migrate(ctx, db, newer); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE number = 2 AND colour IS NULL`), []string{"a"})
		if database, program, err := sqldb.Versions(ctx, db, things); database != 2 || program != 1 || err != nil {
			t.Errorf("versions %d and %d, error %v", database, program, err)
		}
		err := sqldb.Migrate(ctx, db, things)
		if newer, ok := errors.AsType[*sqldb.NewerError](err); !ok || newer.Database != 2 || newer.Program != 1 {
			t.Errorf("an older program: %v", err)
		}
	})
}

// A migration needs a table that somebody reads for a long time, as a backup does. Others still get at the table meanwhile, and the
// migration happens as soon as it can.
func TestAMigrationThatWaitsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		if db.Engine() == sqldb.SQLite {
			return // its readers hold up nobody
		}
		if err := sqldb.Migrate(t.Context(), db, things); err != nil {
			t.Fatal(err)
		}
		add(t, db, "a", nil)
		newer := fstest.MapFS{
			"00001_things.sql": things["00001_things.sql"],
			"00002_more.sql":   {Data: []byte("-- +goose Up\n{column things colour VARCHAR(9)}\n")},
		}
		other := dbtest.Reopen(t, db)
		migrated := make(chan error, 1)
		err := db.Snapshot(t.Context(), func(s *sqldb.Snapshot) error {
			tables, err := s.Tables(t.Context())
			if err != nil {
				return err
			}
			for _, table := range tables {
				if err := s.Rows(t.Context(), table, func([]any) error { return nil }); err != nil {
					return err
				}
			}
			go func() { migrated <- sqldb.Migrate(t.Context(), other, newer) }()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for range 5 {
				var count int
				time.Sleep(200 * time.Millisecond)
				if err := db.Get(ctx, &count, `SELECT COUNT(*) FROM things`); err != nil {
					return err
				}
			}
			select {
			case err := <-migrated:
				return fmt.Errorf("the migration did not wait: %w", err)
			default:
				return nil
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-migrated; err != nil {
			t.Error(err)
		}
		wantEqual(t, names(t, db, `SELECT name FROM things WHERE colour IS NULL`), []string{"a"})
	})
}

// Before the first release migrations are rewritten in place.
func TestADatabaseOfOtherMigrationsIsRefused(t *testing.T) {
	t.Parallel()
	rewritten := fstest.MapFS{"00001_things.sql": {Data: append(slices.Clone(things["00001_things.sql"].Data), "-- rewritten\n"...)}}
	for name, drop := range map[string]string{
		"a migration had another text":     "",
		"nobody remembered what it had":    `DELETE FROM migration_checksums`,
		"nobody remembered what they were": `DROP TABLE migration_checksums`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
				ctx, program := t.Context(), rewritten
				if err := sqldb.Migrate(ctx, db, things); err != nil {
					t.Fatal(err)
				}
				if drop != "" {
					program = things
					mustWrite(t, db, func(tx *sqldb.Tx) error {
						_, err := tx.Exec(ctx, drop)
						return err
					})
				}
				_, _, err := sqldb.Versions(ctx, db, program)
				for _, err := range []error{err, sqldb.Migrate(ctx, db, program)} {
					refused, ok := errors.AsType[*sqldb.PrereleaseError](err)
					if !ok {
						t.Errorf("error is %v", err)
					} else if strings.HasPrefix(refused.Remove, "the file /") != (db.Engine() == sqldb.SQLite) {
						t.Errorf("to be removed is %q", refused.Remove)
					}
				}
			})
		})
	}
}

// A site that is moved here from grouprise 5.5 may name its old database.
func TestADatabaseOfThePredecessorIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app VARCHAR(255))`)
			return err
		})
		_, _, err := sqldb.Versions(ctx, db, things)
		for _, err := range []error{err, sqldb.Migrate(ctx, db, things)} {
			refused, ok := errors.AsType[*sqldb.PredecessorError](err)
			if !ok || strings.HasPrefix(refused.Place, "the file /") != (db.Engine() == sqldb.SQLite) {
				t.Errorf("error is %v", err)
			}
		}
		var n int
		wantKind(t, db.Get(ctx, &n, `SELECT COUNT(*) FROM things`), errs.Internal)
		wantKind(t, db.Get(ctx, &n, `SELECT COUNT(*) FROM goose_db_version`), errs.Internal)
	})
}

// The second step of a migration fails; once it is repaired the whole file runs again.
func TestABrokenMigrationIsRepeated(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		broken := fstest.MapFS{"00001_things.sql": {Data: append(slices.Clone(things["00001_things.sql"].Data), "INSERT INTO nowhere VALUES (1);\n"...)}}
		if err := sqldb.Migrate(t.Context(), db, broken); err == nil {
			t.Fatal("the broken migration passed")
		}
		if database, _, err := sqldb.Versions(t.Context(), db, things); database != 0 || err != nil {
			t.Errorf("version %d, error %v", database, err)
		}
		if db.Engine() != sqldb.MySQL {
			var n int
			wantKind(t, db.Get(t.Context(), &n, `SELECT COUNT(*) FROM things`), errs.Internal)
		}
		// SQLite's only_here has no IF NOT EXISTS: there the first try left nothing behind.
		if err := sqldb.Migrate(t.Context(), db, things); err != nil {
			t.Fatal(err)
		}
		add(t, db, "a", nil)
	})
}

func TestUnknownMacrosAreRefused(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(t.Context(), sqldb.Config{Engine: sqldb.SQLite, Path: t.TempDir() + "/new/folder/test.sqlite3"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, macro := range []string{"{idd}", "{index a b}", "{if oracle}\nx\n{end}", "{column a}", "{id 3}"} {
		fsys := fstest.MapFS{"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id " + macro + ");\n")}}
		err := sqldb.Migrate(t.Context(), db, fsys)
		if err == nil || !strings.Contains(err.Error(), "00001_a.sql") || !strings.Contains(err.Error(), "unknown") {
			t.Errorf("%s: error is %v", macro, err)
		}
	}
}
