package policy_test

import (
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
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
	person := func(name string) community.Viewer {
		p := cast.AddPerson(t, db, name)
		w.viewers[name], w.entities[p.EntityID] = p.Viewer, p.Entity()
		return p.Viewer
	}
	member, outsider, owner, writer := person("member"), person("outsider"), person("owner"), person("writer")
	former, gone := person("former"), person("gone") // who left the group, and who left the threads
	garten := cast.AddGroup(t, db, "garten")
	w.entities[garten.EntityID] = garten.Entity()
	archived := cast.AddGroup(t, db, "archived")
	cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, archived.EntityID)
	w.entities[archived.EntityID] = archived.Entity()
	cast.Join(t, db, archived.ID, member.PersonID)
	cast.Join(t, db, garten.ID, member.PersonID)
	cast.Subscribe(t, db, garten.EntityID, outsider.PersonID)

	for _, entity := range []int64{garten.EntityID, owner.EntityID} {
		for _, public := range []bool{true, false} {
			for _, deleted := range []bool{true, false} {
				content := cast.AddContent(t, db, cast.Content{EntityID: entity, AuthorID: member.PersonID, Public: public, Deleted: deleted})
				cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: former.PersonID, Inside: true})
				cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: gone.PersonID, Left: true})
				for _, internal := range []bool{false, true} {
					cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: writer.PersonID, Internal: internal})
					cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: outsider.PersonID, Internal: internal, Deleted: true})
				}
			}
		}
		for _, deleted := range []bool{true, false} {
			conversation := cast.AddConversation(t, db, cast.Conversation{EntityID: entity, AuthorID: writer.PersonID, Deleted: deleted})
			cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: writer.PersonID})
			cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: former.PersonID, Inside: true})
			cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: gone.PersonID, Left: true})
			cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: outsider.PersonID, Deleted: true})
		}
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
		query(&contents, `SELECT id, entity_id, author_id, public, deleted_at IS NOT NULL AS deleted, 0 AS parent
			FROM contents ORDER BY id`)
		query(&conversations, `SELECT id, entity_id, author_id, FALSE AS public, deleted_at IS NOT NULL AS deleted, 0 AS parent
			FROM conversations ORDER BY id`)
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
			part, talk := policy.Part{Kept: name == "writer"}, policy.Part{Kept: name == "writer" || name == "former"}
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
			compare("CanReadContent in lists", contents, func(i item) bool {
				return policy.CanReadContent(standing(i.EntityID), policy.Content{Public: i.Public, Deleted: i.Deleted}, policy.Part{})
			}, `SELECT c.id FROM contents c`, condition, args)
			condition, args = policy.ReadableComments("k", "c.entity_id", v)
			compare("CanReadComment", comments, func(i item) bool {
				return policy.CanReadComment(standing(i.EntityID), policy.Comment{AuthorID: i.AuthorID, Public: i.Public, Deleted: i.Deleted})
			}, `SELECT k.id FROM contributions k JOIN contents c ON c.id = k.content_id`, condition, args)
			condition, args = policy.TracesOfComments("k", "c.entity_id", v)
			compare("CanSeeTrace", comments, func(i item) bool {
				return policy.CanSeeTrace(standing(i.EntityID), policy.Comment{AuthorID: i.AuthorID, Public: i.Public, Deleted: i.Deleted})
			}, `SELECT k.id FROM contributions k JOIN contents c ON c.id = k.content_id`, condition, args)
			condition, args = policy.ReadableConversations("v", v)
			compare("CanReadConversation", conversations, func(i item) bool {
				return policy.CanReadConversation(standing(i.EntityID), i.Deleted, talk)
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
	archived := community.Standing{Viewer: person, Member: true, Archived: true}
	owner := community.Standing{Viewer: person, Owner: true}
	internal, public, deleted := policy.Content{}, policy.Content{Public: true}, policy.Content{Public: true, Deleted: true}
	for _, c := range []struct {
		what string
		got  bool
		want bool
	}{
		{"nobody reads what is public", policy.CanReadContent(nobody, public, policy.Part{}), true},
		{"nobody does not read what is internal", policy.CanReadContent(nobody, internal, policy.Part{}), false},
		{"a stranger does not read what is internal", policy.CanReadContent(stranger, internal, policy.Part{}), false},
		{"who commented from outside reads on", policy.CanReadContent(stranger, internal, policy.Part{Kept: true}), true},
		{"who commented from outside does not find it in lists", policy.CanReadContent(stranger, internal, policy.Part{}), false},
		{"a member reads what is internal", policy.CanReadContent(member, internal, policy.Part{}), true},
		{"the owner reads what is internal", policy.CanReadContent(owner, internal, policy.Part{}), true},
		{"a member does not read what is deleted", policy.CanReadContent(member, deleted, policy.Part{Kept: true}), false},
		{"a stranger does not read an internal comment", policy.CanReadComment(stranger, policy.Comment{AuthorID: 8}), false},
		{"its author reads an internal comment", policy.CanReadComment(stranger, policy.Comment{AuthorID: 7}), true},
		{"nobody is not the author of a comment by nobody", policy.CanReadComment(nobody, policy.Comment{}), false},
		{"nobody reads a comment that was removed", policy.CanReadComment(member, policy.Comment{Public: true, Deleted: true}), false},
		{"whoever could read it sees that it was", policy.CanSeeTrace(nobody, policy.Comment{Public: true, Deleted: true}), true},
		{"a stranger does not see the trace of an internal one", policy.CanSeeTrace(stranger, policy.Comment{AuthorID: 8, Deleted: true}), false},
		{"who took part reads a conversation", policy.CanReadConversation(stranger, false, policy.Part{Kept: true}), true},
		{"nobody reads no conversation", policy.CanReadConversation(nobody, false, policy.Part{Kept: true}), false},
		{"nobody comments nowhere", policy.CanComment(nobody, public, policy.Part{}), false},
		{"a stranger comments on what is public", policy.CanComment(stranger, public, policy.Part{}), true},
		{"a stranger publishes nothing", policy.CanPublish(stranger), false},
		{"a member publishes", policy.CanPublish(member), true},
		{"a member of an archived group reads what is internal", policy.CanReadContent(archived, internal, policy.Part{}), true},
		{"a member of an archived group publishes nothing", policy.CanPublish(archived), false},
		{"a member of an archived group comments nowhere in it", policy.CanComment(archived, internal, policy.Part{}), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}
