package membership_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// house is this room and the one below it over a database with the cast.
type house struct {
	*cast.Cast
	*membership.Membership
	db     *sqldb.DB
	groups *groups.Groups
	tray   *mailtest.Tray

	catalogues *lang.Catalogues
}

func newHouse(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	tray := &mailtest.Tray{}
	out := outbox.New(tray)
	letters := notify.NewLetters(tray)
	limiter := web.NewLimiter(db, nil)
	rooms := groups.New(groups.Deps{DB: db, Outbox: out, Entities: entities.New(nil), Letters: letters, Limiter: limiter})
	m := membership.New(membership.Deps{
		DB: db, Outbox: out, Groups: rooms, People: cast.People{}, Limiter: limiter, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org",
		ByMail: bymail.New(bymail.Deps{
			DB: db, Groups: rooms, People: cast.People{}, Letters: letters, Limiter: limiter, Catalogues: catalogues, BaseURL: "http://example.org",
		}),
	})
	out.React(m.Module().Reactions...)
	return &house{Cast: cast.New(t, db), Membership: m, db: db, groups: rooms, tray: tray, catalogues: catalogues}
}

// expect compares what has happened so far.
func (h *house) expect(t *testing.T, activities ...string) {
	t.Helper()
	if got := webtest.Activities(t, h.db); !slices.Equal(got, activities) {
		t.Errorf("activities %q, want %q", got, activities)
	}
}

// member reports whether a person is a member.
func (h *house) member(t *testing.T, g community.Group, personID int64) bool {
	t.Helper()
	is, err := membership.IsMember(t.Context(), h.db, g.ID, personID)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestWhoeverFoundsAGroupIsItsFirstMember(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		g, err := h.groups.Found(t.Context(), h.Carla.Viewer, "Imkerei", "")
		if err != nil {
			t.Fatal(err)
		}
		if !h.member(t, g, h.Carla.ID) {
			t.Error("Carla does not belong to her group")
		}
		orphan, err := h.groups.Found(t.Context(), community.Viewer{}, "Waise", "")
		if err != nil {
			t.Fatal(err)
		}
		if p, err := h.Members(t.Context(), db, orphan.ID, membership.Query{}); err != nil || p.Total != 0 {
			t.Errorf("a group that nobody known founded has members: %+v, %v", p, err)
		}
		h.expect(t, "group.founded imkerei by carla", "membership.created imkerei carla by carla", "group.founded waise")
	})
}

func TestJoiningManyTimesAtOnceIsJoiningOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		var wg sync.WaitGroup
		var mu sync.Mutex
		joined := 0
		for range 5 {
			wg.Go(func() {
				did, err := h.Join(t.Context(), h.Carla.Viewer, h.Garten)
				if err != nil {
					t.Error(err)
				}
				if did {
					mu.Lock()
					joined++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if joined != 1 || !h.member(t, h.Garten, h.Carla.ID) {
			t.Errorf("joined %d times", joined)
		}
		h.expect(t, "membership.created garten carla by carla")
	})
}

func TestTheLastMemberMayLeave(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for _, want := range []bool{true, false} {
			if left, err := h.Leave(t.Context(), h.Anna.Viewer, h.Chor); err != nil || left != want {
				t.Errorf("left: %v, %v, want %v", left, err, want)
			}
		}
		if h.member(t, h.Chor, h.Anna.ID) {
			t.Error("Anna still belongs to the choir")
		}
		h.expect(t, "membership.ended chor anna by anna")
	})
}

func TestClosedGroupsLetNobodyIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		open := h.Chor
		open.Closed = false // as it was when the page was loaded
		if _, err := h.Join(t.Context(), h.Carla.Viewer, open); !errs.Is(err, errs.Denied) {
			t.Errorf("Carla joins the choir: %v", err)
		}
		if _, err := h.Join(t.Context(), community.Viewer{}, h.Garten); !errs.Is(err, errs.Denied) {
			t.Errorf("nobody joins the garden: %v", err)
		}
		if joined, err := h.Join(t.Context(), h.Anna.Viewer, open); err != nil || joined {
			t.Errorf("Anna joins again: %v, %v", joined, err)
		}
		h.expect(t)
	})
}

func TestMembersOfClosedGroupsAddOthersByTheirAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for _, c := range []struct {
			by      cast.Person
			group   community.Group
			address string
			added   bool
			kind    errs.Kind
		}{
			{h.Anna, h.Chor, "CARLA@example.org", true, 0},
			{h.Anna, h.Chor, "carla@example.org", false, 0},
			{h.Anna, h.Chor, "neu@example.org", true, 0},
			{h.Anna, h.Garten, "carla@example.org", false, errs.Denied},
			{h.Bert, h.Chor, "bert@example.org", false, errs.Denied},
		} {
			added, err := h.AddByAddress(t.Context(), c.by.Viewer, c.group, c.address)
			if added != c.added || (err != nil) != (c.kind != 0) || err != nil && errs.KindOf(err) != c.kind {
				t.Errorf("%s adds %s to %s: %v, %v", c.by.Slug, c.address, c.group.Slug, added, err)
			}
		}
		h.expect(t, "membership.created chor carla by anna", "membership.created chor neu by anna")
	})
}

func TestMembersAreListedByTheirActivity(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for n := range 12 {
			if _, err := h.AddByAddress(t.Context(), h.Anna.Viewer, h.Chor, fmt.Sprintf("z%02d@example.org", n)); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE memberships SET score = 5 WHERE person_id = (SELECT p.id FROM people p JOIN entities e ON e.id = p.entity_id WHERE e.slug = 'z07')`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		first, err := h.Members(t.Context(), db, h.Chor.ID, membership.Query{})
		if err != nil || first.Total != 13 || len(first.Members) != 12 || first.Members[0].Slug != "z07" || first.Members[1].Slug != "z11" {
			t.Errorf("first page %+v, %v", first, err)
		}
		second, err := h.Members(t.Context(), db, h.Chor.ID, membership.Query{After: first.Last})
		if err != nil || len(second.Members) != 1 || second.Last != (paging.Rank{}) {
			t.Fatalf("second page %+v, %v", second, err)
		}
		if anna := second.Members[0]; anna.OwnerID != h.Anna.ID || anna.ID != h.Anna.EntityID || !anna.Public || anna.JoinedAt != cast.Joined() {
			t.Errorf("Anna is listed as %+v", anna)
		}
		for name, want := range map[string]int{"AHORN": 1, "z0": 10, "z%": 0, "bert": 0} {
			found, err := h.Members(t.Context(), db, h.Chor.ID, membership.Query{Name: name})
			if err != nil || len(found.Members) != want {
				t.Errorf("%q is found as %+v, %v", name, found.Members, err)
			}
		}
	})
}

// writeTo inserts a conversation of a person with a group and returns its id and that of its message.
func (h *house) writeTo(t *testing.T, tx *sqldb.Tx, g community.Group, personID int64) (conversation, message int64) {
	t.Helper()
	conversation, err := tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at) VALUES (?, ?, 'Hallo', ?, ?)`,
		g.EntityID, personID, tx.Now, tx.Now)
	if err != nil {
		t.Fatal(err)
	}
	message, err = tx.Insert(t.Context(), `INSERT INTO contributions (conversation_id, author_id, text, cut, created_at) VALUES (?, ?, 'Moin', '', ?)`,
		conversation, personID, tx.Now)
	if err != nil {
		t.Fatal(err)
	}
	return conversation, message
}

// apply lets a person apply for membership and returns the conversation and the error.
func (h *house) apply(t *testing.T, g community.Group, personID int64) (conversation int64, err error) {
	t.Helper()
	err = h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		var message int64
		conversation, message = h.writeTo(t, tx, g, personID)
		return h.Apply(t.Context(), tx, g, personID, message)
	})
	return conversation, err
}

func TestOfMembersWhoDeclineAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		conversation, err := h.apply(t, h.Chor, h.Carla.ID)
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.Applications(t.Context(), db, conversation)
		if err != nil {
			t.Fatal(err)
		}
		var declined atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				_, did, err := h.Decline(t.Context(), h.Anna.Viewer, all[0].ID)
				if err != nil {
					t.Error(err)
				}
				if did {
					declined.Add(1)
				}
			})
		}
		wg.Wait()
		if all, err = h.Applications(t.Context(), db, conversation); err != nil || declined.Load() != 1 || all[0].Open() || !all[0].Declined || all[0].Member {
			t.Errorf("%d have declined: %+v, %v", declined.Load(), all, err)
		}
		if _, _, err := h.Decline(t.Context(), h.Bert.Viewer, all[0].ID); !errs.Is(err, errs.Denied) {
			t.Errorf("Bert declines: %v", err)
		}
		if _, _, err := h.Decline(t.Context(), h.Anna.Viewer, 999); !errs.Is(err, errs.NotFound) {
			t.Errorf("an unknown application: %v", err)
		}
		h.expect(t, "application.addressed chor carla by carla", "application.declined chor carla by anna")
	})
}

func TestApplicationsAreOpenUntilTheApplicantBelongsToTheGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		conversation, err := h.apply(t, h.Chor, h.Carla.ID)
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.Applications(t.Context(), db, conversation)
		if err != nil || len(all) != 1 || !all[0].Open() || all[0].PersonID != h.Carla.ID || all[0].Name != "Carla Clematis" || all[0].ConversationID != conversation {
			t.Fatalf("applications %+v, %v", all, err)
		}
		if _, _, err := h.Accept(t.Context(), h.Bert.Viewer, all[0].ID); !errs.Is(err, errs.Denied) {
			t.Errorf("Bert accepts: %v", err)
		}
		for _, want := range []bool{true, false} {
			if _, added, err := h.Accept(t.Context(), h.Anna.Viewer, all[0].ID); err != nil || added != want {
				t.Errorf("Anna accepts: %v, %v, want %v", added, err, want)
			}
		}
		if all, err = h.Applications(t.Context(), db, conversation); err != nil || all[0].Open() {
			t.Errorf("afterwards %+v, %v", all, err)
		}
		if _, err := h.apply(t, h.Chor, h.Carla.ID); !errs.Is(err, errs.Denied) {
			t.Errorf("a member applies: %v", err)
		}
		if _, err := h.apply(t, h.Garten, h.Carla.ID); !errs.Is(err, errs.Denied) {
			t.Errorf("an application to an open group: %v", err)
		}
		if _, _, err := h.Accept(t.Context(), h.Anna.Viewer, 999); !errs.Is(err, errs.NotFound) {
			t.Errorf("an unknown application: %v", err)
		}
		h.expect(t, "application.addressed chor carla by carla", "membership.created chor carla by anna")
	})
}

// TestRecommendingAndAddingCountTogether has different people write to one address in the two ways there are.
func TestRecommendingAndAddingCountTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := h.catalogues.Printer("en", nil)
	for i := range bymail.LimitUnasked().Count {
		who := []cast.Person{h.Anna, h.Bert, h.Carla}[i%3]
		rec := groups.Recommendation{Group: h.Garten, Recipients: "neu@example.org", Text: "Komm!"}
		if _, err := h.groups.Recommend(t.Context(), who.Viewer, p, rec); err != nil {
			t.Fatal(err)
		}
	}
	if letters := h.tray.Take(); len(letters) != bymail.LimitUnasked().Count {
		t.Errorf("%d letters", len(letters))
	}
	_, err := h.AddByAddress(t.Context(), h.Anna.Viewer, h.Chor, "Neu@example.org")
	if !errs.Is(err, errs.TooMany) || !strings.Contains(err.Error(), "Neu@example.org has already had several emails like this today") {
		t.Errorf("somebody is added to whom others have written all day: %v", err)
	}
	h.expect(t) // nobody has been added
}
