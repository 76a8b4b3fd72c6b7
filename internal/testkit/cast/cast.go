// Package cast is the one cast of people and groups for all tests: a test that needs somebody takes
// Anna, and everybody who reads it knows who that is.
//
//   - Anna, member of both groups, and Bert, member of garten, are subscribed to their groups.
//   - Carla belongs to no group.
//   - Dora came into being by her address: she has no password, and nobody has proven her mailbox.
//   - Admin administers.
//   - garten is open, chor is closed.
//
// The addresses of all but Dora are confirmed, and the password of all but Dora is "demo". All profiles
// but Carla's are public. The ids of people, entities and groups are different numbers, and the same ones in
// every test, so that a mix-up shows and golden files stay as they are.
package cast

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Password is what everybody but Dora signs in with.
const Password = "demo"

// passwordHash is a hash of Password that costs nothing to verify.
const passwordHash = "$argon2id$v=19$m=64,t=1,p=1$/OTHCokKSDreAjgazfLytA$dMr+3KMBEQ1gW91ymu5GClGQ0fxh70xPEW3uTNG68fU"

// Person is a person of the cast.
type Person struct {
	community.Person
	Address string
	Viewer  community.Viewer // the person as somebody who looks
}

// Cast is everybody.
type Cast struct {
	Anna, Bert, Carla, Dora, Admin Person
	Garten, Chor                   community.Group
}

// Joined is when everybody came and the groups were founded.
func Joined() clock.Time { return clock.Date(2026, time.January, 10, 18, 0) }

// New puts the cast on the stage: it inserts everybody into an empty database.
func New(t testing.TB, db *sqldb.DB) *Cast {
	t.Helper()
	c := &Cast{
		Anna:   person(11, "anna", "Anna Ahorn", "#6b4226", true),
		Bert:   person(12, "bert", "Bert Birke", "#2f5d50", true),
		Carla:  person(13, "carla", "Carla Clematis", "#5a3d6b", false),
		Dora:   person(14, "dora", "dora", "#3d4f6b", true),
		Admin:  person(15, "demo-admin", "demo-admin", "#6b3d4a", true),
		Garten: group(21, "garten", "Garten am Bach", "#3f6b3d", false),
		Chor:   group(22, "chor", "Chor der Vielen", "#6b5d2f", true),
	}
	c.Admin.Admin, c.Admin.Viewer.Admin = true, true
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return c.insert(t, tx) })
	if err != nil {
		t.Fatalf("put the cast on the stage: %v", err)
	}
	return c
}

func person(id int64, slug, name, colour string, public bool) Person {
	p := community.Person{
		ID: id, EntityID: id + 100, Slug: slug, Name: name, Colour: colour, Public: public, Active: true, JoinedAt: Joined(),
	}
	return Person{
		Person:  p,
		Address: slug + "@example.org",
		Viewer:  community.Viewer{PersonID: p.ID, EntityID: p.EntityID, Slug: slug, Name: name, Colour: colour},
	}
}

func group(id int64, slug, name, colour string, closed bool) community.Group {
	return community.Group{
		ID: id, EntityID: id + 100, Slug: slug, Name: name, Colour: colour, Closed: closed,
		FoundedOn: "2026-01-10", CreatedAt: Joined(),
	}
}

func (c *Cast) insert(t testing.TB, tx *sqldb.Tx) error {
	t.Helper()
	var owners, words, people, addresses [][]any
	for _, p := range []Person{c.Anna, c.Bert, c.Carla, c.Dora, c.Admin} {
		first, last, _ := strings.Cut(p.Name, " ")
		hash := passwordHash
		verified := Joined()
		if p.Name == p.Slug {
			first = ""
		}
		if p.ID == c.Dora.ID {
			hash, verified = "", clock.Time{}
		}
		owners = append(owners, []any{p.EntityID, community.PersonEntity, p.Slug, p.Slug, p.Name, strings.ToLower(p.Name), p.Colour})
		words = append(words, entities.WordRows(p.EntityID, p.Slug, p.Name)...)
		people = append(people, []any{p.ID, p.EntityID, first, last, "", p.Public, hash, p.Admin, p.JoinedAt})
		addresses = append(addresses, []any{p.ID + 200, p.ID, p.Address, p.Address, true, verified})
	}
	var groups, members, subscribers [][]any
	for _, g := range []community.Group{c.Garten, c.Chor} {
		owners = append(owners, []any{g.EntityID, community.GroupEntity, g.Slug, g.Slug, g.Name, strings.ToLower(g.Name), g.Colour})
		words = append(words, entities.WordRows(g.EntityID, g.Slug, g.Name)...)
		groups = append(groups, []any{g.ID, g.EntityID, "", g.Closed, g.FoundedOn, c.Anna.ID, g.CreatedAt, g.CreatedAt})
	}
	for _, m := range []struct {
		group  community.Group
		member Person
	}{{c.Garten, c.Anna}, {c.Garten, c.Bert}, {c.Chor, c.Anna}} {
		members = append(members, []any{m.group.ID, m.member.ID, m.member.ID, Joined()})
		subscribers = append(subscribers, []any{m.group.EntityID, m.member.ID, Joined()})
	}
	for _, rows := range []struct {
		insert string
		rows   [][]any
	}{
		{`INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour)`, owners},
		{`INSERT INTO name_words (word, entity_id)`, words},
		{`INSERT INTO people (id, entity_id, first_name, last_name, about, public, password, admin, joined_at)`, people},
		{`INSERT INTO email_addresses (id, person_id, address, address_key, main, verified_at)`, addresses},
		{`INSERT INTO "groups" (id, entity_id, address, closed, founded_on, created_by_id, created_at, changed_at)`, groups},
		{`INSERT INTO memberships (group_id, person_id, created_by_id, joined_at)`, members},
		{`INSERT INTO subscriptions (entity_id, person_id, created_at)`, subscribers},
	} {
		if err := tx.InsertRows(t.Context(), rows.insert, rows.rows); err != nil {
			return err
		}
	}
	for _, table := range []string{"entities", "people", "email_addresses", `"groups"`} {
		if err := tx.SyncIDs(t.Context(), table); err != nil {
			return err
		}
	}
	return nil
}

// Viewers returns everybody as somebody who can sign in on a site for tests; Dora cannot.
func (c *Cast) Viewers() map[int64]community.Viewer {
	viewers := map[int64]community.Viewer{}
	for _, p := range []Person{c.Anna, c.Bert, c.Carla, c.Admin} {
		viewers[p.ID] = p.Viewer
	}
	return viewers
}
