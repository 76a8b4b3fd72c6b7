//go:build e2e

package lists

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// meterPostgreSQL runs a statement with EXPLAIN (ANALYZE) and adds up what its scans have read.
func meterPostgreSQL(t *testing.T, s *site, st statement) (read, shown int, plan string) {
	t.Helper()
	lines, err := dbtest.ExplainPostgreSQL(t.Context(), s.db, `ANALYZE, FORMAT JSON`, st.query, st.args)
	if err != nil {
		t.Fatalf("%s: %v", st.page, err)
	}
	var all []struct {
		Plan map[string]any `json:"Plan"`
	}
	if err := json.Unmarshal([]byte(strings.Join(lines, "\n")), &all); err != nil || len(all) != 1 {
		t.Fatalf("the plan of %s cannot be read: %v", st.page, err)
	}
	var b strings.Builder
	read = scanned(all[0].Plan, false, 0, &b)
	return read, int(amount(all[0].Plan["Actual Rows"])), b.String()
}

// page is how many rows of a table a database reads at once when it reads all of it.
const page = 30

// scanned returns how many rows the scans below a node of PostgreSQL's plan have read. A table that is read as a whole,
// because it is small, counts by its pages; what becomes one value, such as the next date of a series, is left out.
func scanned(node map[string]any, counted bool, depth int, plan *strings.Builder) (rows int) {
	kind, _ := node["Node Type"].(string)
	loops := amount(node["Actual Loops"])
	fmt.Fprintf(plan, "%s%s %v rows=%v loops=%v removed=%v\n", strings.Repeat("  ", depth), kind, node["Index Name"], node["Actual Rows"], loops, node["Rows Removed by Filter"])
	counted = counted || kind == "Aggregate" && node["Strategy"] == "Plain"
	if strings.HasSuffix(kind, "Scan") && kind != "Subquery Scan" && kind != "CTE Scan" && kind != "Bitmap Index Scan" && kind != "Function Scan" && !counted {
		rows = int(loops * (amount(node["Actual Rows"]) + amount(node["Rows Removed by Filter"]) + amount(node["Rows Removed by Index Recheck"])))
		if kind == "Seq Scan" && rows <= smallTable {
			rows /= page
		}
	}
	inner, _ := node["Plans"].([]any)
	for _, n := range inner {
		if n, ok := n.(map[string]any); ok {
			rows += scanned(n, counted, depth+1, plan)
		}
	}
	return rows
}

// smallTable is how many rows a table has at most that is read as a whole without harm.
const smallTable = 3000

func amount(v any) float64 {
	n, _ := v.(float64)
	return n
}

// meterMariaDB runs a statement with ANALYZE and adds up what its tables have read.
func meterMariaDB(t *testing.T, s *site, st statement) (read, shown int, plan string) {
	t.Helper()
	var lines []string
	if err := s.db.Select(t.Context(), &lines, `ANALYZE FORMAT=JSON `+st.query, st.args...); err != nil {
		t.Fatalf("%s: %v", st.page, err)
	}
	var whole map[string]any
	if err := json.Unmarshal([]byte(escaped(strings.Join(lines, "\n"))), &whole); err != nil {
		t.Fatalf("the plan of %s cannot be read: %v", st.page, err)
	}
	var b strings.Builder
	read = tables(whole, false, &b)
	if err := s.db.Get(t.Context(), &shown, `SELECT COUNT(*) FROM (`+st.query+`) list`, st.args...); err != nil {
		t.Fatalf("%s: %v", st.page, err)
	}
	return read, shown, b.String()
}

// texts are the values of a plan that are texts, each on a line of its own.
var texts = regexp.MustCompile(`(?m)^(\s*"\w+": )"(.*)"(,?)$`)

// escaped returns a plan of MariaDB as JSON: it does not escape the quotes around names in conditions.
func escaped(plan string) string {
	return texts.ReplaceAllStringFunc(plan, func(line string) string {
		p := texts.FindStringSubmatch(line)
		return p[1] + strconv.Quote(strings.ReplaceAll(p[2], `\"`, `"`)) + p[3]
	})
}

// tables returns how many rows the tables in a part of MariaDB's plan have read.
func tables(part any, inner bool, plan *strings.Builder) (rows int) {
	switch part := part.(type) {
	case []any:
		for _, p := range part {
			rows += tables(p, inner, plan)
		}
	case map[string]any:
		if name, ok := part["table_name"].(string); ok {
			index, _ := part["using_index"].(bool)
			n := int(amount(part["r_loops"]) * amount(part["r_rows"]))
			fmt.Fprintf(plan, "%s %v key=%v loops=%v rows=%v index alone=%t\n", name, part["access_type"], part["key"], part["r_loops"], part["r_rows"], index)
			if !strings.HasPrefix(name, "<") && (!inner || !index) {
				rows += n
			}
		}
		for key, p := range part {
			rows += tables(p, inner || key == "subqueries", plan)
		}
	}
	return rows
}

// meterSQLite runs a statement and returns how many rows it has stepped through without an index that leads there, as the
// counters of its virtual machine say. An index that it makes for itself counts as a failure.
func meterSQLite(t *testing.T, s *site, st statement) (read, shown int, plan string) {
	t.Helper()
	text := dbtest.WithLiterals(st.query, st.args)
	var steps []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	if err := s.db.Select(t.Context(), &steps, `EXPLAIN QUERY PLAN `+st.query, st.args...); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, step := range steps {
		b.WriteString(step.Detail + "\n")
	}
	db, err := sqlite3.OpenFlags(s.path, sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stmt, _, err := db.Prepare(text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", st.page, err, text)
	}
	defer stmt.Close()
	for stmt.Step() {
		shown++
	}
	if err := stmt.Err(); err != nil {
		t.Fatalf("%s: %v", st.page, err)
	}
	read = stmt.Status(sqlite3.STMTSTATUS_FULLSCAN_STEP, false)
	if made := stmt.Status(sqlite3.STMTSTATUS_AUTOINDEX, false); made > 0 {
		t.Errorf("%s makes an index of %d rows for itself:\n%s\n%s", st.page, made, text, b.String())
	}
	return read, shown, b.String()
}

// countsInSQLite reports whether the rows of a table with an alias are counted in an index alone.
func countsInSQLite(t *testing.T, s *site, st statement, alias string) (indexed bool, plan string) {
	t.Helper()
	var steps []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	if err := s.db.Select(t.Context(), &steps, `EXPLAIN QUERY PLAN `+st.query, st.args...); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		plan += step.Detail + "\n"
	}
	return strings.Contains(plan, "SEARCH "+alias+" USING COVERING INDEX"), plan
}

// countsInPostgreSQL is countsInSQLite. A table that is small is read as a whole without harm.
func countsInPostgreSQL(t *testing.T, s *site, st statement, alias string) (indexed bool, plan string) {
	t.Helper()
	lines, err := dbtest.ExplainPostgreSQL(t.Context(), s.db, `COSTS OFF`, st.query, st.args)
	if err != nil {
		t.Fatalf("%s: %v", st.page, err)
	}
	for _, line := range lines {
		indexed = indexed || strings.Contains(line+" ", " "+alias+" ") && (strings.Contains(line, "Index Only Scan") || strings.Contains(line, "Seq Scan"))
	}
	return indexed, strings.Join(lines, "\n")
}
