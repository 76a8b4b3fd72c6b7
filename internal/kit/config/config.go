// Package config reads the options of a program from YAML files and environment variables.
//
// The program describes its options in a Schema: a table of names, the variables that receive the
// values, and what is right. What these variables hold before Load is the default. Load looks the
// files up, reads them, lays the environment over them, and reports everything that is wrong at
// once, each problem with its file, its line and what would be right.
//
// # Files
//
// The first candidate that yields a usable file wins; a candidate is a file or a folder that is
// walked in the order of names. Files are merged on their top-level keys only: a later file that
// mentions a section replaces the whole section. Keys are compared in lower case. YAML is version
// 1.2, where only true and false are booleans; duplicate keys, more than one document and tags are
// errors. An option that is null is not set: its default applies.
//
// # Environment
//
// Each option has a variable: the prefix and the option's name in capitals, with underscores for
// dots. A variable wins over the files, an empty one counts as not set. Lists are separated by
// commas; what is more than a list of texts or numbers is written as YAML.
package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Schema describes the options of a program.
type Schema struct {
	Options []Option
	// Retired holds options of earlier versions that mean nothing any more, each with one sentence for
	// the warning. Where the name is a section, whatever it holds is passed over.
	Retired map[string]string
	// Complete, if any, is called when all options are read. It fills in defaults that depend on other
	// options and checks what concerns several of them (Settings.Refuse, Settings.Warn).
	Complete func(*Settings)
}

// Option describes one option.
type Option struct {
	// Name is the option's name in lower case; a dot separates a section from the option in it.
	Name string
	// Into receives the value and holds the default before: a *string, *int, *bool, *[]string,
	// *[]int or an Unmarshaler.
	Into any
	// Want says what would be right, in words that follow "must be": "a host name without a port".
	Want string
	// OneOf lists the only texts that are right.
	OneOf []string
	// Text reports whether a text, or one text of a list, is right.
	Text func(string) bool
	// Number reports whether a number, or one number of a list, is right.
	Number func(int) bool
	// Path says that the text, or each text of a list, names something that must exist.
	// A path is made absolute.
	Path Path
	// Secret hides the value in print and in problems.
	Secret bool
}

// Path says what must exist where a path points to.
type Path uint8

// What a path may have to be.
const (
	NoPath         Path = iota // not a path
	Directory                  // an existing directory
	WritableFolder             // an existing directory that this process may write to
	File                       // an existing file that this process may read
	Program                    // an existing file that this process may execute, and that not everybody may change
)

// Unmarshaler is an option that holds more than texts and numbers. It is a pointer, and is printed as
// package goccy/go-yaml encodes it: a MarshalYAML method says how, where its fields do not.
type Unmarshaler interface {
	// UnmarshalOption takes the value as plain data: string, int, float64, bool, nil, []any and
	// map[string]any with keys in lower case. It returns an error whose text says what would be right,
	// in words that follow "must be".
	UnmarshalOption(value any) error
}

// Sources says where to look.
type Sources struct {
	// Named is a file or folder that whoever starts the program named. If set, it is the only candidate
	// and must yield a file.
	Named string
	// Candidates are files and folders in the order in which they are tried.
	Candidates []string
	// Drafts are texts that are read in place of files, by their paths: what files would say if they were written.
	Drafts map[string][]byte
	// Environ holds the environment as os.Environ returns it.
	Environ []string
	// Prefix starts the name of each variable that belongs to the program, for example "GROUPRISE_".
	// Without it, variables are not looked at.
	Prefix string
	// Reserved lists variables with this prefix that are not options. One that ends in * stands for all
	// that start alike.
	Reserved []string
}

// Problem says what is wrong with one option, or with a file, and where.
type Problem struct {
	Where  string // file:line, file, or "environment variable NAME"; empty when nobody wrote it
	Option string // empty when the problem is the file's
	Text   string // what is wrong and what would be right
}

// Error returns the problem in one line.
func (p Problem) Error() string {
	parts := slices.DeleteFunc([]string{p.Where, p.Option, p.Text}, func(s string) bool { return s == "" })
	return strings.Join(parts, ": ")
}

// Problems is everything that is wrong with a configuration.
type Problems []Problem

// Error returns the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Settings knows where each value comes from.
type Settings struct {
	// Root is the candidate that yielded the files: a file or a folder; "" if none did.
	Root string
	// Files are the files that were read, in order.
	Files []string
	// Warnings are what an administrator should know and what stops nothing.
	Warnings []Problem

	schema   Schema
	written  mapping           // what the files say together
	origins  map[string]string // option → where it was set
	problems Problems
}

// Load reads the options into the variables of the schema. The error is a Problems. The settings are
// never nil: with an error they still hold the warnings and the files.
func Load(schema Schema, from Sources) (*Settings, error) {
	s := &Settings{schema: schema, origins: map[string]string{}}
	var passedOver []string
	files, root, err := findFiles(from, &passedOver)
	for _, path := range passedOver {
		s.Warnings = append(s.Warnings, Problem{Where: path, Text: "is not read: " + wantName})
	}
	if err != nil {
		s.problems = append(s.problems, asProblem(err))
		return s, s.problems
	}
	s.Files, s.Root = files, root
	s.written = s.readFiles(files, from.Drafts)
	s.takeOptions(s.written)
	s.takeEnvironment(from)
	if schema.Complete != nil {
		schema.Complete(s)
	}
	if len(s.problems) > 0 {
		return s, s.problems
	}
	return s, nil
}

// IsSet reports whether a file or a variable sets the option.
func (s *Settings) IsSet(option string) bool { return s.origins[option] != "" }

// Origin returns where the option's value comes from: "default", a file with its line, or a variable.
func (s *Settings) Origin(option string) string {
	if o := s.origins[option]; o != "" {
		return o
	}
	return "default"
}

// Written returns what the files say of an option or a section; the zero value if nothing. The empty name is all of it.
func (s *Settings) Written(name string) Value {
	if name == "" {
		return Value{&value{kind: mapValue, mapping: s.written}}
	}
	return Value{s.written.at(strings.Split(name, "."))}
}

// FileOf returns the file whose word counts for an option, or for all options of its section; "" if there is none.
func (s *Settings) FileOf(option string) string {
	section, _, _ := strings.Cut(option, ".")
	if e := s.written.get(section); e != nil {
		return e.place.file
	}
	return ""
}

// Value returns the value of an option that is in force, and false if there is no such option. Secrets are returned, too.
func (s *Settings) Value(name string) (v Value, ok bool) {
	o := s.option(name)
	if o == nil {
		return v, false
	}
	text, err := yaml.MarshalWithOptions(o.Into, yaml.Flow(true))
	if err != nil || !s.IsSet(name) && o.isEmpty() {
		return v, err == nil
	}
	v, err = ParseValue(text)
	return v, err == nil
}

// SecretFiles returns the options that hold secrets, by the files in which they are set.
func (s *Settings) SecretFiles() map[string][]string {
	found := map[string][]string{}
	for _, o := range s.schema.Options {
		if !o.Secret {
			continue
		}
		for _, file := range s.Files {
			if strings.HasPrefix(s.origins[o.Name], file+":") {
				found[file] = append(found[file], o.Name)
			}
		}
	}
	return found
}

// SetOrigin says where a value comes from that Complete filled in.
func (s *Settings) SetOrigin(option, origin string) { s.origins[option] = origin }

// Refuse adds a problem of an option, at the place where it is set. Load then fails.
func (s *Settings) Refuse(option, format string, args ...any) {
	s.problems = append(s.problems, Problem{s.origins[option], option, fmt.Sprintf(format, args...)})
}

// Warn adds a warning about an option, at the place where it is set.
func (s *Settings) Warn(option, format string, args ...any) {
	s.Warnings = append(s.Warnings, Problem{s.origins[option], option, fmt.Sprintf(format, args...)})
}

// Refused reports whether the option has a problem already, so that no second one is derived from it.
func (s *Settings) Refused(option string) bool {
	return slices.ContainsFunc(s.problems, func(p Problem) bool { return p.Option == option })
}

// readFiles merges the top-level keys of the files.
func (s *Settings) readFiles(files []string, drafts map[string][]byte) mapping {
	merged := mapping{}
	for _, file := range files {
		top, problems := parseFile(file, drafts)
		s.problems = append(s.problems, problems...)
		for _, entry := range top.entries {
			merged.put(entry)
		}
	}
	return merged
}

// takeOptions hands each value of the files to its option and says what nobody asked for.
func (s *Settings) takeOptions(top mapping) {
	for _, entry := range top.entries {
		s.takeEntry("", entry)
	}
}

// takeEntry hands one key of a file, or a whole section, to the options that it names.
func (s *Settings) takeEntry(section string, entry entry) {
	name := section + entry.key
	if option := s.option(name); option != nil {
		if entry.value.kind != nullValue {
			s.take(option, entry.value, entry.value.where())
		}
		return
	}
	if sentence, retired := s.schema.Retired[name]; retired {
		s.Warnings = append(s.Warnings, Problem{entry.where(), name, sentence})
		return
	}
	if !s.isSection(name) {
		s.Warnings = append(s.Warnings, Problem{entry.where(), name, "is not an option and is ignored" + s.suggestion(name)})
		return
	}
	switch entry.value.kind {
	case nullValue:
		s.problems = append(s.problems, Problem{entry.where(), name, "the section is empty: write an option below it, indented, or remove the line"})
	case mapValue:
		for _, inner := range entry.value.mapping.entries {
			s.takeEntry(name+".", inner)
		}
	default:
		s.problems = append(s.problems, Problem{entry.where(), name, "must be a section with options below it, indented, not " + entry.value.describe()})
	}
}

// take sets an option and remembers where the value comes from.
func (s *Settings) take(option *Option, v value, where string) {
	s.origins[option.Name] = where
	if wrong := option.set(v); wrong != "" {
		s.Refuse(option.Name, "%s", wrong)
	}
}

// takeEnvironment lays the variables over the files.
func (s *Settings) takeEnvironment(from Sources) {
	if from.Prefix == "" {
		return
	}
	variables := slices.Sorted(slices.Values(from.Environ))
	for _, variable := range variables {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, from.Prefix) || text == "" || from.isReserved(name) {
			continue
		}
		where := variableOrigin + name
		option := s.optionOfVariable(from.Prefix, name)
		if option == nil {
			s.Warnings = append(s.Warnings, Problem{where, "", "names no option and is ignored"})
			continue
		}
		// What the variable replaces need not be right.
		s.problems = slices.DeleteFunc(s.problems, func(p Problem) bool { return p.Option == option.Name })
		v, wrong := option.parseVariable(text)
		if wrong != "" {
			s.origins[option.Name] = where
			s.Refuse(option.Name, "%s", wrong)
			continue
		}
		if v.kind != nullValue {
			s.take(option, v, where)
		}
	}
}

// variableOrigin begins the origin of a value that a variable gives.
const variableOrigin = "environment variable "

func (f Sources) isReserved(name string) bool {
	return slices.ContainsFunc(f.Reserved, func(r string) bool {
		stem, open := strings.CutSuffix(r, "*")
		return name == r || open && strings.HasPrefix(name, stem)
	})
}

func (s *Settings) option(name string) *Option {
	i := slices.IndexFunc(s.schema.Options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return nil
	}
	return &s.schema.Options[i]
}

func (s *Settings) optionOfVariable(prefix, variable string) *Option {
	i := slices.IndexFunc(s.schema.Options, func(o Option) bool { return Variable(prefix, o.Name) == variable })
	if i < 0 {
		return nil
	}
	return &s.schema.Options[i]
}

func (s *Settings) isSection(name string) bool {
	return slices.ContainsFunc(s.schema.Options, func(o Option) bool { return strings.HasPrefix(o.Name, name+".") })
}

// suggestion names the option that looks most like a name that nobody knows.
func (s *Settings) suggestion(name string) string {
	best, least := "", 3
	for i := range s.schema.Options {
		candidate := s.schema.Options[i].Name
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance counts the letters to insert, remove or replace to make one word of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// Variable returns the name of the environment variable of an option.
func Variable(prefix, option string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(option, ".", "_"))
}
