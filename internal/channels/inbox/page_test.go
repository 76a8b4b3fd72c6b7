package inbox_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// people are viewers whose number of unread entries is counted as the house does, without asking what the
// entries are about.
type people struct {
	webtest.People
	db *sqldb.DB
}

func (p people) Viewer(ctx context.Context, id int64) (community.Viewer, error) {
	v, err := p.People.Viewer(ctx, id)
	if err == nil {
		err = p.db.Get(ctx, &v.Unread, `SELECT COUNT(*) FROM inbox_entries WHERE person_id = ? AND read_at IS NULL`, id)
	}
	return v, err
}

type house struct {
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
	told    int // entries so far
}

func newHouse(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	h := &house{Cast: cast.New(t, db), db: db}
	page := inbox.Page{DB: db}
	start := site.Route{Method: http.MethodGet, Path: "/{$}", SignedIn: true, Handle: func(v *site.Visit) error {
		waiting, err := v.Blocks(site.StartMain, site.Subject{})
		if err != nil {
			return err
		}
		return v.Show(site.Page{Title: fmt.Sprintf("%d wait", v.Viewer.Unread), Body: waiting})
	}}
	h.handler = webtest.Open(t, webtest.NewSite(t, db, people{webtest.People(h.Viewers()), db}), page.Module(), module.Module{Routes: []site.Route{start}})
	return h
}

// publish writes an article and tells somebody of it.
func (h *house) publish(t *testing.T, to cast.Person, e community.Entity, title string, public, read bool) {
	t.Helper()
	h.told++
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		at, readAt := clock.At(cast.Joined().Add(time.Duration(h.told)*time.Hour)), clock.Time{}
		if read {
			readAt = tx.Now
		}
		item, err := tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, pinned, published_at) VALUES ('article', ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, h.Anna.ID, fmt.Sprintf("neues-%d", h.told), title, public, false, at)
		if err != nil {
			return err
		}
		activity, err := tx.Insert(t.Context(), `INSERT INTO activities (name, actor_id, content_id, occurred_at) VALUES (?, ?, ?, ?)`, community.ContentPublished, h.Anna.ID, item, at)
		if err != nil {
			return err
		}
		_, err = tx.Insert(t.Context(), `INSERT INTO inbox_entries (person_id, activity_id, content_id, created_at, read_at) VALUES (?, ?, ?, ?, ?)`, to.ID, activity, item, at, readAt)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatWaitsIsFoundBehindWhatWasRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for n := range 20 {
			h.publish(t, h.Bert, h.Garten.Entity(), fmt.Sprintf("Neues %02d.", n), true, n >= 5)
		}
		bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
		bert.Get("/")
		bert.Sees(http.StatusOK, "5 wait", "Neues 04.", "Neues 03.", "Neues 02.")
		bert.DoesNotSee("Neues 01.", "Neues 05.", "Neues 19.")
		bert.Get(inbox.Path)
		bert.Sees(http.StatusOK, "Neues 19.", "Neues 08.", "Mark all as read")
		bert.DoesNotSee("Neues 07.")
	})
}

func TestAllIsMarkedAsReadFromAnOlderPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for n := range 20 {
			h.publish(t, h.Bert, h.Garten.Entity(), fmt.Sprintf("Neues %02d.", n), true, false)
		}
		bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
		older := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(bert.Get(inbox.Path).Body)
		bert.Get(html.UnescapeString(older[1]))
		bert.Sees(http.StatusOK, "Neues 07.", "Neues 00.")
		bert.DoesNotSee("Neues 08.")
		h.publish(t, h.Bert, h.Garten.Entity(), "Gerade eben.", true, false)
		bert.Submit("Mark all as read", nil)
		bert.Get("/")
		bert.Sees(http.StatusOK, "1 wait", "Gerade eben.")
		bert.DoesNotSee("Neues 19.")
	})
}

func TestTheNumberOfNewsIsWhatCanBeListed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		h.publish(t, h.Bert, h.Garten.Entity(), "Offen.", true, false)
		h.publish(t, h.Bert, h.Garten.Entity(), "Intern.", false, false)
		h.publish(t, h.Bert, h.Garten.Entity(), "Gelöscht.", true, false)
		h.publish(t, h.Bert, h.Chor.Entity(), "Fremd.", false, false) // Bert has left the choir
		h.publish(t, h.Carla, h.Garten.Entity(), "Für Carla.", true, false)
		h.exec(t, `UPDATE contents SET deleted_at = ?, slug = NULL WHERE title = 'Gelöscht.'`, cast.Joined())
		for _, path := range []string{"/", inbox.Path} {
			bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
			bert.Get(path)
			bert.Sees(http.StatusOK, "Offen.", "Intern.")
			bert.DoesNotSee("Gelöscht.", "Fremd.", "Carla")
			var left, others int
			err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM inbox_entries WHERE person_id = ? AND read_at IS NULL`, h.Bert.ID)
			if err == nil {
				err = db.Get(t.Context(), &others, `SELECT COUNT(*) FROM inbox_entries WHERE person_id = ? AND read_at IS NULL`, h.Carla.ID)
			}
			if err != nil || left != 2 || others != 1 {
				t.Errorf("after %s %d entries wait for Bert and %d for Carla, %v", path, left, others, err)
			}
			h.exec(t, `UPDATE inbox_entries SET read_at = NULL`)
		}
		bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
		bert.Get(inbox.Path)
		bert.Submit("Mark all as read", nil)
		bert.Sees(http.StatusOK, "Intern.")
		bert.DoesNotSee("Mark all as read")
		bert.Get("/")
		bert.Sees(http.StatusOK, "0 wait")
		h.exec(t, `UPDATE contents SET deleted_at = ?, slug = NULL`, cast.Joined())
		h.exec(t, `UPDATE inbox_entries SET read_at = NULL`)
		bert.Get(inbox.Path)
		bert.Sees(http.StatusOK, "Here will stand")
		bert.Get("/")
		bert.Sees(http.StatusOK, "0 wait")
	})
}
