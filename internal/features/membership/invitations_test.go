package membership_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// invite makes an invitation and returns the key of its link.
func (h *house) invite(t *testing.T, viewer community.Viewer, g community.Group) (key string, err error) {
	t.Helper()
	var path string
	err = h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		path, err = h.Invite(t.Context(), tx, viewer, g, 0)
		return err
	})
	return strings.TrimSuffix(strings.TrimPrefix(path, "/stadt/invitations/"), "/"), err
}

// TestWhatCannotBeWithdrawnIsNotCounted leaves the group with as many invitations as there may be.
func TestWhatCannotBeWithdrawnIsNotCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		cast.Join(t, db, h.Chor.ID, h.Bert.ID)
		for range 20 {
			if _, err := h.invite(t, h.Bert.Viewer, h.Chor); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.invite(t, h.Anna.Viewer, h.Chor); !errs.Is(err, errs.Invalid) {
			t.Errorf("one more than may be: %v", err)
		}
		cast.Execute(t, db, `DELETE FROM memberships WHERE group_id = ? AND person_id = ?`, h.Chor.ID, h.Bert.ID)
		if _, err := h.invite(t, h.Anna.Viewer, h.Chor); err != nil {
			t.Errorf("after their author has left: %v", err)
		}
	})
}

func TestAnInvitationMakesEachOfItsReadersAMemberOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		key, err := h.invite(t, h.Anna.Viewer, h.Chor)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		entered := 0
		for range 4 {
			wg.Go(func() {
				_, did, err := h.Enter(t.Context(), h.Carla.Viewer, strings.ToUpper(key))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if did {
					entered++
				}
			})
		}
		wg.Wait()
		if entered != 1 || !h.member(t, h.Chor, h.Carla.ID) {
			t.Errorf("Carla has entered %d times", entered)
		}
		h.expect(t, "membership.created chor carla by anna")
		if _, _, err := h.Enter(t.Context(), community.Viewer{}, key); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody enters: %v", err)
		}
	})
}

func TestAnInvitationEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		valid := func(key string) bool {
			_, _, err := h.FindInvitation(t.Context(), db, key)
			if err != nil && !errs.Is(err, errs.NotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		key, err := h.invite(t, h.Anna.Viewer, h.Chor)
		if err != nil {
			t.Fatal(err)
		}
		i, g, err := h.FindInvitation(t.Context(), db, key)
		if err != nil || i.CreatedBy != "Anna Ahorn" || g.ID != h.Chor.ID || i.ExpiresAt.Sub(i.CreatedAt.Time) != 30*24*time.Hour {
			t.Errorf("%+v, %v", i, err)
		}
		for _, wrong := range []string{"", "x", key + "x", strings.Replace(key, "-", "0-", 1), key[:strings.Index(key, "-")], "1-"} {
			if valid(wrong) {
				t.Errorf("%q is a key", wrong)
			}
		}
		cast.Execute(t, db, `UPDATE invitations SET expires_at = ?`, i.CreatedAt)
		if valid(key) {
			t.Error("an invitation that has expired is valid")
		}
		if err := membership.RemoveExpired(t.Context(), h.Membership); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM invitations`); err != nil || left != 0 {
			t.Errorf("%d invitations are left, %v", left, err)
		}

		if key, err = h.invite(t, h.Anna.Viewer, h.Chor); err != nil {
			t.Fatal(err)
		}
		if i, _, err = h.FindInvitation(t.Context(), db, key); err != nil {
			t.Fatal(err)
		}
		if err := h.Withdraw(t.Context(), h.Carla.Viewer, h.Chor, i.ID); !errs.Is(err, errs.Denied) {
			t.Errorf("Carla withdraws: %v", err)
		}
		if err := h.Withdraw(t.Context(), h.Anna.Viewer, h.Chor, i.ID); err != nil || valid(key) {
			t.Errorf("withdrawn and valid, %v", err)
		}
	})
}

func TestWhoMayInvite(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for _, c := range []struct {
		who  string
		v    community.Viewer
		g    community.Group
		want bool
	}{
		{"a member of the closed group", h.Anna.Viewer, h.Chor, true},
		{"a stranger", h.Carla.Viewer, h.Chor, false},
		{"nobody", community.Viewer{}, h.Chor, false},
		{"a member of the open group", h.Anna.Viewer, h.Garten, false},
	} {
		if _, err := h.invite(t, c.v, c.g); (err == nil) != c.want || err != nil && !errs.Is(err, errs.Denied) {
			t.Errorf("%s: %v", c.who, err)
		}
	}
	for range 19 {
		if _, err := h.invite(t, h.Anna.Viewer, h.Chor); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.invite(t, h.Anna.Viewer, h.Chor); !errs.Is(err, errs.Invalid) {
		t.Errorf("the twenty-first: %v", err)
	}
}

func TestWhatPathsStandFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		key, err := h.invite(t, h.Anna.Viewer, h.Chor)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			path    string
			group   int64
			message bool
			then    intents.Outcome
		}{
			{"/garten/actions/join", h.Garten.ID, false, intents.Joined},
			{"/GARTEN/actions/join/?x=1", h.Garten.ID, false, intents.Already},
			{"/chor/actions/join", h.Chor.ID, true, intents.Nothing}, // without a message
			{"/stadt/invitations/" + key + "/", h.Chor.ID, false, intents.Joined},
			{"/stadt/invitations/1-abc/", 0, false, intents.Nothing},
			{"/anna/actions/join", 0, false, intents.Nothing},
			{"/garten/actions/subscribe", 0, false, intents.Nothing},
			{"", 0, false, intents.Nothing},
			{"%zz", 0, false, intents.Nothing},
		} {
			i, err := h.Find(t.Context(), db, c.path)
			if err != nil || i.Group.ID != c.group || i.Message != c.message {
				t.Errorf("%q stands for %+v, %v", c.path, i, err)
			}
			err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
				f, err := h.Fulfil(t.Context(), tx, c.path, h.Carla.Person, "")
				if f.Outcome != c.then {
					t.Errorf("%q becomes %+v", c.path, f)
				}
				return err
			})
			if err != nil {
				t.Errorf("%q: %v", c.path, err)
			}
		}
	})
}
