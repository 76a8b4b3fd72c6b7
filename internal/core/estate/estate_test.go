package estate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func owner(p cast.Person) estate.Owner {
	return estate.Owner{PersonID: p.ID, EntityID: p.EntityID}
}

func count(t *testing.T, q sqldb.Querier, query string, args ...any) (n int) {
	t.Helper()
	if err := q.Get(t.Context(), &n, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

// town is what the cast has, from the ground up.
func town() []estate.Holding {
	return []estate.Holding{
		{Table: "entities", Column: "id", Profile: true, Fate: estate.Dropped},
		{Table: "people", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "email_addresses", Column: "person_id", Fate: estate.Dropped},
		{Table: "groups", Column: "entity_id", Fate: estate.Impersonal},
		{Table: "groups", Column: "created_by_id", Fate: estate.Cleared},
		{Table: "memberships", Column: "created_by_id", Fate: estate.Inherited},
		{Table: "memberships", Column: "person_id", Fate: estate.Dropped},
		{Table: "subscriptions", Column: "person_id", Fate: estate.Dropped},
		{Table: "activities", Column: "actor_id", Fate: estate.Kept},
	}
}

func TestAnEstateIsSettledByTheFateOfEachHolding(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if _, err := tx.Exec(t.Context(), `UPDATE memberships SET created_by_id = ? WHERE person_id = ?`, c.Anna.ID, c.Bert.ID); err != nil {
				return err
			}
			if _, err := tx.Insert(t.Context(), `INSERT INTO activities (name, actor_id, occurred_at) VALUES ('x', ?, ?)`, c.Anna.ID, tx.Now); err != nil {
				return err
			}
			return estate.Settle(t.Context(), tx, town(), owner(c.Anna), owner(c.Carla))
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			query string
			arg   int64
			want  int
		}{
			{`SELECT COUNT(*) FROM people WHERE id = ?`, c.Anna.ID, 0},
			{`SELECT COUNT(*) FROM entities WHERE id = ?`, c.Anna.EntityID, 0},
			{`SELECT COUNT(*) FROM "groups" WHERE created_by_id IS NULL AND id <> ?`, 0, 2},
			{`SELECT COUNT(*) FROM memberships WHERE created_by_id = ?`, c.Carla.ID, 1},
			{`SELECT COUNT(*) FROM memberships WHERE person_id = ?`, c.Bert.ID, 1},
			{`SELECT COUNT(*) FROM subscriptions WHERE person_id = ?`, c.Bert.ID, 1},
			{`SELECT COUNT(*) FROM activities WHERE actor_id = ?`, c.Anna.ID, 1},
		} {
			if got := count(t, db, row.query, row.arg); got != row.want {
				t.Errorf("%d, want %d: %s", got, row.want, row.query)
			}
		}
	})
}

func TestRowsAreDroppedFromTheEndOfTheList(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	holdings := []estate.Holding{
		{Table: "people", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "entities", Column: "id", Profile: true, Fate: estate.Dropped},
	}
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return estate.Settle(t.Context(), tx, holdings, owner(c.Carla), owner(c.Bert))
	})
	if err == nil || !strings.Contains(err.Error(), "settle entities.id") {
		t.Errorf("a profile whose person is still there: %v", err)
	}
}

func TestAHoldingIsPreparedBeforeItIsInherited(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	broken := errors.New("not today")
	prepare := func(_ context.Context, tx *sqldb.Tx, from, to estate.Owner) error {
		if from != owner(c.Anna) || to != owner(c.Carla) || count(t, tx, `SELECT COUNT(*) FROM memberships WHERE created_by_id = ?`, from.PersonID) == 0 {
			t.Errorf("%+v is prepared for %+v", from, to)
		}
		return broken
	}
	holdings := []estate.Holding{{Table: "memberships", Column: "created_by_id", Fate: estate.Inherited, Prepare: prepare}}
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return estate.Settle(t.Context(), tx, holdings, owner(c.Anna), owner(c.Carla))
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is lost: %v", err)
	}
}

type exportedAddress struct {
	Address    string     `db:"address"     json:"address"`
	VerifiedAt clock.Time `db:"verified_at" json:"verified_at,omitzero"`
}

type exportedText struct {
	estate.Row

	Text string `db:"text" json:"text"`
}

func exports() []estate.Holding {
	return []estate.Holding{
		{Table: "people", Column: "entity_id", Profile: true, Export: estate.List[exportedAddress]("nothing", `
			SELECT a.address, a.verified_at FROM email_addresses a JOIN people p ON p.id = a.person_id WHERE p.id = ?`)},
		{Table: "email_addresses", Column: "person_id", Export: estate.List[exportedAddress]("addresses", `
			SELECT address, verified_at FROM email_addresses WHERE person_id = ? ORDER BY id`)},
		{Table: "sessions", Column: "person_id"},
		{Table: "versions", Column: "author_id", Export: estate.Pages[exportedText]("texts", `
			SELECT id, text FROM versions WHERE author_id = ? AND id > ? ORDER BY id LIMIT ?`)},
	}
}

func TestADocumentHasWhatIsExportedInTheOrderOfTheList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		insertTexts(t, db, c, `"quotes" & <b>Gärten</b>`)
		var out strings.Builder
		document := estate.Document{Site: "Neustadt", At: cast.Joined(), Owner: owner(c.Anna), Holdings: exports()}
		if err := document.Write(t.Context(), db, &out); err != nil {
			t.Fatal(err)
		}
		want := `{
"site": "Neustadt",
"exported_at": "2026-01-10T18:00:00Z",
"nothing": [],
"addresses": [
{"address":"anna@example.org","verified_at":"2026-01-10T18:00:00Z"}],
"texts": [
{"id":1,"text":"\"quotes\" & <b>Gärten</b>"}]
}
`
		if out.String() != want {
			t.Errorf("got %s\nwant %s", out.String(), want)
		}
	})
}

func TestALongListIsWrittenInPages(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	const many = 1001
	insertTexts(t, db, c, make([]string, many)...)
	var out strings.Builder
	if err := (estate.Document{Owner: owner(c.Anna), Holdings: exports()}).Write(t.Context(), db, &out); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Texts []exportedText `json:"texts"`
	}
	if err := json.Unmarshal([]byte(out.String()), &read); err != nil || len(read.Texts) != many || read.Texts[many-1].ID != many {
		t.Errorf("%d texts of %d, %v", len(read.Texts), many, err)
	}
}

// insertTexts lets Anna write, and Bert something that is not hers.
func insertTexts(t *testing.T, db *sqldb.DB, c *cast.Cast, texts ...string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		content, err := tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, title, published_at) VALUES ('article', ?, ?, 'x', ?)`,
			c.Garten.EntityID, c.Anna.ID, tx.Now)
		if err != nil {
			return err
		}
		var rows [][]any
		for n, text := range texts {
			rows = append(rows, []any{content, n + 1, c.Anna.ID, text, tx.Now})
		}
		rows = append(rows, []any{content, len(texts) + 1, c.Bert.ID, "Bert's", tx.Now})
		return tx.InsertRows(t.Context(), `INSERT INTO versions (content_id, revision, author_id, text, created_at)`, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAGroupIsDissolvedWithAllThatIsItsOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		insertTexts(t, db, c, "x")
		holdings := append(town(),
			estate.Holding{Table: "contents", Column: "entity_id", Profile: true, Fate: estate.Inherited},
			estate.Holding{Table: "subscriptions", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return estate.Dissolve(t.Context(), tx, holdings, c.Garten.EntityID) })
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			query string
			arg   int64
			want  int
		}{
			{`SELECT COUNT(*) FROM entities WHERE id = ?`, c.Garten.EntityID, 0},
			{`SELECT COUNT(*) FROM "groups" WHERE id = ?`, c.Garten.ID, 0},
			{`SELECT COUNT(*) FROM contents WHERE entity_id = ?`, c.Garten.EntityID, 0},
			{`SELECT COUNT(*) FROM versions WHERE id > ?`, 0, 0},
			{`SELECT COUNT(*) FROM memberships WHERE group_id = ?`, c.Garten.ID, 0},
			{`SELECT COUNT(*) FROM "groups" WHERE id = ?`, c.Chor.ID, 1},
			{`SELECT COUNT(*) FROM people WHERE id = ?`, c.Anna.ID, 1},
		} {
			if got := count(t, db, row.query, row.arg); got != row.want {
				t.Errorf("%d, want %d: %s", got, row.want, row.query)
			}
		}
	})
}
