package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"grouprise.org/grouprise/internal/kit/script"
)

// set stores a value in the option's variable. It returns what is wrong with it, or nothing.
func (o *Option) set(v value) string {
	switch into := o.Into.(type) {
	case *string:
		text, wrong := o.text(v)
		if wrong == "" {
			*into = text
		}
		return wrong
	case *int:
		n, wrong := o.number(v)
		if wrong == "" {
			*into = n
		}
		return wrong
	case *bool:
		if v.kind != boolValue {
			return o.mustBe(v)
		}
		*into = v.text == "true"
		return ""
	case *[]string:
		return setList(o, v, into, o.text)
	case *[]int:
		return setList(o, v, into, o.number)
	case Unmarshaler:
		if err := into.UnmarshalOption(v.plain()); err != nil {
			return "must be " + err.Error()
		}
		return ""
	}
	panic(fmt.Sprintf("option %s: a variable of type %T cannot receive it", o.Name, o.Into))
}

func setList[T any](o *Option, v value, into *[]T, item func(value) (T, string)) string {
	if v.kind != listValue {
		return o.mustBe(v)
	}
	list := make([]T, len(v.list))
	for i := range v.list {
		one, wrong := item(v.list[i])
		if wrong != "" {
			return fmt.Sprintf("entry %d: %s", i+1, wrong)
		}
		list[i] = one
	}
	*into = list
	return ""
}

// text returns a text if it is right.
func (o *Option) text(v value) (text, wrong string) {
	switch {
	case v.kind == intValue || v.kind == floatValue || v.kind == boolValue:
		if o.Secret {
			return "", "must be a text: put it in quotes"
		}
		return "", fmt.Sprintf("must be a text: put it in quotes, %q", v.text)
	case v.kind != textValue:
		return "", o.mustBe(v)
	case len(o.OneOf) > 0 && !slices.Contains(o.OneOf, v.text), o.Text != nil && !o.Text(v.text):
		return "", o.mustBe(v)
	}
	return o.path(v.text)
}

func (o *Option) number(v value) (n int, wrong string) {
	n, ok := v.asInt()
	if !ok || o.Number != nil && !o.Number(n) {
		return 0, o.mustBe(v)
	}
	return n, ""
}

// path checks what the text points to and makes it absolute.
func (o *Option) path(text string) (path, wrong string) {
	if o.Path == NoPath {
		return text, ""
	}
	path, err := filepath.Abs(text)
	if err != nil {
		return "", err.Error()
	}
	if o.Path == Program {
		if err := script.Check(path); err != nil {
			return "", fmt.Sprintf("must be %s: %s", o.want(), err)
		}
		return path, ""
	}
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return "", fmt.Sprintf("must be %s: %s does not exist", o.want(), path)
	case err != nil:
		return "", fmt.Sprintf("must be %s: %s", o.want(), err)
	case o.Path == File && !info.Mode().IsRegular():
		return "", fmt.Sprintf("must be %s: %s is none", o.want(), path)
	case o.Path != File && !info.IsDir():
		return "", fmt.Sprintf("must be %s: %s is not a directory", o.want(), path)
	}
	if err := syscall.Access(path, o.Path.access()); err != nil {
		return "", fmt.Sprintf("must be %s: %s: %s", o.want(), path, err)
	}
	return path, ""
}

// access returns the rights that access(2) asks for.
func (p Path) access() uint32 {
	const read, write = 4, 2
	if p == WritableFolder {
		return write
	}
	return read
}

// mustBe says what would be right and, unless it is a secret, what is there instead.
func (o *Option) mustBe(v value) string {
	if o.Secret {
		return "must be " + o.want()
	}
	return fmt.Sprintf("must be %s, not %s", o.want(), v.describe())
}

// want says what would be right.
func (o *Option) want() string {
	switch {
	case o.Want != "":
		return o.Want
	case len(o.OneOf) > 0:
		quoted := make([]string, len(o.OneOf))
		for i, text := range o.OneOf {
			quoted[i] = strconv.Quote(text)
		}
		return "one of " + strings.Join(quoted, ", ")
	}
	switch o.Into.(type) {
	case *int:
		return "a whole number"
	case *bool:
		return "true or false"
	case *[]string:
		return "a list of texts"
	case *[]int:
		return "a list of whole numbers"
	}
	switch o.Path {
	case Directory:
		return "an existing directory"
	case WritableFolder:
		return "an existing directory that may be written to"
	case File:
		return "an existing file"
	case Program:
		return "a program"
	default:
		return "a text"
	}
}

// parseVariable returns the value that the text of an environment variable stands for.
func (o *Option) parseVariable(text string) (v value, wrong string) {
	switch o.Into.(type) {
	case *string:
		return value{kind: textValue, text: text}, ""
	case *int:
		return number(text, place{}), ""
	case *bool:
		if text == "true" || text == "false" {
			return value{kind: boolValue, text: text}, ""
		}
		return value{kind: textValue, text: text}, ""
	case *[]string, *[]int:
		list := value{kind: listValue}
		for item := range strings.SplitSeq(text, ",") {
			item = strings.TrimSpace(item)
			if _, numbers := o.Into.(*[]int); numbers {
				list.list = append(list.list, number(item, place{}))
			} else if item != "" {
				list.list = append(list.list, value{kind: textValue, text: item})
			}
		}
		return list, ""
	}
	r := reader{}
	v = r.parse([]byte(text))
	if len(r.problems) > 0 {
		return v, "must be YAML: " + r.problems[0].Text
	}
	return v, ""
}
