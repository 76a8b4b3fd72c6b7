package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// town is every relation that the rules know: a group and a profile, items of each that are public,
// internal or deleted, and people who are members, outsiders, owners and authors of comments.
type town struct {
	viewers  map[string]community.Viewer
	entities map[int64]community.Entity
}

func build(t *testing.T, db *sqldb.DB) town {
	t.Helper()
	w := town{viewers: map[string]community.Viewer{"nobody": {}}, entities: map[int64]community.Entity{}}
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		must := func(id int64, err error) int64 {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		entity := func(kind community.EntityKind, slug string) int64 {
			return must(tx.Insert(t.Context(), `INSERT INTO entities (kind, slug, slug_key, name, colour) VALUES (?, ?, ?, ?, '#203040')`, kind, slug, slug, slug))
		}
		person := func(name string) community.Viewer {
			e := entity(community.PersonEntity, name)
			id := must(tx.Insert(t.Context(), `INSERT INTO people (entity_id, about, joined_at) VALUES (?, '', ?)`, e, tx.Now))
			v := community.Viewer{PersonID: id, EntityID: e, Slug: name}
			w.viewers[name] = v
			w.entities[e] = community.Entity{ID: e, Kind: community.PersonEntity, OwnerID: id, Slug: name}
			return v
		}
		member, outsider, owner, writer := person("member"), person("outsider"), person("owner"), person("writer")
		ge := entity(community.GroupEntity, "garten")
		g := must(tx.Insert(t.Context(), `INSERT INTO "groups" (entity_id, address, founded_on, created_at, changed_at) VALUES (?, '', '2026-01-01', ?, ?)`, ge, tx.Now, tx.Now))
		w.entities[ge] = community.Entity{ID: ge, Kind: community.GroupEntity, OwnerID: g, Slug: "garten"}
		must(tx.Insert(t.Context(), `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, ?)`, g, member.PersonID, tx.Now))
		must(tx.Exec(t.Context(), `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, ?)`, ge, outsider.PersonID, tx.Now))

		n := 0
		for _, e := range []int64{ge, owner.EntityID} {
			for _, public := range []bool{true, false} {
				for _, deleted := range []bool{true, false} {
					n++
					var at any
					if deleted {
						at = tx.Now
					}
					c := must(tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, deleted_at) VALUES ('article', ?, ?, ?, 'x', ?, ?, ?)`,
						e, member.PersonID, fmt.Sprint("c", n), public, tx.Now, at))
					k := must(tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at, deleted_at) VALUES (?, ?, 'x', ?, ?, ?)`,
						e, writer.PersonID, tx.Now, tx.Now, at))
					for _, p := range []bool{true, false} {
						must(tx.Insert(t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, public, created_at) VALUES (?, ?, 'x', '', ?, ?)`, c, writer.PersonID, p, tx.Now))
						must(tx.Insert(t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, public, created_at, deleted_at) VALUES (?, ?, 'x', '', ?, ?, ?)`, c, outsider.PersonID, p, tx.Now, tx.Now))
					}
					must(tx.Insert(t.Context(), `INSERT INTO contributions (conversation_id, author_id, text, cut, created_at) VALUES (?, ?, 'x', '', ?)`, k, writer.PersonID, tx.Now))
					must(tx.Insert(t.Context(), `INSERT INTO contributions (conversation_id, author_id, text, cut, created_at, deleted_at) VALUES (?, ?, 'x', '', ?, ?)`, k, outsider.PersonID, tx.Now, tx.Now))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

type item struct {
	ID       int64 `db:"id"`
	EntityID int64 `db:"entity_id"`
	AuthorID int64 `db:"author_id"`
	Public   bool  `db:"public"`
	Deleted  bool  `db:"deleted"`
	Parent   int64 `db:"parent"`
}

func TestRulesAndTheirTwinsInSQLAgree(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := build(t, db)
		var contents, conversations, comments []item
		query := func(dest *[]item, sql string) {
			t.Helper()
			if err := db.Select(t.Context(), dest, sql); err != nil {
				t.Fatal(err)
			}
		}
		query(&contents, `SELECT id, entity_id, author_id, public, deleted_at IS NOT NULL AS deleted, 0 AS parent FROM contents ORDER BY id`)
		query(&conversations, `SELECT id, entity_id, author_id, FALSE AS public, deleted_at IS NOT NULL AS deleted, 0 AS parent FROM conversations ORDER BY id`)
		query(&comments, `SELECT k.id, c.entity_id, k.author_id, k.public, k.deleted_at IS NOT NULL AS deleted, c.id AS parent
			FROM contributions k JOIN contents c ON c.id = k.content_id ORDER BY k.id`)
		seen := 0
		for name, v := range w.viewers {
			standing := func(entity int64) community.Standing {
				s, err := policy.Standing(t.Context(), db, v, w.entities[entity])
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			part := policy.Part{Wrote: name == "writer"}
			compare := func(rule string, items []item, can func(item) bool, sql, condition string, args []any) {
				t.Helper()
				var want, got []int64
				for _, i := range items {
					if can(i) {
						want = append(want, i.ID)
					}
				}
				if err := db.Select(t.Context(), &got, sql+" WHERE "+condition+" ORDER BY 1", args...); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(want, got) {
					t.Errorf("%s for %s: the rule says %v, its twin says %v", rule, name, want, got)
				}
				seen += len(want)
			}
			condition, args := policy.ReadableContents("c", v)
			compare("CanReadContent", contents, func(i item) bool {
				return policy.CanReadContent(standing(i.EntityID), policy.Content{Public: i.Public, Deleted: i.Deleted}, part)
			}, `SELECT c.id FROM contents c`, condition, args)
			condition, args = policy.ListableContents("c", v)
			compare("CanListContent", contents, func(i item) bool {
				return policy.CanListContent(standing(i.EntityID), policy.Content{Public: i.Public, Deleted: i.Deleted})
			}, `SELECT c.id FROM contents c`, condition, args)
			condition, args = policy.ReadableComments("k", "c.entity_id", v)
			compare("CanReadComment", comments, func(i item) bool {
				return policy.CanReadComment(standing(i.EntityID), policy.Comment{AuthorID: i.AuthorID, Public: i.Public, Deleted: i.Deleted})
			}, `SELECT k.id FROM contributions k JOIN contents c ON c.id = k.content_id`, condition, args)
			condition, args = policy.ReadableConversations("v", v)
			compare("CanReadConversation", conversations, func(i item) bool {
				return policy.CanReadConversation(standing(i.EntityID), i.Deleted, part)
			}, `SELECT v.id FROM conversations v`, condition, args)
		}
		if seen == 0 {
			t.Error("nobody could see anything: the test compares nothing")
		}
	})
}

func TestStandingsAreReadTogether(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := build(t, db)
		var people, entities []int64
		for name, v := range w.viewers {
			if v.SignedIn() && name != "owner" {
				people = append(people, v.PersonID)
			}
		}
		for id := range w.entities {
			if id != w.viewers["writer"].EntityID {
				entities = append(entities, id)
			}
		}
		together, err := policy.ReadStandings(t.Context(), db, people, entities)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range w.viewers {
			for id, e := range w.entities {
				before := db.Stats().Statements
				got, err := together.Of(t.Context(), db, v, e)
				asked := db.Stats().Statements > before
				if unread := name == "owner" || v.SignedIn() && !slices.Contains(entities, id); err != nil || asked != unread {
					t.Errorf("%s and %s: the database is asked: %t, %v", name, e.Slug, asked, err)
				}
				if want, err := policy.Standing(t.Context(), db, v, e); err != nil || got != want {
					t.Errorf("%s stands to %s as %+v, together with others as %+v (%v)", name, e.Slug, want, got, err)
				}
			}
		}
	})
}

func TestWhoMayRead(t *testing.T) {
	t.Parallel()
	person := community.Viewer{PersonID: 7}
	nobody := community.Standing{}
	stranger := community.Standing{Viewer: person}
	member := community.Standing{Viewer: person, Member: true}
	owner := community.Standing{Viewer: person, Owner: true}
	internal, public := policy.Content{}, policy.Content{Public: true}
	for _, c := range []struct {
		what string
		got  bool
		want bool
	}{
		{"nobody reads what is public", policy.CanReadContent(nobody, public, policy.Part{}), true},
		{"nobody does not read what is internal", policy.CanReadContent(nobody, internal, policy.Part{}), false},
		{"a stranger does not read what is internal", policy.CanReadContent(stranger, internal, policy.Part{}), false},
		{"who has commented reads on", policy.CanReadContent(stranger, internal, policy.Part{Wrote: true}), true},
		{"who has commented does not find it in lists", policy.CanListContent(stranger, internal), false},
		{"a member reads what is internal", policy.CanReadContent(member, internal, policy.Part{}), true},
		{"the owner reads what is internal", policy.CanReadContent(owner, internal, policy.Part{}), true},
		{"a member does not read what is deleted", policy.CanReadContent(member, policy.Content{Public: true, Deleted: true}, policy.Part{Wrote: true}), false},
		{"a stranger does not read an internal comment", policy.CanReadComment(stranger, policy.Comment{AuthorID: 8}), false},
		{"its author reads an internal comment", policy.CanReadComment(stranger, policy.Comment{AuthorID: 7}), true},
		{"nobody is not the author of a comment by nobody", policy.CanReadComment(nobody, policy.Comment{}), false},
		{"who took part reads a conversation", policy.CanReadConversation(stranger, false, policy.Part{Wrote: true}), true},
		{"nobody reads no conversation", policy.CanReadConversation(nobody, false, policy.Part{Wrote: true}), false},
		{"nobody comments nowhere", policy.CanComment(nobody, public, policy.Part{}), false},
		{"a stranger comments on what is public", policy.CanComment(stranger, public, policy.Part{}), true},
		{"a stranger publishes nothing", policy.CanPublish(stranger), false},
		{"a member publishes", policy.CanPublish(member), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}
