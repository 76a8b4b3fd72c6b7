package community

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Tag is something that content items and groups are marked with. It is known by its slug.
type Tag struct {
	ID   int64  `db:"id"   json:"-"`    // 0 for a tag that nothing has
	Name string `db:"name" json:"name"` // as it was spelled first
	Slug string `db:"slug" json:"slug"`
}

// Path returns the address of the page of the tag.
func (t Tag) Path() string { return TagPath(t.Slug) }

// Parts returns the family of a tag that is called "family:label", and its label. The family of others is empty.
func (t Tag) Parts() (family, label string) {
	if family, label, ok := strings.Cut(t.Name, ":"); ok && family != "" && label != "" {
		return family, label
	}
	return "", t.Name
}

// Tags are the tags of a group as pages show them, in one text that can be compared. The zero value is none.
type Tags string

// TagsOf returns tags as one text.
func TagsOf(all []Tag) (Tags, error) {
	if len(all) == 0 {
		return "", nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("write tags: %w", err)
	}
	return Tags(text), nil
}

// All returns the tags one by one. A text that is none has none.
func (t Tags) All() []Tag {
	var all []Tag
	if t == "" || json.Unmarshal([]byte(t), &all) != nil {
		return nil
	}
	return all
}

// Scan reads tags from a column that may be NULL.
func (t *Tags) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = ""
	case string:
		*t = Tags(v)
	case []byte:
		*t = Tags(v)
	default:
		return fmt.Errorf("scan tags from %T", src)
	}
	return nil
}
