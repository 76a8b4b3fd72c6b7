package lang

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Catalogues holds the texts of all languages. It is immutable and safe for concurrent use.
type Catalogues struct {
	byLanguage map[string]*catalogue
	languages  []string // Fallback first, then in alphabetical order
	matcher    language.Matcher
	offer      func() Offer // nil: all
}

// catalogue holds the texts of one language.
type catalogue struct {
	language string
	texts    map[key][]string
	plural   func(n int) int
	numbers  *message.Printer
}

// key identifies a text.
type key struct{ context, id string }

// Load reads catalogues from <language>/*.po and <language>.po of a file system. The files of one
// language are merged; where two have the same text, the first by name wins. Overrides are an
// administrator's own texts, laid out the same way: each wins over everything before it and may add
// languages. A file that is not a proper catalogue is an error that names the file and the line.
func Load(fsys fs.FS, overrides ...fs.FS) (*Catalogues, error) {
	c := &Catalogues{byLanguage: map[string]*catalogue{Fallback: newCatalogue(language.English)}}
	for _, layer := range append([]fs.FS{fsys}, overrides...) {
		if layer == nil {
			continue
		}
		if err := c.load(layer); err != nil {
			return nil, err
		}
	}
	others := slices.Sorted(maps.Keys(c.byLanguage))
	others = slices.DeleteFunc(others, func(code string) bool { return code == Fallback })
	c.languages = append([]string{Fallback}, others...)
	tags := make([]language.Tag, len(c.languages))
	for i, code := range c.languages {
		tags[i] = language.Make(code)
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// load adds the files of one layer.
func (c *Catalogues) load(layer fs.FS) error {
	var names []string
	for _, pattern := range [...]string{"*.po", "*/*.po"} {
		found, err := fs.Glob(layer, pattern)
		if err != nil {
			return fmt.Errorf("list catalogues: %w", err)
		}
		names = append(names, found...)
	}
	added := map[*catalogue]map[key]bool{}
	for _, name := range names {
		code := strings.TrimSuffix(name, ".po")
		if dir := path.Dir(name); dir != "." {
			code = dir
		}
		tag, err := language.Parse(code)
		if err != nil {
			return fmt.Errorf("catalogue %s: %q is not a language", name, code)
		}
		data, err := fs.ReadFile(layer, name)
		if err != nil {
			return fmt.Errorf("read a catalogue: %w", err)
		}
		file, err := ParseFile(data)
		if err != nil {
			return fmt.Errorf("catalogue %s: %w", name, err)
		}
		own := c.byLanguage[tag.String()]
		if own == nil {
			own = newCatalogue(tag)
			c.byLanguage[tag.String()] = own
		}
		if added[own] == nil {
			added[own] = map[key]bool{}
		}
		if file.PluralForm != nil {
			own.plural = file.PluralForm
		}
		for _, e := range file.Entries {
			k := key{e.Context, e.ID}
			if e.Translated() && !added[own][k] {
				own.texts[k] = e.Texts
				added[own][k] = true
			}
		}
	}
	return nil
}

func newCatalogue(tag language.Tag) *catalogue {
	numbers := tag
	if tag == language.English {
		numbers = language.BritishEnglish
	}
	return &catalogue{
		language: tag.String(),
		texts:    map[key][]string{},
		plural:   germanic,
		numbers:  message.NewPrinter(numbers),
	}
}

// germanic is the plural rule of a catalogue without one: a form for one and a form for all else.
func germanic(n int) int {
	if n == 1 || n == -1 {
		return 0
	}
	return 1
}

// text returns what the language says, "" when it does not know the text.
func (c *catalogue) text(k key) string {
	if forms := c.texts[k]; len(forms) > 0 {
		return forms[0]
	}
	return ""
}

// pluralText returns what the language says for a number, "" when it does not know the text.
func (c *catalogue) pluralText(k key, n int) string {
	forms := c.texts[k]
	if len(forms) == 0 {
		return ""
	}
	if form := c.plural(n); form >= 0 && form < len(forms) {
		return forms[form]
	}
	return forms[len(forms)-1]
}

// Languages returns the languages that can be chosen: Fallback first, the others in alphabetical order.
func (c *Catalogues) Languages() []string {
	o := c.offered()
	return slices.DeleteFunc(c.All(), func(code string) bool { return !o.speaks(code) })
}

// Printer returns the printer of a language and a time zone. A language without a catalogue gets the
// nearest one ("de-AT" reads German), and the default when there is none. A nil zone is UTC.
func (c *Catalogues) Printer(code string, zone *time.Location) *Printer {
	return &Printer{own: c.byLanguage[c.Match(code)], base: c.byLanguage[Fallback], zone: zone}
}

// Match chooses a language: the first of the preferred ones that is offered, else the default. Empty ones and what is no
// language are passed over.
func (c *Catalogues) Match(preferred ...string) string {
	o := c.offered()
	for _, code := range preferred {
		if c.byLanguage[code] != nil && o.speaks(code) {
			return code
		}
		if tag, err := language.Parse(code); err == nil {
			if found := c.match(tag); found != "" && o.speaks(found) {
				return found
			}
		}
	}
	return o.Default
}

// Accepted returns the language that a header Accept-Language prefers among those that are offered, or "" if it prefers
// none of them.
func (c *Catalogues) Accepted(header string) string {
	const enough = 500 // bytes; browsers send fewer than 100
	if header == "" || len(header) > enough {
		return ""
	}
	type preference struct {
		tag    language.Tag
		weight float32
	}
	var wanted []preference
	for entry := range strings.SplitSeq(header, ",") { // one by one, because the parser gives up at the first that is wrong
		if tags, weights, err := language.ParseAcceptLanguage(entry); err == nil && len(tags) == 1 {
			wanted = append(wanted, preference{tags[0], weights[0]})
		}
	}
	slices.SortStableFunc(wanted, func(a, b preference) int { return cmp.Compare(b.weight, a.weight) })
	tags := make([]language.Tag, len(wanted))
	for i, w := range wanted {
		tags[i] = w.tag
	}
	o := c.offered()
	if found := c.match(tags...); found != "" && o.speaks(found) {
		return found
	}
	for _, tag := range tags {
		if found := c.match(tag); found != "" && o.speaks(found) {
			return found
		}
	}
	return ""
}

// match returns the language that fits one of the tags, which stand in the order of preference; "" if none does.
func (c *Catalogues) match(tags ...language.Tag) string {
	_, index, confidence := c.matcher.Match(tags...)
	if confidence == language.No {
		return ""
	}
	return c.languages[index]
}
