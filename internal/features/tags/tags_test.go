package tags_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/tags"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is this room with groups, articles and events.
type town struct {
	*eventtest.Rooms
	db      *sqldb.DB
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB, featured ...tagging.FeaturedTag) *town {
	t.Helper()
	w := &town{Rooms: eventtest.New(t, db, time.UTC, "http://example.org"), db: db}
	theGroups := groups.New(groups.Deps{
		DB: db, Outbox: w.Outbox, Entities: entities.New(nil), Limiter: w.Limiter, SiteName: eventtest.SiteName, BaseURL: "http://example.org", Featured: featured,
	})
	room := tags.New(tags.Deps{DB: db, Groups: theGroups, Featured: featured})
	modules := append(w.Modules(), theGroups.Module(), room.Module())
	w.handler = webtest.Open(t, webtest.NewSite(t, db, w.Viewers), modules...)
	return w
}

func (w *town) visit(t *testing.T, p cast.Person) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, p.ID)
}

// write adds an article with a text to a group.
func (w *town) write(t *testing.T, g community.Group, title, text string, public bool) int64 {
	t.Helper()
	id := cast.AddContent(t, w.db, cast.Content{EntityID: g.EntityID, AuthorID: w.Anna.ID, Slug: tagging.Slug(title), Title: title, Public: public})
	w.change(t, func(tx *sqldb.Tx) error { return tagging.NoteItem(t.Context(), tx, id, title, text) })
	return id
}

// comment adds an internal comment to an item.
func (w *town) comment(t *testing.T, contentID int64, text string) {
	t.Helper()
	w.change(t, func(tx *sqldb.Tx) error {
		id, err := tx.Insert(t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, public, created_at, changed_at) VALUES (?, ?, ?, '', ?, ?, ?)`,
			contentID, w.Anna.ID, text, false, tx.Now, tx.Now)
		if err != nil {
			return err
		}
		return tagging.NoteComment(t.Context(), tx, tagging.Comment{ID: id, ContentID: contentID, Text: text, Format: markdown.Plain})
	})
}

func (w *town) change(t *testing.T, fn func(tx *sqldb.Tx) error) {
	t.Helper()
	if err := w.db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (w *town) countTags(t *testing.T) (n int) {
	t.Helper()
	if err := w.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM tags`); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestThePageOfATagShowsWhatTheViewerMayRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.write(t, w.Garten, "Offenes Beet", "#Umwelt", true)
		w.write(t, w.Garten, "Internes Beet", "#umwelt #nurwir", false)
		w.comment(t, w.write(t, w.Garten, "Gelobtes Beet", "x", true), "#lob")
		w.write(t, w.Chor, "Chorprobe", "x", true)
		w.change(t, func(tx *sqldb.Tx) error {
			return tagging.AddToGroup(t.Context(), tx, w.Chor.ID, community.Tag{Name: "umwelt", Slug: "umwelt"})
		})
		nobody, bert, carla := w.visit(t, cast.Person{}), w.visit(t, w.Bert), w.visit(t, w.Carla)

		nobody.Get("/stadt/tags/UMWELT")
		nobody.Sees(200, "<h1>#Umwelt</h1>", "Offenes Beet", "Chorprobe", "Chor der Vielen", `/stadt/events?tag=umwelt`)
		nobody.DoesNotSee("Internes Beet", "Gelobtes Beet", "tag-group", "noindex")
		bert.Get("/stadt/tags/umwelt/")
		bert.Sees(200, "Offenes Beet", "Internes Beet", "Chorprobe", "tag-group")

		for _, stranger := range []*webtest.Visitor{nobody, carla} {
			for _, hidden := range []string{"nurwir", "lob", "nichts"} {
				stranger.Get("/stadt/tags/" + hidden + "/")
				stranger.Sees(200, "<h1>#"+hidden+"</h1>", "Nothing here yet.", "noindex")
			}
		}
		bert.Get("/stadt/tags/lob/")
		bert.Sees(200, "Gelobtes Beet")
		bert.Get("/stadt/tags/nurwir/")
		bert.Sees(200, "Internes Beet")
		if got := nobody.Get("/stadt/tags/_/"); got.Status != 404 {
			t.Errorf("a name of no letters: %d", got.Status)
		}
		if n := w.countTags(t); n != 3 {
			t.Errorf("looking has left %d tags", n)
		}
	})
}

func TestThePageOfATagGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for n := range 15 {
			w.write(t, w.Garten, fmt.Sprintf("Beet Nummer %02d", n), "#beet", n%3 != 0)
			w.comment(t, w.write(t, w.Garten, fmt.Sprintf("Besprochen %02d", n), "x", true), "#beet")
		}
		bert := w.visit(t, w.Bert)
		seen := map[string]int{}
		for path, pages := "/stadt/tags/beet/", 0; path != "" && pages < 5; pages++ {
			page := bert.Get(path)
			for n := range 15 {
				for _, title := range []string{"Beet Nummer %02d<", "Besprochen %02d<"} {
					seen[fmt.Sprintf(title, n)] += strings.Count(page.Body, ">"+fmt.Sprintf(title, n))
				}
			}
			_, rest, more := strings.Cut(page.Body, `href="/stadt/tags/beet/?before=`)
			if path = ""; more {
				cursor, _, _ := strings.Cut(rest, `"`)
				path = "/stadt/tags/beet/?before=" + cursor
			}
		}
		for title, n := range seen {
			if n != 1 {
				t.Errorf("%s: %d times", title, n)
			}
		}
		if len(seen) != 30 {
			t.Errorf("%d titles", len(seen))
		}
	})
}

func TestMembersTagAGroupFromThePageOfATag(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.write(t, w.Garten, "Beet", "x", true)
	anna, carla := w.visit(t, w.Anna), w.visit(t, w.Carla)
	anna.Get("/stadt/tags/Bienen/tag-group/")
	anna.Sees(200, "Garten am Bach", "Chor der Vielen")
	if n := w.countTags(t); n != 0 {
		t.Errorf("looking has left %d tags", n)
	}
	anna.Submit("Tag the group", map[string]string{"group": "garten"})
	anna.Sees(200, "<h1>#bienen</h1>", "has the tag", "Beet", "Garten am Bach")
	anna.Get("/stadt/tags/bienen/tag-group")
	anna.DoesNotSee(`value="garten"`)

	carla.Get("/stadt/tags/bienen/tag-group/")
	carla.Sees(200, "You’re not a member of a group without this tag.")
	carla.Send("/stadt/tags/bienen/tag-group/", map[string][]string{"group": {"chor"}}, true)
	carla.Sees(422)
	nobody := w.visit(t, cast.Person{})
	nobody.Send("/stadt/tags/bienen/tag-group/", map[string][]string{"group": {"chor"}}, false)
	nobody.Get("/stadt/tags/bienen/")
	nobody.DoesNotSee("Chor der Vielen")
}

func TestTagsAreCompletedFromWhatTheWriterMayRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db, tagging.FeaturedTag{Name: "Bewegung"}, tagging.FeaturedTag{Name: "Umwelt"})
		w.write(t, w.Garten, "Offen", "#Beete #bienen", true)
		w.write(t, w.Garten, "Intern", "#beschluss", false)
		bert, carla := w.visit(t, w.Bert), w.visit(t, w.Carla)
		for _, c := range []struct {
			who         *webtest.Visitor
			typed, want string
		}{
			{carla, "BE", `[{"name":"Bewegung","slug":"bewegung"},{"name":"Beete","slug":"beete"}]`},
			{bert, "be", `[{"name":"Bewegung","slug":"bewegung"},{"name":"Beete","slug":"beete"},{"name":"beschluss","slug":"beschluss"}]`},
			{carla, "besch", `[]`},
			{carla, "", `[]`},
			{carla, "%", `[]`},
			{carla, "um", `[{"name":"Umwelt","slug":"umwelt"}]`},
		} {
			if got := c.who.Get(community.FindTagsPath + "?q=" + strings.ReplaceAll(c.typed, "%", "%25")); got.Body != c.want {
				t.Errorf("%q gives %s, want %s", c.typed, got.Body, c.want)
			}
		}
		if got := w.visit(t, cast.Person{}).Get(community.FindTagsPath + "?q=be"); got.Status != 401 {
			t.Errorf("nobody gets %d %s", got.Status, got.Body)
		}
	})
}

func TestListsAreNarrowedByATag(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id := w.write(t, w.Garten, "Offen", "#beet", true)
		w.write(t, w.Garten, "Ohne", "x", true)
		cast.Execute(t, db, `UPDATE content_tags SET kind = 'file' WHERE content_id = ?`, id)
		tag, err := tagging.Find(t.Context(), db, community.Viewer{}, "BEET")
		if err != nil || tag.ID == 0 {
			t.Fatalf("%+v, %v", tag, err)
		}
		for kind, want := range map[string]int{"": 1, "file": 1, "article": 0} {
			for _, v := range []community.Viewer{{}, w.Bert.Viewer} {
				items, more, err := w.Content.List(t.Context(), v, content.Filter{TagID: tag.ID, Kind: kind})
				if err != nil || len(items) != want || more {
					t.Errorf("%q: %d items, %v, %v", kind, len(items), more, err)
				}
			}
		}
	})
}

func TestCalendarsAreNarrowedByATag(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.AddEvents(t, db, w.Garten.EntityID, w.Anna.ID, 120)
		id := func(title string) (id int64) {
			if err := db.Get(t.Context(), &id, `SELECT id FROM contents WHERE title = ?`, title); err != nil {
				t.Fatal(err)
			}
			return id
		}
		w.change(t, func(tx *sqldb.Tx) error { return tagging.NoteItem(t.Context(), tx, id("Termin 111"), "x", "#Beet") })
		w.change(t, func(tx *sqldb.Tx) error {
			return tagging.NoteItem(t.Context(), tx, id("Termin 110"), "x", "#beet #intern")
		})
		cast.Execute(t, db, `UPDATE contents SET public = FALSE WHERE title = 'Termin 110'`)
		w.comment(t, id("Termin 112"), "#beet")
		nobody, bert := w.visit(t, cast.Person{}), w.visit(t, w.Bert)

		for _, path := range []string{"/stadt/events?tag=BEET&view=list", "/stadt/events?tag=beet&view=list&kind=once", "/stadt/events/print?tag=beet&view=list", "/stadt/tags/beet/", "/stadt/groups/21/events?tag=beet&view=list"} {
			nobody.Get(path)
			nobody.Sees(200, "Termin 111")
			nobody.DoesNotSee("Termin 110", "Termin 112", "Termin 113")
			bert.Get(path)
			bert.Sees(200, "Termin 111", "Termin 110", "Termin 112")
			bert.DoesNotSee("Termin 113")
		}
		nobody.Get("/stadt/events/tag.ics?tag=Beet")
		nobody.Sees(200, "SUMMARY:[garten] Termin 111", "#Beet (Neustadt)")
		nobody.DoesNotSee("Termin 110", "Termin 112", "Termin 113")
		for name, status := range map[string]int{"intern": 200, "nichts": 200, "": 404, "_": 404} { // whoever asks
			got := bert.Get("/stadt/events/tag.ics?tag=" + name)
			if got.Status != status || strings.Contains(got.Body, "BEGIN:VEVENT") || status == 200 && !strings.Contains(got.Body, "#"+name) {
				t.Errorf("the calendar of %q: %d %s", name, got.Status, got.Body)
			}
		}
		// The parameter stays while one goes on.
		nobody.Get("/stadt/events?tag=beet")
		nobody.Sees(200, "tag=beet&amp;view=week", `name="tag" value="Beet"`)
	})
}

func TestTheSiteSuggestsTagsOnItsStartPage(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	w := newTown(t, db)
	w.write(t, w.Garten, "Beet", "#Beete #alt", true)
	var old int64
	if err := db.Get(t.Context(), &old, `SELECT id FROM tags WHERE slug = 'alt'`); err != nil {
		t.Fatal(err)
	}
	all, err := tagging.Featured{{Name: "Neu"}, {ID: old}, {ID: 999}, {Name: "BEETE"}, {Name: "neu"}}.List(t.Context(), db)
	if err != nil || tagging.FormatList(all) != "Neu, alt, BEETE" {
		t.Errorf("%+v, %v", all, err)
	}
}
