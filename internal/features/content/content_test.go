package content_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// house is this room over a database with the cast.
type house struct {
	*cast.Cast
	*content.Content
	db      *sqldb.DB
	threads *threads.Threads
	notices *mailtest.Notices
}

func newHouse(t *testing.T, db *sqldb.DB, kinds ...content.Kind) *house {
	t.Helper()
	h := &house{Cast: cast.New(t, db), db: db, notices: &mailtest.Notices{}}
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	words := texts.New(markdown.NewCache(1<<20), "http://example.org")
	h.threads = threads.New(threads.Deps{DB: db, Media: folder, Texts: words, Outbox: outbox.New(&mailtest.Tray{})})
	h.Content = content.New(content.Deps{
		DB: db, Notices: h.notices, Outbox: outbox.New(&mailtest.Tray{}), Entities: entities.New(nil), Threads: h.threads, Texts: words,
		Limiter: web.NewLimiter(db, nil), BaseURL: "http://example.org",
	}, append(kinds, articles.Kind())...)
	h.notices.Open(t, db, h.Module().Notices...)
	return h
}

func (h *house) publish(t *testing.T, p cast.Person, e community.Entity, title string, public bool) content.Item {
	t.Helper()
	i, err := h.Publish(t.Context(), p.Viewer, content.Draft{Kind: "article", Entity: e, Form: &content.Common{Title: title, Text: "Text of **" + title + "**.", Public: public}})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (h *house) activities(t *testing.T) []string {
	t.Helper()
	return webtest.Activities(t, h.db)
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		var wg sync.WaitGroup
		slugs := make([]string, 6)
		for n := range slugs {
			wg.Go(func() {
				person := h.Anna
				if n%2 == 1 {
					person = h.Bert
				}
				i, err := h.Publish(t.Context(), person.Viewer, content.Draft{
					Kind: "article", Entity: h.Garten.Entity(), Form: &content.Common{Title: "Käfer & Kompost", Text: "x", Public: true},
				})
				if err != nil {
					t.Error(err)
				}
				slugs[n] = i.Slug
			})
		}
		wg.Wait()
		slices.Sort(slugs)
		if got := slices.Compact(slugs); !slices.Equal(got, []string{"kaefer-kompost", "kaefer-kompost-1"}) && !slices.Equal(got, []string{"kaefer-und-kompost", "kaefer-und-kompost-1"}) {
			t.Errorf("two people who clicked thrice published %v", got)
		}
		if activities := h.activities(t); len(activities) != 2 {
			t.Errorf("activities: %v", activities)
		}
		if i := h.publish(t, h.Anna, h.Anna.Entity(), "!?", true); i.Slug != "article" || i.Entity.Slug != "anna" || i.Entity.OwnerID != h.Anna.ID {
			t.Errorf("%+v", i)
		}
		for _, c := range []struct {
			who    community.Viewer
			entity community.Entity
			kind   errs.Kind
		}{
			{community.Viewer{}, h.Garten.Entity(), errs.Unauthenticated},
			{h.Carla.Viewer, h.Garten.Entity(), errs.Denied},
			{h.Bert.Viewer, h.Chor.Entity(), errs.Denied},
			{h.Bert.Viewer, h.Anna.Entity(), errs.Denied},
			{h.Admin.Viewer, h.Garten.Entity(), errs.Denied},
		} {
			_, err := h.Publish(t.Context(), c.who, content.Draft{Kind: "article", Entity: c.entity, Form: &content.Common{Title: "x", Text: "x"}})
			if !errs.Is(err, c.kind) && (c.who.PersonID != 0 || err == nil) {
				t.Errorf("%s in %s: %v", c.who.Slug, c.entity.Slug, err)
			}
		}
	})
}

func TestWhatIsWrongStandsBesideItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for _, c := range []struct{ title, text, want string }{
		{"", "", "title text"},
		{"x", " \n ", "text"},
		{strings.Repeat("ä", 256), "x", "title"},
		{strings.Repeat("ä", 255), "x", ""},
		{"x", strings.Repeat("x", 200_001), "text"},
	} {
		_, err := h.Publish(t.Context(), h.Anna.Viewer, content.Draft{Kind: "article", Entity: h.Garten.Entity(), Form: &content.Common{Title: c.title, Text: c.text}})
		var fields []string
		if e, ok := errors.AsType[*errs.Error](err); ok {
			for _, f := range e.Fields {
				fields = append(fields, f.Name)
			}
		}
		if got := strings.Join(fields, " "); got != c.want {
			t.Errorf("%.10q, %.10q: %q, want %q", c.title, c.text, got, c.want)
		}
	}
}

func TestReadingAndListing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		public := h.publish(t, h.Anna, h.Garten.Entity(), "Public", true)
		internal := h.publish(t, h.Anna, h.Garten.Entity(), "Internal", false)
		own := h.publish(t, h.Bert, h.Bert.Entity(), "Own", false)
		if _, err := h.Comment(t.Context(), h.Carla.Viewer, public.ID, "Nice", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Comment(t.Context(), h.Carla.Viewer, internal.ID, "Nice", 0); !errs.Is(err, errs.Denied) {
			t.Errorf("Carla comments on what she may not read: %v", err)
		}
		if _, err := h.Comment(t.Context(), community.Viewer{}, public.ID, "Nice", 0); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody comments: %v", err)
		}
		for _, c := range []struct {
			who    string
			viewer community.Viewer
			reads  string
			lists  string
		}{
			{"nobody", community.Viewer{}, "Public", "Public"},
			{"Anna", h.Anna.Viewer, "Public Internal", "Internal Public"},
			{"Bert", h.Bert.Viewer, "Public Internal Own", "Own Internal Public"},
			{"Carla", h.Carla.Viewer, "Public", "Public"},
			{"the administrator", h.Admin.Viewer, "Public", "Public"},
		} {
			var reads, lists []string
			for _, i := range []content.Item{public, internal, own} {
				if _, _, err := h.Find(t.Context(), db, c.viewer, strings.ToUpper(i.Entity.Slug), i.Slug); err == nil {
					reads = append(reads, i.Title)
				}
			}
			items, more, err := h.List(t.Context(), c.viewer, content.Filter{})
			if err != nil || more {
				t.Fatal(more, err)
			}
			for _, i := range items {
				lists = append(lists, i.Title)
			}
			if got := strings.Join(reads, " "); got != c.reads {
				t.Errorf("%s reads %s, want %s", c.who, got, c.reads)
			}
			if got := strings.Join(lists, " "); got != c.lists {
				t.Errorf("%s finds %s, want %s", c.who, got, c.lists)
			}
		}
		i, _, err := h.Get(t.Context(), db, community.Viewer{}, public.ID)
		if err != nil || i.Comments != 1 || i.Text != "Text of **Public**." || i.Author.Name != "Anna Ahorn" || i.Entity.Name != "Garten am Bach" {
			t.Errorf("%+v, %v", i, err)
		}
	})
}

func TestWhatIsPinnedComesWithTheRest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for n := range 30 {
			f := &content.Common{Title: fmt.Sprint(n), Text: "x", Public: n != 4, Pinned: n%2 == 0}
			if _, err := h.Publish(t.Context(), h.Anna.Viewer, content.Draft{Kind: "article", Entity: h.Garten.Entity(), Form: f}); err != nil {
				t.Fatal(err)
			}
		}
		f := content.Filter{EntityID: h.Garten.EntityID, Limit: 3}
		l, err := h.ListParted(t.Context(), h.Carla.Viewer, f)
		if err != nil || !l.MoreItems || !l.MorePinned || titles(l.Items) != "29 27 25" || titles(l.Pinned) != "28 26 24 22 20 18 16 14 12 10" {
			t.Errorf("pinned %s, listed %s, more %v and %v, %v", titles(l.Pinned), titles(l.Items), l.MorePinned, l.MoreItems, err)
		}
		if l.Pinned[0].Entity.Name != "Garten am Bach" || l.Pinned[0].Author.OwnerID != h.Anna.ID {
			t.Errorf("%+v", l.Pinned[0])
		}
	})
}

// titles returns the titles of items.
func titles(items []content.Item) string {
	var all []string
	for _, i := range items {
		all = append(all, i.Title)
	}
	return strings.Join(all, " ")
}

func TestListsHavePages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for n := range 25 {
		h.publish(t, h.Anna, h.Garten.Entity(), fmt.Sprint("Article ", n), true)
	}
	f, seen := content.Filter{EntityID: h.Garten.EntityID, Kind: "article"}, 0
	for {
		items, more, err := h.List(t.Context(), community.Viewer{}, f)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(items)
		if !more {
			break
		}
		f.Before = paging.Cursor{At: items[11].PublishedAt, ID: items[11].ID}
	}
	if seen != 25 {
		t.Errorf("%d items on all pages", seen)
	}
}

func TestChangingAndDeleting(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		item := h.publish(t, h.Anna, h.Garten.Entity(), "First", true)
		other := h.publish(t, h.Anna, h.Garten.Entity(), "Other", true)
		change := content.Common{Title: "Second", Text: "New", Slug: "second", Version: 1}
		for who, kind := range map[*cast.Person]errs.Kind{&h.Carla: errs.Denied} {
			if _, err := h.Revise(t.Context(), who.Viewer, item.ID, &change); !errs.Is(err, kind) {
				t.Errorf("%s changes: %v", who.Slug, err)
			}
		}
		taken := change
		taken.Slug = other.Slug
		if _, err := h.Revise(t.Context(), h.Bert.Viewer, item.ID, &taken); !errs.Is(err, errs.Invalid) {
			t.Errorf("a slug is given away twice: %v", err)
		}
		changed, err := h.Revise(t.Context(), h.Bert.Viewer, item.ID, &change)
		if err != nil || changed.Title != "Second" || changed.Text != "New" || changed.Slug != "second" || changed.Public || changed.Revision != 2 {
			t.Errorf("%+v, %v", changed, err)
		}
		if same, err := h.Revise(t.Context(), h.Bert.Viewer, item.ID, &change); err != nil || same.Revision != 2 {
			t.Errorf("a second click on the button: revision %d, %v", same.Revision, err)
		}
		change.Text = "Newer"
		if _, err := h.Revise(t.Context(), h.Anna.Viewer, item.ID, &change); !errs.Is(err, errs.Conflict) {
			t.Errorf("Anna overwrites what Bert wrote: %v", err)
		}
		if err := h.Withdraw(t.Context(), h.Carla.Viewer, other.ID); !errs.Is(err, errs.Denied) {
			t.Errorf("Carla deletes: %v", err)
		}
		if err := h.Withdraw(t.Context(), h.Anna.Viewer, item.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Get(t.Context(), db, h.Anna.Viewer, item.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("the deleted item: %v", err)
		}
		if renewed := h.publish(t, h.Anna, h.Garten.Entity(), "Second", true); renewed.Slug != "second" {
			t.Errorf("the slug is not free again: %s", renewed.Slug)
		}
	})
}

func TestWhoMayDelete(t *testing.T) {
	t.Parallel()
	now := clock.Date(2026, time.March, 20, 12, 0)
	person := community.Viewer{PersonID: 7}
	member := func(days int) community.Standing {
		return community.Standing{Viewer: person, Member: true, MemberAt: clock.At(now.AddDate(0, 0, -days))}
	}
	for what, c := range map[string]struct{ got, want bool }{
		"nobody":                  {content.CanDelete(community.Standing{}, 0, now), false},
		"a stranger":              {content.CanDelete(community.Standing{Viewer: person}, 8, now), false},
		"its author who has left": {content.CanDelete(community.Standing{Viewer: person}, 7, now), true},
		"the owner":               {content.CanDelete(community.Standing{Viewer: person, Owner: true}, 8, now), true},
		"a new member":            {content.CanDelete(member(6), 8, now), false},
		"a member of a week":      {content.CanDelete(member(8), 8, now), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", what, c.got)
		}
	}
}

// activity returns what happened last.
func (h *house) activity(t *testing.T) community.Activity {
	t.Helper()
	var e community.Activity
	if err := h.db.Get(t.Context(), &e, `SELECT id, name, actor_id, entity_id, content_id, contribution_id, occurred_at FROM activities ORDER BY id DESC LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	return e
}

func (h *house) notice(t *testing.T, e community.Activity) notify.Notice {
	t.Helper()
	for _, n := range h.Module().Notices {
		if n.Activity == e.Name {
			return n
		}
	}
	t.Fatalf("nothing follows %s", e.Name)
	return notify.Notice{}
}

// audience returns who is told of an activity, by slug and reason.
func (h *house) audience(t *testing.T, e community.Activity) string {
	t.Helper()
	audience, err := h.notice(t, e).Audience(t.Context(), h.db, e)
	if err != nil {
		t.Fatal(err)
	}
	return mailtest.Audience(t, h.db, audience)
}

// reply is a mail of somebody that answers an item.
func (h *house) reply(t *testing.T, p cast.Person, item, contribution int64, m mailin.Incoming) error {
	t.Helper()
	m.Sender = p.Viewer
	return h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return h.Module().Replies[0].Deliver(t.Context(), tx, mailin.Target{ContentID: item, ContributionID: contribution}, &m)
	})
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { // Carla follows the garden without being a member
			_, err := tx.Insert(t.Context(), `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, ?)`, h.Garten.EntityID, h.Carla.ID, tx.Now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(what, want string) {
			t.Helper()
			if got := h.audience(t, h.activity(t)); got != want {
				t.Errorf("%s is for %s, want %s", what, got, want)
			}
		}
		public := h.publish(t, h.Anna, h.Garten.Entity(), "Public", true)
		expect("a public article", "anna subscriber, bert subscriber, carla subscriber")
		comment := func(p cast.Person, id int64) {
			t.Helper()
			if _, err := h.Comment(t.Context(), p.Viewer, id, "Hm by "+p.Slug, 0); err != nil {
				t.Fatal(err)
			}
		}
		comment(h.Admin, public.ID)
		comment(h.Carla, public.ID)
		expect("a public comment", "anna subscriber, bert subscriber, carla subscriber, demo-admin starter")
		if err := h.reply(t, h.Bert, public.ID, 0, mailin.Incoming{Text: "By mail"}); err != nil {
			t.Fatal(err)
		}
		expect("a comment by mail", "anna subscriber, bert subscriber, demo-admin starter")
		internal := h.publish(t, h.Anna, h.Garten.Entity(), "Internal", false)
		expect("an internal article", "anna subscriber, bert subscriber")
		comment(h.Bert, internal.ID)
		expect("a comment on it", "anna subscriber, bert subscriber")
		own := h.publish(t, h.Anna, h.Anna.Entity(), "Own", true)
		expect("an article of one's own", "anna owner")
		comment(h.Carla, own.ID)
		expect("a comment on it by somebody else", "anna owner, carla starter")
		comment(h.Bert, own.ID)
		expect("a comment by a third", "anna owner, carla starter")
		// The administrator began to talk about the first one.
		for _, c := range []struct {
			writes cast.Person
			item   content.Item
			people int
		}{{h.Anna, public, 3}, {h.Dora, public, 4}, {h.Anna, internal, 1}, {h.Bert, own, 2}, {h.Carla, own, 1}} {
			reach, err := h.CommentReach(t.Context(), c.writes.Viewer, c.item)
			if err != nil || reach.People != c.people {
				t.Errorf("%s is promised that a comment on %s reaches %d people, want %d, %v", c.writes.Slug, c.item.Title, reach.People, c.people, err)
			}
		}
		e := h.activity(t)
		if err := h.Withdraw(t.Context(), h.Anna.Viewer, own.ID); err != nil {
			t.Fatal(err)
		}
		if got := h.audience(t, e); got != "" {
			t.Errorf("a comment on what was deleted is for %s", got)
		}
	})
}

func TestNoticesSayWhatHappened(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	catalogues := localetest.Catalogues(t)
	compose := func(language string, e community.Activity, to cast.Person, reason notify.Reason) (*notify.Message, error) {
		e.OccurredAt = clock.Time{}
		return h.notice(t, e).Compose(t.Context(), h.db, catalogues.Printer(language, nil), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: reason})
	}
	item := h.publish(t, h.Anna, h.Garten.Entity(), "Käfer", true)
	published := h.activity(t)
	first, err := h.Comment(t.Context(), h.Carla.Viewer, item.ID, "Wo?", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.reply(t, h.Bert, item.ID, first, mailin.Incoming{Text: "Da."}); err != nil {
		t.Fatal(err)
	}
	answered := h.activity(t)
	for _, language := range []string{"en", "de"} {
		for name, c := range map[string]struct {
			e  community.Activity
			to cast.Person
		}{
			"published-member": {published, h.Bert}, "published-outsider": {published, h.Carla}, "commented": {answered, h.Anna},
		} {
			m, err := compose(language, c.e, c.to, notify.Subscriber)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, name+"."+language, mailtest.PrintMessage(m))
		}
	}
	m, err := compose("en", answered, h.Anna, notify.Subscriber)
	if err != nil {
		t.Fatal(err)
	}
	start := fmt.Sprintf("content.%d", item.ID)
	parent := fmt.Sprintf("%s.contribution.%d", start, first)
	if m.Thread.Parent != parent || !slices.Equal(m.Thread.References, []string{start, parent}) || !m.Reply || !m.Subscribed {
		t.Errorf("%+v", m)
	}
	if _, err := compose("en", answered, h.Carla, notify.Starter); !errs.Is(err, errs.Denied) {
		t.Errorf("Carla is told of an internal comment: %v", err)
	}
	if err := h.Withdraw(t.Context(), h.Anna.Viewer, item.ID); err != nil {
		t.Fatal(err)
	}
	for _, e := range []community.Activity{published, answered} {
		if _, err := compose("en", e, h.Anna, notify.Subscriber); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody is told of what was deleted: %v", err)
		}
	}
}

func TestRepliesByMail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		item := h.publish(t, h.Anna, h.Garten.Entity(), "Internal", false)
		cast.Execute(t, db, `UPDATE contents SET published_at = ?`, cast.Joined())
		m := mailin.Incoming{Text: "Ja", Cut: "> Nein", SentAt: clock.Date(2026, time.March, 1, 9, 0), Attachments: []media.File{{Name: "x1.png", OriginalName: "Beet.png", MediaType: "image/png", Size: 3, CreatorID: h.Bert.ID}}}
		if err := h.reply(t, h.Bert, item.ID, 0, m); err != nil {
			t.Fatal(err)
		}
		list, _, err := h.threads.Comments(t.Context(), db, h.Anna.Viewer, item.ID, item.Entity.ID, paging.Cursor{})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if k := list[0]; k.Public || !k.ByMail || k.Cut != "> Nein" || len(k.Files) != 1 || k.CreatedAt != m.SentAt || k.AuthorID != h.Bert.ID {
			t.Errorf("%+v", k)
		}
		for what, err := range map[string]error{
			"Carla, who may not read it": h.reply(t, h.Carla, item.ID, 0, mailin.Incoming{Text: "x"}),
			"something that is gone":     h.reply(t, h.Bert, 4711, 0, mailin.Incoming{Text: "x"}),
		} {
			if !errs.Is(err, errs.Denied) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := h.reply(t, h.Bert, item.ID, 0, mailin.Incoming{}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an empty mail: %v", err)
		}
	})
}
