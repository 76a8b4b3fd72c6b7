package chatsettings_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	channel "grouprise.org/grouprise/internal/channels/matrix"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/features/chatsettings"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

const baseURL = "https://stadt.example"

// groups finds the groups of the cast.
type groups struct{ *cast.Cast }

func (g groups) GetBySlug(_ context.Context, _ sqldb.Querier, slug string) (community.Group, error) {
	for _, one := range []community.Group{g.Garten, g.Chor} {
		if one.Slug == slug {
			return one, nil
		}
	}
	return community.Group{}, errs.New(errs.NotFound, "")
}

// answering is which groups have chosen that their private room answers.
type answering map[int64]bool

func (a answering) IsOpen(_ context.Context, _ sqldb.Querier, entityID int64) (bool, error) {
	return a[entityID], nil
}

func (a answering) Set(_ context.Context, _ *sqldb.Tx, _ community.Standing, entityID int64, open bool) error {
	a[entityID] = open
	return nil
}

// town is the cast with a homeserver.
type town struct {
	*cast.Cast
	*matrixtest.Server
	db       *sqldb.DB
	queue    *queue.Queue
	outbox   *outbox.Outbox
	chat     *chat.Chat
	settings *chatsettings.Settings
	handler  http.Handler
	later    atomic.Int64      // how far the clock is ahead
	pages    map[string]string // of other servers: an address and what stands there, or where it leads
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), Server: matrixtest.New(t), pages: map[string]string{}}
	now := func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }
	w.db = db.WithClock(now)
	w.queue = queue.New(w.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	catalogues := localetest.Catalogues(t)
	server, err := matrix.New(matrix.Config{URL: w.URL, User: matrixtest.Bot, Token: matrixtest.Token, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := web.NewLinkKeys("secret", "chat accounts")
	if err != nil {
		t.Fatal(err)
	}
	name := func() string { return "Neustadt" }
	messages := channel.New(channel.Config{
		DB: w.db, Queue: w.queue, Log: slog.New(slog.DiscardHandler), Server: server,
		Directs: func(ctx context.Context, tx *sqldb.Tx, people []int64) (map[int64]int64, error) {
			return w.settings.Open(ctx, tx, people)
		},
	})
	w.chat = chat.New(chat.Deps{
		DB: w.db, Queue: w.queue, Log: slog.New(slog.DiscardHandler), Server: server, Domain: matrixtest.Domain, BaseURL: baseURL, SiteName: name, Messages: messages,
		Printer: func() *lang.Printer { return catalogues.Printer("en", time.UTC) },
	})
	w.settings = chatsettings.New(chatsettings.Deps{
		DB: w.db, Queue: w.queue, Log: slog.New(slog.DiscardHandler), Limiter: web.NewLimiter(w.db, now), Chat: w.chat, Groups: groups{w.Cast}, Messages: messages, Answers: answering{}, Server: server,
		Domain: matrixtest.Domain, Bots: []string{id("commander")}, Listeners: []string{"!feed:" + matrixtest.Domain}, BaseURL: baseURL, Keys: keys, SiteName: name,
		Catalogues: catalogues, Zone: time.UTC, Read: w.read,
	})
	w.outbox = outbox.New(w.queue)
	w.queue.Handle(queue.Kind{Name: outbox.JobNotify, Handle: func(context.Context, queue.Job) error { return nil }})
	for _, m := range []module.Module{w.chat.Module(), w.settings.Module(), messages.Module()} {
		w.queue.Handle(m.Jobs...)
		w.queue.Schedule(m.Periodics...)
		w.outbox.React(m.Reactions...)
	}
	w.handler = webtest.Start(t, webtest.NewSite(t, w.db, webtest.People(w.Viewers())), w.settings.Module().Routes)
	return w
}

// read is how other servers are asked.
func (w *town) read(_ context.Context, address string) (*fetch.Document, error) {
	text, ok := w.pages[address]
	if !ok {
		return nil, errors.New("nobody answers")
	}
	if strings.HasPrefix(text, "https://") {
		return &fetch.Document{Address: text, Type: "text/html"}, nil
	}
	return &fetch.Document{Address: address, Body: []byte(text)}, nil
}

func id(local string) string { return "@" + local + ":" + matrixtest.Domain }

// drain runs what is due. That the homeserver is away is no failure of a test.
func (w *town) drain(t *testing.T) {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil && !strings.Contains(err.Error(), "chat server") {
		t.Fatal(err)
	}
}

// pass lets time pass, and everything that is due in it.
func (w *town) pass(t *testing.T, d time.Duration) {
	t.Helper()
	for range 14 {
		w.later.Add(int64(d / 14))
		w.drain(t)
	}
}

// direct returns the room of the chat with an account; "" if there is none.
func (w *town) direct(matrixID string) string {
	for _, room := range w.Rooms() {
		if strings.HasSuffix(fmt.Sprint(w.State(room, "m.room.name", "")["name"]), "notifications") && w.State(room, "m.room.member", matrixID) != nil {
			return room
		}
	}
	return ""
}

// connect asks for an account, and returns the room in which it is asked.
func (w *town) connect(t *testing.T, p cast.Person, matrixID string) string {
	t.Helper()
	v := webtest.VisitAs(t, w.handler, p.ID)
	v.Send("/stadt/settings/matrix-chat/", url.Values{"matrix_id": {matrixID}}, true)
	v.Sees(http.StatusOK, "We’ve asked "+matrixID)
	w.drain(t)
	return w.direct(matrixID)
}

// hears lets the room hear something, as the bot would tell it.
func (w *town) hears(t *testing.T, e bot.Event) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, l := range slices.Concat(w.settings.Module().Hears, w.chat.Module().Hears) {
			if err := l.Hear(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
}

func (w *town) idOf(t *testing.T, p cast.Person) chat.ID {
	t.Helper()
	own, err := chat.IDOf(t.Context(), w.db, p.ID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	return own
}

var link = regexp.MustCompile(regexp.QuoteMeta(baseURL) + `(/stadt/chat-accounts/\d+/[a-z2-7]+/)`)

const annas = "@anna.a:elsewhere.example"

func TestAnAccountIsSomebodysOnceTheyHaveProvedIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.pass(t, time.Hour)
		private := w.Find("garten-private")
		w.Join(t, id("anna"), private)

		room := w.connect(t, w.Anna, annas)
		said := w.Messages(room)
		if len(said) != 1 || !strings.Contains(said[0].Text, "Anna Ahorn (anna) on Neustadt says that this chat account is theirs.") {
			t.Fatalf("in the chat stands %+v", said)
		}
		if member := w.State(room, "m.room.member", annas); member["membership"] != "invite" || member["is_direct"] != true {
			t.Errorf("the account was asked in by %v", member)
		}
		if own := w.idOf(t, w.Anna); own.Proven || own.MatrixID != id("anna") {
			t.Errorf("before the proof the account is %+v", own)
		}
		w.pass(t, time.Hour)
		if got := w.Membership(private, annas); got != "" {
			t.Errorf("before the proof the account is %q in the private room", got)
		}

		path := link.FindStringSubmatch(said[0].Text)[1]
		nobody := webtest.Visit(t, w.handler)
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "Is "+annas+" the chat account of Anna Ahorn (anna)?")
		if w.idOf(t, w.Anna).Proven {
			t.Error("whoever looks behind the link proves it")
		}
		nobody.Send(path, url.Values{}, true)
		w.pass(t, time.Hour)
		if own := w.idOf(t, w.Anna); !own.Proven || own.MatrixID != annas {
			t.Errorf("after the proof the account is %+v", own)
		}
		if old, fresh := w.Membership(private, id("anna")), w.Membership(private, annas); old != "leave" || fresh != "invite" {
			t.Errorf("in the private room the old account is %q, the new one %q", old, fresh)
		}
		if said := w.Messages(room); len(said) != 2 || !strings.Contains(said[1].Text, "Thank you.") {
			t.Errorf("in the chat stands %+v", said)
		}
		nobody.Send(path, url.Values{}, true)
		nobody.Sees(http.StatusNotFound)

		webtest.VisitAs(t, w.handler, w.Anna.ID).Send("/stadt/settings/matrix-chat/", url.Values{"matrix_id": {""}}, true)
		w.pass(t, time.Hour)
		if own := w.idOf(t, w.Anna); own.Proven || own.MatrixID != id("anna") {
			t.Errorf("after giving it up the account is %+v", own)
		}
		if got := w.Membership(private, annas); got != "leave" {
			t.Errorf("the account that was given up is %q in the private room", got)
		}
		if got := w.Membership(private, id("anna")); got != "invite" {
			t.Errorf("the account of the site is %q in the private room", got)
		}
		if w.Membership(room, matrixtest.Bot) != "leave" {
			t.Error("the bot stays in the chat with the account that was given up")
		}
	})
}

func TestAnAnswerInTheChatProvesAnAccount(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]bot.Event{
		"a word": {Kind: "m.text", Text: "Ja!"}, "a reaction": {ReactsTo: "$question", Reaction: "👍"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t, dbtest.SQLite(t))
			room := w.connect(t, w.Anna, annas)
			answer.Room = room
			for who, e := range map[string]bot.Event{
				"somebody else":    {Room: room, Sender: "@mallory:elsewhere.example", Text: "yes"},
				"another room":     {Room: "!other:elsewhere.example", Sender: annas, Text: "yes"},
				"something else":   {Room: room, Sender: annas, Text: "Who are you?"},
				"an edited answer": {Room: room, Sender: annas, Text: "yes", Replaces: "$earlier"},
			} {
				if w.hears(t, e); w.idOf(t, w.Anna).Proven {
					t.Fatalf("%s proves it", who)
				}
			}
			answer.Sender = annas
			if w.hears(t, answer); w.idOf(t, w.Anna).MatrixID != annas {
				t.Errorf("the account is %+v", w.idOf(t, w.Anna))
			}
		})
	}
}

func TestAQuestionWaitsThreeDays(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	room := w.connect(t, w.Anna, annas)
	path := link.FindStringSubmatch(w.Messages(room)[0].Text)[1]
	w.pass(t, 75*time.Hour)
	nobody := webtest.Visit(t, w.handler)
	nobody.Get(path)
	nobody.Sees(http.StatusNotFound, "This link has already been used or has expired.")
	w.hears(t, bot.Event{Room: room, Sender: annas, Text: "yes"})
	if w.idOf(t, w.Anna).Proven {
		t.Error("an answer that comes too late proves it")
	}
	w.pass(t, 25*time.Hour)
	if w.Membership(room, matrixtest.Bot) != "leave" {
		t.Error("the bot stays in a chat that nobody answered in")
	}
}

func TestNobodyTakesTheAccountOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.hears(t, bot.Event{Room: w.connect(t, w.Anna, annas), Sender: annas, Text: "yes"})
	w.connect(t, w.Bert, annas)
	path := ""
	for _, room := range w.Rooms() {
		for _, m := range w.Messages(room) {
			if strings.Contains(m.Text, "Bert Birke") {
				path = link.FindStringSubmatch(m.Text)[1]
			}
		}
	}
	nobody := webtest.Visit(t, w.handler)
	nobody.Send(path, url.Values{}, true)
	nobody.Sees(http.StatusConflict, "This chat account belongs to somebody else here.")
	if w.idOf(t, w.Anna).MatrixID != annas || w.idOf(t, w.Bert).MatrixID == annas {
		t.Error("the account has changed hands")
	}
}

func TestStrangersAreAskedSeldom(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
	for n := range 6 {
		anna.Send("/stadt/settings/matrix-chat/", url.Values{"matrix_id": {fmt.Sprintf("@v%d:elsewhere.example", n)}}, true)
	}
	anna.Sees(http.StatusTooManyRequests, "Too many attempts.")
	for n, p := range []cast.Person{w.Bert, w.Carla, w.Bert, w.Carla} {
		v := webtest.VisitAs(t, w.handler, p.ID)
		v.Send("/stadt/settings/matrix-chat/", url.Values{"matrix_id": {"@victim:elsewhere.example"}}, true)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[n < 3]; v.Page.Status != want {
			t.Errorf("question %d answers %d", n, v.Page.Status)
		}
	}
	w.drain(t)
	if n := len(w.Rooms()); n > 7 {
		t.Errorf("%d chats were opened", n)
	}
}

func TestWhatIsNoAccountOfOnesOwnIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	v := webtest.VisitAs(t, w.handler, w.Anna.ID)
	for typed, want := range map[string]string{
		"anna": "Enter a Matrix ID", "@anna:localhost": "Enter a Matrix ID", matrixtest.Bot: "This is the chat account of the site.", id("commander"): "This is the chat account of the site.",
	} {
		v.Send("/stadt/settings/matrix-chat/", url.Values{"matrix_id": {typed}}, true)
		v.Sees(http.StatusUnprocessableEntity, want)
	}
}

func TestAChatComesAboutOnceWhateverTheHomeserverDoes(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.SetAway(true)
	webtest.VisitAs(t, w.handler, w.Anna.ID).Send("/stadt/settings/matrix-chat/", url.Values{"matrix_id": {annas}}, true)
	w.pass(t, time.Hour)
	w.SetAway(false)
	for lost := range 6 {
		w.Lose(lost)
		w.pass(t, 20*time.Minute)
	}
	rooms := 0
	for _, room := range w.Rooms() {
		if w.State(room, "m.room.member", annas) != nil {
			rooms++
			if said := w.Messages(room); len(said) != 1 {
				t.Errorf("in the chat stands %+v", said)
			}
		}
	}
	if rooms != 1 {
		t.Errorf("there are %d chats", rooms)
	}
}

func TestMembersArrangeTheRoomsOfTheirGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.pass(t, time.Hour)
		const path = "/stadt/settings/group/matrix-chat/?group=garten"
		carla := webtest.VisitAs(t, w.handler, w.Carla.ID)
		carla.Get(path)
		carla.Sees(http.StatusForbidden, "Only members of the group can do this.")
		public, private := w.Find("garten"), w.Find("garten-private")
		bert := webtest.VisitAs(t, w.handler, w.Bert.ID)
		bert.Get(path)
		bert.Sees(http.StatusOK, public, private, matrixtest.Bot)
		carla.Send(path, url.Values{"public_room": {"!mine:elsewhere.example"}, "private_room": {private}}, true)
		carla.Sees(http.StatusForbidden)

		bert.Send(path, url.Values{"public_room": {"room"}, "private_room": {private}}, true)
		bert.Sees(http.StatusUnprocessableEntity, "Enter the ID of a room")
		bert.Send(path, url.Values{"public_room": {w.Find("chor")}, "private_room": {private}}, true)
		bert.Sees(http.StatusUnprocessableEntity, "This is the chat room of another group")
		bert.Send(path, url.Values{"public_room": {"!mine:elsewhere.example"}, "private_room": {private}, "private_visible": {"on"}}, true)
		bert.Sees(http.StatusOK, "The changes have been saved.", "!mine:elsewhere.example", `name="answers" value="on"`)
		bert.DoesNotSee(`name="answers" value="on" checked`)
		bert.Send(path, url.Values{"private_visible": {"on"}, "answers": {"on"}}, true)
		bert.Sees(http.StatusOK, `name="answers" value="on" checked`)
		rooms, err := w.chat.RoomsOf(t.Context(), w.db, w.Garten.Entity())
		if err != nil || rooms[0].RoomID != private || !rooms[0].Visible || rooms[1].RoomID != "!mine:elsewhere.example" || rooms[1].Visible {
			t.Errorf("the rooms are %+v, %v", rooms, err)
		}
	})
}

func TestLinksLeadIntoTheRightClient(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.pass(t, time.Hour)
		leads := func(person int64, path, want string) {
			t.Helper()
			v := webtest.VisitAs(t, w.handler, person)
			if person == 0 {
				v = webtest.Visit(t, w.handler)
			}
			if got := v.Ask(http.MethodGet, path); got.Status != http.StatusFound || got.Header.Get("Location") != want {
				t.Errorf("%s leads to %d %s, want %s", path, got.Status, got.Header.Get("Location"), want)
			}
		}
		leads(0, "/garten/-/chat/public/", "https://matrix.to/#/%23garten:"+matrixtest.Domain)
		leads(w.Bert.ID, "/garten/-/chat/private/", "https://matrix.to/#/%23garten-private:"+matrixtest.Domain)
		leads(0, "/stadt/chat-rooms/public-feed/", "https://matrix.to/#/%21feed:"+matrixtest.Domain+"?via="+matrixtest.Domain)

		w.pages["https://elsewhere.example/.well-known/matrix/client"] = `{"m.homeserver": {"base_url": "https://matrix.elsewhere.example/"}}`
		w.pages["https://matrix.elsewhere.example/_matrix/client/"] = "https://chat.elsewhere.example/"
		w.hears(t, bot.Event{Room: w.connect(t, w.Anna, annas), Sender: annas, Text: "yes"})
		leads(w.Anna.ID, "/garten/-/chat/public/", "https://chat.elsewhere.example/#/room/%23garten:"+matrixtest.Domain)
		w.hears(t, bot.Event{Room: w.connect(t, w.Bert, "@bert:matrix.org"), Sender: "@bert:matrix.org", Text: "yes"})
		leads(w.Bert.ID, "/garten/-/chat/private/", "https://app.element.io/#/room/%23garten-private:"+matrixtest.Domain)
		w.hears(t, bot.Event{Room: w.connect(t, w.Carla, "@carla:silent.example"), Sender: "@carla:silent.example", Text: "yes"})
		leads(w.Carla.ID, "/garten/-/chat/public/", "https://matrix.to/#/%23garten:"+matrixtest.Domain)

		for _, c := range []struct {
			person int64
			path   string
			want   int
		}{
			{w.Carla.ID, "/garten/-/chat/private/", http.StatusForbidden},
			{0, "/garten/-/chat/private/", http.StatusSeeOther},
			{0, "/nirgends/-/chat/public/", http.StatusNotFound},
			{0, "/nirgends/-/chat/private/", http.StatusNotFound},
		} {
			v := webtest.VisitAs(t, w.handler, c.person)
			if c.person == 0 {
				v = webtest.Visit(t, w.handler)
			}
			if got := v.Ask(http.MethodGet, c.path).Status; got != c.want {
				t.Errorf("%d gets %d at %s", c.person, got, c.path)
			}
		}
		for _, path := range []string{"/stadt/chat/", "/stadt/chat/bundles/app.js"} {
			v := webtest.Visit(t, w.handler)
			v.Get(path)
			v.Sees(http.StatusOK, "There’s no chat app on this site.")
		}
		cast.Execute(t, w.db, `DELETE FROM chat_rooms WHERE kind = 'private'`)
		if got := webtest.VisitAs(t, w.handler, w.Anna.ID).Ask(http.MethodGet, "/garten/-/chat/private/").Status; got != http.StatusNotFound {
			t.Errorf("a room that is not there answers %d", got)
		}
	})
}

func TestALookUpDoesNotReachIntoTheSitesOwnNetwork(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	asked := atomic.Int64{}
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inside.Close)
	server, err := matrix.New(matrix.Config{URL: "http://127.0.0.1:1", User: matrixtest.Bot})
	if err != nil {
		t.Fatal(err)
	}
	q := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	q.Handle(chatsettings.New(chatsettings.Deps{DB: db, Queue: q, Server: server, BaseURL: baseURL, Domain: matrixtest.Domain}).Module().Jobs...)
	domain := strings.Replace(strings.TrimPrefix(inside.URL, "https://"), "127.0.0.1", "localhost", 1)
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO chat_clients (domain) VALUES (?)`, domain); err != nil {
			return err
		}
		return q.Enqueue(t.Context(), tx, "chatsettings.look_up", map[string]string{"Domain": domain})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var looked bool
	if err := db.Get(t.Context(), &looked, `SELECT looked_at IS NOT NULL FROM chat_clients WHERE domain = ?`, domain); err != nil || !looked || asked.Load() > 0 {
		t.Errorf("looked: %t, %v; asked %d times", looked, err, asked.Load())
	}
}
