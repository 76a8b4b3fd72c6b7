package cast

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// AddPerson inserts a further person with a public profile and without an address.
func AddPerson(t testing.TB, db *sqldb.DB, slug string) Person {
	t.Helper()
	p := person(0, slug, slug, "#333333", true)
	p.EntityID = addEntity(t, db, community.PersonEntity, slug, p.Colour)
	p.ID = insert(t, db, `INSERT INTO people (entity_id, first_name, last_name, about, joined_at) VALUES (?, '', ?, '', ?)`,
		p.EntityID, slug, p.JoinedAt)
	p.Viewer.PersonID, p.Viewer.EntityID = p.ID, p.EntityID
	return p
}

// Prove gives a further person the address that is theirs, which they have proven.
func Prove(t testing.TB, db *sqldb.DB, p Person) {
	t.Helper()
	Execute(t, db, `INSERT INTO email_addresses (person_id, address, address_key, main, verified_at) VALUES (?, ?, ?, ?, ?)`,
		p.ID, p.Address, strings.ToLower(p.Address), true, Joined())
}

// AddGroup inserts a further open group without members.
func AddGroup(t testing.TB, db *sqldb.DB, slug string) community.Group {
	t.Helper()
	g := group(0, slug, slug, "#333333", false)
	g.EntityID = addEntity(t, db, community.GroupEntity, slug, g.Colour)
	g.ID = insert(t, db, `INSERT INTO "groups" (entity_id, address, founded_on, created_at, changed_at) VALUES (?, '', ?, ?, ?)`,
		g.EntityID, g.FoundedOn, g.CreatedAt, g.CreatedAt)
	return g
}

func addEntity(t testing.TB, db *sqldb.DB, kind community.EntityKind, slug, colour string) int64 {
	t.Helper()
	return insert(t, db, `INSERT INTO entities (kind, slug, slug_key, name, name_key, colour) VALUES (?, ?, ?, ?, ?, ?)`,
		kind, slug, strings.ToLower(slug), slug, strings.ToLower(slug), colour)
}

// Join makes a person a member of a group.
func Join(t testing.TB, db *sqldb.DB, groupID, personID int64) {
	t.Helper()
	Execute(t, db, `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, ?)`, groupID, personID, Joined())
}

// Crowd lets so many further people who can sign in be members of a group, and returns their slugs. They have no addresses.
func Crowd(t testing.TB, db *sqldb.DB, groupID int64, count int) (slugs []string) {
	t.Helper()
	entities := make([][]any, count)
	for n := range count {
		slugs = append(slugs, fmt.Sprint("gast", n))
		entities[n] = []any{community.PersonEntity, slugs[n], slugs[n], slugs[n], slugs[n], "#333333"}
	}
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if err := tx.InsertRows(t.Context(), `INSERT INTO entities (kind, slug, slug_key, name, name_key, colour)`, entities); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `
			INSERT INTO people (entity_id, first_name, last_name, about, joined_at, password)
			SELECT e.id, '', e.slug, '', ?, 'x' FROM entities e WHERE e.kind = ? AND e.slug LIKE 'gast%'`, Joined(), community.PersonEntity)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `
			INSERT INTO memberships (group_id, person_id, joined_at)
			SELECT ?, p.id, ? FROM people p JOIN entities e ON e.id = p.entity_id WHERE e.slug LIKE 'gast%'`, groupID, Joined())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slugs
}

// Subscribe subscribes a person to a group or another person.
func Subscribe(t testing.TB, db *sqldb.DB, entityID, personID int64) {
	t.Helper()
	Execute(t, db, `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, ?)`, entityID, personID, Joined())
}

// Content is an article to be inserted. Without a slug it has no page of its own; without a title it is
// called "x".
type Content struct {
	EntityID, AuthorID int64
	Slug, Title        string
	Public, Deleted    bool
}

// AddContent inserts an article, which nobody hears of, and returns its id.
func AddContent(t testing.TB, db *sqldb.DB, c Content) int64 {
	t.Helper()
	var slug *string
	if c.Slug != "" {
		slug = &c.Slug
	}
	if c.Title == "" {
		c.Title = "x"
	}
	return insert(t, db, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, deleted_at)
		VALUES ('article', ?, ?, ?, ?, ?, ?, ?)`,
		c.EntityID, c.AuthorID, slug, c.Title, c.Public, Joined(), timeIf(c.Deleted))
}

// AddEvents inserts so many public events, from 100 days ago on, each with a text as people write them. Many of them take
// place on each day, and nobody hears of them.
func AddEvents(t testing.TB, db *sqldb.DB, entityID, authorID int64, count int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for n := range count {
			at := tx.Now.AddDate(0, 0, n%300-100)
			begins := clock.Date(at.Year(), at.Month(), at.Day(), 8+n%12, 0)
			walls := begins.Format("2006-01-02T15:04")
			id, err := tx.Insert(t.Context(), `
				INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at)
				VALUES ('event', ?, ?, ?, ?, ?, ?, ?, ?)`,
				entityID, authorID, fmt.Sprint("termin-", n), fmt.Sprint("Termin ", n), true, tx.Now, begins, begins)
			if err != nil {
				return err
			}
			_, err = tx.Insert(t.Context(), `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, ?, ?)`,
				id, authorID, strings.Repeat("Wir treffen uns am Bach. ", 12), tx.Now)
			if err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), `
				INSERT INTO events (content_id, place, place_key, zone, all_day, begins)
				VALUES (?, 'Am Bach', 'am bach', 'Europe/Berlin', ?, ?)`, id, false, walls)
			if err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), `
				INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)
				VALUES (?, ?, ?, ?, 'Am Bach', 'am bach', ?, ?)`,
				id, entityID, begins.Format(time.DateOnly), walls, begins, begins)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Conversation is a conversation to be inserted.
type Conversation struct {
	EntityID, AuthorID int64
	Deleted            bool
}

// AddConversation inserts a conversation without messages and returns its id.
func AddConversation(t testing.TB, db *sqldb.DB, c Conversation) int64 {
	t.Helper()
	return insert(t, db, `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at, deleted_at)
		VALUES (?, ?, 'x', ?, ?, ?)`, c.EntityID, c.AuthorID, Joined(), Joined(), timeIf(c.Deleted))
}

// Contribution is a comment, with a ContentID, or a message, with a ConversationID, to be inserted.
type Contribution struct {
	ContentID, ConversationID int64
	AuthorID                  int64
	Inside                    bool // the author belonged to the entity
	Left                      bool // the author has left the thread
	Internal, Deleted         bool
}

// AddContribution inserts a comment or message, which nobody hears of, and returns its id.
func AddContribution(t testing.TB, db *sqldb.DB, c Contribution) int64 {
	t.Helper()
	var content, conversation *int64
	if c.ContentID != 0 {
		content = &c.ContentID
	}
	if c.ConversationID != 0 {
		conversation = &c.ConversationID
	}
	return insert(t, db, `INSERT INTO contributions (content_id, conversation_id, author_id, text, cut, public, inside, left_at, created_at, deleted_at)
		VALUES (?, ?, ?, 'x', '', ?, ?, ?, ?, ?)`, content, conversation, c.AuthorID, !c.Internal, c.Inside, timeIf(c.Left), Joined(), timeIf(c.Deleted))
}

// timeIf is a time for what has happened, such as a deletion, and NULL for what has not.
func timeIf(happened bool) clock.Time {
	if happened {
		return Joined()
	}
	return clock.Time{}
}

func insert(t testing.TB, db *sqldb.DB, query string, args ...any) (id int64) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		id, err = tx.Insert(t.Context(), query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

// Latest returns what happened last.
func Latest(t testing.TB, db *sqldb.DB) (e community.Activity) {
	t.Helper()
	err := db.Get(t.Context(), &e, `SELECT id, name, actor_id, entity_id, content_id, date_id, occurred_at FROM activities ORDER BY id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Execute changes the database behind the rooms' back.
func Execute(t testing.TB, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
