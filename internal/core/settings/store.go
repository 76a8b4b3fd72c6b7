package settings

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// list returns all settings that were ever saved.
func list(ctx context.Context, q sqldb.Querier) (map[Key]Setting, error) {
	var rows []Setting
	if err := q.Select(ctx, &rows, `SELECT name, value, revision, changed_at FROM site_settings ORDER BY name`); err != nil {
		return nil, fmt.Errorf("list the settings of the site: %w", err)
	}
	all := make(map[Key]Setting, len(rows))
	for _, r := range rows {
		all[r.Name] = r
	}
	return all, nil
}

// lock makes sure that a setting has a row, and returns what it says.
func lock(ctx context.Context, tx *sqldb.Tx, k Key) (Setting, error) {
	_, err := tx.InsertNew(ctx, `INSERT INTO site_settings (name, value, revision, changed_at) VALUES (?, '', 0, ?)`, k, tx.Now)
	if err != nil {
		return Setting{}, fmt.Errorf("begin the setting %s: %w", k, err)
	}
	var was Setting
	if err := tx.GetLocked(ctx, &was, `SELECT name, value, revision, changed_at FROM site_settings WHERE name = ?`, k); err != nil {
		return was, fmt.Errorf("get the setting %s: %w", k, err)
	}
	return was, nil
}

// maxQuoted is how many characters of somebody else's value are quoted.
const maxQuoted = 200

// update changes one setting, and reports whether it said something else before.
func update(ctx context.Context, tx *sqldb.Tx, personID int64, c Change) (bool, error) {
	was, err := lock(ctx, tx, c.Key)
	switch {
	case err != nil || was.Value == c.Value:
		return false, err
	case was.Revision != c.Seen && was.Value == "":
		return false, errs.New(errs.Conflict, "Someone else has emptied this in the meantime. Save again to put yours there.")
	case was.Revision != c.Seen:
		value := []rune(was.Value)
		return false, errs.New(errs.Conflict, "Someone else has changed this in the meantime. Now it says: “%s”. Save again to put yours in its place.", string(value[:min(len(value), maxQuoted)]))
	}
	return true, set(ctx, tx, personID, c.Key, c.Value)
}

// put sets a value whatever it was.
func put(ctx context.Context, tx *sqldb.Tx, personID int64, k Key, value string) error {
	if _, err := lock(ctx, tx, k); err != nil {
		return err
	}
	return set(ctx, tx, personID, k, value)
}

func set(ctx context.Context, tx *sqldb.Tx, personID int64, k Key, value string) error {
	_, err := tx.Exec(ctx, `UPDATE site_settings SET value = ?, revision = revision + 1, changed_at = ?, changed_by_id = ? WHERE name = ?`,
		value, tx.Now, sqldb.OrNull(personID), k)
	if err != nil {
		return fmt.Errorf("change the setting %s: %w", k, err)
	}
	return nil
}

// Estate returns what is kept of people: who changed a setting last.
func Estate() []estate.Holding {
	return []estate.Holding{{Table: "site_settings", Column: "changed_by_id", Fate: estate.Cleared}}
}
