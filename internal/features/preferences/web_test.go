package preferences_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/preferences"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// pager is a channel that the room has never heard of.
type pager struct{ inbox.Inbox }

func (pager) Name() string { return "pager" }

func (pager) Setting() notify.Setting {
	return notify.Setting{Field: "receives_pager_notifications", Label: "On the pager"}
}

type town struct {
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	c := cast.New(t, db)
	room := preferences.New(preferences.Deps{
		DB: db, Channels: []notify.Channel{&email.Email{}, inbox.Inbox{}, &push.Push{}, pager{}},
	})
	return &town{Cast: c, db: db, handler: webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), room.Module().Routes)}
}

// rows returns what the table says of a person: "email never".
func (w *town) rows(t *testing.T, p cast.Person) []string {
	t.Helper()
	var rows []string
	if err := w.db.Select(t.Context(), &rows, `SELECT CONCAT(channel, ' ', entity_id, ' ', timing) FROM preferences WHERE person_id = ? ORDER BY 1`, p.ID); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestEachChannelHasItsCheckbox(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	v := webtest.VisitAs(t, w.handler, w.Carla.ID)
	v.Get(preferences.Path)
	v.Sees(http.StatusOK, "By email", "Notifications on this site", "On the pager", "turned on notifications (see “Devices”)", `href="/stadt/settings/devices/"`)
	if ticked := strings.Count(v.Page.Body, " checked"); ticked != 3 {
		t.Errorf("%d channels are ticked for somebody who has said nothing", ticked)
	}
}

func TestPreferencesAreKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { // the one that is more specific stays
			_, err := tx.Exec(t.Context(), `INSERT INTO preferences (person_id, channel, entity_id, timing) VALUES (?, 'email', 121, 'never')`, w.Carla.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		const mail, box, call = "receives_email_notifications", "receives_builtin_inbox_notifications", "receives_pager_notifications"
		v := webtest.VisitAs(t, w.handler, w.Carla.ID)
		for _, c := range []struct {
			form map[string][]string
			want []string
		}{
			{map[string][]string{}, []string{"email 0 never", "email 121 never", "inbox 0 never", "pager 0 never"}},
			{map[string][]string{mail: {"on"}, call: {"on"}}, []string{"email 121 never", "inbox 0 never"}},
			{map[string][]string{box: {"on"}}, []string{"email 0 never", "email 121 never", "pager 0 never"}},
			{map[string][]string{mail: {"on"}, box: {"on"}, call: {"on"}, "receives_push_notifications": {"on"}}, []string{"email 121 never"}},
		} {
			for range 2 {
				v.Send(preferences.Path, c.form, true)
			}
			v.Sees(http.StatusOK, "Your choice is saved.")
			if v.Page.Path != preferences.Path {
				t.Errorf("saving leads to %s", v.Page.Path)
			}
			if got := w.rows(t, w.Carla); !slices.Equal(got, c.want) {
				t.Errorf("%v leaves %v, want %v", c.form, got, c.want)
			}
			for field := range c.form {
				if field != "receives_push_notifications" {
					v.Sees(http.StatusOK, `name="`+field+`" value="on" checked`)
				}
			}
			if ticked := strings.Count(v.Page.Body, " checked"); ticked != min(len(c.form), 3) {
				t.Errorf("%d channels are ticked after %v", ticked, c.form)
			}
		}
		if got := w.rows(t, w.Anna); len(got) > 0 {
			t.Errorf("Anna's preferences are %v", got)
		}
	})
}

func TestStrangersAreLedToTheSignInPage(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	v := webtest.Visit(t, w.handler)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if v.Ask(method, preferences.Path); v.Page.Status != http.StatusSeeOther || !strings.HasPrefix(v.Page.Header.Get("Location"), "/stadt/login/") {
			t.Errorf("%s answers %d to %q", method, v.Page.Status, v.Page.Header.Get("Location"))
		}
	}
}

func TestRoomsAddCheckboxes(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c, on := cast.New(t, db), map[int64]bool{}
	room := preferences.New(preferences.Deps{DB: db, Channels: []notify.Channel{inbox.Inbox{}}, Switches: func() []notify.Switch {
		return []notify.Switch{{
			Field: "loud", Label: "Ring the bell", Hint: "It is heard in the whole house.",
			Get: func(_ context.Context, _ sqldb.Querier, personID int64) (bool, error) { return on[personID], nil },
			Set: func(_ context.Context, _ *sqldb.Tx, personID int64, want bool) error {
				on[personID] = want
				return nil
			},
		}}
	}})
	v := webtest.VisitAs(t, webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), room.Module().Routes), c.Carla.ID)
	v.Get(preferences.Path)
	v.Sees(http.StatusOK, "Ring the bell", "It is heard in the whole house.")
	for _, want := range []bool{true, false} {
		form := url.Values{"receives_builtin_inbox_notifications": {"on"}}
		if want {
			form.Set("loud", "on")
		}
		v.Send(preferences.Path, form, true)
		v.Sees(http.StatusOK, "Your choice is saved.")
		if on[c.Carla.ID] != want || on[c.Anna.ID] {
			t.Errorf("it is %v, want %v", on, want)
		}
	}
}
