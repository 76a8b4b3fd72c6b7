// Package contenttest proves kinds of content: Conformance does with a kind what people and other rooms do, on every
// database. Each kind passes it in a test of its own room.
package contenttest

import (
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/feeds"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// Sample is what the suite writes into the fields that a kind has of its own, as browsers send them. A kind without
// such fields needs none.
type Sample struct {
	Fields  url.Values // of an item that is to come, if the kind has a time
	Changed url.Values // other values for each of them
	Past    url.Values // of an item that is over, if the kind has a time
	// OnPage, OnCard and InMail are what is to be seen of Fields in these places, and InFeed in the text of a feed, beside the
	// facts that mails say.
	OnPage, OnCard, InMail, InFeed []string
	// Enclosed are the media types of the files that a feed offers with it, in their order.
	Enclosed []string
	// Migration creates the table of a kind that has none in package schema.
	Migration string
	// Over returns the kind over a database in which the cast is, if it stands on more than what it is given, such as
	// pictures of Anna’s. Nil is the kind itself.
	Over func(t *testing.T, db *sqldb.DB) content.Kind
}

// Conformance proves that content can work with a kind, and that nobody sees of it what is not for them.
func Conformance(t *testing.T, k content.Kind, s Sample) {
	t.Helper()
	t.Run("the kind is complete", func(t *testing.T) {
		t.Parallel()
		isComplete(t, k, s)
	})
	for name, prove := range map[string]func(*town){
		"an item is published on the web":        publishedOnTheWeb,
		"an item is published by an action":      publishedByAction,
		"an item stands in lists":                standsInLists,
		"people hear of an item":                 heardOf,
		"an item is in feeds":                    standsInFeeds,
		"an item is revised":                     revised,
		"two people change different fields":     mergedByField,
		"two people change the same fields":      changedAtOnce,
		"what is internal stays internal":        staysInternal,
		"a form is sent twice":                   sentTwice,
		"an item is pinned":                      pinned,
		"an internal item is for members":        forMembers,
		"programs read what an item is":          saysToPrograms,
		"an item is deleted":                     deleted,
		"hostile values do no harm":              hostileValues,
		"what is over makes room for what comes": pastAndComing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.EachSchema(t, migrations(t, s), func(t *testing.T, db *sqldb.DB) {
				t.Helper()
				prove(newTown(t, db, k, s))
			})
		})
	}
}

// migrations are those of the program, and the one of the sample behind them.
func migrations(t *testing.T, s Sample) fs.FS {
	t.Helper()
	if s.Migration == "" {
		return schema.FS
	}
	all := fstest.MapFS{"99999_sample.sql": &fstest.MapFile{Data: []byte(s.Migration)}}
	names, err := fs.Glob(schema.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(schema.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: data}
	}
	return all
}

// town is the rooms around content, with one kind.
type town struct {
	t *testing.T
	*cast.Cast
	*content.Content
	db      *sqldb.DB
	kind    content.Kind
	sample  Sample
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB, k content.Kind, s Sample) *town {
	t.Helper()
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	everybody := cast.New(t, db)
	if s.Over != nil {
		k = s.Over(t, db)
	}
	w := &town{t: t, Cast: everybody, db: db, kind: k, sample: s}
	words, notices := texts.New(markdown.NewCache(1<<20), "http://example.org"), &mailtest.Notices{}
	comments := threads.New(threads.Deps{DB: db, Media: folder, Texts: words})
	w.Content = content.New(content.Deps{
		DB: db, Outbox: outbox.New(&mailtest.Tray{}), Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: media.NewPictures(db, folder),
		Limiter: web.NewLimiter(db, nil), Notices: notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, content.Kind{Name: "plain", Label: "Plain", Plural: "Plain ones", Write: "Write a plain one", ListPath: "/stadt/plain"}, k)
	notices.Open(t, db, w.Module().Notices...)
	pages := module.Module{Routes: []site.Route{
		{Method: http.MethodGet, Path: "/", Query: []string{"before", "month", "year"}, Handle: w.showStart},
		{Method: http.MethodGet, Path: "/garten", Query: append(site.NewsQuery(), "month", "year"), Handle: w.showGarten},
	}}
	catalogues := localetest.Catalogues(t)
	theFeeds := feeds.New(feeds.Deps{
		DB: db, Content: w.Content, Threads: comments, Groups: groups.New(groups.Deps{DB: db}), People: people.New(people.Deps{DB: db}), Texts: words,
		Printer: func() *lang.Printer { return catalogues.Printer("en", time.UTC) }, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org", Articles: k.Name,
	})
	w.handler = webtest.Open(t, webtest.NewSite(t, db, webtest.People(w.Viewers())), append(w.Modules(), w.Module(), comments.Module(), theFeeds.Module(), inbox.Page{DB: db}.Module(), pages)...)
	return w
}

// showStart is a start page that shows content alone.
func (w *town) showStart(v *site.Visit) error {
	body, err := v.Blocks(site.StartMain, site.Subject{})
	if err != nil {
		return err
	}
	return v.Show(site.Page{Title: "Start", Body: body})
}

// showGarten is the page of a group that shows content alone.
func (w *town) showGarten(v *site.Visit) error {
	e := w.Garten.Entity()
	s, err := policy.Standing(v.Context(), w.db, v.Viewer, e)
	if err != nil {
		return err
	}
	body, err := v.Blocks(site.GroupMain, site.Subject{Entity: e, Standing: s, Group: &w.Garten})
	if err != nil {
		return err
	}
	return v.Show(site.Page{Title: e.Name, Body: body})
}

// as returns a visitor: a person, or nobody for 0.
func (w *town) as(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// formPath is where an item is written in the name of garten.
func (w *town) formPath() string { return "/garten/" + path.Base(w.kind.ListPath) + "/add/" }

// textField is the name of the field for the text in every form.
const textField = "text"

// words is what the suite writes into the common fields.
func words(title string, public bool) url.Values {
	values := url.Values{"title": {title}, textField: {"Text of **" + title + "**."}}
	if public {
		values.Set("public", "on")
	}
	return values
}

// with returns values with others laid over them.
func with(values url.Values, others ...url.Values) url.Values {
	all := maps.Clone(values)
	for _, o := range others {
		maps.Copy(all, o)
	}
	return all
}

// form returns a form of the kind with values as a browser sends them.
func (w *town) form(t *testing.T, values url.Values) content.Form {
	t.Helper()
	f := content.Form(&content.Common{})
	if w.kind.Form != nil {
		f = w.kind.Form()
	}
	if err := form.New(0).Fill(values, nil, f); err != nil {
		t.Fatalf("the form does not take %v: %v", values, err)
	}
	return f
}

// publish publishes an item of Anna's in garten by the action.
func (w *town) publish(t *testing.T, title string, public bool, others ...url.Values) content.Item {
	t.Helper()
	values := with(words(title, public), append([]url.Values{w.sample.Fields}, others...)...)
	i, err := w.Publish(t.Context(), w.Anna.Viewer, content.Draft{Kind: w.kind.Name, Entity: w.Garten.Entity(), Form: w.form(t, values)})
	if err != nil {
		t.Fatalf("publish %q: %v", title, err)
	}
	return i
}

// item returns an item as it is now.
func (w *town) item(t *testing.T, id int64) content.Item {
	t.Helper()
	i, _, err := w.Get(t.Context(), w.db, w.Anna.Viewer, id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// shown returns what is to be seen with the title.
func shown(title string, own []string) []string { return append([]string{title}, own...) }

// english returns what speaks English.
func english(t *testing.T) *lang.Printer {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	return catalogues.Printer("en", nil)
}

// published returns what happened when an item was published.
func (w *town) published(t *testing.T, id int64) community.Activity {
	t.Helper()
	var all []community.Activity
	err := w.db.Select(t.Context(), &all, `SELECT id, name, actor_id, entity_id, content_id, occurred_at FROM activities WHERE name = ? AND content_id = ? ORDER BY id`, community.ContentPublished, id)
	if err != nil || len(all) != 1 {
		t.Fatalf("activities %v: %v", all, err)
	}
	return all[0]
}

// message returns the mail that somebody gets about a new item.
func (w *town) message(t *testing.T, id int64, to cast.Person) (*notify.Message, error) {
	t.Helper()
	e := w.published(t, id)
	all := w.Module().Notices
	n := slices.IndexFunc(all, func(n notify.Notice) bool { return n.Activity == e.Name })
	if n < 0 {
		t.Fatal("nothing follows when an item is published")
	}
	return all[n].Compose(t.Context(), w.db, english(t), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: notify.Subscriber})
}
