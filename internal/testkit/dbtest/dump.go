package dbtest

import (
	"fmt"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Dump returns all rows of all tables as lines, each table in the order in which the database finds its rows: that
// tells more than one that asks for an order.
func Dump(t testing.TB, db *sqldb.DB) (lines []string) {
	t.Helper()
	var columns []struct {
		Table string `db:"of_table"`
		Name  string `db:"called"`
	}
	query := `SELECT c.table_name AS of_table, c.column_name AS called FROM information_schema.columns c
		WHERE c.table_schema = ` + map[string]string{"postgresql": "CURRENT_SCHEMA()", "mysql": "DATABASE()"}[db.Engine()] + ` ORDER BY c.table_name, c.ordinal_position`
	if db.Engine() == "sqlite" {
		query = `SELECT m.name AS of_table, c.name AS called FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid`
	}
	if err := db.Select(t.Context(), &columns, query); err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	var tables []string
	for _, c := range columns {
		if names[c.Table] == nil {
			tables = append(tables, c.Table)
		}
		names[c.Table] = append(names[c.Table], `"`+c.Name+`"`)
	}
	for _, table := range tables {
		var rows []string
		if err := db.Select(t.Context(), &rows, fmt.Sprintf(`SELECT CONCAT_WS(' | ', '%s', %s) FROM "%s"`, table, strings.Join(names[table], ", "), table)); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, rows...)
	}
	return lines
}
