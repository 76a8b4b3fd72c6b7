// Package entities keeps the one namespace of slugs that people and groups share at the root of the site.
//
// A slug is kept as it was written and is unique whatever its case: @Garten and @garten are the same
// entity, in links, in mentions and in mail addresses.
package entities

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/words"
)

// Longest slugs, in characters.
const (
	MaxGroupSlug  = 50
	MaxPersonSlug = 150
)

// maxNameKey is how many characters the column name_key has room for. Some small letters are more than the large one.
const maxNameKey = 255

var validSlug = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Entities is the register of slugs.
type Entities struct {
	reserved []string // lower case
	patterns []pattern
}

// New returns a register. What else is reserved, by an administrator or by the mail addresses of the site, is added to
// the built-in slugs; a * in it stands for any letters.
func New(alsoReserved []string) *Entities {
	e := &Entities{reserved: slices.Clone(reservedSlugs)}
	for _, name := range alsoReserved {
		e.reserve(name)
	}
	return e
}

// Find returns the owner of a slug, whatever its case; NotFound if there is none.
func (e *Entities) Find(ctx context.Context, q sqldb.Querier, slug string) (community.Entity, error) {
	all, err := e.FindAll(ctx, q, []string{slug})
	if err != nil {
		return community.Entity{}, err
	}
	if len(all) == 0 {
		return community.Entity{}, community.ErrNothingHere()
	}
	return all[0], nil
}

// FindShown returns the owner of a slug as Find does, to be named by a page that is not about them: NotFound also for a
// person who shows their page to nobody but those who have signed in, if the viewer has not.
func (e *Entities) FindShown(ctx context.Context, q sqldb.Querier, viewer community.Viewer, slug string) (community.Entity, error) {
	condition := "1 = 1"
	if !viewer.SignedIn() {
		condition = "(p.id IS NULL OR p.public AND p.active)"
	}
	var one community.Entity
	err := q.Get(ctx, &one, `SELECT `+columns+` WHERE e.slug_key = ? AND `+condition, strings.ToLower(slug))
	if errs.Is(err, errs.NotFound) {
		return community.Entity{}, community.ErrNothingHere()
	}
	if err != nil {
		return one, fmt.Errorf("find an entity that is shown: %w", err)
	}
	return one, nil
}

// FindAll returns the owners of many slugs in one query; unknown slugs are left out.
func (e *Entities) FindAll(ctx context.Context, q sqldb.Querier, slugs []string) ([]community.Entity, error) {
	keys := make([]string, len(slugs))
	for i, s := range slugs {
		keys[i] = strings.ToLower(s)
	}
	var all []community.Entity
	err := q.Select(ctx, &all, `SELECT `+columns+` WHERE e.slug_key IN (?) ORDER BY e.id`, keys)
	if err != nil {
		return nil, fmt.Errorf("find entities by slug: %w", err)
	}
	return all, nil
}

// Get returns an entity by its id.
func (e *Entities) Get(ctx context.Context, q sqldb.Querier, id int64) (community.Entity, error) {
	var one community.Entity
	if err := q.Get(ctx, &one, `SELECT `+columns+` WHERE e.id = ?`, id); err != nil {
		return one, fmt.Errorf("get entity %d: %w", id, err)
	}
	return one, nil
}

const columns = `e.id, e.kind, e.slug, e.name, e.colour, e.picture, e.archived_at IS NOT NULL AS archived, COALESCE(p.id, g.id, 0) AS owner_id
	FROM entities e LEFT JOIN people p ON p.entity_id = e.id LEFT JOIN "groups" g ON g.entity_id = e.id`

// Insert takes a slug for a new entity and returns the entity's id. A slug that is taken meanwhile is a
// Conflict. A name that shows nothing is the slug.
func (e *Entities) Insert(ctx context.Context, tx *sqldb.Tx, kind community.EntityKind, slug, name string) (int64, error) {
	if err := take(ctx, tx, slug); err != nil {
		return 0, err
	}
	name = cleanName(name, slug)
	id, err := tx.Insert(ctx, `INSERT INTO entities (kind, slug, slug_key, name, name_key, colour) VALUES (?, ?, ?, ?, ?, ?)`,
		kind, slug, strings.ToLower(slug), name, NameKey(name), someColour())
	if err != nil {
		return 0, fmt.Errorf("insert the entity %q: %w", slug, err)
	}
	return id, keepWords(ctx, tx, id, slug, name)
}

// Update changes the slug and the name of an entity. The slug that it had leads to it still.
// A name that shows nothing is the slug.
func (e *Entities) Update(ctx context.Context, tx *sqldb.Tx, id int64, slug, name string) error {
	if err := take(ctx, tx, slug); err != nil {
		return err
	}
	if err := giveUp(ctx, tx, id, slug); err != nil {
		return err
	}
	name = cleanName(name, slug)
	_, err := tx.Exec(ctx, `UPDATE entities SET slug = ?, slug_key = ?, name = ?, name_key = ? WHERE id = ?`,
		slug, strings.ToLower(slug), name, NameKey(name), id)
	if err != nil {
		return fmt.Errorf("update the entity %q: %w", slug, err)
	}
	return keepWords(ctx, tx, id, slug, name)
}

// cleanName returns a name as it is shown, whatever door it came by: in one line, with something to see, and without
// characters that turn the words around it.
func cleanName(name, slug string) string { return cmp.Or(form.Clean(name, form.Line), slug) }

// NameKey returns a name, or a part of one, as the column name_key keeps it: searching for „ämter“, or „amter“, finds
// „Ämter“ on every database, and lists by name have it beside „Ampel“.
func NameKey(name string) string {
	key := words.Plain(name)
	if utf8.RuneCountInString(key) > maxNameKey {
		key = string([]rune(key)[:maxNameKey])
	}
	return key
}

// NameContains is the condition on rows of entities, under the alias e, that the name has a part; NamePattern returns its
// argument. No database can know how many names have it, and PostgreSQL reckons with hardly any, so that it would put all
// names into the order of a list: of a CASE it expects a third.
const NameContains = `CASE WHEN e.name_key LIKE ? ESCAPE '!' THEN 1 ELSE 0 END > 0`

// NamePattern returns the argument of NameContains for a part of a name.
func NamePattern(part string) string { return "%" + sqldb.EscapeLike(NameKey(part)) + "%" }

// Check returns what is wrong with a slug that somebody chose for the entity (0 for a new one), as
// errors of the form field "slug": its alphabet, its length, reserved words, and slugs that are in use or were not long
// ago. The slug that the entity has, or had, is fine, reserved or not.
func (e *Entities) Check(ctx context.Context, q sqldb.Querier, slug string, kind community.EntityKind, entityID int64) ([]errs.FieldError, error) {
	limit := MaxPersonSlug
	if kind == community.GroupEntity {
		limit = MaxGroupSlug
	}
	switch {
	case slug == "":
		return []errs.FieldError{errs.Field("slug", "Enter a short name.")}, nil
	case !validSlug.MatchString(slug):
		return []errs.FieldError{errs.Field("slug", "Use only letters from a to z, digits, hyphens and underscores.")}, nil
	case len(slug) > limit:
		return []errs.FieldError{errs.Field("slug", "Use at most %d characters.", limit)}, nil
	}
	var owners []int64
	err := q.Select(ctx, &owners, `SELECT id FROM entities WHERE slug_key = ? ORDER BY id`, strings.ToLower(slug))
	switch {
	case err != nil:
		return nil, fmt.Errorf("check the slug %q: %w", slug, err)
	case slices.Contains(owners, entityID):
		return nil, nil
	case e.isReserved(slug):
		return []errs.FieldError{errs.Field("slug", "The short name “%s” is reserved. Choose another one.", slug)}, nil
	case len(owners) > 0:
		return []errs.FieldError{errs.Field("slug", "The short name “%s” is taken. Choose another one.", slug)}, nil
	}
	kept, err := isKept(ctx, q, slug, entityID)
	if kept {
		return []errs.FieldError{errs.Field("slug", "The short name “%s” belonged to someone else before. Choose another one.", slug)}, nil
	}
	return nil, err
}

// Free returns a slug that nobody owns or has owned, made of the first text that gives one; the numbers -1, -2, …
// tell it from those that are taken.
func (e *Entities) Free(ctx context.Context, q sqldb.Querier, kind community.EntityKind, texts ...string) (string, error) {
	limit, base := MaxPersonSlug, "user"
	if kind == community.GroupEntity {
		limit, base = MaxGroupSlug, "group"
	}
	for _, text := range texts {
		// Numbers make no other name of one that a pattern reserves.
		if s := slug.Make(text, limit); s != "" && !e.inPattern(slug.Number(s, 1, limit)) {
			base = s
			break
		}
	}
	var taken []string
	numbered := slug.Make(base, limit-8) + "%"
	err := q.Select(ctx, &taken, `
		SELECT slug_key FROM entities WHERE slug_key = ? OR slug_key LIKE ?
		 UNION ALL SELECT slug_key FROM former_slugs WHERE slug_key = ? OR slug_key LIKE ? ORDER BY slug_key`, base, numbered, base, numbered)
	if err != nil {
		return "", fmt.Errorf("look for a free slug: %w", err)
	}
	free := base
	for n := 1; slices.Contains(taken, free) || slices.Contains(e.reserved, free) || n == 1 && e.isReserved(free); n++ {
		free = slug.Number(base, n, limit)
	}
	return free, nil
}

// someColour returns one of the colours that stand for people and groups.
func someColour() string {
	all := community.Colours()
	return all[rand.IntN(len(all))]
}
