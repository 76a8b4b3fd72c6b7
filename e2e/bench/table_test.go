//go:build bench

package bench

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// table is what was measured of one thing. Its first columns name a row.
type table struct {
	title   string
	columns []string
	rows    []row
}

// row is one line of a table.
type row struct {
	names []string
	cells []cell
}

// cell is one figure. Zero limits are none.
type cell struct {
	text        string
	value       float64
	most, least float64
}

// missed reports whether the figure is beyond its limits.
func (c cell) missed() bool {
	return c.most > 0 && c.value > c.most || c.least > 0 && c.value < c.least
}

// String returns the figure, with a star and the limit if it is missed.
func (c cell) String() string {
	if !c.missed() {
		return c.text
	}
	if c.most > 0 {
		return fmt.Sprintf("%s *(%g)", c.text, c.most)
	}
	return fmt.Sprintf("%s *(%g)", c.text, c.least)
}

// within lets a figure be so much at most.
func (c cell) within(most float64) cell {
	c.most = most
	return c
}

// from lets a figure be so much at least.
func (c cell) from(least float64) cell {
	c.least = least
	return c
}

// number returns a figure with so many decimals.
func number(value float64, decimals int) cell {
	return cell{text: fmt.Sprintf("%.*f", decimals, value), value: value}
}

// percent returns a share of one.
func percent(share float64) cell {
	return cell{text: fmt.Sprintf("%.0f%%", 100*share), value: 100 * share}
}

// milliseconds returns how long something took.
func milliseconds(d time.Duration) cell { return number(float64(d.Microseconds())/1000, 2) }

// none is a figure that was not measured.
func none() cell { return cell{text: "-"} }

// add adds a row.
func (t *table) add(names []string, cells ...cell) {
	t.rows = append(t.rows, row{names, cells})
}

// missed returns how many figures miss their targets.
func (t *table) missed() (n int) {
	for _, r := range t.rows {
		for _, c := range r.cells {
			if c.missed() {
				n++
			}
		}
	}
	return n
}

// String returns the table as text.
func (t *table) String() string {
	if len(t.rows) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", t.title)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.columns, "\t"))
	for _, r := range t.rows {
		fields := append([]string{}, r.names...)
		for _, c := range r.cells {
			fields = append(fields, c.String())
		}
		fmt.Fprintln(w, strings.Join(fields, "\t"))
	}
	_ = w.Flush() // into memory
	return b.String()
}
