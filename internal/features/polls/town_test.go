package polls_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/polls"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on, the rooms of events and of who comes to them, and a site that shows them.
type town struct {
	*cast.Cast
	db         *sqldb.DB
	room       *polls.Polls
	content    *content.Content
	tray       *mailtest.Tray
	outbox     *outbox.Outbox
	catalogues *lang.Catalogues
	notices    *mailtest.Notices
	handler    http.Handler
	told       []notify.Notice
	enclosed   notify.Enclosure
	obey       mailin.Instruction
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), db: db, tray: &mailtest.Tray{}, notices: &mailtest.Notices{}}
	keys, err := web.NewLinkKeys("a secret for tests only", "polls")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := web.NewSigner("a secret for tests only, which is long", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.catalogues = localetest.Catalogues(t)
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	w.outbox = outbox.New(w.tray)
	viewers, words, limiter := webtest.People(w.Viewers()), texts.New(markdown.NewCache(1<<20), "http://example.org"), web.NewLimiter(db, nil)
	letters := notify.NewLetters(w.tray)
	theEvents := events.New(events.Deps{DB: db, Outbox: w.outbox, Zone: time.UTC, Viewers: viewers, Keys: keys, BaseURL: "http://example.org", Answers: true})
	w.room = polls.New(polls.Deps{
		DB: db, Outbox: w.outbox, Dates: theEvents, Letters: letters, Limiter: limiter, Captcha: captcha.New(signer, limiter), Keys: keys,
		Catalogues: w.catalogues, Zone: time.UTC, BaseURL: "http://example.org",
	})
	comments := threads.New(threads.Deps{DB: db, Media: folder, Texts: words, Keys: keys, BaseURL: "http://example.org"})
	w.content = content.New(content.Deps{
		DB: db, Outbox: w.outbox, Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: media.NewPictures(db, folder), Limiter: limiter,
		Notices: w.notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, theEvents.Kind(), w.room.Kind())
	attendees := attendance.New(attendance.Deps{
		DB: db, Outbox: w.outbox, Content: w.content, Dates: theEvents, People: cast.People{}, Letters: letters, Keys: keys, Catalogues: w.catalogues,
		Zone: time.UTC, BaseURL: "http://example.org", Enabled: true,
	})
	w.room.AttendBy(attendees.Adopt)
	modules := append(w.content.Modules(), w.content.Module(), comments.Module(), attendees.Module())
	own := modules[slices.IndexFunc(modules, func(m module.Module) bool { return m.Name == "polls" })]
	w.obey, w.enclosed = own.Instructions[0], own.Enclosures[0]
	w.outbox.React(module.Gather(modules, func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	w.told = module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })
	w.notices.Open(t, db, w.told...)
	w.handler = webtest.Open(t, webtest.NewSite(t, db, viewers), modules...)
	return w
}

// each runs a test on all databases.
func each(t *testing.T, test func(t *testing.T, w *town)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newTown(t, db)) })
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// asked is a poll of Anna's in garten.
type asked struct {
	ID      int64
	Path    string
	Options []int64
}

// ask publishes a poll.
func (w *town) ask(t *testing.T, title string, public bool, fields url.Values) asked {
	t.Helper()
	form := url.Values{"title": {title}, "text": {"Text of " + title}}
	maps.Copy(form, fields)
	if public {
		form.Set("public", "on")
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/garten/polls/add/", form, true)
	anna.Sees(http.StatusOK, "is published")
	a := asked{Path: anna.Page.Path}
	if err := w.db.Get(t.Context(), &a.ID, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	a.Options = w.options(t, a.ID)
	return a
}

// options returns the ids of the options of a poll, in their order.
func (w *town) options(t *testing.T, id int64) (ids []int64) {
	t.Helper()
	if err := w.db.Select(t.Context(), &ids, `SELECT id FROM poll_options WHERE content_id = ? ORDER BY place, id`, id); err != nil {
		t.Fatal(err)
	}
	return ids
}

// choices are the fields of a poll about texts.
func choices(texts ...string) url.Values { return url.Values{"option": texts} }

// with returns fields with others laid over them.
func with(fields url.Values, others url.Values) url.Values {
	all := url.Values{}
	for _, some := range []url.Values{fields, others} {
		maps.Copy(all, some)
	}
	return all
}

// ballot returns the fields of a ballot that says something to each option of a poll; "" says nothing.
func (a asked) ballot(answers ...string) url.Values {
	form := url.Values{}
	for n, answer := range answers {
		if answer != "" {
			form.Set(polls.OptionField(a.Options[n]), answer)
		}
	}
	return form
}

// vote lets a person vote on the page of a poll.
func (w *town) vote(t *testing.T, p cast.Person, a asked, answers ...string) *webtest.Visitor {
	t.Helper()
	v := w.visit(t, p.ID)
	v.Send(a.Path+"vote/", a.ballot(answers...), true)
	return v
}

// results returns how a poll stands: "Reis 2/0/1, Nudeln 1/1/1".
func (w *town) results(t *testing.T, a asked) string {
	t.Helper()
	text, err := w.room.Results(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// votes returns who has voted how, by slug or name: "anna yes no, Gustav maybe yes".
func (w *town) votes(t *testing.T, a asked) string {
	t.Helper()
	all, err := w.room.Votes(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// end lets a poll end.
func (w *town) end(t *testing.T, a asked) {
	t.Helper()
	cast.Execute(t, w.db, `UPDATE polls SET ends = '2020-01-01T10:00', ends_at = ? WHERE content_id = ?`, clock.At(w.db.Now().Add(-time.Minute)), a.ID)
}

// message returns what somebody is told of what happened last, with what the room adds to it.
func (w *town) message(t *testing.T, language string, to cast.Person, reason notify.Reason) (*notify.Message, error) {
	t.Helper()
	e := cast.Latest(t, w.db)
	n := slices.IndexFunc(w.told, func(n notify.Notice) bool { return n.Activity == e.Name })
	if n < 0 {
		t.Fatal(e.Name)
	}
	recipient := notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Language: language, Reason: reason}
	m, err := w.told[n].Compose(t.Context(), w.db, w.catalogues.Printer(language, time.UTC), e, recipient)
	if err == nil && slices.Contains(w.enclosed.Activities, e.Name) {
		err = w.enclosed.Add(t.Context(), w.db, e, recipient, m)
	}
	return m, err
}
