package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/kit/lang"
)

// catalogue is what one language says, with the file that says it.
type catalogue struct {
	folder  string
	entries []entry
}

type entry struct {
	lang.Entry
	file string
}

func (e entry) where() string { return fmt.Sprintf("%s:%d", e.file, e.Line) }

// readCatalogue reads all files of a language's folder. A folder that does not exist is empty.
func readCatalogue(folder string) (catalogue, error) {
	c := catalogue{folder: folder}
	files, err := filepath.Glob(filepath.Join(folder, "*.po"))
	if err != nil {
		return c, fmt.Errorf("read the catalogues: %w", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return c, fmt.Errorf("read the catalogues: %w", err)
		}
		file, err := lang.ParseFile(data)
		if err != nil {
			return c, fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		for _, e := range file.Entries {
			c.entries = append(c.entries, entry{Entry: e, file: filepath.Base(name)})
		}
	}
	return c, nil
}

// check compares the catalogue with the texts of the code and returns what is wrong, a sentence each.
func (c catalogue) check(texts []text) []string {
	var wrong []string
	complain := func(where, format string, args ...any) {
		wrong = append(wrong, where+": "+fmt.Sprintf(format, args...))
	}
	used := map[[2]string]text{}
	for _, t := range texts {
		first, again := used[t.key()]
		if !again {
			used[t.key()] = t
		} else if first.plural != "" && t.plural != "" && first.plural != t.plural {
			complain(t.where, "the plural of %q is %q here and %q in %s", t.id, t.plural, first.plural, first.where)
		} else if first.plural == "" && t.plural != "" {
			used[t.key()] = t
		}
		if verbs := verbsOf(t.id, t.plural); t.args != unknown && len(verbs) != t.args {
			complain(t.where, "%q has %d verbs and gets %d arguments", t.id, len(verbs), t.args)
		}
	}
	translated := map[[2]string]entry{}
	for _, e := range c.entries {
		k := [2]string{e.Context, e.ID}
		t, ok := used[k]
		if !ok {
			complain(e.where(), "no code says %q any more", e.ID)
			continue
		}
		if other, again := translated[k]; again && !slices.Equal(other.Texts, e.Texts) {
			complain(e.where(), "%q is translated differently in %s: give one a context", e.ID, other.where())
		}
		if !e.Translated() {
			continue
		}
		translated[k] = e
		c.compare(e, t, complain)
	}
	for _, k := range slices.SortedFunc(maps.Keys(used), func(a, b [2]string) int {
		return strings.Compare(used[a].where, used[b].where)
	}) {
		if _, ok := translated[k]; !ok {
			complain(used[k].where, "%q is not translated", used[k].id)
		}
	}
	return wrong
}

// compare checks the forms and verbs of one translation.
func (c catalogue) compare(e entry, t text, complain func(where, format string, args ...any)) {
	if t.plural != "" && e.Plural != t.plural {
		complain(e.where(), "%q needs the plural %q, as in %s", e.ID, t.plural, t.where)
		return
	}
	want := verbsOf(t.id, t.plural)
	for i, said := range e.Texts {
		got := verbsOf(said)
		for arg, spec := range got {
			if !sameKind(want[arg], spec) {
				complain(e.where(), "%q prints argument %d as %s, the code as %q", said, arg, spec, want[arg])
			}
		}
		singular := len(e.Texts) > 1 && i == 0
		if len(got) < len(want) && !singular {
			complain(e.where(), "%q leaves out an argument of %q", said, t.id)
		}
	}
}

// verbsOf returns the verbs of texts by the argument they print.
func verbsOf(texts ...string) map[int]string {
	verbs := map[int]string{}
	for _, s := range texts {
		for _, v := range lang.Verbs(s) {
			verbs[v.Arg] = v.Spec
		}
	}
	return verbs
}

// sameKind reports whether two verbs print the same kind of value: widths may differ.
func sameKind(a, b string) bool {
	return a != "" && b != "" && a[len(a)-1] == b[len(b)-1]
}

// add appends the texts that the catalogue lacks to the files of their packages, untranslated, and
// returns how many there were.
func (c catalogue) add(texts []text) (int, error) {
	known := map[[2]string]bool{}
	for _, e := range c.entries {
		known[[2]string{e.Context, e.ID}] = true
	}
	plurals := map[[2]string]string{}
	for _, t := range texts {
		if t.plural != "" {
			plurals[t.key()] = t.plural
		}
	}
	missing, added := map[string]string{}, 0
	for _, t := range texts {
		if known[t.key()] {
			continue
		}
		known[t.key()] = true
		t.plural = plurals[t.key()]
		file := path.Base(path.Dir(t.where)) + ".po"
		missing[file] += t.untranslated()
		added++
	}
	if err := os.MkdirAll(c.folder, 0o755); err != nil {
		return 0, fmt.Errorf("make the folder of the language: %w", err)
	}
	for _, file := range slices.Sorted(maps.Keys(missing)) {
		if err := appendTo(filepath.Join(c.folder, file), header(filepath.Base(c.folder)), missing[file]); err != nil {
			return 0, err
		}
	}
	return added, nil
}

// untranslated is the entry of a text that people have to fill in.
func (t text) untranslated() string {
	var b strings.Builder
	file, _, _ := strings.Cut(t.where, ":")
	fmt.Fprintf(&b, "\n#: %s\n", file)
	if t.context != "" {
		fmt.Fprintf(&b, "msgctxt %s\n", strconv.Quote(t.context))
	}
	fmt.Fprintf(&b, "msgid %s\n", quote(t.id))
	if t.plural == "" {
		b.WriteString("msgstr \"\"\n")
	} else {
		fmt.Fprintf(&b, "msgid_plural %s\nmsgstr[0] \"\"\nmsgstr[1] \"\"\n", quote(t.plural))
	}
	return b.String()
}

// quote quotes as gettext does: letters of all scripts stay readable.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

func header(language string) string {
	return fmt.Sprintf("msgid \"\"\nmsgstr \"\"\n\"Language: %s\\n\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n", language)
}

func appendTo(name, header, text string) error {
	old, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		old = []byte(header)
	} else if err != nil {
		return fmt.Errorf("extend a catalogue: %w", err)
	}
	if err := os.WriteFile(name, append(old, text...), 0o644); err != nil {
		return fmt.Errorf("extend a catalogue: %w", err)
	}
	return nil
}
