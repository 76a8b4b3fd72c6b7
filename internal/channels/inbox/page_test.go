package inbox_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
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
	entries int // so far
}

func newHouse(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	h := &house{Cast: cast.New(t, db), db: db}
	page := inbox.Page{DB: db, Texts: texts.New(markdown.NewCache(0), "http://example.org")}
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
	h.entries++
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		at, readAt := clock.At(cast.Joined().Add(time.Duration(h.entries)*time.Hour)), clock.Time{}
		if read {
			readAt = tx.Now
		}
		item, err := tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, pinned, published_at) VALUES ('article', ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, h.Anna.ID, fmt.Sprintf("neues-%d", h.entries), title, public, false, at)
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

func TestALargeNumberOfNewsIsCorrectedWhereFewCanBeListed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for n := range 60 {
			h.publish(t, h.Bert, h.Garten.Entity(), fmt.Sprintf("Neues %02d.", n), true, false)
		}
		bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
		bert.Get("/")
		bert.Sees(http.StatusOK, "60 wait", "Neues 59.", "Neues 57.")
		bert.DoesNotSee("Neues 56.")
		h.exec(t, `UPDATE contents SET deleted_at = ?, slug = NULL WHERE title > 'Neues 01.'`, cast.Joined())
		bert.Get("/")
		bert.Sees(http.StatusOK, "2 wait", "Neues 01.", "Neues 00.")
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

func TestAScriptThatSaysNothingMarksAllAsRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for n := range 20 {
		h.publish(t, h.Bert, h.Garten.Entity(), fmt.Sprintf("Neues %02d.", n), true, false)
	}
	h.publish(t, h.Carla, h.Garten.Entity(), "Für Carla.", true, false)
	bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
	bert.Send(inbox.Path, url.Values{}, true)
	bert.DoesNotSee("Mark all as read")
	bert.Get("/")
	bert.Sees(http.StatusOK, "0 wait")
	carla := webtest.VisitAs(t, h.handler, h.Carla.ID)
	carla.Get("/")
	carla.Sees(http.StatusOK, "1 wait")
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
		bert.Sees(http.StatusOK, "No notifications yet")
		bert.Get("/")
		bert.Sees(http.StatusOK, "0 wait")
	})
}

// write tells somebody of a comment or message, which asks for membership of a group if there is one.
func (h *house) write(t *testing.T, to, author cast.Person, text string, contentID, conversationID, groupID int64) {
	t.Helper()
	h.entries++
	at, name := clock.At(cast.Joined().Add(time.Duration(h.entries)*time.Hour)), community.MessagePosted
	if contentID != 0 {
		name = community.CommentPosted
	}
	message := cast.AddContribution(t, h.db, cast.Contribution{ContentID: contentID, ConversationID: conversationID, AuthorID: author.ID})
	h.exec(t, `UPDATE contributions SET text = ?, created_at = ? WHERE id = ?`, text, at, message)
	if groupID != 0 {
		h.exec(t, `INSERT INTO membership_applications (group_id, person_id, contribution_id, created_at) VALUES (?, ?, ?, ?)`, groupID, author.ID, message, at)
	}
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		activity, err := tx.Insert(t.Context(), `INSERT INTO activities (name, actor_id, contribution_id, occurred_at) VALUES (?, ?, ?, ?)`, name, author.ID, message, at)
		if err != nil {
			return err
		}
		_, err = tx.Insert(t.Context(), `INSERT INTO inbox_entries (person_id, activity_id, content_id, conversation_id, contribution_id, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
			to.ID, activity, sqldb.OrNull(contentID), sqldb.OrNull(conversationID), message, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// happens has something happen to an item, and tells somebody of it.
func (h *house) happens(t *testing.T, to, by cast.Person, name community.ActivityName, content int64) {
	t.Helper()
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		activity, err := tx.Insert(t.Context(), `INSERT INTO activities (name, actor_id, content_id, occurred_at) VALUES (?, ?, ?, ?)`, name, by.ID, content, tx.Now)
		if err != nil {
			return err
		}
		_, err = tx.Insert(t.Context(), `INSERT INTO inbox_entries (person_id, activity_id, content_id, created_at) VALUES (?, ?, ?, ?)`, to.ID, activity, content, tx.Now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var element = regexp.MustCompile(`<[^>]*>`)

// lines returns what a page says in each entry, without markup.
func lines(body string) (all []string) {
	for _, entry := range regexp.MustCompile(`(?s)<li class="entry.*?</li>`).FindAllString(body, -1) {
		all = append(all, strings.Join(strings.Fields(html.UnescapeString(element.ReplaceAllString(entry, " "))), " "))
	}
	return all
}

func TestAnEntrySaysWhoDidWhatAndHowItBegins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		h.publish(t, h.Bert, h.Garten.Entity(), "Erntefest", true, true)
		article := cast.AddContent(t, db, cast.Content{EntityID: h.Garten.EntityID, AuthorID: h.Anna.ID, Title: "Beete", Public: true})
		talk := cast.AddConversation(t, db, cast.Conversation{EntityID: h.Garten.EntityID, AuthorID: h.Carla.ID})
		alone := cast.AddConversation(t, db, cast.Conversation{EntityID: h.Bert.EntityID, AuthorID: h.Carla.ID})
		h.write(t, h.Bert, h.Anna, "Der **Schlüssel**\n\nliegt "+strings.Repeat("weit ", 300), article, 0, 0)
		h.write(t, h.Bert, h.Carla, "<i>Danke</i>, [Bert](https://example.org)", 0, talk, 0)
		h.write(t, h.Bert, h.Carla, "", 0, alone, 0)
		h.happens(t, h.Bert, h.Anna, community.EventCancelled, article)
		h.happens(t, h.Bert, h.Anna, community.EventReinstated, article)
		bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
		bert.Get(inbox.Path)
		got := lines(bert.Page.Body)
		for n, want := range []string{
			`^GB new Garten am Bach says it’s on after all: Beete \S+`,
			`^GB new Garten am Bach cancelled: Beete \S+`,
			`^CC new Carla Clematis has written x \S+`,
			`^CC new Carla Clematis wrote: Danke, Bert x Garten am Bach \S+`,
			`^AA new Anna Ahorn commented: Der Schlüssel liegt (weit )+weit… Beete Garten am Bach \S+`,
			`^GB Garten am Bach published: Erntefest \S+`,
		} {
			if len(got) != 6 || !regexp.MustCompile(want).MatchString(got[n]) || len(got[n]) > 300 {
				t.Errorf("entry %d of %q, want %s", n, got, want)
			}
		}
		bert.Get("/")
		if start := lines(bert.Page.Body); len(start) != 3 || start[0] != got[0] {
			t.Errorf("the start page shows %q", start)
		}
	})
}

func TestAnEntryAboutADateOfASeriesLeadsToIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		series := cast.AddContent(t, db, cast.Content{EntityID: h.Garten.EntityID, AuthorID: h.Anna.ID, Title: "Beete", Public: true})
		cast.Execute(t, db, `
			INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)
			VALUES (?, ?, '2099-05-05', '2099-05-06T19:00', 'Am Bach', 'am bach', 1, 1)`, series, h.Garten.EntityID)
		h.happens(t, h.Bert, h.Anna, community.EventMoved, series)
		h.happens(t, h.Bert, h.Anna, community.EventMoved, series)
		cast.Execute(t, db, `UPDATE activities SET date_id = (SELECT MAX(id) FROM event_dates) WHERE id = (SELECT latest FROM (SELECT MAX(id) AS latest FROM activities) a)`)
		bert := webtest.VisitAs(t, h.handler, h.Bert.ID)
		bert.Get(inbox.Path)
		bert.Sees(200, `href="`+community.DatePath(community.ContentPermalink(series), "2099-05-05")+`"`, `href="`+community.ContentPermalink(series)+`"`)
		got := lines(bert.Page.Body)
		for n, want := range []string{
			`^GB new Garten am Bach changed when or where it takes place: Beete on 5 May 2099 \S+`,
			`^GB new Garten am Bach changed when or where it takes place: Beete \S+`,
		} {
			if len(got) != 2 || !regexp.MustCompile(want).MatchString(got[n]) {
				t.Errorf("entry %d of %q, want %s", n, got, want)
			}
		}
	})
}

func TestAnApplicationIsAnsweredInTheListAsLongAsItIsOpen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		talk := cast.AddConversation(t, db, cast.Conversation{EntityID: h.Chor.EntityID, AuthorID: h.Carla.ID})
		h.write(t, h.Anna, h.Carla, "Ich singe.", 0, talk, h.Chor.ID)
		anna := webtest.VisitAs(t, h.handler, h.Anna.ID)
		for _, c := range []struct {
			what, change string
			args         []any
			buttons      bool
		}{
			{"an open one", `UPDATE inbox_entries SET read_at = NULL`, nil, true},
			{"one that was declined", `UPDATE membership_applications SET declined_at = ?`, []any{cast.Joined()}, false},
			{"one that is open again", `UPDATE membership_applications SET declined_at = NULL`, nil, true},
			{"one of a member", `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, 0)`, []any{h.Chor.ID, h.Carla.ID}, false},
		} {
			h.exec(t, c.change, c.args...)
			for path, back := range map[string]string{inbox.Path: "/stadt/activity", "/": "/"} {
				anna.Get(path)
				anna.Sees(http.StatusOK, "Carla Clematis", " would like to join:", "Ich singe.")
				accept := strings.Contains(anna.Page.Body, `action="/stadt/memberships/applications/1/accept/"`) && strings.Contains(anna.Page.Body, `name="next" value="`+back+`"`)
				decline := strings.Contains(anna.Page.Body, html.EscapeString(community.DeclineApplicationPath(1, back)))
				if accept != c.buttons || decline != c.buttons {
					t.Errorf("%s on %s can be accepted: %t, declined: %t", c.what, path, accept, decline)
				}
			}
		}
		// Who has left the group answers nothing for it, though they may still read what they took part in.
		h.exec(t, `DELETE FROM memberships WHERE person_id IN (?)`, []int64{h.Carla.ID, h.Anna.ID})
		cast.AddContribution(t, db, cast.Contribution{ConversationID: talk, AuthorID: h.Anna.ID, Inside: true})
		anna.Get(inbox.Path)
		anna.Sees(http.StatusOK, "Ich singe.")
		anna.DoesNotSee("/applications/")
	})
}
