package notify_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/locale"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// pigeons is a channel that remembers whom it told what; answers is what happens to a person's pigeon.
type pigeons struct {
	mu       sync.Mutex
	told     map[string][]string
	letters  []string
	answers  map[int64]error
	tooHeavy map[int64]error
	flights  int // calls of Deliver
}

var (
	_ notify.PostChannel = (*pigeons)(nil)
	_ notify.Preparer    = (*pigeons)(nil)
	_ notify.Postman     = (*pigeons)(nil)
)

func (p *pigeons) Name() string                     { return "pigeon" }
func (p *pigeons) Wants(r notify.Recipient) bool    { return p.CanReach(r) && r.WantsMail }
func (p *pigeons) CanReach(r notify.Recipient) bool { return r.Address != "" }
func (p *pigeons) ServesActor() bool                { return true }

func (p *pigeons) Reached(_ *lang.Printer, people int) string {
	return fmt.Sprintf("%d by pigeon", people)
}

func (p *pigeons) Deliver(_ context.Context, all []*notify.Delivery) []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	problems := make([]error, len(all))
	for i, d := range all {
		if problems[i] = p.answers[d.To.PersonID]; problems[i] == nil {
			p.told[d.To.Slug] = append(p.told[d.To.Slug], string(d.Packed))
		}
	}
	p.flights++
	return problems
}

func (p *pigeons) Prepare(_ context.Context, all []*notify.Delivery) error {
	for _, d := range all {
		d.ReplyKey = "loft"
	}
	return nil
}

func (p *pigeons) Pack(_ context.Context, all []*notify.Delivery) []error {
	problems := make([]error, len(all))
	for i, d := range all {
		if problems[i] = p.tooHeavy[d.To.PersonID]; problems[i] == nil && d.ReplyKey == "loft" {
			d.Packed = []byte(d.Message.Subject)
		}
	}
	return problems
}

func (p *pigeons) Post(_ context.Context, l notify.Letter) error {
	p.letters = append(p.letters, l.Address+": "+l.Subject)
	return nil
}

// post is a notifier on a test database whose one notice tells members of the garden.
type post struct {
	t        *testing.T
	db       *sqldb.DB
	cast     *cast.Cast
	pigeons  *pigeons
	outbox   *outbox.Outbox
	letters  *notify.Letters
	notifier *notify.Notifier
	queue    *queue.Queue
	blind    map[int64]bool // who may no longer read
}

func open(t *testing.T, db *sqldb.DB) *post {
	t.Helper()
	catalogues, err := lang.Load(locale.FS)
	if err != nil {
		t.Fatal(err)
	}
	p := &post{t: t, db: db, cast: cast.New(t, db), pigeons: &pigeons{told: map[string][]string{}, answers: map[int64]error{}, tooHeavy: map[int64]error{}}, blind: map[int64]bool{}}
	jobs := queue.New(db, queue.Config{})
	p.outbox, p.letters = outbox.New(jobs), notify.NewLetters(jobs)
	p.notifier, err = notify.New(notify.Config{
		DB: db, Queue: jobs, Catalogues: catalogues, Zone: time.UTC, Language: "en",
		Channels: []notify.Channel{p.pigeons, inbox.Inbox{}}, Postman: p.pigeons,
		Notices: []notify.Notice{{
			Activity: community.CommentPosted,
			Audience: func(_ context.Context, _ sqldb.Querier, _ community.Activity) ([]notify.Candidate, error) {
				return []notify.Candidate{
					{PersonID: p.cast.Anna.ID, Reason: notify.Owner},
					{PersonID: p.cast.Bert.ID, Reason: notify.Subscriber},
					{PersonID: p.cast.Anna.ID, Reason: notify.Member},
					{PersonID: p.cast.Dora.ID, Reason: notify.Subscriber},
				}, nil
			},
			Compose: func(_ context.Context, _ sqldb.Querier, _ *lang.Printer, _ community.Activity, to notify.Recipient) (*notify.Message, error) {
				if p.blind[to.PersonID] {
					return nil, errs.New(errs.Denied, "This page is for administrators.")
				}
				return &notify.Message{Subject: "as " + string(to.Reason)}, nil
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	jobs.Handle(p.notifier.Jobs()...)
	p.queue = jobs
	return p
}

// happens records a comment of Anna's and runs everything that follows.
func (p *post) happens() {
	p.t.Helper()
	err := p.db.Write(p.t.Context(), func(tx *sqldb.Tx) error {
		_, err := p.outbox.Record(p.t.Context(), tx, community.Activity{Name: community.CommentPosted, ActorID: p.cast.Anna.ID})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.run()
}

func (p *post) run() {
	p.t.Helper()
	if err := p.queue.Drain(p.t.Context()); err != nil && len(p.pigeons.answers)+len(p.pigeons.tooHeavy) == 0 {
		p.t.Fatal(err)
	}
}

func (p *post) exec(query string, args ...any) {
	p.t.Helper()
	err := p.db.Write(p.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(p.t.Context(), query, args...)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// states returns the state of each delivery: "anna pigeon": "sent".
func (p *post) states() map[string]string {
	p.t.Helper()
	var rows []struct {
		Key   string `db:"k"`
		State string `db:"state"`
	}
	err := p.db.Select(p.t.Context(), &rows, `SELECT e.slug || ' ' || d.channel AS k, d.state FROM deliveries d
		JOIN people p ON p.id = d.person_id JOIN entities e ON e.id = p.entity_id ORDER BY 1`)
	if err != nil {
		p.t.Fatal(err)
	}
	states := map[string]string{}
	for _, r := range rows {
		states[r.Key] = r.State
	}
	return states
}

func (p *post) expect(states map[string]string, told map[string][]string) {
	p.t.Helper()
	if diff := cmp.Diff(states, p.states()); diff != "" {
		p.t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(told, maps.Clone(p.pigeons.told)); diff != "" {
		p.t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestEverybodyIsToldOnceAndForTheBestReason(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.happens()
		// Anna did it herself: mail serves her too, the inbox does not. Dora cannot sign in.
		p.expect(map[string]string{"anna pigeon": "sent", "bert pigeon": "sent", "dora pigeon": "sent", "bert inbox": "sent"},
			map[string][]string{"anna": {"as owner"}, "bert": {"as subscriber"}, "dora": {"as subscriber"}})

		// A worker that dies between the effect and the end of its job runs the job again.
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return p.queue.Enqueue(t.Context(), tx, outbox.JobNotify, outbox.Task{ActivityID: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		p.run()
		if got := p.pigeons.told["bert"]; len(got) != 1 {
			t.Errorf("Bert was told %d times", len(got))
		}
	})
}

func TestPreferencesAreKept(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.exec(`UPDATE people SET wants_mail = FALSE WHERE id = ?`, p.cast.Anna.ID)
	p.exec(`UPDATE people SET wants_inbox = FALSE WHERE id = ?`, p.cast.Bert.ID)
	p.exec(`UPDATE people SET active = FALSE WHERE id = ?`, p.cast.Dora.ID)
	p.happens()
	p.expect(map[string]string{"bert pigeon": "sent"}, map[string][]string{"bert": {"as subscriber"}})
}

func TestWhoMayNoLongerReadIsNotTold(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.blind[p.cast.Bert.ID] = true
	p.happens()
	p.expect(map[string]string{"anna pigeon": "sent", "bert pigeon": "withdrawn", "dora pigeon": "sent", "bert inbox": "sent"},
		map[string][]string{"anna": {"as owner"}, "dora": {"as subscriber"}})
}

func TestOneBrokenMailboxHoldsUpNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.pigeons.answers[p.cast.Anna.ID] = errs.New(errs.Unavailable, "").Because(errors.New("greylisted"))
		p.pigeons.answers[p.cast.Bert.ID] = errs.New(errs.Denied, "").Because(errors.New("no such user"))
		p.happens()
		p.expect(map[string]string{"anna pigeon": "waiting", "bert pigeon": "dead", "dora pigeon": "sent", "bert inbox": "sent"},
			map[string][]string{"dora": {"as subscriber"}})

		clear(p.pigeons.answers)
		if err := p.notifier.Revive(t.Context(), 1, p.cast.Bert.ID, "pigeon"); err != nil {
			t.Fatal(err)
		}
		p.run()
		if got := p.states()["bert pigeon"]; got != "sent" {
			t.Errorf("after reviving it, the delivery is %s", got)
		}
		if !slices.Equal(p.pigeons.told["bert"], []string{"as subscriber"}) {
			t.Errorf("Bert was told %v", p.pigeons.told["bert"])
		}
	})
}

func TestWhatCannotBePackedDoesNotLeave(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.pigeons.tooHeavy[p.cast.Anna.ID] = errs.New(errs.Unavailable, "").Because(errors.New("no scales"))
		p.pigeons.tooHeavy[p.cast.Bert.ID] = errs.New(errs.NotFound, "").Because(errors.New("no paper"))
		p.happens()
		p.expect(map[string]string{"anna pigeon": "waiting", "bert pigeon": "dead", "dora pigeon": "sent", "bert inbox": "sent"},
			map[string][]string{"dora": {"as subscriber"}})
	})
}

func TestManyDeliveriesGoTogetherAndEndAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.pigeons.answers[p.cast.Bert.ID] = errs.New(errs.Denied, "").Because(errors.New("no such user"))
		p.blind[p.cast.Dora.ID] = true
		const activities = 60
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for range activities {
				if _, err := p.outbox.Record(t.Context(), tx, community.Activity{Name: community.CommentPosted, ActorID: p.cast.Anna.ID}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = p.queue.Run(ctx) })
		for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
			if c, err := p.queue.Counts(t.Context()); err != nil || c.Waiting+c.Later+c.Running == 0 {
				break
			}
		}
		stop()
		running.Wait()
		var ends []string
		if err := db.Select(t.Context(), &ends, `SELECT CONCAT(e.slug, ' ', d.state, ' ', COUNT(*)) FROM deliveries d JOIN people p ON p.id = d.person_id
			JOIN entities e ON e.id = p.entity_id WHERE d.channel = 'pigeon' GROUP BY e.slug, d.state ORDER BY 1`); err != nil {
			t.Fatal(err)
		}
		if want := []string{"anna sent 60", "bert dead 60", "dora withdrawn 60"}; !slices.Equal(ends, want) {
			t.Errorf("the deliveries ended so: %q", ends)
		}
		if told := len(p.pigeons.told["anna"]); told != activities {
			t.Errorf("Anna was told %d times", told)
		}
		if p.pigeons.flights >= 2*activities {
			t.Errorf("%d flights for %d messages", p.pigeons.flights, 2*activities)
		}
	})
}

func TestReactionsBelongToTheTransaction(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	refuse := errors.New("refused")
	p.outbox.React(outbox.Reaction{Activity: community.CommentPosted, Does: "refuses", Run: func(context.Context, *sqldb.Tx, community.Activity) error { return refuse }})
	err := p.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := p.outbox.Record(t.Context(), tx, community.Activity{Name: community.CommentPosted})
		return err
	})
	if !errors.Is(err, refuse) {
		t.Fatalf("record: %v", err)
	}
	var left int
	if err := p.db.Get(t.Context(), &left, `SELECT COUNT(*) FROM activities`); err != nil || left != 0 {
		t.Errorf("%d activities, %v", left, err)
	}
}

func TestLettersAreCarried(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	err := p.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return p.letters.Post(t.Context(), tx, notify.Letter{Address: "eva@example.org", Subject: "Confirm your address"})
	})
	if err != nil {
		t.Fatal(err)
	}
	p.run()
	if !slices.Equal(p.pigeons.letters, []string{"eva@example.org: Confirm your address"}) {
		t.Errorf("carried %v", p.pigeons.letters)
	}
}
