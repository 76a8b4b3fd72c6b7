package entities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	maxWords      = 12 // words of a name by which an entity is found
	maxWordLength = 60 // characters of what is kept from a word on
)

// NameWords returns what an entity is found by while its name is typed: its slug, its name, and its name from each
// further word on, as the table name_words keeps them.
func NameWords(slug, name string) []string {
	all := []string{cutWord(strings.ToLower(slug))}
	name = NameKey(name)
	inside := false
	for at, r := range name {
		before := inside
		inside = unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
		if at > 0 && (before || !inside) {
			continue
		}
		if word := cutWord(name[at:]); !slices.Contains(all, word) {
			all = append(all, word)
		}
		if len(all) > maxWords {
			break
		}
	}
	return all
}

func cutWord(word string) string {
	runes := []rune(word)
	return string(runes[:min(len(runes), maxWordLength)])
}

// WordsBetween returns the bounds of what begins with what somebody typed, in the order of the table name_words, which
// is that of the bytes on every database: no character is above the last one that Unicode has room for.
func WordsBetween(typed string) (from, to string) {
	from = cutWord(NameKey(typed))
	return from, from + string(utf8.MaxRune)
}

// keepWords notes what an entity is found by while its name is typed.
func keepWords(ctx context.Context, tx *sqldb.Tx, id int64, slug, name string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM name_words WHERE entity_id = ?`, id); err != nil {
		return fmt.Errorf("forget the words of entity %d: %w", id, err)
	}
	if err := tx.InsertRows(ctx, `INSERT INTO name_words (word, entity_id)`, WordRows(id, slug, name)); err != nil {
		return fmt.Errorf("keep the words of entity %d: %w", id, err)
	}
	return nil
}

// WordRows returns the rows of the table name_words of an entity: word and entity_id.
func WordRows(id int64, slug, name string) [][]any {
	var rows [][]any
	for _, word := range NameWords(slug, name) {
		rows = append(rows, []any{word, id})
	}
	return rows
}
