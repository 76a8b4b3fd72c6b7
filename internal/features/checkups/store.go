package checkups

import (
	"context"
	"encoding/json"
	"fmt"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// state is what is known of how it stands with the site.
type state struct {
	AskedAt, EndedAt clock.Time
	Report           doctor.Report // of the last run
	Told             doctor.Report // what administrators know
}

// waits reports whether somebody has asked for a run that has not ended.
func (s state) waits() bool { return !s.AskedAt.IsZero() && s.EndedAt.Before(s.AskedAt.Time) }

type stateRow struct {
	AskedAt clock.Time `db:"asked_at"`
	EndedAt clock.Time `db:"ended_at"`
	Report  string     `db:"report"`
	Told    string     `db:"told"`
}

const stateQuery = `SELECT asked_at, ended_at, report, told FROM checkups WHERE id = 1`

// read returns what is known; the zero state before the first run.
func read(ctx context.Context, q sqldb.Querier) (state, error) {
	var row stateRow
	if err := q.Get(ctx, &row, stateQuery); err != nil && !errs.Is(err, errs.NotFound) {
		return state{}, fmt.Errorf("read the state of the site: %w", err)
	}
	return row.decode()
}

// lock is read, and keeps everybody else from changing it until the transaction ends.
func lock(ctx context.Context, tx *sqldb.Tx) (state, error) {
	if _, err := tx.InsertNew(ctx, `INSERT INTO checkups (id, report, told) VALUES (1, '', '')`); err != nil {
		return state{}, fmt.Errorf("keep the state of the site: %w", err)
	}
	var row stateRow
	if err := tx.GetLocked(ctx, &row, stateQuery); err != nil {
		return state{}, fmt.Errorf("lock the state of the site: %w", err)
	}
	return row.decode()
}

func (r stateRow) decode() (state, error) {
	s := state{AskedAt: r.AskedAt, EndedAt: r.EndedAt}
	for report, text := range map[*doctor.Report]string{&s.Report: r.Report, &s.Told: r.Told} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), report); err != nil {
			return state{}, fmt.Errorf("read the state of the site: %w", err)
		}
	}
	return s, nil
}

// keep keeps what is known.
func keep(ctx context.Context, tx *sqldb.Tx, s state) error {
	report, err := json.Marshal(s.Report)
	if err != nil {
		return fmt.Errorf("keep the state of the site: %w", err)
	}
	told, err := json.Marshal(s.Told)
	if err != nil {
		return fmt.Errorf("keep the state of the site: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE checkups SET ended_at = ?, report = ?, told = ? WHERE id = 1`, s.EndedAt, string(report), string(told)); err != nil {
		return fmt.Errorf("keep the state of the site: %w", err)
	}
	return nil
}

// noteAsked notes that somebody asks for a run.
func noteAsked(ctx context.Context, tx *sqldb.Tx) error {
	if _, err := lock(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE checkups SET asked_at = ? WHERE id = 1`, tx.Now); err != nil {
		return fmt.Errorf("note that the site is to be checked: %w", err)
	}
	return nil
}
