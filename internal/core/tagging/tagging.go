// Package tagging knows the tags of content items and groups. A content item has the tags that its texts say: whoever keeps
// a text calls this package in the same transaction. A group has those that its members give it, and all that it publishes
// has them, too.
//
// A tag is known by its slug: "#Café", "#cafe" and "#CAFE" are spellings of one tag. So a link to its page needs no look
// into the database, and showing a text writes nothing.
package tagging

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/slug"
)

// MaxName is how long the name of a tag may be, in characters, and its slug, in bytes.
const MaxName = 100

// Slug returns what a name is known by, "" if no tag can have it.
func Slug(name string) string {
	if utf8.RuneCountInString(name) > MaxName {
		return ""
	}
	return slug.Make(name, MaxName)
}

// Named returns the tag of a name that nobody has used yet; false if no tag can have it.
func Named(name string) (community.Tag, bool) {
	name = strings.TrimPrefix(name, "#")
	t := community.Tag{Name: name, Slug: Slug(name)}
	return t, t.Slug != ""
}

// notSaid finds what a text cannot say behind a "#".
var notSaid = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_:-]+|[-:]+$`)

// Hashtag returns how texts say a tag, without the "#": as it is called, if that is one word.
func Hashtag(t community.Tag) string {
	name := notSaid.ReplaceAllString(notSaid.ReplaceAllString(t.Name, "-"), "")
	if said := said(source{"#" + name, markdown.Plain}); len(said) == 1 && said[0].Name == name && said[0].Slug == t.Slug {
		return name
	}
	return t.Slug
}

// maxSaid is how many tags a text may give to what it belongs to. Further ones are links and nothing else.
const maxSaid = 50

// said returns the tags that texts say, each once and in its first spelling.
func said(sources ...source) []community.Tag {
	var all []community.Tag
	known := map[string]bool{}
	for _, s := range sources {
		if !strings.Contains(s.text, "#") {
			continue
		}
		for _, ref := range markdown.Render(s.text, markdown.Options{Format: s.format}).Refs {
			t, ok := Named(ref.Label)
			if ref.Kind != markdown.Tag || !ok || known[t.Slug] || len(all) == maxSaid {
				continue
			}
			known[t.Slug] = true
			all = append(all, t)
		}
	}
	return all
}

// source is a text that may say tags.
type source struct {
	text   string
	format markdown.Format
}

// ParseList returns the tags of a list with commas between their names, each once and in its first spelling; wrong are the
// names that no tag can have.
func ParseList(text string) (all []community.Tag, wrong []string) {
	known := map[string]bool{}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.Join(strings.Fields(strings.TrimLeft(strings.TrimSpace(name), "#")), " ")
		if name == "" {
			continue
		}
		t, ok := Named(name)
		switch {
		case !ok:
			wrong = append(wrong, name)
		case !known[t.Slug]:
			known[t.Slug] = true
			all = append(all, t)
		}
	}
	return all, wrong
}

// FormatList returns tags as ParseList reads them.
func FormatList(all []community.Tag) string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}
