package sqldb

import (
	"cmp"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx/reflectx"
)

// paths remembers for each type that the rows of a query are scanned into where its columns belong there: [][]int.
type paths struct{ sync.Map }

// row is where rows of a query are scanned to, one after the other.
type row struct {
	value   reflect.Value
	columns []any // pointers into value
}

// rowOf returns a row that is scanned into a value: a struct field by field, anything else as the only column.
func (p *paths) rowOf(rows *sql.Rows, value reflect.Value) (row, error) {
	t := value.Type()
	if isPlain(t) {
		return row{value, []any{value.Addr().Interface()}}, nil
	}
	known, ok := p.Load(t)
	if !ok {
		found, err := pathsOf(rows, t)
		if err != nil {
			return row{}, err
		}
		known, _ = p.LoadOrStore(t, found)
	}
	of, _ := known.([][]int)
	r := row{value, make([]any, len(of))}
	for i, path := range of {
		r.columns[i] = value.FieldByIndex(path).Addr().Interface()
	}
	return r, nil
}

// isPlain reports whether a column can be scanned into a value of the type.
func isPlain(t reflect.Type) bool {
	return t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(scanner)
}

var scanner = reflect.TypeFor[sql.Scanner]()

// pathsOf returns for each column the path to its field, which has its name as a db tag, or in lower case its own.
func pathsOf(rows *sql.Rows, t reflect.Type) ([][]int, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	found := reflectx.NewMapperFunc("db", strings.ToLower).TraversalsByName(t, names)
	for i, path := range found {
		if len(path) == 0 {
			return nil, fmt.Errorf("%s has no field for the column %q", t, names[i])
		}
	}
	return found, nil
}

// scanOne scans the first row.
func (p *paths) scanOne(rows *sql.Rows, dest any) error {
	defer rows.Close()
	to := reflect.ValueOf(dest)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("a row cannot be scanned into a %T", dest)
	}
	r, err := p.rowOf(rows, to.Elem())
	if err != nil {
		return err
	}
	if !rows.Next() {
		return cmp.Or(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(r.columns...); err != nil {
		return err
	}
	return rows.Close()
}

// firstRows is how many rows there is room for at first: most lists of a page are not longer.
const firstRows = 16

// scanAll scans every row.
func (p *paths) scanAll(rows *sql.Rows, dest any) error {
	defer rows.Close()
	to := reflect.ValueOf(dest)
	if to.Kind() != reflect.Pointer || to.IsNil() || to.Elem().Kind() != reflect.Slice {
		return fmt.Errorf("rows cannot be scanned into a %T", dest)
	}
	list := to.Elem()
	r, err := p.rowOf(rows, reflect.New(list.Type().Elem()).Elem())
	if err != nil {
		return err
	}
	list.SetLen(0)
	for rows.Next() {
		if list.Cap() == 0 {
			list.Grow(firstRows)
		}
		r.value.SetZero()
		if err := rows.Scan(r.columns...); err != nil {
			return err
		}
		list.Set(reflect.Append(list, r.value))
	}
	return rows.Err()
}
