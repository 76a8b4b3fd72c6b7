package threads_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/site"
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

func TestWhoMayChangeAndRemoveWhatWasSaid(t *testing.T) {
	t.Parallel()
	author, other := community.Viewer{PersonID: 7}, community.Viewer{PersonID: 8}
	at := clock.Date(2026, time.March, 1, 8, 0)
	comment := threads.Contribution{ContentID: 1, AuthorID: 7, CreatedAt: at}
	message, removed := comment, comment
	message.ContentID, message.ConversationID = 0, 1
	removed.RemovedAt = at
	minutes := func(n int) clock.Time { return clock.At(at.Add(time.Duration(n) * time.Minute)) }
	for _, c := range []struct {
		what      string
		got, want bool
	}{
		{"the author removes a comment", threads.CanRemove(community.Standing{Viewer: author}, comment), true},
		{"a stranger does not", threads.CanRemove(community.Standing{Viewer: other}, comment), false},
		{"a subscriber does not", threads.CanRemove(community.Standing{Viewer: other, Subscribed: true}, comment), false},
		{"nobody does not", threads.CanRemove(community.Standing{}, comment), false},
		{"a member of the group does", threads.CanRemove(community.Standing{Viewer: other, Member: true}, comment), true},
		{"the owner of the profile does", threads.CanRemove(community.Standing{Viewer: other, Owner: true}, comment), true},
		{"an administrator does not", threads.CanRemove(community.Standing{Viewer: community.Viewer{PersonID: 8, Admin: true}}, comment), false},
		{"nobody removes what has been removed", threads.CanRemove(community.Standing{Viewer: author}, removed), false},
		{"the author removes a message", threads.CanRemove(community.Standing{Viewer: author}, message), true},
		{"a member of the group removes a message", threads.CanRemove(community.Standing{Viewer: other, Member: true}, message), true},
		{"whoever is written to does not", threads.CanRemove(community.Standing{Viewer: other, Owner: true}, message), false},
		{"the author edits at once", threads.CanEdit(author, comment, minutes(0)), true},
		{"the author edits for a quarter of an hour", threads.CanEdit(author, comment, clock.At(minutes(15).Add(-time.Millisecond))), true},
		{"and not longer", threads.CanEdit(author, comment, minutes(15)), false},
		{"somebody else does not edit", threads.CanEdit(other, comment, minutes(0)), false},
		{"nobody edits what has been removed", threads.CanEdit(author, removed, minutes(0)), false},
		{"others react", threads.CanReact(other, comment), true},
		{"the author does not", threads.CanReact(author, comment), false},
		{"nobody does not", threads.CanReact(community.Viewer{}, comment), false},
		{"nobody reacts to what has been removed", threads.CanReact(other, removed), false},
		{"nobody answers it alone", threads.CanAnswerAlone(other, removed), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %t, want %t", c.what, c.got, c.want)
		}
	}
}

func TestEmojisAreTheNearestReaction(t *testing.T) {
	t.Parallel()
	for emoji, want := range map[string]threads.Reaction{
		"👍": threads.Good, "👍🏽": threads.Good, "🎉": threads.Good, "😂": threads.Good, "🚀": threads.Good, "👩‍🚀": threads.Good,
		"❤️": threads.Thanks, "🙏🏿": threads.Thanks, "😍": threads.Thanks, "💡": threads.Idea, "🤔": threads.Idea,
		"👎": "", "😢": "", "😡": "", "💩": "", "": "",
	} {
		if got, ok := threads.ReactionOf(emoji); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %t; want %q", emoji, got, ok, want)
		}
	}
}

func TestWhatIsRemovedLeavesATraceAndNothingElse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		f := h.file(t, "beet.png", "image/png")
		for _, c := range []struct {
			what string
			post threads.Post
			by   cast.Person
		}{
			{"a comment, by its author", threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "secret", Cut: "secret", Public: true, Files: []media.File{f}}, h.Carla},
			{"a comment, by a member", threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "secret!", Public: true}, h.Anna},
			{"a message, by its author", threads.Post{ConversationID: h.conversation, AuthorID: h.Carla.ID, Text: "secret"}, h.Carla},
			{"a message, by a member", threads.Post{ConversationID: h.conversation, AuthorID: h.Carla.ID, Text: "secret!"}, h.Bert},
		} {
			id := h.post(t, c.post)
			if err := h.Remove(t.Context(), h.Dora.Viewer, id); err == nil {
				t.Errorf("%s: somebody else removes it", c.what)
			}
			if err := h.Remove(t.Context(), c.by.Viewer, id); err != nil {
				t.Fatal(c.what, err)
			}
			if err := h.Remove(t.Context(), c.by.Viewer, id); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: removed twice: %v", c.what, err)
			}
			if _, err := h.Contribution(t.Context(), db, id); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: a mail to come finds it: %v", c.what, err)
			}
			list, _, err := h.Messages(t.Context(), db, h.conversation, paging.Cursor{})
			if c.post.ContentID != 0 {
				list, _, err = h.Comments(t.Context(), db, community.Viewer{}, h.public, h.Garten.EntityID, paging.Cursor{})
			}
			if err != nil {
				t.Fatal(err)
			}
			k := list[len(list)-1]
			if !k.Removed() || k.RemoverID != c.by.ID || k.RemoverName != c.by.Name || k.Text+k.Cut != "" || len(k.Files) > 0 {
				t.Errorf("%s leaves %+v", c.what, k)
			}
		}
	})
}

func TestOfTwoWhoRemoveAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		id := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "x", Public: true})
		results := atOnce(func(n int) error {
			return h.Remove(t.Context(), []community.Viewer{h.Anna.Viewer, h.Bert.Viewer}[n%2], id)
		})
		done := 0
		for _, err := range results {
			if err == nil {
				done++
			} else if !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%d removed it", done)
		}
	})
}

// atOnce runs something four times at once.
func atOnce(run func(n int) error) []error {
	results := make([]error, 4)
	var wg sync.WaitGroup
	for n := range results {
		wg.Go(func() { results[n] = run(n) })
	}
	wg.Wait()
	return results
}

func TestATextIsEditedForAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		id := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "Vorher @bert", Public: true})
		get := func() threads.Contribution {
			t.Helper()
			k, err := h.Contribution(t.Context(), db, id)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		if err := h.Revise(t.Context(), h.Anna.Viewer, id, "Von Anna", 0); !errs.Is(err, errs.Denied) {
			t.Errorf("a member edits what Carla wrote: %v", err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, " \n", 0); !errs.Is(err, errs.Invalid) {
			t.Errorf("nothing is left: %v", err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, "Vorher @bert", 0); err != nil || !get().EditedAt.IsZero() {
			t.Errorf("the same text is marked as edited: %v", err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, "Nachher @garten", 0); err != nil {
			t.Fatal(err)
		}
		k := get()
		if k.Text != "Nachher @garten" || k.EditedAt.IsZero() || k.ChangedAt.Before(k.EditedAt.Time) {
			t.Errorf("%+v", k)
		}
		var mentioned []string
		if err := db.Select(t.Context(), &mentioned, `SELECT slug_key FROM mentions WHERE contribution_id = ? ORDER BY slug_key`, id); err != nil || strings.Join(mentioned, " ") != "bert garten" {
			t.Errorf("it names %v, %v", mentioned, err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, "Nachher @garten", 0); err != nil || !get().EditedAt.Equal(k.EditedAt.Time) {
			t.Errorf("sent twice: %v", err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, "Aus einem alten Fenster", 0); !errs.Is(err, errs.Invalid) || get().Text != k.Text {
			t.Errorf("an older window wins: %v", err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, "Noch einmal", k.EditedAt.UnixMilli()); err != nil {
			t.Error(err)
		}
		later := h.With(db.WithClock(func() time.Time { return time.Now().Add(15 * time.Minute) }))
		if err := later.Revise(t.Context(), h.Carla.Viewer, id, "Zu spät", get().EditedAt.UnixMilli()); !errs.Is(err, errs.Denied) {
			t.Errorf("a quarter of an hour later: %v", err)
		}
		if err := h.Remove(t.Context(), h.Carla.Viewer, id); err != nil {
			t.Fatal(err)
		}
		if err := h.Revise(t.Context(), h.Carla.Viewer, id, "Doch", 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("what has been removed comes back: %v", err)
		}
		letter := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "1 * 2 * 3", Cut: "*x*", Format: markdown.Plain, ByMail: true})
		if err := h.Revise(t.Context(), h.Carla.Viewer, letter, "**Neu**", 0); err != nil {
			t.Fatal(err)
		}
		if k, err := h.Contribution(t.Context(), db, letter); err != nil || k.Format != markdown.Marked || k.Text != "**Neu**" || k.Cut != markdown.FromPlain("*x*") {
			t.Errorf("%+v, %v", k, err)
		}
	})
}

func TestOneTapIsOneReaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		id := h.post(t, threads.Post{ContentID: h.internal, AuthorID: h.Bert.ID, Text: "x", Public: true})
		count := func() (n int) {
			t.Helper()
			if err := db.Get(t.Context(), &n, `SELECT COUNT(*) FROM reactions WHERE contribution_id = ?`, id); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, err := range atOnce(func(int) error { return h.React(t.Context(), h.Anna.Viewer, id, threads.Thanks, true) }) {
			if err != nil {
				t.Error(err)
			}
		}
		if n := count(); n != 1 {
			t.Errorf("%d reactions", n)
		}
		for who, v := range map[string]community.Viewer{"nobody": {}, "Carla, who may not read it": h.Carla.Viewer, "its author": h.Bert.Viewer} {
			if err := h.React(t.Context(), v, id, threads.Good, true); !errs.Is(err, errs.Denied) && !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%s reacts: %v", who, err)
			}
		}
		if err := h.React(t.Context(), h.Anna.Viewer, id, "love", true); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unknown reaction: %v", err)
		}
		for range 2 {
			if err := h.React(t.Context(), h.Anna.Viewer, id, threads.Thanks, false); err != nil || count() != 0 {
				t.Errorf("taken back: %v, %d left", err, count())
			}
		}
		if err := h.Remove(t.Context(), h.Bert.Viewer, id); err != nil {
			t.Fatal(err)
		}
		if err := h.React(t.Context(), h.Anna.Viewer, id, threads.Thanks, true); !errs.Is(err, errs.NotFound) {
			t.Errorf("a reaction to what was removed: %v", err)
		}
	})
}

func TestFilesOfWhatWasRemovedAreGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	handler := webtest.Start(t, webtest.NewSite(t, h.db, webtest.People(h.Viewers())), h.Module().Routes)
	f := h.file(t, "beet.png", "image/png")
	id := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Carla.ID, Text: "x", Public: true, Files: []media.File{f}})
	v := webtest.Visit(t, handler).As(h.Carla.ID)
	if p := v.Ask(http.MethodGet, f.Path()); p.Status != http.StatusOK {
		t.Fatal(p.Status)
	}
	if err := h.Remove(t.Context(), h.Anna.Viewer, id); err != nil {
		t.Fatal(err)
	}
	for _, person := range []int64{h.Carla.ID, h.Anna.ID} {
		if p := webtest.Visit(t, handler).As(person).Ask(http.MethodGet, f.Path()); p.Status != http.StatusNotFound {
			t.Errorf("%d gets %d", person, p.Status)
		}
	}
}

func TestAttachmentsAreKeptOrRemovedWithTheirText(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	kept := 0
	page := site.Route{Method: http.MethodPost, Path: "/stadt/try", BodyLimit: threads.FormBytes(10 << 20), Handle: func(v *site.Visit) error {
		var f struct {
			threads.Uploads

			Fail bool `form:"fail"`
		}
		if err := v.Bind(&f); err != nil {
			return err
		}
		return h.Attach(v.Context(), h.Anna.ID, f.Uploads, func(files []media.File) error {
			kept = len(files)
			for _, file := range files {
				if file.OriginalName == "../../etc/passwd" || file.Size == 0 || file.CreatorID != h.Anna.ID {
					t.Errorf("%+v", file)
				}
			}
			if f.Fail {
				return errors.New("no")
			}
			return v.ShowJSON(http.StatusOK, files)
		})
	}}
	handler := webtest.Start(t, webtest.NewSite(t, h.db, webtest.People(h.Viewers())), []site.Route{page})
	v := webtest.Visit(t, handler).As(h.Anna.ID)
	stored := func() (n int) {
		t.Helper()
		err := h.folder.Each(t.Context(), func(some []media.Listed) error { n += len(some); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	file := func(name, body string) webtest.File {
		return webtest.File{Field: "files", Name: name, Content: []byte(body)}
	}
	v.Upload("/stadt/try", url.Values{}, file("../../etc/passwd", "x"), file("b.html", "<script>alert(1)</script>"))
	if v.Page.Status != http.StatusOK || kept != 2 || stored() != 2 || strings.Contains(v.Page.Body, "..") {
		t.Errorf("%d, %d kept, %d stored: %s", v.Page.Status, kept, stored(), v.Page.Body)
	}
	v.Upload("/stadt/try", url.Values{"fail": {"on"}}, file("c.txt", "x"))
	if v.Page.Status == http.StatusOK || stored() != 2 {
		t.Errorf("what failed is kept: %d, %d stored", v.Page.Status, stored())
	}
	var many []webtest.File
	for n := range 11 {
		many = append(many, file(fmt.Sprint(n, ".txt"), "x"))
	}
	if v.Upload("/stadt/try", url.Values{}, many...); v.Page.Status == http.StatusOK || stored() != 2 {
		t.Errorf("11 files: %d, %d stored", v.Page.Status, stored())
	}
	if v.Upload("/stadt/try", url.Values{}, file("empty.txt", "")); v.Page.Status == http.StatusOK || stored() != 2 {
		t.Errorf("an empty file: %d, %d stored", v.Page.Status, stored())
	}
}
