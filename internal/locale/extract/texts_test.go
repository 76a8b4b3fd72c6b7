package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sheetOf returns the list of everything that people see in a language.
func sheetOf(t *testing.T, code string) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	texts, commands, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	said, err := readCatalogue(filepath.Join(root, "internal", "locale", code))
	if err != nil {
		t.Fatal(err)
	}
	guides, err := readGuides(root, code)
	if err != nil {
		t.Fatal(err)
	}
	return sheet(code, texts, commands, said, guides)
}

func TestEverythingThatPeopleSeeIsListed(t *testing.T) {
	t.Parallel()
	sheets := map[string]string{"de": sheetOf(t, "de"), "en": sheetOf(t, "en")}
	for _, row := range []struct{ kind, german, english string }{
		{"the language", "# Everything that people see, in German\n", "# Everything that people see, in English\n"},
		{"a room", "\n## internal/core/site\n", "\n## internal/core/site\n"},
		{"a page", "\n- Zum Inhalt springen (frame.templ)\n", "\n- Skip to content (frame.templ)\n"},
		{"a plural", "\n- in einer Minute / in %d Minuten (", "\n- in one minute / in %d minutes ("},
		{"a text with a context", "\n- month: %[1]s %[2]d (", "\n- month: %[1]s %[2]d ("},
		{"a label of a form", "\n- Kurzname (", "\n- Short name ("},
		{"an error", "\n- Bitte melde dich an. (", "\n- Please sign in. ("},
		{"a mail", "\n- Du kannst einfach auf diese E-Mail antworten. (email.go)\n", "\n- You can simply reply to this email. (email.go)\n"},
		{"a question against robots", "\n- Welche Farbe hat Gras? (captcha.go)\n", "\n- What colour is grass? (captcha.go)\n"},
		{"a text of a script", "\n- Gerade gibt es keine Verbindung. (", "\n- There is no connection at the moment. ("},
		{"a guide", "\n## internal/features/pages/help/members.de.md\n", "\n## internal/features/pages/help/members.en.md\n"},
		{"the heading of a guide", "\n### Dein Profil\n", "\n### Your profile\n"},
	} {
		for code, want := range map[string]string{"de": row.german, "en": row.english} {
			if !strings.Contains(sheets[code], want) {
				t.Errorf("%s: %s: %q is missing", code, row.kind, want)
			}
		}
	}
	for code, want := range map[string]bool{"de": false, "en": true} {
		if strings.Contains(sheets[code], "\n- Run all roles in one process. (command.go)\n") != want {
			t.Errorf("%s: the command line speaks English alone", code)
		}
	}
}

func TestAListStandsInTheOrderOfTheFiles(t *testing.T) {
	t.Parallel()
	texts := []text{
		{id: "tenth", where: "rooms/a/web.go:10"},
		{id: "second", where: "rooms/a/web.go:2"},
		{id: "one", plural: "%d", where: "rooms/a/web.go:3"},
		{id: "second", where: "rooms/b/pages_templ.go:1"},
		{id: "two\nlines", where: "rooms/b/pages_templ.go:7"},
	}
	got := sheet("en", texts, []text{{id: "Help.", where: "app/commands.go:1"}}, catalogue{}, []guide{{"a.en.md", "# A\n\n## B\n"}})
	want := `# Everything that people see, in English

5 texts of pages, scripts, emails and errors, and the guides. A slash stands between the forms for one and for many.

## app

- Help. (commands.go)

## rooms/a

- second (web.go, rooms/b/pages.templ)
- one / %d (web.go)
- tenth (web.go)

## rooms/b

- two
  lines (pages.templ)

## a.en.md

### A

#### B
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// sentence is a string in a script that looks like something for people: two words, the first with a capital.
var sentence = regexp.MustCompile("[\"'`]([A-Z][a-z]+ [a-z]+[^\"'`]*)[\"'`]")

func TestScriptsSayOnlyWhatAPageGivesThem(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../../../assets/scripts/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, name := range scripts {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(script)) {
			ours := slices.ContainsFunc([]string{"//", "console.", "throw "}, func(mark string) bool { return strings.Contains(line, mark) })
			if found := sentence.FindStringSubmatch(line); found != nil && !ours {
				t.Errorf("%s says %q, which nobody can translate: let the page hand it over", filepath.Base(name), found[1])
			}
		}
	}
}
