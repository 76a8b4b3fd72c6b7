package lang

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/leonelquinteros/gotext/plurals"
)

// File is one catalogue file in the gettext format.
type File struct {
	Entries    []Entry
	PluralForm func(n int) int // the language's rule from the header; nil when there is none
}

// Entry is one text of a catalogue file.
type Entry struct {
	Line    int    // where its msgid stands
	Context string // msgctxt
	ID      string // msgid: the English text
	Plural  string // msgid_plural; "" for texts without a number
	Texts   []string
}

// Translated reports whether every form of the text is there. Entries marked fuzzy never are.
func (e Entry) Translated() bool {
	return len(e.Texts) > 0 && !slices.Contains(e.Texts, "")
}

// ParseFile reads one catalogue file. It is strict where gettext libraries skip what they do not
// understand, because these files are edited by hand: the error names the line.
func ParseFile(data []byte) (File, error) {
	var r poReader
	for i, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		r.line = i + 1
		if err := r.read(strings.TrimSpace(line)); err != nil {
			return File{}, fmt.Errorf("line %d: %w", r.line, err)
		}
	}
	if err := r.finish(); err != nil {
		return File{}, fmt.Errorf("line %d: %w", r.line, err)
	}
	return r.file, nil
}

// poReader reads a file line by line.
type poReader struct {
	file    File
	seen    map[key]bool
	line    int
	entry   Entry
	fuzzy   bool
	started bool    // entry has a msgctxt or msgid
	target  *string // what a continued string belongs to
}

func (r *poReader) read(line string) error {
	switch {
	case line == "":
		r.target = nil
		return nil
	case strings.HasPrefix(line, "#"):
		if err := r.finishTranslated(); err != nil {
			return err
		}
		r.fuzzy = r.fuzzy || strings.HasPrefix(line, "#,") && strings.Contains(line, "fuzzy")
		return nil
	case strings.HasPrefix(line, `"`):
		if r.target == nil {
			return errors.New("the string belongs to nothing")
		}
		return r.add(line)
	}
	word, quoted, _ := strings.Cut(line, " ")
	switch {
	case word == "msgctxt":
		if err := r.finishTranslated(); err != nil {
			return err
		}
		r.started, r.target = true, &r.entry.Context
	case word == "msgid":
		if err := r.finishTranslated(); err != nil {
			return err
		}
		r.started, r.entry.Line, r.target = true, r.line, &r.entry.ID
	case word == "msgid_plural":
		r.target = &r.entry.Plural
	case word == "msgstr":
		return r.addForm(0, quoted)
	case strings.HasPrefix(word, "msgstr[") && strings.HasSuffix(word, "]"):
		n, err := strconv.Atoi(word[len("msgstr[") : len(word)-1])
		if err != nil {
			return fmt.Errorf("%s is no plural form", word)
		}
		return r.addForm(n, quoted)
	default:
		return fmt.Errorf("%q is not a word of a catalogue", word)
	}
	return r.add(quoted)
}

// addForm begins the next form of the translation.
func (r *poReader) addForm(n int, quoted string) error {
	if !r.started || r.entry.Line == 0 {
		return errors.New("a translation without its msgid")
	}
	if n != len(r.entry.Texts) {
		return fmt.Errorf("plural form %d is expected here", len(r.entry.Texts))
	}
	r.entry.Texts = append(r.entry.Texts, "")
	r.target = &r.entry.Texts[n]
	return r.add(quoted)
}

// add appends a quoted string to where the last keyword pointed.
func (r *poReader) add(quoted string) error {
	part, err := strconv.Unquote(strings.TrimSpace(quoted))
	if err != nil || !strings.HasPrefix(strings.TrimSpace(quoted), `"`) {
		return errors.New("the string is not quoted properly")
	}
	*r.target += part
	return nil
}

// finishTranslated closes the entry before the next one begins.
func (r *poReader) finishTranslated() error {
	if len(r.entry.Texts) == 0 {
		return nil
	}
	return r.finish()
}

func (r *poReader) finish() error {
	if !r.started {
		return nil
	}
	e, fuzzy := r.entry, r.fuzzy
	r.entry, r.fuzzy, r.started, r.target = Entry{}, false, false, nil
	if len(e.Texts) == 0 {
		return fmt.Errorf("%q has no msgstr", e.ID)
	}
	if e.ID == "" {
		return r.header(e.Texts[0])
	}
	k := key{e.Context, e.ID}
	if r.seen[k] {
		return fmt.Errorf("%q stands here twice", e.ID)
	}
	if r.seen == nil {
		r.seen = map[key]bool{}
	}
	r.seen[k] = true
	if fuzzy {
		clear(e.Texts)
	}
	r.file.Entries = append(r.file.Entries, e)
	return nil
}

// header reads the plural rule: "nplurals=2; plural=(n != 1);".
func (r *poReader) header(text string) error {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "Plural-Forms") {
			continue
		}
		_, rule, ok := strings.Cut(value, "plural=")
		if before, _, found := strings.Cut(value, ";"); found && strings.Contains(before, "nplurals=") {
			_, rule, ok = strings.Cut(value[len(before):], "plural=")
		}
		rule = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rule), ";"))
		expression, err := plurals.Compile(rule)
		if !ok || err != nil {
			return fmt.Errorf("the plural rule %q cannot be read", strings.TrimSpace(value))
		}
		r.file.PluralForm = func(n int) int {
			if n < 0 {
				n = -n
			}
			return expression.Eval(uint32(min(n, 1<<31-1))) //nolint:gosec // bounded above.
		}
	}
	return nil
}
