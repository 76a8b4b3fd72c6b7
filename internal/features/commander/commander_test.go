package commander_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/bot"
	core "grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/features/commander"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

const (
	anna = "@anna:" + matrixtest.Domain
	bert = "@bert:" + matrixtest.Domain
)

// office is a site with a room of administrators, where anna and bert are.
type office struct {
	*matrixtest.Server
	db        *sqldb.DB
	queue     *queue.Queue
	commander *commander.Commander
	hear      func(ctx context.Context, tx *sqldb.Tx, e bot.Event) error
	admins    string // the room
	later     atomic.Int64

	mu      sync.Mutex
	removed []string // what the destructive command has removed
	heard   int
}

func newOffice(t *testing.T, db *sqldb.DB, shared bool) *office {
	t.Helper()
	o := &office{Server: matrixtest.New(t)}
	o.db = db.WithClock(func() time.Time { return time.Now().Add(time.Duration(o.later.Load())) })
	o.queue = queue.New(o.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	o.admins = o.NewRoom(matrixtest.Bot)
	o.Enter(anna, o.admins)
	o.Enter(bert, o.admins)
	server, err := matrix.New(matrix.Config{URL: o.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	known := core.New()
	known.Serve(
		core.Command{Name: "thing show", Args: "NAME", About: "Shows a thing.", Run: func(_ context.Context, args []string) (core.Reply, error) {
			if args[0] == "broken" {
				return nil, fmt.Errorf("it is broken")
			}
			return core.Reply{"It is <b>" + args[0] + "</b>.", core.Pair("size", "big")}, nil
		}},
		core.Command{
			Name: "thing remove", Args: "NAME", About: "Removes a thing.",
			Plan: func(_ context.Context, args []string) (string, error) {
				if args[0] == "missing" {
					return "", errs.New(errs.NotFound, "There is no such thing.")
				}
				return "This removes " + args[0] + ".", nil
			},
			Run: func(_ context.Context, args []string) (core.Reply, error) {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.removed = append(o.removed, args[0])
				return core.Reply{"It is gone."}, nil
			},
		},
	)
	o.commander = commander.New(commander.Deps{
		DB: o.db, Queue: o.queue, Log: slog.New(slog.DiscardHandler), Commander: known, Printer: func() *lang.Printer { return nil },
		Server: server, Account: matrixtest.Bot, Shared: shared, AdminRooms: []string{o.admins, "!later:" + matrixtest.Domain},
	})
	m := o.commander.Module()
	o.queue.Handle(m.Jobs...)
	o.hear = m.Hears[0].Hear
	return o
}

// tell lets the bot hear an event, and everything be done that follows.
func (o *office) tell(t *testing.T, e bot.Event) {
	t.Helper()
	o.hearOnly(t, e)
	o.drain(t)
}

func (o *office) hearOnly(t *testing.T, e bot.Event) {
	t.Helper()
	o.heard++
	if e.ID == "" {
		e.ID = fmt.Sprint("$heard", o.heard)
	}
	if e.Kind == "" && e.Text != "" {
		e.Kind = "m.text"
	}
	if e.At.IsZero() {
		e.At = o.db.Now().Time
	}
	if err := o.db.Write(t.Context(), func(tx *sqldb.Tx) error { return o.hear(t.Context(), tx, e) }); err != nil {
		t.Fatal(err)
	}
}

func (o *office) drain(t *testing.T) {
	t.Helper()
	if err := o.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (o *office) say(t *testing.T, user, text string) {
	t.Helper()
	o.tell(t, bot.Event{Room: o.admins, Sender: user, Text: text})
}

// last returns the last thing that the bot has said in a room; it is empty if there is nothing.
func (o *office) last(room string) matrixtest.Shown {
	all := o.Messages(room)
	if len(all) == 0 {
		return matrixtest.Shown{}
	}
	return all[len(all)-1]
}

func (o *office) gone() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.removed)
}

func TestCommandsAreAnswered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		o := newOffice(t, db, false)
		o.say(t, anna, "!grouprise thing show \"a <i>b</i>\"")
		if got := o.last(o.admins); got.Text != "It is <b>a <i>b</i></b>.\n- size: big" ||
			got.HTML != "It is &lt;b&gt;a &lt;i&gt;b&lt;/i&gt;&lt;/b&gt;.<ul><li>size: big</li></ul>" {
			t.Errorf("said %+v", got)
		}
		o.say(t, anna, "!grouprise thing show broken")
		if got := o.last(o.admins); !strings.HasPrefix(got.Text, "That didn’t work.") {
			t.Errorf("said %+v", got)
		}
		o.say(t, anna, "!grouprise tihng show")
		if got := o.last(o.admins); !strings.Contains(got.Text, "There is no such command.") || !strings.Contains(got.Text, "thing show NAME") {
			t.Errorf("said %+v", got)
		}
		o.say(t, anna, "!grouprise # nothing\nthing show x\n\nthing show y")
		if got := o.last(o.admins); got.Text != "It is <b>x</b>.\n- size: big\nIt is <b>y</b>.\n- size: big" {
			t.Errorf("said %+v", got)
		}
	})
}

func TestOnlyWhoAddressesTheBotIsAnswered(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t), false)
	for _, text := range []string{
		"thing show x", "!grouprise", "!grouprise:", "!groupriset thing show x", "@grouprise-bot:evil.example thing show x", "grouprise-bot2 thing show x",
		"> !grouprise thing show x", "@@grouprise-bot thing show x", "! grouprise thing show x", "",
	} {
		o.say(t, anna, text)
	}
	o.tell(t, bot.Event{Room: o.admins, Sender: anna, Text: "!grouprise thing show x", Kind: "m.notice"})
	o.tell(t, bot.Event{Room: o.admins, Sender: anna, Text: "!grouprise thing show x", Replaces: "$old"})
	o.tell(t, bot.Event{Room: o.admins, Sender: anna, Text: "!grouprise thing show x", At: time.Now().Add(-25 * time.Hour)})
	if all := o.Messages(o.admins); len(all) != 0 {
		t.Errorf("answered: %+v", all)
	}
	prefixes := []string{"!grouprise", "!grouprise:", "grouprise-bot", "@grouprise-bot", "grouprise-bot:", matrixtest.Bot, matrixtest.Bot + ":", strings.TrimPrefix(matrixtest.Bot, "@")}
	for i, prefix := range prefixes {
		o.say(t, anna, prefix+" thing show x")
		if all := o.Messages(o.admins); len(all) != i+1 {
			t.Errorf("%q is not answered", prefix)
		}
	}
}

func TestALongMessageIsNoCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t), false)
	for _, text := range []string{"thing show " + strings.Repeat("x", 64<<10), strings.Repeat("thing show x\n", 21)} {
		o.say(t, anna, "!grouprise "+text)
		if got := o.last(o.admins); got.Text != "That’s too long for commands. Nothing has been done." {
			t.Errorf("said %.200s", got.Text)
		}
	}
}

func TestWhatDestroysIsConfirmed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		o := newOffice(t, db, false)
		ask := func(user, name string) (question string) {
			t.Helper()
			o.say(t, user, "!grouprise thing remove "+name)
			got := o.last(o.admins)
			if !strings.HasPrefix(got.Text, "This removes "+name+".\nTo confirm") {
				t.Fatalf("asked %+v", got)
			}
			return got.ID
		}
		want := func(names ...string) {
			t.Helper()
			if got := o.gone(); !slices.Equal(got, names) {
				t.Fatalf("removed %q, want %q", got, names)
			}
		}
		question := ask(anna, "one")
		o.say(t, bert, "yes")
		o.tell(t, bot.Event{Room: o.admins, Sender: bert, ReactsTo: question, Reaction: "👍"})
		o.tell(t, bot.Event{Room: o.admins, Sender: anna, ReactsTo: "$other", Reaction: "👍"})
		o.tell(t, bot.Event{Room: o.admins, Sender: anna, ReactsTo: question, Reaction: "👎"})
		o.tell(t, bot.Event{Room: "!elsewhere:x", Sender: anna, Text: "yes"})
		want()
		o.tell(t, bot.Event{Room: o.admins, Sender: anna, ReactsTo: question, Reaction: "👍🏽"})
		want("one")
		if got := o.last(o.admins); got.Text != "It is gone." {
			t.Errorf("said %+v", got)
		}
		o.tell(t, bot.Event{Room: o.admins, Sender: anna, ReactsTo: question, Reaction: "✅"})
		o.say(t, anna, "yes")
		want("one")

		ask(anna, "two")
		o.say(t, anna, "Yes.")
		want("one", "two")

		question = ask(anna, "three")
		o.later.Add(int64(61 * time.Second))
		o.say(t, anna, "yes")
		o.tell(t, bot.Event{Room: o.admins, Sender: anna, ReactsTo: question, Reaction: "👍"})
		want("one", "two")

		o.say(t, anna, "!grouprise thing remove missing")
		if got := o.last(o.admins); got.Text != "There is no such thing." {
			t.Errorf("said %+v", got)
		}
		o.say(t, anna, "yes")
		want("one", "two")
	})
}

func TestWhatWasBegunIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t), false)
	o.say(t, anna, "!grouprise thing remove one")
	o.hearOnly(t, bot.Event{Room: o.admins, Sender: anna, Text: "yes"})
	cast.Execute(t, o.db, `UPDATE commander_orders SET state = 'running'`) // a process was killed here
	o.drain(t)
	if got := o.last(o.admins); len(o.gone()) != 0 || !strings.HasPrefix(got.Text, "The program was stopped in the middle of this.") {
		t.Errorf("removed %q, said %+v", o.gone(), got)
	}
}

func TestRepliesArriveOnceTheServerIsBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t), false)
	o.SetAway(true)
	o.hearOnly(t, bot.Event{Room: o.admins, Sender: anna, Text: "!grouprise thing show x"})
	if err := o.queue.Drain(t.Context()); err == nil {
		t.Fatal("the reply was sent to a server that is away")
	}
	o.SetAway(false)
	o.Lose(1)
	for range 3 {
		o.later.Add(int64(time.Minute))
		_ = o.queue.Drain(t.Context()) // the first answer gets lost
	}
	if all := o.Messages(o.admins); len(all) != 1 {
		t.Errorf("said %+v", all)
	}
}

func TestNobodyElseIsObeyed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		o := newOffice(t, db, true)
		c := cast.New(t, db)
		other, ofGroup := o.NewRoom(matrixtest.Bot), o.NewRoom(matrixtest.Bot)
		cast.Execute(t, db, `INSERT INTO chat_rooms (kind, owner, entity_id, room_id, changed_at) VALUES ('public', ?, ?, ?, 1)`, c.Garten.EntityID, c.Garten.EntityID, ofGroup)
		for range 3 {
			o.tell(t, bot.Event{Room: other, Sender: anna, Text: "!grouprise thing remove x"})
			o.tell(t, bot.Event{Room: ofGroup, Sender: anna, Text: "!grouprise thing remove x"})
			o.tell(t, bot.Event{Room: other, Sender: anna, Text: "yes"})
		}
		if all := o.Messages(other); len(all) != 1 || !strings.Contains(all[0].Text, other) {
			t.Errorf("said in a room of others: %+v", all)
		}
		if all := o.Messages(ofGroup); len(all) != 0 || len(o.gone()) != 0 {
			t.Errorf("said in the room of a group: %+v; removed %q", all, o.gone())
		}
		o.tell(t, bot.Event{Room: o.admins, Sender: anna, Type: matrix.EncryptedEvent, Encrypted: true, Unreadable: true})
		if got := o.last(o.admins); !strings.Contains(got.Text, "encrypted") {
			t.Errorf("said of what is encrypted: %+v", got)
		}
	})
}

func TestInvitationsToRoomsOfAdministratorsAreAccepted(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t), false)
	o.Leave(matrixtest.Bot, o.admins)
	other := o.NewRoom(anna)
	for _, room := range []string{o.admins, other} {
		o.Invite(anna, matrixtest.Bot, room)
		o.tell(t, bot.Event{ID: "invitation " + room, Room: room, Sender: anna, Type: matrix.MemberEvent, Membership: "invite", Target: matrixtest.Bot})
	}
	if in, out := o.Membership(o.admins, matrixtest.Bot), o.Membership(other, matrixtest.Bot); in != "join" || out != "leave" {
		t.Errorf("in the room of administrators %q, in another %q", in, out)
	}
}

func TestCommandsAtATerminal(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		o := newOffice(t, db, false)
		give := func(words string, yes bool) string {
			t.Helper()
			reply, err := o.commander.Give(t.Context(), "root", words, func(q core.Reply) bool {
				if q.Text() != "This removes one." {
					t.Errorf("asked %q", q)
				}
				return yes
			})
			if err != nil {
				t.Fatal(err)
			}
			return reply.Text()
		}
		if got := give("thing show x", false); got != "It is <b>x</b>.\n- size: big" {
			t.Errorf("said %q", got)
		}
		if got := give("thing remove one", false); got != "Nothing has been done." || len(o.gone()) != 0 {
			t.Errorf("said %q", got)
		}
		if got := give("thing remove one", true); got != "It is gone." || len(o.gone()) != 1 {
			t.Errorf("said %q", got)
		}
		if got := o.commander.Complete("thing r"); !slices.Equal(got, []string{"thing remove"}) {
			t.Errorf("completed to %q", got)
		}
	})
}
