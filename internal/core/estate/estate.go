// Package estate says what the modules of the house keep of a person.
//
// Each module names its columns that hold the id of a person or of their profile, what becomes of them when the
// person deletes their account, and what of them the person can download. Deleting an account and exporting its
// data walk the list of all modules, so that neither knows the tables of others; a test compares the list with the
// schema.
//
// # Order
//
// The list is in the order of the modules, from the ground up: what others refer to stands before what refers to
// it. Rows are dropped from the end of the list to its beginning.
//
// # Groups
//
// A group is an entity, too, and goes by the same list: Dissolve.
package estate

import (
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Fate is what becomes of a column when the person whom it names deletes their account.
type Fate string

// The fates.
const (
	Inherited Fate = "inherited" // it names the unknown person from then on
	Cleared   Fate = "cleared"   // it becomes NULL
	Dropped   Fate = "dropped"   // the row goes
	// Kept leaves the number, which nobody bears any more: for records that say nothing about the person.
	Kept Fate = "kept"
	// Impersonal is the fate of a column that names entities, but never somebody's profile.
	Impersonal Fate = "impersonal"
)

// Holding is a column that names a person.
type Holding struct {
	Table, Column string
	Profile       bool // the column names the person's profile, which is an entity, instead of the person
	Fate          Fate

	// Prepare, if set, changes rows so that they can be inherited, before they are.
	Prepare func(ctx context.Context, tx *sqldb.Tx, owner, heir Owner) error

	// Export is what the person can download of the rows; the zero value is nothing.
	Export Export
	// Also is what they can download of rows that hang on these, and name nobody themselves.
	Also Export
}

// String returns the holding as `grouprise admin house` prints it.
func (h Holding) String() string {
	text := fmt.Sprintf("%s.%s → %s", h.Table, h.Column, h.Fate)
	if h.Export.Name != "" {
		text += ", exported as " + h.Export.Name
	}
	if h.Also.Name != "" {
		text += " and " + h.Also.Name
	}
	return text
}

// Owner is the person whose estate it is, or who inherits.
type Owner struct{ PersonID, EntityID int64 }

// Dissolve drops what belongs to a group that is removed, and the group. It has no heir: what would be inherited of a
// person goes, and so do rows that are about groups alone. What hangs on those goes with them, by its foreign keys.
func Dissolve(ctx context.Context, tx *sqldb.Tx, holdings []Holding, entityID int64) error {
	for _, h := range slices.Backward(holdings) {
		if !h.Profile && h.Fate != Impersonal || h.Fate == Kept {
			continue
		}
		statement := fmt.Sprintf(`DELETE FROM "%s" WHERE %s = ?`, h.Table, h.Column)
		if h.Fate == Cleared {
			statement = fmt.Sprintf(`UPDATE "%[1]s" SET %[2]s = NULL WHERE %[2]s = ?`, h.Table, h.Column)
		}
		if _, err := tx.Exec(ctx, statement, entityID); err != nil {
			return fmt.Errorf("dissolve %s.%s: %w", h.Table, h.Column, err)
		}
	}
	return nil
}

// in returns the number by which the column of a holding names the owner.
func (o Owner) in(h Holding) int64 {
	if h.Profile {
		return o.EntityID
	}
	return o.PersonID
}

// Settle passes on, clears and drops what is left of somebody. The person and their profile are holdings too: they are
// gone afterwards.
func Settle(ctx context.Context, tx *sqldb.Tx, holdings []Holding, owner, heir Owner) error {
	for _, h := range holdings {
		if h.Fate != Inherited {
			continue
		}
		if h.Prepare != nil {
			if err := h.Prepare(ctx, tx, owner, heir); err != nil {
				return fmt.Errorf("prepare what is inherited of %s: %w", h.Table, err)
			}
		}
		update := fmt.Sprintf(`UPDATE "%[1]s" SET %[2]s = ? WHERE %[2]s = ?`, h.Table, h.Column)
		if _, err := tx.Exec(ctx, update, heir.in(h), owner.in(h)); err != nil {
			return fmt.Errorf("pass on %s.%s: %w", h.Table, h.Column, err)
		}
	}
	for _, h := range slices.Backward(holdings) {
		var statement string
		switch h.Fate {
		case Cleared:
			statement = fmt.Sprintf(`UPDATE "%[1]s" SET %[2]s = NULL WHERE %[2]s = ?`, h.Table, h.Column)
		case Dropped:
			statement = fmt.Sprintf(`DELETE FROM "%s" WHERE %s = ?`, h.Table, h.Column)
		default:
			continue
		}
		if _, err := tx.Exec(ctx, statement, owner.in(h)); err != nil {
			return fmt.Errorf("settle %s.%s: %w", h.Table, h.Column, err)
		}
	}
	return nil
}
