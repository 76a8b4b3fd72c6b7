package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
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
		var err error
		if lines, err = ExplainPostgreSQL(ctx, e.DB, `COSTS OFF`, query, args); err != nil {
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
		return regexp.MustCompile(`Limit\n(\s*InitPlan[^\n]*\n\s*->[^\n]*\n\s*Index Cond[^\n]*\n)*(\s*->\s+Nested Loop[^\n]*\n(\s+(Join )?Filter[^\n]*\n)?)*\s*->\s+Index (Only )?Scan( Backward)? using ` + index).MatchString(e.Plan)
	default:
		return !strings.Contains(lines[at], "filesort")
	}
}

// errExplained ends the transaction in which a statement was prepared to be explained.
var errExplained = errors.New("explained")

// ExplainPostgreSQL returns the plan that PostgreSQL keeps for a statement, line by line: the one for any values that sqldb
// asks for. EXPLAIN alone would make one for these values. options are those of EXPLAIN, such as ANALYZE, FORMAT JSON.
func ExplainPostgreSQL(ctx context.Context, db *sqldb.DB, options, query string, args []any) (lines []string, err error) {
	var text strings.Builder
	var values []string
	n := 0
	replacePlaceholders(&text, query, func(before string) string {
		arg := args[n]
		n++
		if written := Literal(arg); writtenInText.MatchString(before) || reflect.ValueOf(arg).Kind() == reflect.Slice {
			return written
		}
		values = append(values, Literal(arg))
		return "$" + strconv.Itoa(len(values))
	})
	execute := `EXECUTE explained`
	if len(values) > 0 {
		execute += `(` + strings.Join(values, ", ") + `)`
	}
	err = db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `PREPARE explained AS `+text.String()); err != nil {
			return err
		}
		if err := tx.Select(ctx, &lines, `EXPLAIN (`+options+`) `+execute); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DEALLOCATE explained`); err != nil {
			return err
		}
		return errExplained
	})
	if !errors.Is(err, errExplained) {
		return nil, err
	}
	return lines, nil
}

// writtenInText is the end of a text behind which sqldb writes a number instead of a placeholder.
var writtenInText = regexp.MustCompile(`(?i)\s(LIMIT|OFFSET)\s+$`)

// WithLiterals returns a statement with its arguments in its text.
func WithLiterals(query string, args []any) string {
	var b strings.Builder
	n := 0
	replacePlaceholders(&b, query, func(string) string {
		n++
		return Literal(args[n-1])
	})
	return b.String()
}

// replacePlaceholders writes a statement with what stands for its placeholders, given the text before each.
func replacePlaceholders(b *strings.Builder, query string, with func(before string) string) {
	quoted := false
	for _, r := range query {
		if r == '\'' {
			quoted = !quoted
		}
		if r == '?' && !quoted {
			b.WriteString(with(b.String()))
			continue
		}
		b.WriteRune(r)
	}
}

// Literal returns an argument as SQL writes it; a list with commas in between.
func Literal(arg any) string {
	if v, ok := arg.(driver.Valuer); ok {
		inner, err := v.Value()
		if err != nil {
			panic(err)
		}
		arg = inner
	}
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.Invalid:
		return "NULL"
	case reflect.String:
		return "'" + strings.ReplaceAll(v.String(), "'", "''") + "'"
	case reflect.Bool:
		return strings.ToUpper(strconv.FormatBool(v.Bool()))
	case reflect.Slice:
		all := []string{}
		for i := range v.Len() {
			all = append(all, Literal(v.Index(i).Interface()))
		}
		if len(all) == 0 {
			return "NULL"
		}
		return strings.Join(all, ", ")
	default:
		return fmt.Sprint(arg)
	}
}
