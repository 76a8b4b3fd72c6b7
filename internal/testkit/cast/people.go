package cast

import (
	"context"
	"net/mail"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// People stands in for the room of people where a test is about another room.
type People struct{}

// ParseAddress knows plain addresses.
func (People) ParseAddress(text string) (address, key string, ok bool) {
	parsed, err := mail.ParseAddress(text)
	return text, strings.ToLower(text), err == nil && parsed.Address == text && len(text) <= 254
}

const selectPeople = `
	SELECT p.id, p.entity_id, e.slug, e.name, e.colour, e.picture, e.cover, p.about, p.public, p.active, p.admin, p.language, p.joined_at
	  FROM people p JOIN entities e ON e.id = p.entity_id`

// Get returns a person by their id.
func (People) Get(ctx context.Context, q sqldb.Querier, id int64) (p community.Person, err error) {
	err = q.Get(ctx, &p, selectPeople+` WHERE p.id = ?`, id)
	return p, err
}

// FindByAddress returns the person to whom an address belongs.
func (People) FindByAddress(ctx context.Context, q sqldb.Querier, address string) (p community.Person, err error) {
	err = q.Get(ctx, &p, selectPeople+` JOIN email_addresses a ON a.person_id = p.id WHERE a.address_key = ?`, strings.ToLower(address))
	return p, err
}

// FindOrCreate returns the person to whom an address belongs, or a new one whose slug is the part of the
// address before the @.
func (people People) FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error) {
	if p, err := people.FindByAddress(ctx, tx, address); err == nil {
		return p, nil
	}
	name, _, _ := strings.Cut(strings.ToLower(address), "@")
	entity, err := tx.Insert(ctx, `INSERT INTO entities (kind, slug, slug_key, name, name_key, colour) VALUES ('person', ?, ?, ?, ?, '#333333')`, name, name, name, name)
	if err != nil {
		return community.Person{}, err
	}
	id, err := tx.Insert(ctx, `INSERT INTO people (entity_id, about, joined_at) VALUES (?, '', ?)`, entity, tx.Now)
	if err != nil {
		return community.Person{}, err
	}
	var proven any
	if verified {
		proven = tx.Now
	}
	_, err = tx.Insert(ctx, `INSERT INTO email_addresses (person_id, address, address_key, main, verified_at) VALUES (?, ?, ?, ?, ?)`,
		id, address, strings.ToLower(address), true, proven)
	if err != nil {
		return community.Person{}, err
	}
	return people.Get(ctx, tx, id)
}
