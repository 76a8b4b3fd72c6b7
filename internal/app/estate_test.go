package app

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// column is a column of the migrated schema. RefersTo is the table that a foreign key of it leads to, or empty.
type column struct {
	Table    string `db:"table_name"`
	Name     string `db:"column_name"`
	Nullable bool   `db:"nullable"`
	RefersTo string `db:"refers_to"`
}

func (c column) key() string { return c.Table + "." + c.Name }

// namesPeople are the names of columns that hold a person's id also where no foreign key says so.
var namesPeople = regexp.MustCompile(`(^|_)(person|author|creator|actor)_id$`)

// personal reports whether the column names a person or an entity.
func (c column) personal() bool {
	return c.RefersTo == "people" || c.RefersTo == "entities" || namesPeople.MatchString(c.Name)
}

func schemaColumns(t *testing.T) map[string]column {
	t.Helper()
	var all []column
	err := dbtest.SQLite(t).Select(t.Context(), &all, `
		SELECT m.name AS table_name, c.name AS column_name, c."notnull" = 0 AS nullable,
		       COALESCE((SELECT MIN(f."table") FROM pragma_foreign_key_list(m.name) f WHERE f."from" = c.name AND f.seq = 0), '') AS refers_to
		  FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`)
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]column{}
	for _, c := range all {
		columns[c.key()] = c
	}
	return columns
}

// TestEveryColumnThatNamesAPersonBelongsToAnEstate compares the schema with what the modules say they keep: a new
// table that names people decides what becomes of its rows.
func TestEveryColumnThatNamesAPersonBelongsToAnEstate(t *testing.T) {
	t.Parallel()
	for _, wrong := range estateProblems(schemaColumns(t), realHouse(t).estate()) {
		t.Error(wrong)
	}
}

// estateProblems returns what does not fit between the columns of a schema and an estate.
func estateProblems(columns map[string]column, holdings []estate.Holding) []string {
	var wrong []string
	held, exports := map[string]bool{}, map[string]bool{}
	for _, h := range holdings {
		key := h.Table + "." + h.Column
		c, exists := columns[key]
		switch {
		case !exists:
			wrong = append(wrong, "the schema has no column "+key)
		case held[key]:
			wrong = append(wrong, key+" is held twice")
		case h.Profile != (c.RefersTo == "entities" || key == "entities.id") && h.Fate != estate.Impersonal:
			wrong = append(wrong, key+" does not name what its holding says: a person, or a profile")
		case h.Fate == estate.Cleared && !c.Nullable:
			wrong = append(wrong, key+" cannot be cleared: it is NOT NULL")
		case h.Fate == estate.Kept && c.RefersTo != "":
			wrong = append(wrong, key+" cannot be kept: it is a foreign key")
		}
		held[key] = true
		for _, name := range []string{h.Export.Name, h.Also.Name} {
			if name != "" && exports[name] {
				wrong = append(wrong, "two lists of the export are called "+name)
			}
			exports[name] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(columns)) {
		if columns[key].personal() && !held[key] {
			wrong = append(wrong, key+" names a person, and no module says what becomes of it: add it to the estate of a module")
		}
	}
	return wrong
}

func TestEverythingThatIsExportedCanBeReadAndIsNoSecret(t *testing.T) {
	t.Parallel()
	h := realHouse(t)
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		insertSecrets(t, db, c.Anna.ID)
		var out bytes.Buffer
		document := estate.Document{Site: "Neustadt", Owner: estate.Owner{PersonID: c.Anna.ID, EntityID: c.Anna.EntityID}, Holdings: h.estate()}
		if err := document.Write(t.Context(), db, &out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), secret) || strings.Contains(out.String(), "$argon2id$") {
			t.Errorf("a secret is exported: %s", out.String())
		}
		var lists map[string]json.RawMessage
		if err := json.Unmarshal(out.Bytes(), &lists); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{
			"profile", "email_addresses", "groups", "memberships", "membership_applications", "subscriptions", "comments_and_messages", "files", "contents",
			"versions", "conversations", "notifications", "pictures", "gallery_pictures", "devices",
		} {
			if lists[name] == nil {
				t.Errorf("%s is not exported", name)
			}
		}
	})
}

const secret = "must-stay-here"

// insertSecrets gives somebody a row of each kind that holds what nobody may read, and a message that is perhaps not
// theirs.
func insertSecrets(t *testing.T, db *sqldb.DB, personID int64) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, insert := range []string{
			`INSERT INTO sessions (expires_at, token_hash, person_id, data) VALUES (?, ?, ?, ?)`,
			`INSERT INTO tokens (created_at, kind, secret_hash, person_id, data, expires_at) VALUES (?, 'x', ?, ?, ?, 0)`,
			`INSERT INTO held_messages (received_at, secret_hash, person_id, sender, recipient, message, expires_at) VALUES (?, ?, ?, 'x', 'x', ?, 0)`,
			`INSERT INTO push_devices (created_at, endpoint_hash, person_id, endpoint, p256dh, auth, name) VALUES (?, ?, ?, ?, 'x', 'x', 'Phone')`,
		} {
			if _, err := tx.Exec(t.Context(), insert, tx.Now, secret, personID, []byte(secret)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO reply_keys (created_at, secret, person_id) VALUES (?, ?, ?)`, tx.Now, secret, personID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnEstateThatDoesNotFitTheSchemaIsNamed(t *testing.T) {
	t.Parallel()
	columns := map[string]column{}
	for _, c := range []column{
		{"people", "id", false, ""},
		{"entities", "id", false, ""},
		{"letters", "author_id", false, "people"},
		{"letters", "place_id", true, "entities"},
		{"visits", "person_id", false, ""},
		{"visits", "reason_id", false, "reasons"},
	} {
		columns[c.key()] = c
	}
	author := estate.Holding{Table: "letters", Column: "author_id", Fate: estate.Inherited}
	place := estate.Holding{Table: "letters", Column: "place_id", Profile: true, Fate: estate.Cleared}
	visit := estate.Holding{Table: "visits", Column: "person_id", Fate: estate.Kept}
	with := func(h estate.Holding, change func(*estate.Holding)) estate.Holding {
		change(&h)
		return h
	}
	list := func(h *estate.Holding) { h.Export = estate.List[int]("x", "") }
	for _, c := range []struct {
		name     string
		holdings []estate.Holding
		want     string
	}{
		{"all is well", []estate.Holding{author, place, visit}, ""},
		{"an unknown column", []estate.Holding{author, place, visit, {Table: "letters", Column: "reader_id"}}, "the schema has no column letters.reader_id"},
		{"a foreign key is left out", []estate.Holding{place, visit}, "letters.author_id names a person, and no module says what becomes of it: add it to the estate of a module"},
		{"a name is left out", []estate.Holding{author, place}, "visits.person_id names a person, and no module says what becomes of it: add it to the estate of a module"},
		{"two modules", []estate.Holding{author, place, visit, author}, "letters.author_id is held twice"},
		{"a person for a profile", []estate.Holding{author, with(place, func(h *estate.Holding) { h.Profile = false }), visit}, "letters.place_id does not name what its holding says: a person, or a profile"},
		{"a cleared column that cannot be", []estate.Holding{with(author, func(h *estate.Holding) { h.Fate = estate.Cleared }), place, visit}, "letters.author_id cannot be cleared: it is NOT NULL"},
		{"a kept foreign key", []estate.Holding{with(author, func(h *estate.Holding) { h.Fate = estate.Kept }), place, visit}, "letters.author_id cannot be kept: it is a foreign key"},
		{"two lists of one name", []estate.Holding{with(author, list), with(place, list), visit}, "two lists of the export are called x"},
	} {
		got := estateProblems(columns, c.holdings)
		if (c.want == "") != (len(got) == 0) || len(got) > 0 && (len(got) != 1 || got[0] != c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
