package main

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"grouprise.org/grouprise/internal/kit/lang"
)

// list writes dist/texts.<language>.md for each language: everything that people see, to be read in one go.
func list(out io.Writer) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	texts, commands, err := collect(root)
	if err != nil {
		return err
	}
	folders, err := filepath.Glob(filepath.Join(root, "internal", "locale", "*", "*.po"))
	if err != nil {
		return fmt.Errorf("find the languages: %w", err)
	}
	for i, file := range folders {
		folders[i] = filepath.Dir(file)
	}
	if err := os.MkdirAll(filepath.Join(root, "dist"), 0o755); err != nil {
		return fmt.Errorf("make the folder for the lists: %w", err)
	}
	for _, folder := range slices.Compact(folders) {
		code := filepath.Base(folder)
		said, err := readCatalogue(folder)
		if err != nil {
			return err
		}
		guides, err := readGuides(root, code)
		if err != nil {
			return err
		}
		name := filepath.Join(root, "dist", "texts."+code+".md")
		if err := os.WriteFile(name, []byte(sheet(code, texts, commands, said, guides)), 0o644); err != nil {
			return fmt.Errorf("write a list: %w", err)
		}
		_, _ = fmt.Fprintln(out, name)
	}
	return nil
}

// guide is a page that is a file of its own: <name>.<language>.md.
type guide struct{ file, text string }

func readGuides(root, code string) (guides []guide, err error) {
	sources := os.DirFS(root)
	err = fs.WalkDir(sources, "internal", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "."+code+".md") {
			return err
		}
		text, err := fs.ReadFile(sources, name)
		guides = append(guides, guide{name, string(text)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the guides: %w", err)
	}
	return guides, nil
}

// line is a text of the list with the files that say it, the first of which decides where it stands.
type line struct {
	said  string
	files []string
	at    int
}

// sheet lists all texts in one language by room and in the order in which they stand in its files. Each is there once. A
// text without a translation is shown as people would see it: in English.
func sheet(code string, texts, commands []text, said catalogue, guides []guide) string {
	translated := map[[2]string][]string{}
	for _, e := range said.entries {
		if e.Translated() {
			translated[[2]string{e.Context, e.ID}] = e.Texts
		}
	}
	known := map[[2]string]*line{}
	var lines []*line
	for _, t := range texts {
		file, at := source(t.where)
		l := known[t.key()]
		if l == nil {
			l = &line{at: at}
			known[t.key()] = l
			lines = append(lines, l)
		}
		if !slices.Contains(l.files, file) {
			l.files = append(l.files, file)
		}
		if l.said == "" || t.plural != "" {
			l.said = t.in(translated[t.key()])
		}
	}
	if code == lang.Fallback {
		for _, c := range commands {
			file, at := source(c.where)
			lines = append(lines, &line{c.id, []string{file}, at})
		}
	}
	slices.SortStableFunc(lines, func(a, b *line) int {
		return cmp.Or(cmp.Compare(path.Dir(a.files[0]), path.Dir(b.files[0])), cmp.Compare(a.files[0], b.files[0]), cmp.Compare(a.at, b.at))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "# Everything that people see, in %s\n\n", display.English.Languages().Name(language.Make(code)))
	fmt.Fprintf(&b, "%d texts of pages, scripts, emails and errors, and the guides. A slash stands between the forms for one and for many.\n", len(lines))
	room := ""
	for _, l := range lines {
		if dir := path.Dir(l.files[0]); dir != room {
			room = dir
			fmt.Fprintf(&b, "\n## %s\n\n", room)
		}
		fmt.Fprintf(&b, "- %s (%s)\n", strings.ReplaceAll(l.said, "\n", "\n  "), strings.Join(shortened(l.files), ", "))
	}
	for _, g := range guides {
		fmt.Fprintf(&b, "\n## %s\n\n%s", g.file, deeper(g.text))
	}
	return b.String()
}

// in returns a text as the list shows it, in the forms of a translation if there is one.
func (t text) in(forms []string) string {
	if forms == nil {
		forms = []string{t.id, t.plural}
	}
	said := strings.Join(slices.DeleteFunc(slices.Clone(forms), func(form string) bool { return form == "" }), " / ")
	if t.context != "" {
		said = t.context + ": " + said
	}
	return said
}

// source returns the file that people edit and the line, in it or in what is generated from it.
func source(where string) (file string, at int) {
	file, number, _ := strings.Cut(where, ":")
	at, _ = strconv.Atoi(number) // what is no number is the first line
	if page, generated := strings.CutSuffix(file, "_templ.go"); generated {
		file = page + ".templ"
	}
	return file, at
}

// shortened returns the files without the room of the first one.
func shortened(files []string) []string {
	short := make([]string, len(files))
	for i, file := range files {
		short[i] = strings.TrimPrefix(file, path.Dir(files[0])+"/")
	}
	return short
}

// deeper puts the headings of a guide below its own.
func deeper(markdown string) string {
	lines := strings.SplitAfter(markdown, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "#") {
			lines[i] = "##" + line
		}
	}
	return strings.Join(lines, "")
}
