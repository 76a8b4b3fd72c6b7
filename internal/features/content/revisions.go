package content

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"reflect"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Two people may change an item at once. Each form says which revision was opened; what has been written
// since is put together with it field by field: see docs/decisions/0014-changes-are-merged-by-field.md.

// publicField and textField are the names of the fields that are treated differently from the others: of who may read
// an item everybody must know when they save it, and texts are kept in a column of their own.
const (
	publicField = "public"
	textField   = "text"
)

// passing are the fields of a form that say nothing about the item.
var passing = []string{"version", "group", "as_gestalt", "preview", fromParameter, partParameter}

// fieldValues are the fields of a form as revisions keep them: JSON by name. Equal values are equal texts.
type fieldValues map[string]string

// formField is a field of a form that says something about the item.
type formField struct {
	name  string
	label lang.Text
	value reflect.Value
}

var uploads = []reflect.Type{reflect.TypeFor[*multipart.FileHeader](), reflect.TypeFor[[]*multipart.FileHeader]()}

// fieldsOf returns the fields of a form that say something about the item. Files that come with a form do not: what
// becomes of them stands in other fields. Nor do fields with the tag merge:"-", which only tell the values of others apart.
func fieldsOf(f Form) []formField {
	form := reflect.ValueOf(f).Elem()
	var all []formField
	for _, sf := range reflect.VisibleFields(form.Type()) {
		name, _, _ := strings.Cut(sf.Tag.Get("form"), ",")
		if name == "" || name == "-" || slices.Contains(passing, name) || slices.Contains(uploads, sf.Type) || sf.Tag.Get("merge") == "-" {
			continue
		}
		all = append(all, formField{name: name, label: lang.Text(sf.Tag.Get("label")), value: form.FieldByIndex(sf.Index)})
	}
	return all
}

// valuesOf returns what a form says about the item.
func valuesOf(f Form) (fieldValues, error) {
	values := fieldValues{}
	for _, field := range fieldsOf(f) {
		if field.value.Kind() == reflect.Slice && field.value.Len() == 0 {
			values[field.name] = "null" // as forms are read where nothing was sent
			continue
		}
		text, err := json.Marshal(field.value.Interface())
		if err != nil {
			return nil, fmt.Errorf("encode the field %s: %w", field.name, err)
		}
		values[field.name] = string(text)
	}
	return values, nil
}

// encode returns all values but the text as one, for the database.
func (v fieldValues) encode() (string, error) {
	others := maps.Clone(v)
	delete(others, textField)
	text, err := json.Marshal(others)
	return string(text), err
}

// Overlaps is the cause of a Conflict: what two people changed at once.
type Overlaps struct {
	Author   string // who wrote the other revision
	At       clock.Time
	Revision int // what there is now, and what the next form is compared with
	Fields   []Overlap
}

// Error implements error.
func (o *Overlaps) Error() string {
	names := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		names[i] = f.Name
	}
	return "two people changed " + strings.Join(names, ", ")
}

// Overlap is a field that two people changed at once.
type Overlap struct {
	Name   string
	Label  lang.Text
	Theirs any // what the other one wrote
}

// Text returns what the other one wrote as people read it.
func (o Overlap) Text(p *lang.Printer) string {
	switch theirs := o.Theirs.(type) {
	case string:
		return theirs
	case bool:
		if theirs {
			return p.T("yes")
		}
		return p.T("no")
	case []string:
		return strings.Join(theirs, "\n")
	default:
		return fmt.Sprint(theirs)
	}
}

// of returns what was changed in a field at once; nil if nothing was.
func (o *Overlaps) of(name string) *Overlap {
	if o == nil {
		return nil
	}
	for i := range o.Fields {
		if o.Fields[i].Name == name {
			return &o.Fields[i]
		}
	}
	return nil
}

// own returns what was changed at once in the fields of a kind.
func (o *Overlaps) own() []Overlap {
	if o == nil {
		return nil
	}
	common := map[string]bool{}
	for _, f := range fieldsOf(&Common{}) {
		common[f.name] = true
	}
	var own []Overlap
	for _, f := range o.Fields {
		if !common[f.Name] {
			own = append(own, f)
		}
	}
	return own
}

// mergeParts lets a form put together a field that two people have changed, and reports whether it could.
func mergeParts(mine, theirs Form, field, before string) bool {
	m, ok := mine.(Merger)
	return ok && m.Merge(field, before, theirs)
}

// merge puts what somebody wrote together with what is there now. Both began with base, which lacks the fields that
// nobody knows any more. Fields that only the other one changed become theirs in the form; those that both changed are
// returned. When the other one changed who may read the item, that is always returned, and becomes theirs.
func merge(mine, theirs Form, base fieldValues) ([]Overlap, error) {
	wanted, err := valuesOf(mine)
	if err != nil {
		return nil, err
	}
	present, err := valuesOf(theirs)
	if err != nil {
		return nil, err
	}
	target := fieldsOf(mine)
	var overlaps []Overlap
	for n, field := range fieldsOf(theirs) {
		before, known := base[field.name]
		now := present[field.name]
		switch {
		case wanted[field.name] == now, known && before == now: // nobody else changed it, or to the same
			continue
		case field.name == publicField:
			overlaps = append(overlaps, Overlap{Name: field.name, Label: field.label, Theirs: field.value.Interface()})
			target[n].value.Set(field.value)
		case known && wanted[field.name] == before:
			target[n].value.Set(field.value)
		case known && mergeParts(mine, theirs, field.name, before):
		default:
			overlaps = append(overlaps, Overlap{Name: field.name, Label: field.label, Theirs: field.value.Interface()})
		}
	}
	return overlaps, nil
}
