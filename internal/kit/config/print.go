package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// Print writes the effective value of each option as YAML, each with a comment that says where it comes from. The output is
// a configuration file that can be loaded: secrets are left out of it, and so are folders that are not there yet.
func (s *Settings) Print(w io.Writer) error {
	lines, err := s.lines(s.schema.Options, 0)
	if err != nil {
		return err
	}
	const widest = 48
	width := 0
	for _, l := range lines {
		if n := utf8.RuneCountInString(l.text); n <= widest {
			width = max(width, n)
		}
	}
	var out bytes.Buffer
	for _, l := range lines {
		out.WriteString(l.text)
		if l.origin != "" {
			out.WriteString(strings.Repeat(" ", max(0, width-utf8.RuneCountInString(l.text))+2) + "# " + l.origin)
		}
		out.WriteByte('\n')
	}
	_, err = w.Write(out.Bytes())
	return err
}

type line struct{ text, origin string }

// lines returns the lines of options that share their first levels. A section stands where its first
// option does in the schema.
func (s *Settings) lines(options []Option, level int) ([]line, error) {
	var lines []line
	indent := strings.Repeat("  ", level)
	done := map[string]bool{}
	for i, o := range options {
		path := strings.Split(o.Name, ".")
		name := path[level]
		switch {
		case done[name]:
		case len(path) == level+1:
			text, remark, err := s.show(o)
			if err != nil {
				return nil, fmt.Errorf("print option %s: %w", o.Name, err)
			}
			lines = append(lines, line{indent + name + ": " + text, s.Origin(o.Name) + remark})
		default:
			done[name] = true
			section := strings.Join(path[:level+1], ".") + "."
			var inside []Option
			for _, other := range options[i:] {
				if strings.HasPrefix(other.Name, section) {
					inside = append(inside, other)
				}
			}
			below, err := s.lines(inside, level+1)
			if err != nil {
				return nil, err
			}
			lines = append(append(lines, line{text: indent + name + ":"}), below...)
		}
	}
	return lines, nil
}

// show returns the option's value as it stands in a file, and what else is to be said. What is empty by default, and what
// a file may not hold, is null.
func (s *Settings) show(o Option) (value, remark string, err error) {
	if !s.IsSet(o.Name) && o.isEmpty() {
		return "null", "", nil
	}
	if o.Secret {
		return "null", ", not shown", nil
	}
	text, err := yaml.MarshalWithOptions(o.Into, yaml.Flow(true))
	if err != nil {
		return "", "", err
	}
	value = strings.TrimSpace(string(text))
	if path, one := o.Into.(*string); one && o.Path != NoPath && !exists(*path) {
		return "null", ", not there yet: " + value, nil
	}
	return value, "", nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// isEmpty reports whether the option holds nothing. A boolean always holds something, and so does a
// number, unless it is a zero that would be wrong in a file.
func (o *Option) isEmpty() bool {
	switch v := reflect.ValueOf(o.Into).Elem(); v.Kind() {
	case reflect.Bool:
		return false
	case reflect.Int:
		return v.IsZero() && o.Number != nil && !o.Number(0)
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}
