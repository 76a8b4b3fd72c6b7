package conversations_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
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
	*conversations.Conversations
	db   *sqldb.DB
	tray *mailtest.Tray

	catalogues *lang.Catalogues
	threads    *threads.Threads
	members    *membership.Membership
}

func newHouse(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	signer, err := web.NewSigner("a secret for tests only", nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Cast: cast.New(t, db), db: db, tray: &mailtest.Tray{}, catalogues: catalogues}
	limiter, out, letters := web.NewLimiter(db, nil), outbox.New(h.tray), notify.NewLetters(h.tray)
	words := texts.New(markdown.NewCache(1<<20), "http://example.org")
	everybody := cast.People{}
	rooms := groups.New(groups.Deps{DB: db, Outbox: out, Entities: entities.New(nil)})
	byMail := bymail.New(bymail.Deps{
		DB: db, Groups: rooms, People: everybody, Letters: letters, Limiter: limiter, Catalogues: catalogues, BaseURL: "http://example.org",
	})
	h.members = membership.New(membership.Deps{
		DB: db, Outbox: out, Groups: rooms, People: everybody, ByMail: byMail, Limiter: limiter, BaseURL: "http://example.org",
	})
	h.threads = threads.New(threads.Deps{DB: db, Media: folder, Texts: words})
	notices := &mailtest.Notices{}
	h.Conversations = conversations.New(conversations.Deps{
		DB: db, Notices: notices, Outbox: out, Groups: rooms, Members: h.members, People: everybody, Threads: h.threads, Texts: words,
		ByMail: byMail, Catalogues: catalogues, Limiter: limiter, Captcha: captcha.New(signer, limiter), SiteName: settings.SiteName{Default: "Neustadt"},
		BaseURL: "http://example.org", OperatorGroup: 22, MaxBytes: 1 << 20,
	})
	notices.Open(t, db, h.Module().Notices...)
	return h
}

func (h *house) begin(t *testing.T, p cast.Person, e community.Entity, subject string) conversations.Conversation {
	t.Helper()
	c, err := h.Begin(t.Context(), p.Viewer, conversations.Beginning{Entity: e, Subject: subject, Text: "About " + subject})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// activity returns what happened last.
func (h *house) activity(t *testing.T) community.Activity {
	t.Helper()
	var e community.Activity
	if err := h.db.Get(t.Context(), &e, `SELECT id, name, actor_id, entity_id, conversation_id, contribution_id FROM activities ORDER BY id DESC LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	return e
}

// audience returns who is told of what happened last, by slug and reason.
func (h *house) audience(t *testing.T) string {
	t.Helper()
	audience, err := h.Module().Notices[0].Audience(t.Context(), h.db, h.activity(t))
	if err != nil {
		t.Fatal(err)
	}
	return mailtest.Audience(t, h.db, audience)
}

func TestConversationsAreForThoseWhoTakePart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		group := h.begin(t, h.Carla, h.Garten.Entity(), "Seeds")
		if got := h.audience(t); got != "anna subscriber, bert subscriber, carla starter" {
			t.Errorf("a message to the group is for %s", got)
		}
		person := h.begin(t, h.Anna, h.Carla.Entity(), "Hello")
		if got := h.audience(t); got != "anna starter, carla addressed" {
			t.Errorf("a message to Carla is for %s", got)
		}
		inner := h.begin(t, h.Bert, h.Garten.Entity(), "Among us")
		if got := h.audience(t); got != "anna subscriber, bert subscriber" {
			t.Errorf("a member's message is for %s", got)
		}
		for _, c := range []struct {
			who    string
			viewer community.Viewer
			reads  string
		}{
			{"nobody", community.Viewer{}, ""},
			{"Anna", h.Anna.Viewer, "Seeds Hello Among us"},
			{"Bert", h.Bert.Viewer, "Seeds Among us"},
			{"Carla", h.Carla.Viewer, "Seeds Hello"},
			{"the administrator", h.Admin.Viewer, ""},
		} {
			var reads []string
			for _, x := range []conversations.Conversation{group, person, inner} {
				_, _, err := h.Get(t.Context(), db, c.viewer, x.ID)
				if err == nil {
					reads = append(reads, x.Subject)
				} else if !errs.Is(err, errs.Denied) {
					t.Errorf("%s reads %s: %v", c.who, x.Subject, err)
				}
				if _, answer := h.Answer(t.Context(), c.viewer, x.ID, "Answer of "+c.who, 0); errs.Is(answer, errs.Denied) != errs.Is(err, errs.Denied) || answer != nil && err == nil {
					t.Errorf("%s answers %s: %v, but reads: %v", c.who, x.Subject, answer, err)
				}
			}
			if got := strings.Join(reads, " "); got != c.reads {
				t.Errorf("%s reads %s, want %s", c.who, got, c.reads)
			}
		}
		all, more, err := h.Latest(t.Context(), db, h.Carla.Viewer, h.Garten.EntityID, paging.Cursor{}, 3)
		if err != nil || more || len(all) != 1 || all[0].Messages != 4 || all[0].Author.Name != "Carla Clematis" || all[0].Text != "Answer of Carla" || all[0].Unread {
			t.Errorf("%+v, %v, %v", all, more, err)
		}
		if all, more, err := h.Latest(t.Context(), db, h.Anna.Viewer, h.Garten.EntityID, paging.Cursor{}, 1); err != nil || !more || len(all) != 1 {
			t.Errorf("%+v, %v, %v", all, more, err)
		}
	})
}

// TestAMessageTellsWhomItMentions mentions people who read the conversation and people who do not.
func TestAMessageTellsWhomItMentions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		cast.Execute(t, db, `DELETE FROM subscriptions WHERE person_id = ?`, h.Bert.ID)
		c := h.begin(t, h.Carla, h.Garten.Entity(), "Seeds")
		says := func(who cast.Person, text, want string) {
			t.Helper()
			if _, err := h.Answer(t.Context(), who.Viewer, c.ID, text, 0); err != nil {
				t.Fatal(err)
			}
			if got := h.audience(t); got != want {
				t.Errorf("%q is for %s", text, got)
			}
		}
		says(h.Anna, "Who has some?", "anna subscriber, carla starter")
		says(h.Carla, "@Bert, @anna, @carla, @dora, @garten or @nobody", "anna subscriber, bert mentioned, carla starter")
		says(h.Anna, "`@bert`, [him](/bert/)", "anna subscriber, carla starter")
		says(h.Bert, "I am @bert", "anna subscriber, carla starter")
		cast.AddContribution(t, db, cast.Contribution{ConversationID: c.ID, AuthorID: h.Dora.ID})
		says(h.Anna, "and @dora?", "anna subscriber, carla starter, dora mentioned")
		left := cast.AddContribution(t, db, cast.Contribution{ConversationID: c.ID, AuthorID: h.Admin.ID, Left: true})
		says(h.Anna, "and @demo-admin?", "anna subscriber, carla starter")

		e := h.activity(t)
		to := notify.Recipient{PersonID: h.Bert.ID, EntityID: h.Bert.EntityID, Reason: notify.Mentioned, SignsIn: true}
		m, err := h.Module().Notices[0].Compose(t.Context(), db, h.catalogues.Printer("en", nil), e, to)
		if err != nil || m.Intro != "Anna Ahorn mentions you in “Seeds”." || m.Because != "You get this email because it mentions you." || m.StopURL != "" {
			t.Errorf("%d: %+v, %v", left, m, err)
		}
		private, err := h.Begin(t.Context(), h.Anna.Viewer, conversations.Beginning{Entity: h.Carla.Entity(), Subject: "Hello", Text: "What does @bert say?"})
		if got := h.audience(t); err != nil || got != "anna starter, carla addressed" {
			t.Errorf("conversation %d is for %s, %v", private.ID, got, err)
		}
	})
}

func TestASecondClickBeginsNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		ids := make([]int64, 4)
		var wg sync.WaitGroup
		for n := range ids {
			wg.Go(func() { ids[n] = h.begin(t, h.Carla, h.Chor.Entity(), "Hello").ID })
		}
		wg.Wait()
		if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
			t.Errorf("conversations %v", ids)
		}
		if activities := webtest.Activities(t, db); len(activities) != 1 {
			t.Errorf("activities %v", activities)
		}
	})
}

func TestApplications(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	b := conversations.Beginning{Entity: h.Chor.Entity(), Subject: "Me", Text: "I sing.", Apply: true}
	if _, err := h.Begin(t.Context(), h.Carla.Viewer, b); err != nil {
		t.Fatal(err)
	}
	for who, v := range map[string]struct {
		viewer community.Viewer
		entity community.Entity
	}{"a member": {h.Anna.Viewer, h.Chor.Entity()}, "somebody to an open group": {h.Carla.Viewer, h.Garten.Entity()}} {
		b.Entity = v.entity
		if _, err := h.Begin(t.Context(), v.viewer, b); !errs.Is(err, errs.Denied) {
			t.Errorf("%s applies: %v", who, err)
		}
	}
	want := []string{"application.addressed chor carla by carla", "message.posted chor by carla"}
	if got := webtest.Activities(t, h.db); !slices.Equal(got, want) {
		t.Errorf("activities %v", got)
	}
	e := h.activity(t)
	for _, language := range []string{"en", "de"} {
		m, err := h.Module().Notices[0].Compose(t.Context(), h.db, h.catalogues.Printer(language, nil), e, notify.Recipient{PersonID: h.Anna.ID, Reason: notify.Subscriber, SignsIn: true})
		if err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "application."+language, mailtest.PrintMessage(m))
	}
	accepts := func(to cast.Person) bool {
		t.Helper()
		m, err := h.Module().Notices[0].Compose(t.Context(), h.db, h.catalogues.Printer("en", nil), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: notify.Starter, SignsIn: true})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(m.Actions[0].URL, "/applications/") || !m.Actions[0].Primary
	}
	if accepts(h.Carla) {
		t.Error("the applicant may accept themselves")
	}
	cast.Execute(t, h.db, `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, 0)`, h.Chor.ID, h.Carla.ID)
	if accepts(h.Anna) {
		t.Error("who is a member already is to be accepted")
	}
}

func TestNoticesSayWhatHappened(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	compose := func(language string, e community.Activity, to cast.Person) (*notify.Message, error) {
		return h.Module().Notices[0].Compose(t.Context(), h.db, h.catalogues.Printer(language, nil), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: notify.Starter, SignsIn: true})
	}
	c := h.begin(t, h.Carla, h.Garten.Entity(), "Seeds")
	first := h.activity(t)
	if _, err := h.Answer(t.Context(), h.Anna.Viewer, c.ID, "We have some.", 0); err != nil {
		t.Fatal(err)
	}
	second := h.activity(t)
	h.begin(t, h.Anna, h.Bert.Entity(), "Hello")
	private := h.activity(t)
	for _, language := range []string{"en", "de"} {
		for name, x := range map[string]struct {
			e  community.Activity
			to cast.Person
		}{"first": {first, h.Anna}, "answer": {second, h.Carla}, "private": {private, h.Bert}} {
			m, err := compose(language, x.e, x.to)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, name+"."+language, mailtest.PrintMessage(m))
			if start := fmt.Sprintf("conversation.%d.contribution.%d", c.ID, c.FirstID); name == "answer" && (m.Thread.Parent != start || !m.Reply || !slices.Equal(m.Thread.References, []string{start})) {
				t.Errorf("%+v", m.Thread)
			}
		}
	}
	if _, err := compose("en", private, h.Carla); !errs.Is(err, errs.Denied) {
		t.Errorf("Carla is told what Anna writes to Bert: %v", err)
	}
}

func TestMailsToGroupsAndReplies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		address, reply := h.Module().Addresses[0], h.Module().Replies[0]
		for local, want := range map[string]bool{"garten": true, "GARTEN": true, "anna": false, "nirgends": false, "": false, strings.Repeat("x", 9000): false} {
			if owner, err := address.Match(t.Context(), db, local); err != nil || (owner == h.Garten.EntityID) != want {
				t.Errorf("%.20s: %d, %v", local, owner, err)
			}
		}
		deliver := func(what func(tx *sqldb.Tx) error) error { return db.Write(t.Context(), what) }
		m := mailin.Incoming{Sender: h.Bert.Viewer, Text: "Who waters?", Cut: "-- \nBert", Attachments: []media.File{{Name: "a1.png", OriginalName: "a.png", MediaType: "image/png", Size: 1}}}
		if err := deliver(func(tx *sqldb.Tx) error { return address.Deliver(t.Context(), tx, "Garten", &m) }); err != nil {
			t.Fatal(err)
		}
		e := h.activity(t)
		c, _, err := h.Get(t.Context(), db, h.Anna.Viewer, e.ConversationID)
		if err != nil || c.Subject != "Message without a subject" || c.Messages != 1 || c.Author.OwnerID != h.Bert.ID {
			t.Errorf("%+v, %v", c, err)
		}
		tagged := m
		tagged.Subject = "Re: [garten] Water"
		tagged.Attachments = nil
		if err := deliver(func(tx *sqldb.Tx) error { return address.Deliver(t.Context(), tx, "garten", &tagged) }); err != nil {
			t.Fatal(err)
		}
		if c, _, err := h.Get(t.Context(), db, h.Anna.Viewer, h.activity(t).ConversationID); err != nil || c.Subject != "Re: Water" {
			t.Errorf("the subject is %q, %v", c.Subject, err)
		}
		target := mailin.Target{ConversationID: c.ID, ContributionID: e.ContributionID}
		m = mailin.Incoming{Sender: h.Anna.Viewer, Text: "Me"}
		if err := deliver(func(tx *sqldb.Tx) error { return reply.Deliver(t.Context(), tx, target, &m) }); err != nil {
			t.Fatal(err)
		}
		k, err := h.threads.Contribution(t.Context(), db, h.activity(t).ContributionID)
		if err != nil || k.Text != "Me" || k.InReplyToID != e.ContributionID || !k.ByMail || !k.Public {
			t.Errorf("%+v, %v", k, err)
		}
		m.Sender = h.Carla.Viewer
		if err := deliver(func(tx *sqldb.Tx) error { return reply.Deliver(t.Context(), tx, target, &m) }); !errs.Is(err, errs.Denied) {
			t.Errorf("Carla answers what she may not read: %v", err)
		}
	})
}

func TestAMailInPlainTextStaysPlain(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	m := mailin.Incoming{
		Sender: h.Bert.Viewer, Subject: "Stars", Format: markdown.Plain,
		Text: "Funny <grins>: 2*3*4\n1986. was good", Cut: "> Who <asks>?\n> *I*",
	}
	if err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error { return h.Module().Addresses[0].Deliver(t.Context(), tx, "garten", &m) }); err != nil {
		t.Fatal(err)
	}
	e := h.activity(t)
	anna := webtest.Visit(t, handler).As(h.Anna.ID)
	anna.Get(community.ConversationPath(e.ConversationID))
	anna.Sees(200, "<p>Funny &lt;grins&gt;: 2*3*4<br>\n1986. was good</p>", "Quoted text and signature", "<blockquote>\n<p>Who &lt;asks&gt;?<br>\n*I*</p>")
	anna.Get(community.ReplyToAuthorPath(e.ConversationID, e.ContributionID))
	anna.Sees(200, html.EscapeString(`> Funny \<grins>: 2\*3\*4`), html.EscapeString(`> 1986\. was good`))
	notice := h.Module().Notices[0]
	told, err := notice.Compose(t.Context(), h.db, new(lang.Printer), e, notify.Recipient{PersonID: h.Anna.ID, EntityID: h.Anna.EntityID, SignsIn: true})
	if err != nil || told.Format != markdown.Plain || told.Text != m.Text || !told.Cut.Happened || told.Cut.URL != told.URL {
		t.Errorf("%+v, %v", told, err)
	}
}

// Somebody's mails are taken side by side: none waits until another is kept.
func TestMailsOfOneSenderDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if db.Engine() == sqldb.SQLite {
			t.Skip("on SQLite, transactions follow each other")
		}
		h := newHouse(t, db)
		take := func(ctx context.Context, text string, meanwhile func() error) error {
			return db.Write(ctx, func(tx *sqldb.Tx) error {
				m := mailin.Incoming{Sender: h.Bert.Viewer, Subject: "Water", Text: text}
				return errors.Join(h.Module().Addresses[0].Deliver(ctx, tx, "garten", &m), meanwhile())
			})
		}
		err := take(t.Context(), "first", func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			return take(ctx, "second", func() error { return nil })
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func newTown(t *testing.T) (*house, http.Handler) {
	t.Helper()
	h := newHouse(t, dbtest.SQLite(t))
	page := site.Route{Method: http.MethodGet, Path: "/{entity}", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "a page"}) }}
	start := site.Route{Method: http.MethodGet, Path: "/{$}", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "Start"}) }}
	routes := append(append(h.Module().Routes, h.members.Module().Routes...), page, start)
	return h, webtest.Start(t, webtest.NewSite(t, h.db, webtest.People(h.Viewers())), routes)
}

func TestTalkingOnTheWeb(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	carla, anna := webtest.Visit(t, handler).As(h.Carla.ID), webtest.Visit(t, handler).As(h.Anna.ID)
	carla.Get("/stadt/groups/22/conversations/add/?apply_for_membership=1")
	carla.Sees(200, "Ask to join “Chor der Vielen”", "Request to join")
	carla.Submit("Send", map[string]string{"text": ""})
	carla.Sees(422, "Write something first.")
	carla.Get("/stadt/groups/22/conversations/add/?apply_for_membership=1")
	carla.Submit("Send", map[string]string{"text": "I **sing**."})
	carla.Sees(200, "Your message has been sent.", "<strong>sing</strong>")
	carla.DoesNotSee("Accept Carla")
	path := carla.Page.Path
	anna.Get(path)
	anna.Sees(200, "Accept Carla Clematis as a member", "All members of")
	anna.Submit("Your reply", map[string]string{"text": "Welcome"})
	anna.Sees(200, "Welcome", "Carla Clematis")
	anna.Get("/stadt/groups/22/conversations/")
	anna.Sees(200, "Request to join", "1 reply")
	carla.Get("/stadt/groups/22/conversations/")
	carla.Sees(403)
	for person, want := range map[int64]int{0: 303, h.Bert.ID: 403} {
		v := webtest.Visit(t, handler)
		if person != 0 {
			v.As(person)
		}
		if p := v.Ask(http.MethodGet, path); p.Status != want {
			t.Errorf("%d: %d", person, p.Status)
		}
		if p := v.Send(path, map[string][]string{"text": {"x"}}, false); p.Status != want {
			t.Errorf("%d writes: %d", person, p.Status)
		}
	}
	for _, unknown := range []string{"/stadt/conversations/99/", "/stadt/conversations/x/", "/stadt/groups/99/conversations/add/", "/stadt/gestalten/99/conversations/add/", "/stadt/conversations/confirm/abc/"} {
		anna.Get(unknown)
		anna.Sees(404)
	}
	anna.Get("/stadt/abuse/path=/garten/fest/")
	anna.Sees(200, "Report a page", "http://example.org/garten/fest")
	anna.Get("/stadt/gestalten/13/conversations/add/")
	anna.Sees(200, "Write to Carla Clematis")
}

// TestFormsSayHowManyAreTold asks as somebody does who is about to write.
func TestFormsSayHowManyAreTold(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	group, person := "/stadt/groups/21/conversations/add/", fmt.Sprintf("/stadt/gestalten/%d/conversations/add/", h.Carla.ID)
	talk := h.begin(t, h.Carla, h.Garten.Entity(), "Seeds")
	letter := h.begin(t, h.Carla, h.Anna.Entity(), "Hello")
	for _, c := range []struct {
		who        int64
		path, says string
	}{
		{h.Bert.ID, group, "1 person will be notified."},
		{h.Anna.ID, group, "1 person will be notified."},
		{h.Anna.ID, "/stadt/groups/22/conversations/add/", "Nobody will be notified."},
		{h.Bert.ID, talk.Path(), "2 people will be notified"}, // Anna, and Carla who began
	} {
		v := webtest.VisitAs(t, handler, c.who)
		v.Get(c.path)
		v.Sees(200, c.says)
		if c.path == group {
			v.Submit("Send", map[string]string{"text": ""})
			v.Sees(422, c.says, "Write something first.")
		}
	}
	stranger := webtest.Visit(t, handler)
	stranger.Get(person)
	stranger.DoesNotSee("data-editor", "is told", "are told")
	// The number would tell how members, or a single person, want to be told.
	for path, people := range map[string][]int64{group: {0, h.Carla.ID}, person: {h.Anna.ID}, talk.Path(): {h.Carla.ID}, letter.Path(): {h.Anna.ID, h.Carla.ID}} {
		for _, who := range people {
			v := webtest.VisitAs(t, handler, who)
			v.Get(path)
			v.Sees(200)
			v.DoesNotSee("is told", "are told")
		}
	}
}

func TestAnsweringTheAuthorAlone(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	c := h.begin(t, h.Carla, h.Garten.Entity(), "Seeds")
	path := community.ReplyToAuthorPath(c.ID, c.FirstID)
	anna := webtest.Visit(t, handler).As(h.Anna.ID)
	anna.Get(c.Path())
	anna.Sees(200, "Reply privately to Carla Clematis", path)
	anna.Get(path)
	anna.Sees(200, "Write to Carla Clematis", "Re: Seeds", "&gt; About Seeds", "[Carla Clematis wrote this](http://example.org"+c.Path()+"?contribution=1#contribution-1)")
	anna.Submit("Send", map[string]string{"text": "Between us"})
	anna.Sees(200, "Only Anna Ahorn and Carla Clematis can read this.", "Between us")
	anna.DoesNotSee("alone")
	private := anna.Page.Path
	for who, want := range map[int64]int{0: 303, h.Bert.ID: 200, h.Admin.ID: 403, h.Carla.ID: 403} {
		v := webtest.Visit(t, handler)
		if who != 0 {
			v.As(who)
		}
		if p := v.Ask(http.MethodGet, path); p.Status != want {
			t.Errorf("%d: %d, want %d", who, p.Status, want)
		}
	}
	carla := webtest.Visit(t, handler).As(h.Carla.ID)
	for address, want := range map[string]int{
		community.ReplyToAuthorPath(c.ID+1, c.FirstID): 404, community.ReplyToAuthorPath(c.ID, 99): 404, "/stadt/associations/x/contributions/1/reply-to-author/": 404,
		community.ReplyToAuthorPath(2, 2): 403, // of a conversation of two
	} {
		if p := carla.Ask(http.MethodGet, address); p.Status != want {
			t.Errorf("%s: %d, want %d (%s)", address, p.Status, want, private)
		}
	}
}

func TestWhoHasNotSignedInProvesTheirAddress(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	v := webtest.Visit(t, handler)
	if p := v.Ask(http.MethodGet, "/stadt/gestalten/13/conversations/add/"); p.Status != 303 {
		t.Errorf("a stranger writes to Carla, whose page is not public: %d", p.Status)
	}
	v.Get("/stadt/groups/21/conversations/add/")
	v.Submit("Send", map[string]string{"subject": "Seeds", "text": "Hello", "email": "nonsense"})
	v.Sees(422, "Enter an email address", "Please answer the question")
	fields := map[string]string{"subject": "Seeds", "text": "I have *seeds*.", "email": "Anna@example.org"}
	for question, answer := range map[string]string{
		"season": "spring", "days are there in a week": "7", "months": "12", "Wednesday": "thursday", "snow": "white", "sky": "blue", "grass": "green",
		"opposite": "night", "hours": "24",
	} {
		if strings.Contains(v.Page.Body, question) {
			fields["captcha_0"] = answer
		}
	}
	v.Submit("Send", fields)
	v.Sees(200, "We’ve sent you an email.")
	if activities := webtest.Activities(t, h.db); len(activities) != 0 {
		t.Fatalf("something happened before the proof: %v", activities)
	}
	letter := h.tray.TakeOne(t)
	golden.Equal(t, "confirm-message.en", mailtest.Print(letter))
	link := mailtest.Link(t, letter, "/conversations/confirm/")
	v.Get(link)
	v.Sees(200, "Do you want to send your message “Seeds”")
	v.Submit("Send the message", nil)
	v.Sees(200, "Your message to “Garten am Bach” has been sent.")
	v.Get(link)
	v.Sees(404)
	if got := webtest.Activities(t, h.db); !slices.Equal(got, []string{"message.posted garten by anna"}) {
		t.Errorf("activities %v", got)
	}
}

// TestReportsAreCounted has pages reported by somebody who has signed in and by somebody who has not. Other messages to the
// group that runs the site, a second click, and reports that nobody confirms do not count.
func TestReportsAreCounted(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	figures := prometheus.NewRegistry()
	figures.MustRegister(h.Module().Metrics...)
	counts := func(want int) {
		t.Helper()
		all, err := figures.Gather()
		if err != nil || len(all) != 1 || all[0].GetName() != "grouprise_abuse_reports_total" || all[0].GetMetric()[0].GetCounter().GetValue() != float64(want) {
			t.Errorf("want %d reports: %v, %v", want, all, err)
		}
	}
	h.begin(t, h.Carla, h.Chor.Entity(), "Hello")
	counts(0)
	anna := webtest.VisitAs(t, handler, h.Anna.ID)
	for range 2 {
		anna.Get("/stadt/abuse/path=/garten/fest/")
		anna.Submit("Send", map[string]string{"subject": "Spam", "text": "Look at it."})
		anna.Sees(200, "Spam")
	}
	counts(1)
	for _, b := range []conversations.Beginning{{Report: true}, {}} {
		b.Entity, b.Subject, b.Text = h.Chor.Entity(), "Page report", "Please look."
		if err := h.BeginByMail(t.Context(), "stranger@example.net", "en", b); err != nil {
			t.Fatal(err)
		}
		counts(1)
	}
	for _, letter := range h.tray.Take() {
		v := webtest.Visit(t, handler)
		v.Get(mailtest.Link(t, letter, "/conversations/confirm/"))
		v.Submit("Send the message", nil)
		v.Sees(200, "has been sent")
	}
	counts(2)
}

func TestWhatIsWrongStandsBesideItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for _, c := range []struct{ subject, text, want string }{{"", "", "subject text"}, {strings.Repeat("ä", 256), "x", "subject"}, {"x", strings.Repeat("x", 100_001), "text"}} {
		_, err := h.Begin(t.Context(), h.Anna.Viewer, conversations.Beginning{Entity: h.Garten.Entity(), Subject: c.subject, Text: c.text})
		var fields []string
		if e, ok := errors.AsType[*errs.Error](err); ok {
			for _, f := range e.Fields {
				fields = append(fields, f.Name)
			}
		}
		if got := strings.Join(fields, " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestAReportLeadsToNoOtherSite(t *testing.T) {
	t.Parallel()
	w, handler := newTown(t)
	anna := webtest.VisitAs(t, handler, w.Anna.ID)
	for _, path := range []string{"%5Cevil.example", "%2Fevil.example", "path=%2Fevil.example", "%5C%5Cevil.example/x", "path=/%5Cevil.example", "%09/evil.example"} {
		anna.Ask(http.MethodGet, "/stadt/abuse/"+path)
		for _, link := range []string{`href="/\evil`, `href="//evil`, `href="/\\`, `href="\`, "href=\"/\t"} {
			if strings.Contains(anna.Page.Body, link) {
				t.Errorf("%s is shown as a link %s", path, link)
			}
		}
		if status := anna.Page.Status; status != http.StatusOK && status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, status)
		}
	}
}

// TestNobodyIsFloodedWithMessages has outsiders write to a group on the web and by mail, and to a person in one
// conversation, more often than anybody reads.
func TestNobodyIsFloodedWithMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	const perDay = 200
	write := func(n int) error {
		if n%2 == 0 {
			_, err := h.Begin(t.Context(), h.Carla.Viewer, conversations.Beginning{Entity: h.Garten.Entity(), Subject: "Laub", Text: fmt.Sprint(n)})
			return err
		}
		return h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return h.Module().Addresses[0].Deliver(t.Context(), tx, "garten", &mailin.Incoming{Sender: h.Dora.Viewer, Subject: "Laub", Text: fmt.Sprint(n)})
		})
	}
	for n := range perDay {
		if err := write(n); err != nil {
			t.Fatal(n, err)
		}
	}
	for n := range 2 {
		if err := write(perDay + n); !errs.Is(err, errs.TooMany) || !strings.Contains(err.Error(), "“Garten am Bach” has had many messages today") {
			t.Errorf("message %d to a group: %v", perDay+n+1, err)
		}
	}
	h.begin(t, h.Anna, h.Garten.Entity(), "members go on")

	conv := h.begin(t, h.Carla, h.Bert.Viewer.Entity(), "Kompost")
	for n := range perDay - 1 {
		if _, err := h.Answer(t.Context(), h.Carla.Viewer, conv.ID, fmt.Sprint(n), 0); err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := h.Answer(t.Context(), h.Carla.Viewer, conv.ID, "Hallo?", 0); !errs.Is(err, errs.TooMany) {
		t.Errorf("a person is flooded in one conversation: %v", err)
	}
	if _, err := h.Answer(t.Context(), h.Bert.Viewer, conv.ID, "Lass das.", 0); err != nil {
		t.Errorf("whoever is flooded cannot answer: %v", err)
	}
}
