package galleries

import (
	"cmp"
	"regexp"
	"slices"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/errs"
)

// The limits of a gallery: how many pictures it has, and how many of them come with one form where no script sends them one
// by one; and how many characters are said of each.
const (
	maxPictures = 100
	maxAtOnce   = 20
	maxSaid     = 500
)

// entry is a picture of a gallery in the form: in which place somebody wants it, and whether they want it no more, is gone
// once arrange has looked at it.
type entry struct {
	Name    string `db:"name"    form:"name"    json:"name"`
	Caption string `db:"caption" form:"caption" json:"caption,omitempty"`
	Alt     string `db:"alt"     form:"alt"     json:"alt,omitempty"`

	Position int  `db:"-" form:"position" json:"-"` // from 1; 0 is where it stands
	Removed  bool `db:"-" form:"removed"  json:"-"`
}

// arrange puts entries where their positions say, and leaves out those that are removed or stand there twice. Whoever
// moves a picture changes its number alone: it takes the place of the one that has this number, whether it comes from
// above or from below.
func arrange(entries []entry) []entry {
	type place struct{ position, moved int }
	places := map[string]place{}
	var kept []entry
	for i, e := range entries {
		if _, there := places[e.Name]; there || e.Removed || e.Name == "" {
			continue
		}
		position := cmp.Or(e.Position, i+1)
		places[e.Name] = place{position, cmp.Compare(position, i+1)}
		e.Position = 0
		kept = append(kept, e)
	}
	slices.SortStableFunc(kept, func(a, b entry) int {
		p, q := places[a.Name], places[b.Name]
		return cmp.Or(cmp.Compare(p.position, q.position), cmp.Compare(p.moved, q.moved))
	})
	return kept
}

// pictureName is what the name of a picture looks like.
var pictureName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,80}\.[a-z]{3,4}$`)

// imagesField is the name of the field of the pictures, to which what is wrong with them belongs.
const imagesField = "images"

// validate returns what is wrong with the pictures of a gallery.
func validate(entries []entry) []errs.FieldError {
	switch {
	case len(entries) == 0:
		return []errs.FieldError{errs.Field(imagesField, "Choose at least one picture.")}
	case len(entries) > maxPictures:
		return []errs.FieldError{errs.Field(imagesField, "A gallery can have up to %d pictures.", maxPictures)}
	}
	for i, e := range entries {
		if !pictureName.MatchString(e.Name) {
			return []errs.FieldError{notAvailable(i)}
		}
		if max(utf8.RuneCountInString(e.Caption), utf8.RuneCountInString(e.Alt)) > maxSaid {
			return []errs.FieldError{errs.Field(imagesField, "Picture %d: use at most %d characters for each text.", i+1, maxSaid)}
		}
	}
	return nil
}

// notAvailable says that the picture of an index cannot stand in the gallery.
func notAvailable(i int) errs.FieldError {
	return errs.Field(imagesField, "Picture %d isn’t available: it’s not one of yours, or it has been removed. Choose it again.", i+1)
}

// merge puts together what two people have made of the pictures of a gallery. Each may have added, removed, moved and
// described some; ok is false if both have described the same one, or moved pictures.
func merge(base, mine, theirs []entry) (merged []entry, ok bool) {
	before, here, there := byName(base), byName(mine), byName(theirs)
	common := func(entries []entry) (names []string) {
		for _, e := range entries {
			if has(before, e.Name) && has(here, e.Name) && has(there, e.Name) {
				names = append(names, e.Name)
			}
		}
		return names
	}
	first, second := mine, theirs // in whose order, and who has added some behind it
	if slices.Equal(common(base), common(mine)) {
		first, second = theirs, mine
	} else if !slices.Equal(common(base), common(theirs)) {
		return nil, false
	}
	for _, e := range slices.Concat(first, second) {
		if has(before, e.Name) && (!has(here, e.Name) || !has(there, e.Name)) || has(byName(merged), e.Name) {
			continue // somebody has removed it, or it is there already
		}
		e, ok := describe(e, before, here, there)
		if !ok {
			return nil, false
		}
		merged = append(merged, e)
	}
	return merged, true
}

// describe puts together what is said of a picture.
func describe(e entry, before, here, there map[string]entry) (entry, bool) {
	if !has(before, e.Name) {
		return e, true
	}
	caption, ok := either(before[e.Name].Caption, here[e.Name].Caption, there[e.Name].Caption)
	alt, also := either(before[e.Name].Alt, here[e.Name].Alt, there[e.Name].Alt)
	e.Caption, e.Alt = caption, alt
	return e, ok && also
}

// either returns which of two texts is the one that was changed.
func either(before, mine, theirs string) (text string, ok bool) {
	if mine == before || mine == theirs {
		return theirs, true
	}
	return mine, theirs == before
}

func byName(entries []entry) map[string]entry {
	all := make(map[string]entry, len(entries))
	for _, e := range entries {
		all[e.Name] = e
	}
	return all
}

func has(entries map[string]entry, name string) bool {
	_, ok := entries[name]
	return ok
}
