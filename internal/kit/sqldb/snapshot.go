package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ColumnType is what a column holds, whatever the engine calls it.
type ColumnType string

// The types of columns. A row has values of these types, or nil: int64, bool, float64, string and []byte.
const (
	Integer ColumnType = "integer"
	Boolean ColumnType = "boolean"
	Real    ColumnType = "real"
	Text    ColumnType = "text"
	Bytes   ColumnType = "bytes"
)

// Column is a column that is stored. Those that the database works out itself are none.
type Column struct {
	Name string     `json:"name"`
	Type ColumnType `json:"type"`
}

// Table is a table as every engine has it.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	NextID  int64    `json:"next_id,omitempty"` // that the database would give; 0 where it gives none
}

// hasID reports whether the rows have the key that databases give.
func (t Table) hasID() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "id" && c.Type == Integer })
}

// columns returns the names of the columns, quoted.
func (t Table) columns() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = `"` + c.Name + `"`
	}
	return strings.Join(names, ", ")
}

// Snapshot is the database as it was at one moment, whatever is written meanwhile. It is valid while the function that
// DB.Snapshot called runs, and not safe for concurrent use.
type Snapshot struct {
	tx    *sql.Tx
	pools *pools
}

// Snapshot runs fn with the database as it is now.
//
// It is one read-only transaction, which sees what was there when it read first: a reader of SQLite's log, and REPEATABLE
// READ on the servers, where InnoDB takes its snapshot at the first read as well.
func (db *DB) Snapshot(ctx context.Context, fn func(s *Snapshot) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{Isolation: db.engine.snapshot, ReadOnly: true})
	if err != nil {
		return db.translate(ctx, "BEGIN", err)
	}
	defer tx.Rollback() //nolint:errcheck // It has only read.
	return fn(&Snapshot{tx: tx, pools: db.pools})
}

// Migrations returns the version that the database has, with the checksums of the migrations that led there.
func (s *Snapshot) Migrations(ctx context.Context) (version int64, checksums map[int64]string, err error) {
	var all []struct {
		Version  int64  `db:"version"`
		Checksum string `db:"checksum"`
	}
	err = s.pools.selectAll(ctx, s.tx, &all, `SELECT v.version_id AS version, COALESCE(c.checksum, '') AS checksum
		FROM goose_db_version v LEFT JOIN migration_checksums c ON c.version = v.version_id ORDER BY v.version_id, v.id`, "", nil)
	if err != nil {
		return 0, nil, fmt.Errorf("read the version of the database: %w", err)
	}
	checksums = map[int64]string{}
	for _, m := range all {
		version = max(version, m.Version)
		if m.Checksum != "" {
			checksums[m.Version] = m.Checksum
		}
	}
	return version, checksums, nil
}

// ofMigrations are the tables that say which migrations a database has had.
func ofMigrations(table string) bool {
	return table == "goose_db_version" || table == "migration_checksums"
}

// Tables returns all tables in the order of their names, but for those that say which migrations the database has had, and
// SQLite's virtual ones.
func (s *Snapshot) Tables(ctx context.Context) ([]Table, error) {
	var columns []struct {
		Table string `db:"of_table"`
		Name  string `db:"called"`
		Type  string `db:"declared"`
	}
	if err := s.pools.selectAll(ctx, s.tx, &columns, s.pools.engine.columns, "", nil); err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var all []Table
	for _, c := range columns {
		if ofMigrations(c.Table) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].Name != c.Table {
			all = append(all, Table{Name: c.Table})
		}
		t := &all[len(all)-1]
		t.Columns = append(t.Columns, Column{Name: c.Name, Type: columnType(c.Type)})
	}
	slices.SortFunc(all, func(a, b Table) int { return strings.Compare(a.Name, b.Name) }) // catalogues have orders of their own
	for i := range all {
		if err := s.readNextID(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// columnType says what a column holds. A type that no migration uses is "", which nothing reads or writes.
func columnType(declared string) ColumnType {
	declared, _, _ = strings.Cut(strings.ToLower(declared), "(")
	switch strings.TrimSpace(declared) {
	case "bigint", "integer", "int", "smallint":
		return Integer
	case "boolean", "tinyint": // MySQL's boolean
		return Boolean
	case "real", "double", "double precision", "float":
		return Real
	case "text", "longtext", "varchar", "char", "character varying", "character":
		return Text
	case "blob", "longblob", "bytea":
		return Bytes
	}
	return ""
}

// readNextID reads which id the database would give next.
func (s *Snapshot) readNextID(ctx context.Context, t *Table) error {
	if !t.hasID() {
		return nil
	}
	var found []int64
	query := fmt.Sprintf(s.pools.engine.nextID, t.Name)
	if s.pools.engine.sequence != "" {
		var sequence sql.NullString
		if err := s.pools.get(ctx, s.tx, &sequence, fmt.Sprintf(s.pools.engine.sequence, t.Name), "", nil); err != nil {
			return fmt.Errorf("look for the ids of the table %s: %w", t.Name, err)
		}
		if !sequence.Valid {
			return nil
		}
		query = fmt.Sprintf(s.pools.engine.nextID, sequence.String)
	}
	if err := s.pools.selectAll(ctx, s.tx, &found, query, "", nil); err != nil {
		return fmt.Errorf("read the next id of the table %s: %w", t.Name, err)
	}
	if len(found) > 0 {
		t.NextID = found[0]
	}
	return nil
}

// Rows calls fn with each row of a table, in no order. The slice is used again for the next row; what is in it stays.
func (s *Snapshot) Rows(ctx context.Context, t Table, fn func(row []any) error) error {
	for _, c := range t.Columns {
		if c.Type == "" {
			return fmt.Errorf("the column %s of the table %s has a type that is not known", c.Name, t.Name)
		}
	}
	query := fmt.Sprintf(`SELECT %s FROM "%s"`, t.columns(), t.Name) //nolint:gosec // The names come from the catalogue.
	rows, err := s.tx.QueryContext(ctx, query)
	if err != nil {
		return s.pools.translate(ctx, query, err)
	}
	defer rows.Close()
	row, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return s.pools.translate(ctx, query, err)
		}
		for i, c := range t.Columns {
			if row[i], err = neutral(c.Type, row[i]); err != nil {
				return fmt.Errorf("the column %s of the table %s: %w", c.Name, t.Name, err)
			}
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return s.pools.translate(ctx, query, rows.Err())
}

// neutral returns a value as it is on all engines.
func neutral(t ColumnType, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return v, nil
	case string:
		if t == Text {
			return clean(v), nil
		}
	case []byte:
		return neutralBytes(t, v)
	case bool:
		if t == Boolean {
			return v, nil
		}
	case float64:
		if t == Real {
			return v, nil
		}
	case int64:
		switch t {
		case Integer:
			return v, nil
		case Boolean:
			return v != 0, nil
		case Real:
			return float64(v), nil
		}
	}
	return nil, fmt.Errorf("%T is not what a column of type %s holds", v, t)
}

// neutralBytes returns a value of which the driver gives what was sent.
func neutralBytes(t ColumnType, v []byte) (any, error) {
	switch t {
	case Bytes:
		return v, nil
	case Text:
		return clean(string(v)), nil
	case Integer:
		return strconv.ParseInt(string(v), 10, 64)
	case Boolean:
		return string(v) != "0", nil
	default:
		return strconv.ParseFloat(string(v), 64)
	}
}
