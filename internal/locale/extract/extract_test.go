package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/locale"
)

func TestEveryTextIsTranslated(t *testing.T) {
	t.Parallel()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	texts, _, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	german, err := readCatalogue(filepath.Join(root, "internal", "locale", "de"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range german.check(texts) {
		t.Error(wrong)
	}
}

func TestEveryFolderOfCataloguesIsALanguageOfTheProgram(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../*/*.po")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, path := range folders {
		name, err := filepath.Rel("..", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := locale.FS.Open(filepath.ToSlash(name)); err != nil {
			t.Errorf("%s is not in the program: %v", name, err)
		}
	}
}

func TestOnlyLanguagesHaveCatalogues(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"-h", "--help", "", "../de"} {
		if err := run(io.Discard, code); err == nil {
			t.Errorf("%q got catalogues", code)
		}
	}
}

// write makes a little module.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, data := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTextsAreFoundWhereverTheyAreSaid(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{
		"a/a.go": `package a
const title = "a constant"
var table = map[string]lang.Text{"x": "in a table"}
var one lang.Text = "a typed variable"
type form struct {
	Title string "form:\"title\" label:\"a label\" missing:\"a missing one\""
}
func f() {
	lang.T(ctx, "a function")
	lang.N(ctx, "one %d", "many %d", n)
	p.N("one of %s", "many of %s", n, name)
	lang.C(ctx, "month", "May")
	p.T("a method of %s", name)
	p.T(title)
	p.T("a " + "sum")
	p.T(unknown)
	p.T("spread %s %s", args...)
	errs.New(errs.Invalid, "an error of %s", x)
	errs.Field("title", "a field")
	errs.FieldError{Message: "a struct"}
	visit.Flash(site.Good, "a flash")
	_ = lang.Text("a conversion")
	_ = []lang.Text{"an element"}
	other.New(1, "not a text")
}`,
		"a/a_test.go":      `package a; func f() { lang.T(ctx, "a test") }`,
		"a/pages.templ":    `ignored`,
		"a/pages_templ.go": `package a; func g() { lang.T(ctx, "a page") }`,
		"testdata/x.go":    `broken`,
	})
	texts, _, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, found := range texts {
		got = append(got, found.id)
	}
	slices.Sort(got)
	want := []string{
		"May", "a constant", "a conversion", "a field", "a flash", "a function", "a label", "a method of %s", "a missing one", "a page", "a struct", "a sum",
		"a typed variable", "an element", "an error of %s", "in a table", "one %d", "one of %s", "spread %s %s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if wrong := (catalogue{}).check(texts); len(wrong) != len(want) {
		t.Errorf("all that is wrong is that nothing is translated: %s", strings.Join(wrong, "\n"))
	}
}

func TestAPageThatIsNotGeneratedIsNamed(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{"rooms/pages.templ": ""})
	_, _, err := collect(root)
	if err == nil || !strings.Contains(err.Error(), "rooms/pages.templ has not been generated") {
		t.Errorf("got %v", err)
	}
}

func TestWrongTranslationsAreNamed(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{
		"a/a.go": `package a
func f() {
	lang.T(ctx, "missing")
	lang.T(ctx, "empty")
	lang.T(ctx, "too %s", a)
	lang.T(ctx, "kind %d", a)
	lang.T(ctx, "left %s out", a)
	lang.T(ctx, "swapped %s %d", a, b)
	lang.T(ctx, "arguments %s")
	lang.N(ctx, "one %d", "many %d", n)
	lang.N(ctx, "a day", "%d days", n)
	lang.N(ctx, "a week", "%d weeks", n)
	lang.N(ctx, "a week", "%d week", n)
	lang.T(ctx, "twice")
}`,
		"de/a.po": `
msgid "empty"
msgstr ""

msgid "too %s"
msgstr "zu %s %s"

msgid "kind %d"
msgstr "Art %s"

msgid "left %s out"
msgstr "ausgelassen"

msgid "swapped %s %d"
msgstr "%[2]d %[1]s getauscht"

msgid "arguments %s"
msgstr "Argumente %s"

msgid "one %d"
msgid_plural "lots %d"
msgstr[0] "eins %d"
msgstr[1] "viele %d"

msgid "a day"
msgid_plural "%d days"
msgstr[0] "ein Tag"
msgstr[1] "Tage"

msgid "a week"
msgid_plural "%d weeks"
msgstr[0] "eine Woche"
msgstr[1] "%d Wochen"

msgid "gone"
msgstr "weg"

msgid "twice"
msgstr "zweimal"
`,
		"de/b.po": "msgid \"twice\"\nmsgstr \"doppelt\"\n",
	})
	texts, _, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	german, err := readCatalogue(filepath.Join(root, "de"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Join(german.check(texts), "\n")
	for _, want := range []string{
		`a/a.go:3: "missing" is not translated`,
		`a/a.go:4: "empty" is not translated`,
		`"zu %s %s" prints argument 2`,
		`"Art %s" prints argument 1 as %s`,
		`"ausgelassen" leaves out an argument`,
		`a/a.go:9: "arguments %s" has 1 verbs and gets 0 arguments`,
		`"one %d" needs the plural "many %d"`,
		`"Tage" leaves out an argument of "a day"`,
		`the plural of "a week" is "%d week" here`,
		`no code says "gone" any more`,
		`"twice" is translated differently in a.po`,
	} {
		if !strings.Contains(wrong, want) {
			t.Errorf("%s\nis not among\n%s", want, wrong)
		}
	}
	if strings.Contains(wrong, "swapped") {
		t.Errorf("an order of its own is fine: %s", wrong)
	}
	if n := strings.Count(wrong, "\n") + 1; n != 11 {
		t.Errorf("%d complaints:\n%s", n, wrong)
	}
}

func TestMissingTextsAreAddedForPeopleToFillIn(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{
		"rooms/a/a.go": "package a; func f() { lang.T(ctx, \"say \\\"hi\\\"\\n\"); lang.N(ctx, \"one\", \"%d\", n); lang.C(ctx, \"c\", \"x\"); lang.T(ctx, \"here\") }",
		"de/other.po":  "msgid \"here\"\nmsgstr \"da\"\n",
	})
	texts, _, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{3, 0} {
		german, err := readCatalogue(filepath.Join(root, "de"))
		if err != nil {
			t.Fatal(err)
		}
		added, err := german.add(texts)
		if err != nil || added != want {
			t.Errorf("added %d, %v; want %d", added, err, want)
		}
	}
	got, err := os.ReadFile(filepath.Join(root, "de", "a.po"))
	if err != nil {
		t.Fatal(err)
	}
	want := header("de") + `
#: rooms/a/a.go
msgid "say \"hi\"\n"
msgstr ""

#: rooms/a/a.go
msgid "one"
msgid_plural "%d"
msgstr[0] ""
msgstr[1] ""

#: rooms/a/a.go
msgctxt "c"
msgid "x"
msgstr ""
`
	if !bytes.Equal(got, []byte(want)) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
