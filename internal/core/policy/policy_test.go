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
	garten := cast.AddGroup(t, db, "garten")
	w.entities[garten.EntityID] = garten.Entity()
	cast.Join(t, db, garten.ID, member.PersonID)
	cast.Subscribe(t, db, garten.EntityID, outsider.PersonID)

	for _, entity := range []int64{garten.EntityID, owner.EntityID} {
		for _, public := range []bool{true, false} {
			for _, deleted := range []bool{true, false} {
				content := cast.AddContent(t, db, cast.Content{EntityID: entity, AuthorID: member.PersonID, Public: public, Deleted: deleted})
				for _, internal := range []bool{false, true} {
					cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: writer.PersonID, Internal: internal})
					cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: outsider.PersonID, Internal: internal, Deleted: true})
				}
			}
		}
		for _, deleted := range []bool{true, false} {
			conversation := cast.AddConversation(t, db, cast.Conversation{EntityID: entity, AuthorID: writer.PersonID, Deleted: deleted})
			cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: writer.PersonID})
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

func TestStandingsAreForeseen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := build(t, db)
		var people []int64
		for _, v := range w.viewers {
			if v.SignedIn() {
				people = append(people, v.PersonID)
			}
		}
		for id, e := range w.entities {
			memo := sqldb.NewMemo(db)
			if err := policy.Foresee(t.Context(), memo, id, people); err != nil {
				t.Fatal(err)
			}
			for name, v := range w.viewers {
				before := db.Stats().Statements
				foreseen, err := policy.Standing(t.Context(), memo, v, e)
				if asked := db.Stats().Statements - before; err != nil || asked != 0 {
					t.Errorf("%s and %s: %d statements, %v", name, e.Slug, asked, err)
				}
				if asked, err := policy.Standing(t.Context(), db, v, e); err != nil || asked != foreseen {
					t.Errorf("%s stands to %s as %+v, foreseen is %+v (%v)", name, e.Slug, asked, foreseen, err)
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
	internal, public, deleted := policy.Content{}, policy.Content{Public: true}, policy.Content{Public: true, Deleted: true}
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
		{"a member does not read what is deleted", policy.CanReadContent(member, deleted, policy.Part{Wrote: true}), false},
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
