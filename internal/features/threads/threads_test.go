package threads_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// house is this room with a public and an internal article of the garden and a conversation with it that
// Carla began.
type house struct {
	*cast.Cast
	*threads.Threads
	db                             *sqldb.DB
	folder                         *media.Folder
	public, internal, conversation int64
}

func newHouse(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	h := &house{Cast: cast.New(t, db), db: db, folder: folder}
	h.Threads = threads.New(threads.Deps{DB: db, Media: folder, Texts: texts.New(markdown.NewCache(1<<20), "http://example.org")})
	err = db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		article := `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at) VALUES ('article', ?, ?, ?, 'x', ?, ?)`
		if h.public, err = tx.Insert(t.Context(), article, h.Garten.EntityID, h.Anna.ID, "fest", true, tx.Now); err != nil {
			return err
		}
		if h.internal, err = tx.Insert(t.Context(), article, h.Garten.EntityID, h.Anna.ID, "streit", false, tx.Now); err != nil {
			return err
		}
		h.conversation, err = tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at) VALUES (?, ?, 'x', ?, ?)`,
			h.Garten.EntityID, h.Carla.ID, tx.Now, tx.Now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// post keeps a post and returns its id.
func (h *house) post(t *testing.T, p threads.Post) int64 {
	t.Helper()
	id, _, err := h.try(t, p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h *house) try(t *testing.T, p threads.Post) (id int64, fresh bool, err error) {
	t.Helper()
	err = h.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		id, fresh, err = h.Post(t.Context(), tx, p)
		return err
	})
	return id, fresh, err
}

// file stores a file and returns it.
func (h *house) file(t *testing.T, name, mediaType string) media.File {
	t.Helper()
	f := media.File{Name: media.NewName(name), OriginalName: name, MediaType: mediaType, Size: 5, CreatorID: h.Anna.ID}
	if _, err := h.folder.Put(t.Context(), f.Name, strings.NewReader("bytes")); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCommentsAreReadByWhoMayReadThem(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		open := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "open", Public: true})
		inner := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Bert.ID, Text: "inner", Cut: "> quoted", ByMail: true, InReplyToID: open, Files: []media.File{h.file(t, "beet.png", "image/png")}})
		own := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "by Carla's mail", ByMail: true, InReplyToID: 4711})
		gone := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "gone", Public: true})
		if err := h.Remove(t.Context(), h.Carla.Viewer, gone); err != nil {
			t.Fatal(err)
		}
		if err := h.Remove(t.Context(), h.Carla.Viewer, gone); !errs.Is(err, errs.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
		for _, c := range []struct {
			who    string
			viewer community.Viewer
			want   []int64
		}{
			{"nobody", community.Viewer{}, []int64{open, -gone}},
			{"Anna", h.Anna.Viewer, []int64{open, inner, own, -gone}},
			{"Carla", h.Carla.Viewer, []int64{open, own, -gone}},
		} {
			list, older, err := h.Comments(t.Context(), db, c.viewer, h.public, h.Garten.EntityID, paging.Cursor{})
			if err != nil || older {
				t.Fatal(older, err)
			}
			var got []int64
			for _, k := range list {
				if k.Removed() && k.Text == "" {
					k.ID = -k.ID
				}
				got = append(got, k.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s reads %v, want %v", c.who, got, c.want)
			}
		}
		k, err := h.Contribution(t.Context(), db, inner)
		if err != nil || k.Text != "inner" || k.Cut != "> quoted" || !k.ByMail || k.Public || k.InReplyToID != open || k.AuthorName != "Bert Birke" || len(k.Files) != 1 {
			t.Errorf("%+v, %v", k, err)
		}
		if k, err := h.Contribution(t.Context(), db, own); err != nil || k.InReplyToID != 0 {
			t.Errorf("an answer to nothing: %+v, %v", k, err)
		}
	})
}

func TestAClockThatIsWrongDoesNotPutAnAnswerBeforeWhatItAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for _, p := range []threads.Post{{ContentID: h.public}, {ConversationID: h.conversation}} {
			var posted []int64
			for _, late := range []time.Duration{-10 * time.Second, -time.Hour, time.Hour, -24 * time.Hour} {
				p.AuthorID, p.Text, p.ByMail, p.At = h.Bert.ID, late.String(), true, clock.At(time.Now().Add(late))
				err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
					id, _, err := h.Post(t.Context(), tx, p)
					posted = append(posted, id)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			list, _, err := h.Messages(t.Context(), db, p.ConversationID, paging.Cursor{})
			if p.ContentID != 0 {
				list, _, err = h.Comments(t.Context(), db, h.Anna.Viewer, p.ContentID, h.Garten.EntityID, paging.Cursor{})
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, k := range list {
				got = append(got, k.ID)
				if k.CreatedAt.After(time.Now()) || time.Since(k.CreatedAt.Time) > time.Minute {
					t.Errorf("%s was said at %s", k.Text, k.CreatedAt)
				}
			}
			if !slices.Equal(got, posted) {
				t.Errorf("the order is %v, want %v", got, posted)
			}
		}
	})
}

func TestASecondClickSaysNothingNew(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids, fresh := map[int64]bool{}, 0
		for range 4 {
			wg.Go(func() {
				id, is, err := h.try(t, threads.Post{ConversationID: h.conversation, AuthorID: h.Carla.ID, Text: "Hello", Public: true})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[id] = true
				if is {
					fresh++
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || fresh != 1 {
			t.Errorf("%d messages, %d of them fresh", len(ids), fresh)
		}
		if _, is, err := h.try(t, threads.Post{ConversationID: h.conversation, AuthorID: h.Anna.ID, Text: "Hello", Public: true}); err != nil || !is {
			t.Errorf("Anna may not say what Carla said: %v", err)
		}
	})
}

func TestLongThreadsHavePages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	at := clock.Date(2026, time.March, 1, 8, 0)
	for i := range 2*threads.PageSize + 1 {
		h.post(t, threads.Post{ConversationID: h.conversation, AuthorID: h.Carla.ID, Text: fmt.Sprint("message ", i), At: at})
	}
	var before paging.Cursor
	seen := 0
	for range 3 {
		list, older, err := h.Messages(t.Context(), h.db, h.conversation, before)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(list)
		before = paging.Cursor{At: list[0].CreatedAt, ID: list[0].ID}
		if older != (seen < 2*threads.PageSize+1) {
			t.Errorf("after %d messages there are older ones: %v", seen, older)
		}
	}
	if seen != 2*threads.PageSize+1 {
		t.Errorf("%d messages on three pages", seen)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for text, want := range map[string]bool{" \n": false, strings.Repeat("ä", 100_001): false, strings.Repeat("ä", 100_000): true} {
		if _, _, err := h.try(t, threads.Post{ContentID: h.public, AuthorID: h.Anna.ID, Text: text}); (err == nil) != want {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	if _, _, err := h.try(t, threads.Post{ContentID: h.public, AuthorID: h.Anna.ID, Files: []media.File{h.file(t, "x.txt", "text/plain")}}); err != nil {
		t.Errorf("a mail of files alone: %v", err)
	}
	// Nobody writes in the future, whatever the clock of their computer says.
	id := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Anna.ID, Text: "x", At: clock.Date(2099, time.January, 1, 0, 0)})
	if k, err := h.Contribution(t.Context(), h.db, id); err != nil || k.CreatedAt.Year() == 2099 {
		t.Errorf("%v, %v", k.CreatedAt, err)
	}
}

func TestFilesAreForWhoMayReadWhatTheyHangOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	handler := webtest.Start(t, webtest.NewSite(t, h.db, webtest.People(h.Viewers())), h.Module().Routes)
	hang := func(p threads.Post) media.File {
		f := h.file(t, "Beet im März.png", "image/png")
		p.AuthorID, p.Files, p.Text = h.Bert.ID, []media.File{f}, f.Name
		h.post(t, p)
		return f
	}
	public := hang(threads.Post{ContentID: h.public, Public: true})
	inner := hang(threads.Post{ContentID: h.public})
	internal := hang(threads.Post{ContentID: h.internal, Public: true})
	message := hang(threads.Post{ConversationID: h.conversation, Public: true})
	h.post(t, threads.Post{ConversationID: h.conversation, AuthorID: h.Carla.ID, Text: "I began."})
	loose := h.file(t, "loose.png", "image/png")
	for _, c := range []struct {
		name                      string
		file                      media.File
		nobody, carla, bert, anna int
	}{
		{"public", public, 200, 200, 200, 200},
		{"internal comment", inner, 303, 403, 200, 200},
		{"internal article", internal, 303, 403, 200, 200},
		{"conversation", message, 303, 200, 200, 200},
		{"loose", loose, 404, 404, 404, 404},
	} {
		for _, who := range []struct {
			id   int64
			want int
		}{{0, c.nobody}, {h.Carla.ID, c.carla}, {h.Bert.ID, c.bert}, {h.Anna.ID, c.anna}} {
			v := webtest.Visit(t, handler)
			if who.id != 0 {
				v.As(who.id)
			}
			if p := v.Ask(http.MethodGet, c.file.Path()); p.Status != who.want {
				t.Errorf("%s for %d: %d, want %d", c.name, who.id, p.Status, who.want)
			}
		}
	}
	v := webtest.Visit(t, handler)
	p := v.Ask(http.MethodGet, public.Path())
	if p.Body != "bytes" || p.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(p.Header.Get("Content-Disposition"), `inline; filename="Beet im M_rz.png"; filename*=UTF-8''Beet%20im%20M%C3%A4rz.png`) ||
		p.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(p.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v %q", p.Header, p.Body)
	}
	for mediaType, served := range map[string]string{"text/html": "application/octet-stream", "image/svg+xml": "application/octet-stream", "application/pdf": "application/pdf", "": "application/octet-stream"} {
		f := h.file(t, "x.html", mediaType)
		h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Anna.ID, Text: f.Name, Public: true, Files: []media.File{f}})
		if p := v.Ask(http.MethodGet, f.Path()); p.Header.Get("Content-Type") != served || !strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s is shown: %v", mediaType, p.Header)
		}
	}
}

func TestRemovingACommentOnTheWeb(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	page := site.Route{Method: http.MethodGet, Path: "/{entity}/{slug}", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "the article"}) }}
	handler := webtest.Start(t, webtest.NewSite(t, h.db, webtest.People(h.Viewers())), append(h.Module().Routes, page))
	comment := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "<b>Sorry</b>", Public: true})
	message := h.post(t, threads.Post{ConversationID: h.conversation, AuthorID: h.Carla.ID, Text: "x"})
	path := func(id int64) string { return fmt.Sprintf("/garten/fest/contributions/%d/delete/", id) }
	for person, want := range map[int64]int{0: 303, h.Admin.ID: 403} {
		v := webtest.Visit(t, handler)
		if person != 0 {
			v.As(person)
		}
		if p := v.Ask(http.MethodGet, path(comment)); p.Status != want {
			t.Errorf("%d asks: %d", person, p.Status)
		}
		if p := v.Send(path(comment), nil, false); p.Status == http.StatusOK {
			t.Errorf("%d removes", person)
		}
	}
	carla := webtest.Visit(t, handler).As(h.Carla.ID)
	for _, id := range []string{path(message), path(99), "/garten/fest/contributions/x/delete"} {
		if p := carla.Ask(http.MethodGet, id); p.Status != 403 && p.Status != 404 {
			t.Errorf("%s: %d", id, p.Status)
		}
	}
	for _, elsewhere := range []string{"/garten/anderes/contributions/1/delete/", "/anna/fest/contributions/1/delete/"} {
		carla.Get(elsewhere)
		carla.Sees(404)
		carla.Send(elsewhere, nil, true)
		carla.Sees(404)
	}
	nobody := webtest.Visit(t, handler)
	nobody.Get(path(99))
	nobody.Sees(404)
	carla.Get(path(comment))
	carla.Sees(200, "Do you want to remove your comment “Sorry”?")
	carla.Submit("Remove the comment", nil)
	carla.Sees(200, "The comment has been removed.", "the article")
	carla.Get(path(comment))
	carla.Sees(404)
}

func TestNamesAreBoundInAllThatIsShownOfAContribution(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for place, p := range map[string]threads.Post{
			"a comment":      {ContentID: h.public, AuthorID: h.Anna.ID, Text: "@bert", Cut: "@garten"},
			"a message":      {ConversationID: h.conversation, AuthorID: h.Anna.ID, Text: "@bert", Cut: "@garten"},
			"a plain letter": {ContentID: h.public, AuthorID: h.Anna.ID, Format: markdown.Plain, Text: "Hallo\n\n    @bert", Cut: "    @garten"},
		} {
			id := h.post(t, p)
			var slugs []string
			if err := db.Select(t.Context(), &slugs, `SELECT slug_key FROM mentions WHERE contribution_id = ? ORDER BY slug_key`, id); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(slugs, " "); got != "bert garten" {
				t.Errorf("%s names %q", place, got)
			}
		}
	})
}

func TestAnAuthorWithoutAPublicPageIsPlainText(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for author, want := range map[*cast.Person]bool{&h.Anna: true, &h.Carla: false} {
		c, err := h.Contribution(t.Context(), h.db, h.post(t, threads.Post{ContentID: h.public, AuthorID: author.ID, Text: "x", Public: true}))
		if err != nil {
			t.Fatal(err)
		}
		var page strings.Builder
		if err := threads.List(threads.Shown{Views: []threads.View{{Contribution: c}}}, "").Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), author.Name) || strings.Contains(page.String(), `href="/`+author.Slug+`/"`) != want || strings.Contains(page.String(), "/conversations/add/") {
			t.Errorf("%s leads to a page: want %t\n%s", author.Name, want, page.String())
		}
	}
}
