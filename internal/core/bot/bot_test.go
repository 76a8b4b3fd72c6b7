package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

const (
	commander = "@commander:" + matrixtest.Domain
	anna      = "@anna:" + matrixtest.Domain
	bert      = "@bert:" + matrixtest.Domain
)

// notebook remembers what was heard, once it has been committed.
type notebook struct {
	mu     sync.Mutex
	events []bot.Event
	fail   func(e bot.Event) error
}

func (n *notebook) hear(_ context.Context, tx *sqldb.Tx, e bot.Event) error {
	n.mu.Lock()
	fail := n.fail
	n.mu.Unlock()
	if fail != nil {
		if err := fail(e); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.events = append(n.events, e)
	})
	return nil
}

// texts returns what was said.
func (n *notebook) texts() (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.events {
		if e.Text != "" {
			all = append(all, e.Text)
		}
	}
	return all
}

// member reports whether it was heard that somebody stands to a room in some way.
func (n *notebook) member(room, user, membership string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.events, func(e bot.Event) bool {
		return e.Room == room && e.Target == user && e.Membership == membership
	})
}

func (n *notebook) listener(to bot.Role) bot.Listener {
	return bot.Listener{Name: fmt.Sprintf("notebook %d", to), To: to, Hear: n.hear}
}

func client(t *testing.T, s *matrixtest.Server, user, token string) *matrix.Client {
	t.Helper()
	c, err := matrix.New(matrix.Config{URL: s.URL, User: user, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// start lets a process listen as the bot of the server, and returns what ends it.
func start(t *testing.T, db *sqldb.DB, s *matrixtest.Server, listeners ...bot.Listener) (stop func()) {
	t.Helper()
	return run(t, db, []bot.Account{{ID: matrixtest.Bot, Server: client(t, s, matrixtest.Bot, matrixtest.Token)}}, listeners...)
}

func run(t *testing.T, db *sqldb.DB, accounts []bot.Account, listeners ...bot.Listener) (stop func()) {
	t.Helper()
	for i := range accounts {
		if accounts[i].Roles == nil {
			accounts[i].Roles = []bot.Role{bot.Chat}
		}
	}
	b := bot.New(bot.Config{
		DB: db, Log: slog.New(slog.DiscardHandler), Accounts: accounts, Others: []string{commander},
		Wait: 200 * time.Millisecond, Lease: time.Second, Backoff: func(int) time.Duration { return 5 * time.Millisecond },
	})
	b.Listen(listeners...)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// until waits for something, generously.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come about: " + what)
		}
	}
}

func (n *notebook) await(t *testing.T, want ...string) {
	t.Helper()
	until(t, fmt.Sprintf("hears %q", want), func() bool { return len(n.texts()) >= len(want) })
	if got := n.texts(); !slices.Equal(got, want) {
		t.Fatalf("heard %q, want %q", got, want)
	}
}

// listening waits until the account has listened for the first time.
func listening(t *testing.T, db *sqldb.DB, account string) {
	t.Helper()
	until(t, "listens", func() bool {
		var since string
		err := db.Get(t.Context(), &since, `SELECT since FROM bot_accounts WHERE account = ?`, account)
		return err == nil && since != ""
	})
}

func TestWhatIsSaidIsHeardOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, n := matrixtest.New(t), &notebook{}
		room := s.NewRoom(matrixtest.Bot)
		s.Enter(anna, room)
		s.Say(anna, room, "before the first time")
		stop := start(t, db, s, n.listener(bot.Chat))
		listening(t, db, matrixtest.Bot)
		one := s.Say(anna, room, "one")
		n.await(t, "one")
		stop()
		s.Say(anna, room, "two")
		s.Replay(room, one)
		start(t, db, s, n.listener(bot.Chat))
		n.await(t, "one", "two")
		s.Replay(room, one)
		s.Say(anna, room, "three")
		n.await(t, "one", "two", "three")
	})
}

func TestWhatTheSiteSaysItselfIsNotHeard(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	room := s.NewRoom(matrixtest.Bot)
	s.Enter(anna, room)
	s.Enter(commander, room)
	start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	s.Say(matrixtest.Bot, room, "of the account itself")
	s.Say(commander, room, "of the other account")
	s.Say(anna, room, "of anna")
	n.await(t, "of anna")
}

func TestNothingIsHeardFromBeforeTheAccountCameIn(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	room := s.NewRoom(anna)
	for i := range 150 {
		s.Say(anna, room, fmt.Sprint("before ", i))
	}
	s.Invite(anna, matrixtest.Bot, room)
	until(t, "hears of the invitation", func() bool { return n.member(room, matrixtest.Bot, "invite") })
	s.Join(t, matrixtest.Bot, room)
	s.Say(anna, room, "after")
	n.await(t, "after")
}

func TestWhatTheServerLeavesOutIsFetched(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	room := s.NewRoom(matrixtest.Bot)
	s.Enter(anna, room)
	stop := start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	stop()
	var want []string
	for i := range 350 {
		want = append(want, fmt.Sprint("message ", i))
		s.Say(anna, room, want[i])
	}
	start(t, db, s, n.listener(bot.Chat))
	n.await(t, want...)
}

func TestAForgedEventHidesNoOther(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	room := s.NewRoom(matrixtest.Bot)
	s.Enter(anna, room)
	s.Enter(bert, room)
	stop := start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	s.Forge(bert, room, "forged")
	s.Say(anna, room, "first")
	n.await(t, "first")
	stop()
	var want []string
	for i := range 150 {
		s.Forge(bert, room, "forged")
		want = append(want, fmt.Sprint("message ", i))
		s.Say(anna, room, want[i])
	}
	start(t, db, s, n.listener(bot.Chat))
	n.await(t, append([]string{"first"}, want...)...)
}

// TestAFloodIsHeard lets somebody say so much while nobody listens that no answer of the homeserver would hold it.
func TestAFloodIsHeard(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	var rooms []string
	for range 3 {
		room := s.NewRoom(matrixtest.Bot)
		s.Enter(anna, room)
		rooms = append(rooms, room)
	}
	stop := start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	stop()
	long := strings.Repeat("x", 60_000)
	for range 50 {
		for _, room := range rooms {
			s.Say(anna, room, long)
		}
	}
	for i, room := range rooms {
		s.Say(anna, room, fmt.Sprint("message ", i))
	}
	start(t, db, s, n.listener(bot.Chat))
	until(t, "hears all", func() bool { return len(n.texts()) >= 51*len(rooms) })
	for i := range rooms {
		if !slices.Contains(n.texts(), fmt.Sprint("message ", i)) {
			t.Errorf("message %d is not heard", i)
		}
	}
	s.Say(anna, rooms[0], "afterwards")
	until(t, "hears what is said afterwards", func() bool { return slices.Contains(n.texts(), "afterwards") })
}

func TestOneProcessListensAtATime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, first, second := matrixtest.New(t), &notebook{}, &notebook{}
		room := s.NewRoom(matrixtest.Bot)
		s.Enter(anna, room)
		stop := start(t, db, s, first.listener(bot.Chat))
		listening(t, db, matrixtest.Bot)
		start(t, dbtest.Reopen(t, db), s, second.listener(bot.Chat))
		s.Say(anna, room, "to the first")
		until(t, "somebody hears", func() bool { return len(first.texts())+len(second.texts()) > 0 })
		stop()
		s.Say(anna, room, "to the second")
		until(t, "the second takes over", func() bool { return slices.Contains(second.texts(), "to the second") })
		if all := slices.Concat(first.texts(), second.texts()); !slices.Equal(all, []string{"to the first", "to the second"}) {
			t.Errorf("heard %q", all)
		}
	})
}

func TestAListenerThatFailsHearsItLater(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, n, other, failures := matrixtest.New(t), &notebook{}, &notebook{}, 0
		n.fail = func(e bot.Event) error {
			switch {
			case e.Text == "one" && failures < 10:
				failures++
				return errs.New(errs.Unavailable, "Not now.")
			case e.Text == "poison":
				panic("poisoned")
			case e.Text == "wrong":
				return errors.New("wrong")
			}
			return nil
		}
		room := s.NewRoom(matrixtest.Bot)
		s.Enter(anna, room)
		start(t, db, s, n.listener(bot.Chat), bot.Listener{Name: "other", Hear: other.hear})
		listening(t, db, matrixtest.Bot)
		for _, text := range []string{"zero", "one", "poison", "wrong", "two"} {
			s.Say(anna, room, text)
		}
		n.await(t, "zero", "one", "two")
		other.await(t, "zero", "one", "poison", "wrong", "two")
	})
}

func TestAServerThatIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	room := s.NewRoom(matrixtest.Bot)
	s.Enter(anna, room)
	start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	s.Say(anna, room, "one")
	n.await(t, "one")
	s.SetAway(true)
	s.Say(anna, room, "two")
	time.Sleep(50 * time.Millisecond) // so that it is asked meanwhile; the test holds without it, too
	s.SetAway(false)
	n.await(t, "one", "two")
}

func TestATokenThatTheServerDoesNotKnowIsGivenUp(t *testing.T) {
	t.Parallel()
	s, n, db := matrixtest.New(t), &notebook{}, dbtest.SQLite(t)
	room := s.NewRoom(matrixtest.Bot)
	s.Enter(anna, room)
	stop := start(t, db, s, n.listener(bot.Chat))
	listening(t, db, matrixtest.Bot)
	stop()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE bot_accounts SET since = 's999999'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Say(anna, room, "missed")
	start(t, db, s, n.listener(bot.Chat))
	until(t, "listens anew", func() bool {
		var since string
		return db.Get(t.Context(), &since, `SELECT since FROM bot_accounts`) == nil && since != "s999999" && since != ""
	})
	s.Say(anna, room, "heard")
	n.await(t, "heard")
}

func TestEachListenerHearsItsAccount(t *testing.T) {
	t.Parallel()
	s, keeper, ordered, db := matrixtest.New(t), &notebook{}, &notebook{}, dbtest.SQLite(t)
	own, common := s.NewRoom(commander), s.NewRoom(matrixtest.Bot)
	s.Enter(anna, own)
	s.Enter(bert, common)
	s.Enter(commander, common)
	run(t, db, []bot.Account{
		{ID: matrixtest.Bot, Server: client(t, s, matrixtest.Bot, matrixtest.Token)},
		{ID: commander, Server: client(t, s, commander, s.Account(commander)), Roles: []bot.Role{bot.Commander}},
	}, keeper.listener(bot.Chat), ordered.listener(bot.Commander))
	listening(t, db, matrixtest.Bot)
	listening(t, db, commander)
	s.Say(anna, own, "an order")
	ordered.await(t, "an order")
	s.Say(bert, common, "to all")
	keeper.await(t, "to all")
	ordered.await(t, "an order", "to all")
}
