package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// Value is what an option is set to. The zero value is nothing at all.
type Value struct{ value *value }

// Text returns a text as a value.
func Text(text string) Value { return Value{&value{kind: textValue, text: text}} }

// ParseValue returns what a piece of YAML or JSON says. The error is a Problems.
func ParseValue(source []byte) (Value, error) {
	r := reader{}
	v := r.parse(source)
	if len(r.problems) > 0 {
		return Value{}, r.problems
	}
	return Value{&v}, nil
}

// ParseOption returns what a text says of an option, as the variable of the option would: a text as it stands, a list with
// commas, all else as YAML. The error says what would be right. What is no option is a section, and written as YAML.
func (s *Settings) ParseOption(name, text string) (Value, error) {
	option := s.option(name)
	if option == nil || text == "null" {
		return ParseValue([]byte(text))
	}
	v, wrong := option.parseVariable(text)
	if wrong != "" {
		return Value{}, Problem{Option: name, Text: wrong}
	}
	return Value{&v}, nil
}

// Known returns a Problem unless there is an option or a section with a name, and names the one that was probably meant.
func (s *Settings) Known(name string) error {
	if s.option(name) != nil || s.isSection(name) {
		return nil
	}
	if name == "" {
		return Problem{Text: "name the option, such as domain or database.engine"}
	}
	if sentence, retired := s.schema.Retired[name]; retired {
		return Problem{Option: name, Text: sentence}
	}
	return Problem{Option: name, Text: "is not an option" + s.suggestion(name)}
}

// Names returns the names of all options that files or variables set, in the order of the schema.
func (s *Settings) Names() []string {
	var names []string
	for i := range s.schema.Options {
		name := s.schema.Options[i].Name
		v := s.written.at(strings.Split(name, "."))
		if v != nil && v.kind != nullValue || strings.HasPrefix(s.origins[name], variableOrigin) {
			names = append(names, name)
		}
	}
	return names
}

// IsSecret reports whether an option is not shown.
func (s *Settings) IsSecret(name string) bool {
	option := s.option(name)
	return option != nil && option.Secret
}

// YAML returns the value as it is written in a file: sections in lines of their own, all else in one. A text stands alone
// as it is.
func (v Value) YAML() string {
	switch {
	case v.value == nil || v.value.kind == nullValue:
		return ""
	case v.value.kind == textValue:
		return v.value.text
	case v.value.kind != mapValue:
		return flow(*v.value)
	}
	e := editor{newline: "\n"}
	var lines []string
	for _, inner := range v.value.mapping.entries {
		lines = append(lines, e.render(0, []string{inner.key}, inner.value)...)
	}
	return strings.TrimSuffix(strings.Join(lines, ""), "\n")
}

// JSON returns the value as JSON.
func (v Value) JSON() (string, error) {
	if v.value == nil {
		return "null", nil
	}
	text, err := json.Marshal(v.value.plain())
	return string(text), err
}

// flow returns a value in one line.
func flow(v value) string {
	switch v.kind {
	case listValue:
		items := make([]string, len(v.list))
		for i := range v.list {
			items[i] = flow(v.list[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	case mapValue:
		items := make([]string, len(v.mapping.entries))
		for i, e := range v.mapping.entries {
			items[i] = flow(value{kind: textValue, text: e.key}) + ": " + flow(e.value)
		}
		return "{" + strings.Join(items, ", ") + "}"
	case nullValue:
		return "null"
	case textValue:
		if !isPlain(v.text) {
			return doubleQuoted(v.text)
		}
	}
	return v.text
}

// isPlain reports whether a text can stand without quotes, also between brackets and for programs that read YAML 1.1.
func isPlain(text string) bool {
	begin := true
	for _, r := range text {
		switch {
		case unicode.IsLetter(r), r == '/' && len(text) > 1:
		case begin:
			return false
		case unicode.IsDigit(r), strings.ContainsRune(" ._@+-/", r):
		default:
			return false
		}
		begin = false
	}
	switch strings.ToLower(text) {
	case "", "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return !strings.HasSuffix(text, " ")
}

// doubleQuoted returns a text as YAML writes it in double quotes, which JSON does, too.
func doubleQuoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return fmt.Sprintf("%q", text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
