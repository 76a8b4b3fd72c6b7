package accounts

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Leftovers counts what goes and what stays when somebody deletes their account.
type Leftovers struct {
	Memberships   int `db:"memberships"`
	Subscriptions int `db:"subscriptions"`
	Versions      int `db:"versions"`
	Contributions int `db:"contributions"`
	Files         int `db:"files"`
}

// Leftovers returns what goes and what stays when the person deletes their account.
func (r *Accounts) Leftovers(ctx context.Context, personID int64) (Leftovers, error) {
	var l Leftovers
	err := r.deps.DB.Get(ctx, &l, `
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

// Delete deletes the viewer's account: what the modules keep of them goes or passes to the unknown person, as the
// estate of each says. Reactions to the activity find everything still there.
func (r *Accounts) Delete(ctx context.Context, v community.Viewer) error {
	return r.delete(ctx, v.PersonID, func(*sqldb.Tx, account) error { return nil })
}

// delete deletes an account unless check says why not.
func (r *Accounts) delete(ctx context.Context, personID int64, check func(tx *sqldb.Tx, a account) error) error {
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		heir, err := r.unknownPerson(ctx, tx)
		if err != nil {
			return err
		}
		if heir.ID == personID {
			return errs.New(errs.Denied, "This account holds what deleted accounts leave behind. It can’t be deleted.")
		}
		a, err := getAccount(ctx, tx, `p.id = ?`, personID)
		if err != nil {
			return err
		}
		if err := check(tx, a); err != nil {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.PersonDeleted, ActorID: a.ID, PersonID: a.ID, EntityID: a.EntityID})
		if err != nil {
			return err
		}
		if err := r.deps.People.Retire(ctx, tx, a.EntityID); err != nil {
			return err
		}
		return estate.Settle(ctx, tx, r.deps.Estate(), estate.Owner{PersonID: a.ID, EntityID: a.EntityID}, estate.Owner{PersonID: heir.ID, EntityID: heir.EntityID})
	})
	if err != nil {
		return fmt.Errorf("delete the account of person %d: %w", personID, err)
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
func (r *Accounts) unknownPerson(ctx context.Context, tx *sqldb.Tx) (community.Person, error) {
	a, err := getAccount(ctx, tx, `p.id = ?`, r.deps.UnknownPerson)
	if err == nil && a.Password == "" && a.Address == "" {
		return a.Person, nil
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return community.Person{}, err
	}
	marked, err := getAccount(ctx, tx, isUnknownPerson, markName)
	if !errs.Is(err, errs.NotFound) {
		return marked.Person, err
	}
	return r.createUnknownPerson(ctx, tx)
}

func (r *Accounts) createUnknownPerson(ctx context.Context, tx *sqldb.Tx) (community.Person, error) {
	slug, err := r.deps.People.FreeSlug(ctx, tx, "unknown")
	if err != nil {
		return community.Person{}, err
	}
	name := r.deps.Catalogues.Printer("", nil).T("Deleted account")
	heir, err := r.deps.People.Create(ctx, tx, people.Draft{Slug: slug, FirstName: name, Inactive: true})
	if err != nil {
		return heir, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO person_settings (person_id, category, name, value) VALUES (?, ?, ?, '')`, heir.ID, markCategory, markName)
	if err != nil {
		return heir, fmt.Errorf("mark the unknown person: %w", err)
	}
	return heir, nil
}

// ownerOf returns the viewer as the owner of what the house keeps of them.
func ownerOf(v community.Viewer) estate.Owner {
	return estate.Owner{PersonID: v.PersonID, EntityID: v.EntityID}
}
