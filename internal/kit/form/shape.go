package form

import (
	"cmp"
	"mime/multipart"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"grouprise.org/grouprise/internal/kit/errs"
)

// field is what the tags say about one field of a form.
type field struct {
	name    string
	index   []int
	label   string
	missing string
	clean   Cleaning
	file    bool
}

// shape is a form's struct, read once.
type shape struct {
	fields []field
	byName map[string]field
}

var (
	fileType  = reflect.TypeFor[*multipart.FileHeader]()
	filesType = reflect.TypeFor[[]*multipart.FileHeader]()
)

// fieldName returns the name in the form of a struct's field; "" if it has none.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("form"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func (rd *Reader) shapeOf(t reflect.Type) *shape {
	if known, ok := rd.shapes.Load(t); ok {
		return known.(*shape) //nolint:forcetypeassert // the validator hands over what was registered
	}
	sh := &shape{byName: map[string]field{}}
	for _, f := range reflect.VisibleFields(t) {
		name := fieldName(f)
		if name == "" || !f.IsExported() {
			continue
		}
		fl := field{
			name: name, index: f.Index, label: f.Tag.Get("label"), missing: f.Tag.Get("missing"),
			clean: Cleaning(f.Tag.Get("text")), file: f.Type == fileType || f.Type == filesType,
		}
		sh.fields = append(sh.fields, fl)
		sh.byName[name] = fl
	}
	known, _ := rd.shapes.LoadOrStore(t, sh)
	return known.(*shape) //nolint:forcetypeassert // the validator hands over what was registered
}

// known returns the values that belong to the form's fields, cleaned. The decoder gets no other,
// because it panics on names like "a[".
func (sh *shape) known(values url.Values) url.Values {
	out := make(url.Values, len(sh.fields))
	for key, list := range values {
		name := root(key)
		f, ok := sh.byName[name]
		if !ok || f.file || len(key) > maxKey || !wellFormed(key[len(name):]) {
			continue
		}
		cleaned := make([]string, len(list))
		for i, v := range list {
			cleaned[i] = Clean(v, f.clean)
		}
		out[key] = cleaned
	}
	return out
}

// root returns the name of the field that a key belongs to: "options" of "options[2].title".
func root(key string) string {
	if i := strings.IndexAny(key, "[."); i >= 0 {
		return key[:i]
	}
	return key
}

// wellFormed reports whether every bracket is opened and closed, one level deep, and no index is longer
// than three digits: longer lists are no form of ours.
func wellFormed(s string) bool {
	opened := -1
	for i, c := range s {
		switch c {
		case '[':
			if opened >= 0 {
				return false
			}
			opened = i
		case ']':
			if opened < 0 || i-opened > 4 {
				return false
			}
			opened = -1
		}
	}
	return opened < 0
}

// unreadable is the sentence about a value that does not fit the field's type.
func (sh *shape) unreadable(key string) errs.FieldError {
	return errs.Field(root(key), "Enter a number.")
}

// sentence says what is wrong with a field.
func (sh *shape) sentence(p validator.FieldError) errs.FieldError {
	name := root(p.Field())
	if top := topField(p); top != "" {
		name = top
	}
	f := sh.byName[name]
	label := labelled(f.label)
	isText, isList := p.Kind() == reflect.String, p.Kind() == reflect.Slice
	switch tag := p.Tag(); {
	case strings.HasPrefix(tag, "required"):
		switch {
		case f.missing != "":
			return errs.Field(name, f.missing)
		case f.label == "":
			return errs.Field(name, "Please fill in this field.")
		default:
			return errs.Field(name, "Please fill in “%s”.", label)
		}
	case tag == "max" && isText:
		return errs.Field(name, "“%s” can have at most %s characters.", label, p.Param())
	case tag == "min" && isText:
		return errs.Field(name, "“%s” needs at least %s characters.", label, p.Param())
	case tag == "max" && isList:
		return errs.Field(name, "Choose up to %s.", p.Param())
	case tag == "min" && isList:
		return errs.Field(name, "Choose at least %s.", p.Param())
	case tag == "max", tag == "lte":
		return errs.Field(name, "Enter a number up to %s.", p.Param())
	case tag == "min", tag == "gte":
		return errs.Field(name, "Enter a number from %s.", p.Param())
	case tag == "email":
		return errs.Field(name, "Enter an email address like name@example.org.")
	case tag == "url", tag == "http_url":
		return errs.Field(name, "Enter a web address like https://example.org.")
	case tag == "slug":
		return errs.Field(name, "Use only letters, digits, hyphens and underscores.")
	case tag == "date":
		return errs.Field(name, "Enter a date like 2026-03-12.")
	case tag == "colour":
		return errs.Field(name, "Enter a colour like #2a62ac.")
	case tag == "oneof":
		return errs.Field(name, "Choose one of the options.")
	case tag == "eqfield":
		return errs.Field(name, "The two entries don’t match.")
	default:
		return errs.Field(name, "“%s” isn’t valid.", label)
	}
}

// topField returns the form's field that a nested one lies in: "options" of "form.options[2].title".
func topField(p validator.FieldError) string {
	_, path, ok := strings.Cut(p.Namespace(), ".")
	if !ok {
		return ""
	}
	return root(path)
}

// inOrder sorts the complaints as the fields stand in the form.
func (sh *shape) inOrder(wrong []errs.FieldError) []errs.FieldError {
	place := func(e errs.FieldError) int {
		return slices.IndexFunc(sh.fields, func(f field) bool { return f.name == e.Name })
	}
	slices.SortStableFunc(wrong, func(a, b errs.FieldError) int { return cmp.Compare(place(a), place(b)) })
	return wrong
}

// isDate is the rule for YYYY-MM-DD.
func isDate(fl validator.FieldLevel) bool {
	_, err := time.Parse(time.DateOnly, fl.Field().String())
	return err == nil
}
