package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Explainer asks how the last list that was selected through it is read.
type Explainer struct {
	*sqldb.DB
	Plan string // of the last query, line by line
}

// Select implements sqldb.Querier: it reads nothing.
func (e *Explainer) Select(ctx context.Context, _ any, query string, args ...any) error {
	var lines []string
	switch e.Engine() {
	case "sqlite":
		var rows []struct {
			ID, Parent, NotUsed int
			Detail              string
		}
		if err := e.DB.Select(ctx, &rows, `EXPLAIN QUERY PLAN `+query, args...); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%d %d %s", r.Parent, r.ID, r.Detail))
		}
	case "postgresql":
		if err := e.DB.Select(ctx, &lines, `EXPLAIN (COSTS OFF) `+query, args...); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
	default:
		var rows []struct {
			ID           sql.NullInt64  // NULL for what unites others
			SelectType   string         `db:"select_type"`
			Table        sql.NullString `db:"table"`
			Type         sql.NullString `db:"type"`
			PossibleKeys sql.NullString `db:"possible_keys"`
			Key          sql.NullString `db:"key"`
			KeyLen       sql.NullString `db:"key_len"`
			Ref          sql.NullString `db:"ref"`
			Rows         sql.NullString `db:"rows"`
			Extra        sql.NullString `db:"Extra"`
		}
		if err := e.DB.Select(ctx, &rows, `EXPLAIN `+query, args...); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%d %s %s %s key=%s rows=%s %s", r.ID.Int64, r.SelectType, r.Table.String, r.Type.String, r.Key.String, r.Rows.String, r.Extra.String))
		}
	}
	e.Plan = strings.Join(lines, "\n")
	return nil
}

// Walks reports whether rows are taken from an index in its order: nothing is sorted where it is read.
func (e *Explainer) Walks(index string) bool {
	lines := strings.Split(e.Plan, "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, index) })
	if at < 0 {
		return false
	}
	switch e.Engine() {
	case "sqlite":
		parent, _, _ := strings.Cut(lines[at], " ")
		return !slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, parent+" ") && strings.Contains(line, "TEMP B-TREE")
		})
	case "postgresql":
		// Between the limit and the scan there are joins at most, and what is looked up once.
		return regexp.MustCompile(`Limit\n(\s*InitPlan[^\n]*\n\s*->[^\n]*\n\s*Index Cond[^\n]*\n)*(\s*->\s+Nested Loop[^\n]*\n(\s+Join Filter[^\n]*\n)?)*\s*->\s+Index (Only )?Scan( Backward)? using ` + index).MatchString(e.Plan)
	default:
		return !strings.Contains(lines[at], "filesort")
	}
}
