package people

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Somebody who deletes their account leaves what they wrote to the unknown person, so that others keep
// the conversations that they took part in; everything else of theirs goes.
//
// This is the one place where a room writes the tables of others: the rows are theirs, but the person is
// ours, and all of it must happen at once. Columns that are emptied or rows that go with the person say so
// in the schema. A test compares the list below with the schema.

// bequests are the columns that name the author or owner and that the unknown person inherits.
var bequests = []struct{ table, column string }{
	{"contents", "author_id"},
	{"versions", "author_id"},
	{"conversations", "author_id"},
	{"contributions", "author_id"},
	{"memberships", "created_by_id"},
	{"files", "creator_id"},
}

// entityBequests are the columns that name the profile and that the unknown person's profile inherits.
var entityBequests = []struct{ table, column string }{
	{"contents", "entity_id"},
	{"conversations", "entity_id"},
}

// Leftovers counts what goes and what stays when somebody deletes their account.
type Leftovers struct {
	Memberships   int `db:"memberships"`
	Subscriptions int `db:"subscriptions"`
	Versions      int `db:"versions"`
	Contributions int `db:"contributions"`
	Files         int `db:"files"`
}

// Leftovers returns what goes and what stays when the person deletes their account.
func (p *People) Leftovers(ctx context.Context, personID int64) (Leftovers, error) {
	var l Leftovers
	err := p.deps.DB.Get(ctx, &l, `
		SELECT (SELECT COUNT(*) FROM memberships WHERE person_id = ?) AS memberships,
		       (SELECT COUNT(*) FROM subscriptions WHERE person_id = ?) AS subscriptions,
		       (SELECT COUNT(*) FROM versions WHERE author_id = ?) AS versions,
		       (SELECT COUNT(*) FROM contributions WHERE author_id = ?) AS contributions,
		       (SELECT COUNT(*) FROM files WHERE creator_id = ?) AS files`,
		personID, personID, personID, personID, personID)
	if err != nil {
		return l, fmt.Errorf("count what person %d leaves: %w", personID, err)
	}
	return l, nil
}

// Delete deletes the viewer's account. What they wrote passes to the unknown person; memberships,
// subscriptions, addresses and settings go. Reactions to the activity find the person still there.
func (p *People) Delete(ctx context.Context, v community.Viewer) error {
	err := p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		heir, err := p.unknownPerson(ctx, tx)
		if err != nil {
			return err
		}
		if heir.ID == v.PersonID {
			return errs.New(errs.Denied, "This account inherits what others leave. It cannot be deleted.")
		}
		_, err = p.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.PersonDeleted, ActorID: v.PersonID, PersonID: v.PersonID, EntityID: v.EntityID})
		if err != nil {
			return err
		}
		if err := bequeath(ctx, tx, v.PersonID, v.EntityID, heir); err != nil {
			return err
		}
		return deletePerson(ctx, tx, v.PersonID, v.EntityID)
	})
	if err != nil {
		return fmt.Errorf("delete the account of %s: %w", v.Slug, err)
	}
	return nil
}

// bequeath passes what somebody wrote to the heir.
func bequeath(ctx context.Context, tx *sqldb.Tx, personID, entityID int64, heir community.Person) error {
	var taken []int64
	err := tx.Select(ctx, &taken, `
		SELECT c.id FROM contents c JOIN contents h ON h.entity_id = ? AND h.slug = c.slug WHERE c.entity_id = ? ORDER BY c.id`, heir.EntityID, entityID)
	if err != nil {
		return fmt.Errorf("find the slugs that the heir has too: %w", err)
	}
	// The id tells slugs apart that two people had.
	if _, err := tx.Exec(ctx, `UPDATE contents SET slug = SUBSTR(slug, 1, 30) || '-' || id WHERE id IN (?)`, taken); err != nil {
		return fmt.Errorf("tell slugs apart: %w", err)
	}
	pass := func(table, column string, from, to int64) error {
		_, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %[1]s SET %[2]s = ? WHERE %[2]s = ?`, table, column), to, from)
		if err != nil {
			return fmt.Errorf("bequeath %s: %w", table, err)
		}
		return nil
	}
	for _, b := range entityBequests {
		if err := pass(b.table, b.column, entityID, heir.EntityID); err != nil {
			return err
		}
	}
	for _, b := range bequests {
		if err := pass(b.table, b.column, personID, heir.ID); err != nil {
			return err
		}
	}
	return nil
}

// deletePerson removes a person and their profile; the schema removes what hangs on them.
func deletePerson(ctx context.Context, tx *sqldb.Tx, personID, entityID int64) error {
	if err := deleteSessions(ctx, tx, personID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM people WHERE id = ?`, personID); err != nil {
		return fmt.Errorf("delete person %d: %w", personID, err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM entities WHERE id = ?`, entityID); err != nil {
		return fmt.Errorf("delete the profile of person %d: %w", personID, err)
	}
	return nil
}

// The setting that marks the unknown person where the configuration names nobody suitable.
const (
	markCategory = "people"
	markName     = "unknown"
)

const isUnknownPerson = `p.id = (SELECT MIN(s.person_id) FROM person_settings s WHERE s.category = '` + markCategory + `' AND s.name = ?)`

// unknownPerson returns who inherits: the configured person if there is one who cannot sign in, else the one
// that was created for it, or is now.
func (p *People) unknownPerson(ctx context.Context, tx *sqldb.Tx) (community.Person, error) {
	a, err := getAccount(ctx, tx, `p.id = ?`, p.deps.UnknownPerson)
	if err == nil && a.Password == "" && a.Address == "" {
		return a.Person, nil
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return community.Person{}, err
	}
	heir, err := getPerson(ctx, tx, isUnknownPerson, markName)
	if !errs.Is(err, errs.NotFound) {
		return heir, err
	}
	slug, err := p.freeSlug(ctx, tx, "unknown", "", "")
	if err != nil {
		return heir, err
	}
	name := p.deps.Catalogues.Printer(p.deps.Language, nil).T("Somebody who left")
	heir, err = p.insertPerson(ctx, tx, newPerson{Slug: slug, FirstName: name, Inactive: true})
	if err != nil {
		return heir, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO person_settings (person_id, category, name, value) VALUES (?, ?, ?, '')`, heir.ID, markCategory, markName)
	if err != nil {
		return heir, fmt.Errorf("mark the unknown person: %w", err)
	}
	return heir, nil
}
