package estate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Export is a list of the document that a person can download: rows that are theirs, with the columns that are.
type Export struct {
	Name string // of the list in the document; unique in the house
	each func(ctx context.Context, q sqldb.Querier, id int64, put func(row any) error) error
}

// List returns an export of rows of which there are few. T has db and json tags. The only parameter of the query is
// the number that the holding's column names the person by.
func List[T any](name, query string) Export {
	return Export{name, func(ctx context.Context, q sqldb.Querier, id int64, put func(any) error) error {
		var rows []T
		if err := q.Select(ctx, &rows, query, id); err != nil {
			return err
		}
		return putAll(rows, put)
	}}
}

// Row is embedded in the rows of Pages.
type Row struct {
	ID int64 `db:"id" json:"id"`
}

func (r Row) id() int64 { return r.ID }

// pageSize is how many rows of an export are in memory at a time.
const pageSize = 500

// Pages returns an export of rows of which there may be many. The parameters of the query are the number that the
// holding's column names the person by, the id after which a page begins, and how many rows a page has; its order is
// that of the ids.
func Pages[T interface{ id() int64 }](name, query string) Export {
	return Export{name, func(ctx context.Context, q sqldb.Querier, id int64, put func(any) error) error {
		for after := int64(0); ; {
			var rows []T
			if err := q.Select(ctx, &rows, query, id, after, pageSize); err != nil {
				return err
			}
			if err := putAll(rows, put); err != nil {
				return err
			}
			if len(rows) < pageSize {
				return nil
			}
			after = rows[len(rows)-1].id()
		}
	}}
}

func putAll[T any](rows []T, put func(any) error) error {
	for _, row := range rows {
		if err := put(row); err != nil {
			return err
		}
	}
	return nil
}

// Document is what a person downloads.
type Document struct {
	Site     string // its name
	At       clock.Time
	Owner    Owner
	Holdings []Holding
}

// Write writes the document as JSON, one row a line. An error may come after a part has been written.
func (d Document) Write(ctx context.Context, q sqldb.Querier, w io.Writer) error {
	site, err := encode(d.Site)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\n\"site\": %s,\n\"exported_at\": \"%s\"", site, d.At.Format("2006-01-02T15:04:05Z07:00")); err != nil {
		return fmt.Errorf("write an export: %w", err)
	}
	for _, h := range d.Holdings {
		for _, x := range []Export{h.Export, h.Also} {
			if x.each == nil {
				continue
			}
			if err := writeList(ctx, q, w, x, d.Owner.in(h)); err != nil {
				return fmt.Errorf("export %s: %w", x.Name, err)
			}
		}
	}
	_, err = io.WriteString(w, "\n}\n")
	return err
}

func writeList(ctx context.Context, q sqldb.Querier, w io.Writer, x Export, id int64) error {
	if _, err := fmt.Fprintf(w, ",\n\"%s\": [", x.Name); err != nil {
		return err
	}
	separator := "\n"
	err := x.each(ctx, q, id, func(row any) error {
		text, err := encode(row)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s%s", separator, text)
		separator = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "]")
	return err
}

// encode returns a value as JSON in which texts stand as they were written: the document is no web page.
func encode(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
