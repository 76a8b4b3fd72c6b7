package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/config"
)

var update = flag.Bool("update", false, "write the golden files")

// library is the configuration of an invented program.
type library struct {
	Name    string
	Colour  string
	Secret  string
	Shelves int
	Open    bool
	Topics  []string
	Rooms   []int
	Path    string
	Logo    string
	Corner  point
	Desk    struct {
		Host  string
		Port  int
		Lamp  struct{ Watts int }
		Phone string
	}
}

// point is an option that is more than texts and numbers.
type point struct{ X, Y float64 }

func (p *point) UnmarshalOption(v any) error {
	wrong := errors.New("two numbers, [x, y]")
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		return wrong
	}
	for i, into := range []*float64{&p.X, &p.Y} {
		switch n := list[i].(type) {
		case int:
			*into = float64(n)
		case float64:
			*into = n
		default:
			return wrong
		}
	}
	return nil
}

func (p point) MarshalYAML() (any, error) { return []float64{p.X, p.Y}, nil }

func defaults() *library {
	l := &library{Name: "Stadtbücherei", Colour: "red", Shelves: 3}
	l.Desk.Port = 25
	l.Desk.Lamp.Watts = 40
	return l
}

func schema(l *library) config.Schema {
	positive := func(n int) bool { return n >= 0 }
	return config.Schema{
		Options: []config.Option{
			{Name: "name", Into: &l.Name, Text: regexp.MustCompile(`^[\pL ]+$`).MatchString, Want: "a name of letters"},
			{Name: "colour", Into: &l.Colour, OneOf: []string{"red", "green"}},
			{Name: "secret", Into: &l.Secret, Secret: true, Text: func(s string) bool { return len(s) >= 4 }, Want: "a text of at least 4 characters"},
			{Name: "shelves", Into: &l.Shelves, Number: positive, Want: "a number of shelves, 0 or more"},
			{Name: "desk.host", Into: &l.Desk.Host},
			{Name: "open", Into: &l.Open},
			{Name: "topics", Into: &l.Topics, Text: regexp.MustCompile(`^[\w:]+$`).MatchString, Want: "a list of words"},
			{Name: "rooms", Into: &l.Rooms},
			{Name: "path", Into: &l.Path, Path: config.WritableFolder},
			{Name: "logo", Into: &l.Logo, Path: config.File},
			{Name: "corner", Into: &l.Corner},
			{Name: "desk.port", Into: &l.Desk.Port, Number: func(n int) bool { return n > 0 && n < 65536 }, Want: "a port, 1 to 65535"},
			{Name: "desk.lamp.watts", Into: &l.Desk.Lamp.Watts},
			{Name: "desk.phone", Into: &l.Desk.Phone},
		},
		Retired: map[string]string{"candles": "has no meaning any more: the library has electric light"},
		Complete: func(s *config.Settings) {
			if l.Desk.Host == "window" && l.Desk.Port == 25 && !s.Refused("desk.port") {
				s.Refuse("desk.host", "the window needs another port than 25")
			}
		},
	}
}

// load reads one file with the text.
func load(t *testing.T, text string, environ ...string) (*library, *config.Settings, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "library.yaml")
	write(t, file, text)
	l := defaults()
	s, err := config.Load(schema(l), config.Sources{Named: file, Environ: environ, Prefix: "LIBRARY_", Reserved: []string{"LIBRARY_USER", "LIBRARY_TEST_*"}})
	for i := range s.Warnings {
		s.Warnings[i].Where = strings.TrimPrefix(s.Warnings[i].Where, filepath.Dir(file)+"/")
	}
	return l, s, shorten(err, filepath.Dir(file))
}

// shorten takes the folder of the test out of the problems.
func shorten(err error, folder string) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), folder+"/", ""))
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWrongInputIsRefusedWithPlaceAndAdvice(t *testing.T) {
	t.Parallel()
	const file = "library.yaml:"
	for name, c := range map[string]struct{ text, want string }{
		"a list at the top":               {"- a\n- b\n", file + `1: a configuration file holds options, each as "name: value", not a list`},
		"a text at the top":               {"hello\n", file + `1: a configuration file holds options, each as "name: value", not the text "hello"`},
		"two documents":                   {"name: A\n---\nname: B\n", file + `3: the file holds a second document: remove the line "---"`},
		"a broken line":                   {"name: A\ncolour: [red\n", file + "2: the file is not YAML: sequence end token ']' not found"},
		"a tab as indentation":            {"desk:\n\thost: a\n", file + "2: the file is not YAML: lines are indented with blanks, not with tabs"},
		"bytes that are not UTF-8":        {"name: A\nname: \xff\n", file + "2: the text is not UTF-8"},
		"the same key twice":              {"name: A\nopen: true\nname: B\n", file + "3: name stands twice: the first is in line 1"},
		"the same key in capitals":        {"name: A\nNAME: B\n", file + "2: name stands twice: the first is in line 1"},
		"the same key twice in a section": {"desk:\n  host: a\n  host: b\n", file + "3: host stands twice: the first is in line 2"},
		"a key that is a list":            {"[a, b]: c\n", file + "1: the file is not YAML: found an invalid key for this map"},
		"a merge key":                     {"a: &a {x: 1}\ndesk:\n  <<: *a\n", file + "3: the name of an option is a plain word"},
		"a tag":                           {"name: !!binary aGk=\n", file + "1: the file uses YAML that options do not need (tag)"},
		"an alias without anchor":         {"name: *nobody\n", file + "1: there is no anchor &nobody above"},
		"an alias inside its anchor":      {"topics: &a [*a]\n", file + "1: there is no anchor &a above"},
		"a text that does not match":      {"name: a-b\n", file + `1: name: must be a name of letters, not the text "a-b"`},
		"a number for a text":             {"desk:\n  host: 12\n", file + `2: desk.host: must be a text: put it in quotes, "12"`},
		"a boolean for a text":            {"desk:\n  host: true\n", file + `2: desk.host: must be a text: put it in quotes, "true"`},
		"a list for a text":               {"name: [a]\n", file + "1: name: must be a name of letters, not a list"},
		"another word than those allowed": {"colour: blue\n", file + `1: colour: must be one of "red", "green", not the text "blue"`},
		"a secret that is too short":      {"secret: abc\n", file + "1: secret: must be a text of at least 4 characters"},
		"a secret that is a number":       {"secret: 12345\n", file + "1: secret: must be a text: put it in quotes"},
		"a text for a number":             {"shelves: many\n", file + `1: shelves: must be a number of shelves, 0 or more, not the text "many"`},
		"a number in quotes":              {"shelves: \"3\"\n", file + `1: shelves: must be a number of shelves, 0 or more, not the text "3"`},
		"a fraction for a number":         {"shelves: 1.5\n", file + "1: shelves: must be a number of shelves, 0 or more, not the number 1.5"},
		"a boolean for a number":          {"shelves: true\n", file + "1: shelves: must be a number of shelves, 0 or more, not the boolean true"},
		"a number that is too small":      {"shelves: -1\n", file + "1: shelves: must be a number of shelves, 0 or more, not the number -1"},
		"a number beyond all bounds":      {"shelves: 99999999999999999999\n", file + "1: shelves: must be a number of shelves, 0 or more, not the number 99999999999999999999"},
		"a word for a boolean":            {"open: yes\n", file + `1: open: must be true or false, not the text "yes"`},
		"a number for a boolean":          {"open: 1\n", file + "1: open: must be true or false, not the number 1"},
		"a text for a list":               {"topics: a\n", file + `1: topics: must be a list of words, not the text "a"`},
		"a wrong entry of a list":         {"topics: [a, b c]\n", file + `1: topics: entry 2: must be a list of words, not the text "b c"`},
		"a text in a list of numbers":     {"rooms: [1, x]\n", file + `1: rooms: entry 2: must be a list of whole numbers, not the text "x"`},
		"a folder that does not exist":    {"path: /nowhere/at/all\n", file + "1: path: must be an existing directory that may be written to: /nowhere/at/all does not exist"},
		"a file for a folder":             {"path: /etc/passwd\n", file + "1: path: must be an existing directory that may be written to: /etc/passwd is not a directory"},
		"a folder for a file":             {"logo: /etc\n", file + "1: logo: must be an existing file: /etc is none"},
		"the wrong shape of an own type":  {"corner: [1]\n", file + "1: corner: must be two numbers, [x, y]"},
		"an empty section":                {"desk:\nname: A\n", file + "1: desk: the section is empty: write an option below it, indented, or remove the line"},
		"a text for a section":            {"desk: a\n", file + `1: desk: must be a section with options below it, indented, not the text "a"`},
		"an empty section in a section":   {"desk:\n  lamp:\n", file + "2: desk.lamp: the section is empty: write an option below it, indented, or remove the line"},
		"two options that do not fit":     {"desk:\n  host: window\n", file + "2: desk.host: the window needs another port than 25"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := load(t, c.text)
			if err == nil {
				t.Fatal("the file was taken")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, "open: yes\nshelves: -1\nname: A\ndesk:\n  port: 0\n", "LIBRARY_ROOMS=x")
	want := strings.Join([]string{
		`library.yaml:1: open: must be true or false, not the text "yes"`,
		"library.yaml:2: shelves: must be a number of shelves, 0 or more, not the number -1",
		"library.yaml:5: desk.port: must be a port, 1 to 65535, not the number 0",
		`environment variable LIBRARY_ROOMS: rooms: entry 1: must be a list of whole numbers, not the text "x"`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestValuesReachTheirVariables(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	l, s, err := load(t, `
Name: "Bücherei am Markt"   # capitals in names do not matter
COLOUR: green
secret: "1234"
shelves: 010
open: True
topics: &t [garten, 'yes']
rooms: [1, 0x10, 0o10]
path: `+folder+`
corner: [1, 2.5]
desk:
  HOST: |-
    a
    b
  lamp: {watts: 60}
  phone: null
`)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Name, want.Colour, want.Secret, want.Shelves, want.Open = "Bücherei am Markt", "green", "1234", 10, true
	want.Topics, want.Rooms, want.Path, want.Corner = []string{"garten", "yes"}, []int{1, 16, 8}, folder, point{1, 2.5}
	want.Desk.Host, want.Desk.Lamp.Watts = "a\nb", 60
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings: %v", s.Warnings)
	}
}

func TestNullMeansNotSet(t *testing.T) {
	t.Parallel()
	l, s, err := load(t, "name: null\nshelves: ~\ntopics:\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaults(), l); diff != "" {
		t.Error(diff)
	}
	if s.IsSet("name") || s.Origin("name") != "default" {
		t.Errorf("name comes from %s", s.Origin("name"))
	}
}

func TestVariablesWinOverFiles(t *testing.T) {
	t.Parallel()
	l, s, err := load(t, "name: A\nopen: nonsense\ndesk:\n  host: file\n",
		"LIBRARY_NAME=B", "LIBRARY_OPEN=true", "LIBRARY_DESK_LAMP_WATTS=5", "LIBRARY_TOPICS=a, b,", "LIBRARY_ROOMS=1,2",
		"LIBRARY_CORNER=[3, 4]", "LIBRARY_DESK_HOST=", "LIBRARY_USER=x", "LIBRARY_TEST_DATABASE=y", "OTHER=z")
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Name, want.Open, want.Topics, want.Rooms, want.Corner = "B", true, []string{"a", "b"}, []int{1, 2}, point{3, 4}
	want.Desk.Host, want.Desk.Lamp.Watts = "file", 5
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	if got := s.Origin("name"); got != "environment variable LIBRARY_NAME" {
		t.Errorf("name comes from %q", got)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings: %v", s.Warnings)
	}
}

func TestUnknownOptionsWarn(t *testing.T) {
	t.Parallel()
	_, s, err := load(t, "colur: red\ndesk:\n  prt: 1\nwindows: {north: 1}\ncandles:\n  count: 3\n", "LIBRARY_NOISE=1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range s.Warnings {
		got = append(got, w.Error())
	}
	want := []string{
		`library.yaml:1: colur: is not an option and is ignored; did you mean "colour"?`,
		`library.yaml:3: desk.prt: is not an option and is ignored; did you mean "desk.port"?`,
		"library.yaml:4: windows: is not an option and is ignored",
		"library.yaml:5: candles: has no meaning any more: the library has electric light",
		"environment variable LIBRARY_NOISE: names no option and is ignored",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLaterFilesReplaceTopLevelKeys(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"100-a.yaml":            "name: A\nshelves: 1\ndesk: {host: a, port: 1}\ntopics: [a]\n",
		"200-b.yaml":            "SHELVES: 2\ndesk: {host: b}\n",
		"300.d/deep/inner.yaml": "topics: [c]\n",
		"400-null.yaml":         "name: null\n",
		"500-empty.yaml":        "# nothing\n",
		"600.old.yaml":          "name: unusable\n",
		"600-c.yml":             "name: unusable\n",
		"600-d.yaml~":           "name: unusable\n",
	} {
		write(t, filepath.Join(folder, name), text)
	}
	// A link to the folder itself must not be walked for ever.
	if err := os.Symlink(folder, filepath.Join(folder, "loop")); err != nil {
		t.Fatal(err)
	}
	l := defaults()
	s, err := config.Load(schema(l), config.Sources{Candidates: []string{folder}})
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Shelves, want.Topics, want.Desk.Host = 2, []string{"c"}, "b"
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	var files []string
	for _, f := range s.Files {
		files = append(files, strings.TrimPrefix(f, folder+"/"))
	}
	if diff := cmp.Diff([]string{"100-a.yaml", "200-b.yaml", "300.d/deep/inner.yaml", "400-null.yaml", "500-empty.yaml"}, files); diff != "" {
		t.Error(diff)
	}
	var passedOver []string
	for _, w := range s.Warnings {
		passedOver = append(passedOver, strings.TrimPrefix(w.Where, folder+"/"))
		if !strings.Contains(w.Text, "is not read") {
			t.Errorf("a warning says %s", w)
		}
	}
	if diff := cmp.Diff([]string{"600-c.yml", "600.old.yaml"}, passedOver); diff != "" {
		t.Errorf("warned about: %s", diff)
	}
}

func TestTheFirstCandidateWithAUsableFileWins(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "empty.d", "notes.txt"), "")
	write(t, filepath.Join(folder, "second.yaml"), "name: Second\n")
	write(t, filepath.Join(folder, "third.yaml"), "name: Third\nshelves: 9\n")
	l := defaults()
	_, err := config.Load(schema(l), config.Sources{Candidates: []string{
		filepath.Join(folder, "missing.yaml"),
		filepath.Join(folder, "empty.d"),
		filepath.Join(folder, "second.yaml"),
		filepath.Join(folder, "third.yaml"),
	}})
	if err != nil || l.Name != "Second" || l.Shelves != 3 {
		t.Errorf("got %q with %d shelves, %v", l.Name, l.Shelves, err)
	}
}

func TestNoFileIsFineUnlessOneIsNamed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "copy.of.yaml"), "")
	if _, err := config.Load(schema(defaults()), config.Sources{Candidates: []string{folder}}); err != nil {
		t.Error(err)
	}
	for named, want := range map[string]string{
		"missing.yaml": "missing.yaml: there is no such file or folder",
		"copy.of.yaml": "copy.of.yaml: holds no configuration file: a name consists of letters, digits, hyphens and underscores and ends in .yaml",
	} {
		_, err := config.Load(schema(defaults()), config.Sources{Named: filepath.Join(folder, named)})
		if err = shorten(err, folder); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", named, err, want)
		}
	}
}

func TestAliasesThatUnfoldWithoutEndAreRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i, name := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"} {
		before := "*a" + string(rune('0'+i))
		b.WriteString(name + ": &" + name + " [" + strings.Repeat(before+", ", 9) + before + "]\n")
	}
	_, _, err := load(t, b.String())
	if err == nil || !strings.Contains(err.Error(), "the file is too large") {
		t.Errorf("got %v", err)
	}
}

func TestPrintShowsValuesWithTheirOriginAndNoSecret(t *testing.T) {
	t.Parallel()
	_, s, err := load(t, "secret: sesame open\nname: A\ntopics: [a, \"yes\", \"1:2\"]\ncorner: [1, 2.5]\ndesk:\n  host: \"true\"\n", "LIBRARY_DESK_PORT=80")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := s.Print(&b); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`# /.*/`).ReplaceAllString(b.String(), "# ")
	if strings.Contains(text, "sesame") {
		t.Error("the secret is shown")
	}
	golden(t, "testdata/print.golden", text)

	l, again, err := load(t, text)
	if err != nil || len(again.Warnings) > 0 {
		t.Errorf("the print is not a configuration file: %v, %v", err, again.Warnings)
	}
	if l.Desk.Host != "true" || l.Desk.Port != 80 || len(l.Topics) != 3 {
		t.Errorf("the print is read as %+v", l)
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		write(t, file, got)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test -update writes it):\n%s", file, diff)
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	for _, text := range []string{
		"", "name: A\n", "desk:\n  host: a\n", "a: &a [1]\nb: *a\n", "{", "? a\n: b\n", "a: |\n  x\n", "---\n...\n---\n", "a: !!str 1\n", "\ufeffname: A", "topics: [a,\n", "<<: 1",
		"corner: [.inf, .nan]", "name: \"\\x00\"", "a:\n\t- b", "a: &a [*a]\n", "a: &a {b: c}\nd:\n  <<: *a\n", "name: A\rtopics: [b]\r", "name: A\u0085b: c\n", "name: \"\\uD800\"",
		"%YAML 1.1\n---\nname: yes\n", "~: x\n", "topics: " + strings.Repeat("[", 1000), "a: " + strings.Repeat("{a: ", 1000), strings.Repeat("&a ", 1000), "a: " + strings.Repeat("!!a ", 1000) + "x\n", "a0: &a [x, x]\na1: &b [*a, *a]\na2: [*b, *b]\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "library.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := config.Load(schema(defaults()), config.Sources{Named: file})
		if err != nil {
			var problems config.Problems
			if !errors.As(err, &problems) || len(problems) == 0 || problems[0].Text == "" {
				t.Errorf("the error does not say what is wrong: %v", err)
			}
			return
		}
		if err := s.Print(new(strings.Builder)); err != nil {
			t.Error(err)
		}
	})
}
