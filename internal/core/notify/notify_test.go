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
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// recorder is a channel that remembers what it sent to whom; answers is what happens to a person's messages.
type recorder struct {
	mu       sync.Mutex
	sent     map[string][]string
	letters  []string
	answers  map[int64]error
	gone     map[int64]bool // who cannot be reached any more
	broken   error          // what Prepare answers
	prepared int            // calls of Prepare
}

var (
	_ notify.PostChannel = (*recorder)(nil)
	_ notify.Postman     = (*recorder)(nil)
)

func (r *recorder) Name() string            { return "record" }
func (r *recorder) ServesActor() bool       { return true }
func (r *recorder) Setting() notify.Setting { return notify.Setting{} }
func (r *recorder) Reaches() string {
	return `EXISTS (SELECT 1 FROM email_addresses m WHERE m.person_id = p.id AND m.main)`
}

func (r *recorder) Reached(_ *lang.Printer, people int) string {
	return fmt.Sprintf("%d recorded", people)
}

func (r *recorder) Prepare(_ context.Context, all []*notify.Delivery) ([]notify.Send, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prepared++
	if r.broken != nil {
		return nil, r.broken
	}
	sends := make([]notify.Send, len(all))
	for i, d := range all {
		if !r.gone[d.To.PersonID] {
			sends[i] = func(context.Context) error { return r.send(d) }
		}
	}
	return sends, nil
}

func (r *recorder) send(d *notify.Delivery) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.answers[d.To.PersonID]; err != nil {
		return err
	}
	r.sent[d.To.Slug] = append(r.sent[d.To.Slug], d.Message.Subject)
	return nil
}

func (r *recorder) Post(_ context.Context, l notify.Letter) error {
	r.letters = append(r.letters, l.Address+": "+l.Subject)
	return nil
}

// post is a notifier on a test database whose one notice tells members of the garden.
type post struct {
	t        *testing.T
	db       *sqldb.DB
	cast     *cast.Cast
	channel  *recorder
	outbox   *outbox.Outbox
	letters  *notify.Letters
	notifier *notify.Notifier
	queue    *queue.Queue
	blind    map[int64]bool // who may no longer read
	standing map[string]community.Standing
	asked    int64 // statements to find out how recipients stand to the garden
}

func open(t *testing.T, db *sqldb.DB) *post {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	p := &post{t: t, db: db, cast: cast.New(t, db), channel: &recorder{sent: map[string][]string{}, answers: map[int64]error{}, gone: map[int64]bool{}}, blind: map[int64]bool{}, standing: map[string]community.Standing{}}
	jobs := queue.New(db, queue.Config{})
	p.outbox, p.letters = outbox.New(jobs), notify.NewLetters(jobs)
	p.notifier = notify.New(notify.Config{
		DB: db, Queue: jobs, Catalogues: catalogues, Zone: time.UTC,
		Channels: []notify.Channel{p.channel, inbox.Inbox{}}, Postman: p.channel,
	})
	if err := p.notifier.Follow(notify.Notice{
		Activity: community.CommentPosted,
		Audience: func(_ context.Context, _ sqldb.Querier, _ community.Activity) (notify.Audience, error) {
			members := notify.Among(notify.Member, `SELECT m.person_id FROM memberships m WHERE m.group_id = ?`, p.cast.Garten.ID)
			return notify.Only(notify.Owner, p.cast.Anna.ID).And(
				notify.Among(notify.Subscriber, `SELECT p.id AS person_id FROM people p WHERE p.id IN (?)`, []int64{p.cast.Bert.ID, p.cast.Dora.ID}),
			).And(members), nil
		},
		Compose: func(ctx context.Context, q sqldb.Querier, _ *lang.Printer, _ community.Activity, to notify.Recipient) (*notify.Message, error) {
			p.channel.mu.Lock() // batches are composed beside each other
			defer p.channel.mu.Unlock()
			before := db.Stats().Statements
			standing, err := to.Standing(ctx, q, p.cast.Garten.Entity())
			if err != nil {
				return nil, err
			}
			p.asked += db.Stats().Statements - before
			p.standing[to.Slug] = standing
			if p.blind[to.PersonID] {
				return nil, errs.New(errs.Denied, "This page is for administrators.")
			}
			return &notify.Message{Subject: "as " + string(to.Reason)}, nil
		},
	}); err != nil {
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
		_, err := p.outbox.Record(p.t.Context(), tx, community.Activity{Name: community.CommentPosted, ActorID: p.cast.Anna.ID, EntityID: p.cast.Garten.EntityID})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.run()
}

func (p *post) run() {
	p.t.Helper()
	if err := p.queue.Drain(p.t.Context()); err != nil && len(p.channel.answers) == 0 && p.channel.broken == nil {
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

// states returns the state of each delivery: "anna record": "sent".
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
	if diff := cmp.Diff(told, maps.Clone(p.channel.sent)); diff != "" {
		p.t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestMailsAreTriedForFiveDays(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, kind := range notify.New(notify.Config{}).Jobs() {
		if kind.Name != notify.JobDeliver && kind.Name != notify.JobLetter {
			continue
		}
		checked++
		var whole time.Duration
		for attempt := 1; attempt < kind.MaxAttempts; attempt++ {
			whole += queue.DefaultBackoff(attempt)
		}
		if kind.Backoff != nil || whole < 5*24*time.Hour || whole > 7*24*time.Hour {
			t.Errorf("%s is tried for %v", kind.Name, whole)
		}
	}
	if checked != 2 {
		t.Errorf("%d kinds of jobs send mails", checked)
	}
}

func TestEverybodyIsToldOnceAndForTheBestReason(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.happens()
		// Anna did it herself: mail serves her too, the inbox does not. Dora cannot sign in.
		p.expect(map[string]string{"anna record": "sent", "bert record": "sent", "dora record": "sent", "bert inbox": "sent"},
			map[string][]string{"anna": {"as owner"}, "bert": {"as subscriber"}, "dora": {"as subscriber"}})

		for slug, member := range map[string]bool{"anna": true, "bert": true, "dora": false} {
			if got := p.standing[slug]; got.Member != member || got.Subscribed != member || got.Viewer.Slug != slug {
				t.Errorf("%s stands to the garden as %+v", slug, got)
			}
		}
		if p.asked > 0 {
			t.Errorf("%d statements find out how three people stand to the garden", p.asked)
		}

		// A worker that dies between the effect and the end of its job runs the job again.
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return p.queue.Enqueue(t.Context(), tx, outbox.JobNotify, outbox.Task{ActivityID: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		p.run()
		if got := p.channel.sent["bert"]; len(got) != 1 {
			t.Errorf("Bert was told %d times", len(got))
		}
	})
}

func TestPreferencesAreKept(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.exec(`INSERT INTO preferences (person_id, channel, timing) VALUES (?, 'record', 'never')`, p.cast.Anna.ID)
	p.exec(`INSERT INTO preferences (person_id, channel, timing) VALUES (?, 'inbox', 'never')`, p.cast.Bert.ID)
	p.exec(`UPDATE people SET active = FALSE WHERE id = ?`, p.cast.Dora.ID)
	p.happens()
	p.expect(map[string]string{"bert record": "sent"}, map[string][]string{"bert": {"as subscriber"}})
}

func TestWhoMayNoLongerReadIsNotTold(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.blind[p.cast.Bert.ID] = true
	p.happens()
	p.expect(map[string]string{"anna record": "sent", "bert record": "withdrawn", "dora record": "sent", "bert inbox": "sent"},
		map[string][]string{"anna": {"as owner"}, "dora": {"as subscriber"}})
}

func TestOneBrokenMailboxHoldsUpNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.channel.answers[p.cast.Anna.ID] = errs.New(errs.Unavailable, "").Because(errors.New("greylisted"))
		p.channel.answers[p.cast.Bert.ID] = errs.New(errs.Denied, "").Because(errors.New("no such user"))
		p.happens()
		p.expect(map[string]string{"anna record": "waiting", "bert record": "dead", "dora record": "sent", "bert inbox": "sent"},
			map[string][]string{"dora": {"as subscriber"}})

		clear(p.channel.answers)
		dead, err := p.queue.Dead(t.Context(), 0, 10)
		if err != nil || len(dead) != 1 {
			t.Fatalf("%d dead jobs, %v", len(dead), err)
		}
		if err := p.queue.Retry(t.Context(), dead[0].ID); err != nil {
			t.Fatal(err)
		}
		p.run()
		if got := p.states()["bert record"]; got != "sent" {
			t.Errorf("after reviving it, the delivery is %s", got)
		}
		if !slices.Equal(p.channel.sent["bert"], []string{"as subscriber"}) {
			t.Errorf("Bert was told %v", p.channel.sent["bert"])
		}
	})
}

func TestWhoCannotBeReachedAnyMoreIsNotTold(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.channel.gone[p.cast.Bert.ID] = true
	p.happens()
	p.expect(map[string]string{"anna record": "sent", "bert record": "withdrawn", "dora record": "sent", "bert inbox": "sent"},
		map[string][]string{"anna": {"as owner"}, "dora": {"as subscriber"}})
}

// TestWhoIsFoundUnreachableLeavesNobodyAJob is for a mailbox of which the mail server says that it is no more.
func TestWhoIsFoundUnreachableLeavesNobodyAJob(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.channel.answers[p.cast.Bert.ID] = errors.Join(notify.ErrUnreachable, errs.New(errs.Denied, "").Because(errors.New("no such user")))
	p.happens()
	p.expect(map[string]string{"anna record": "sent", "bert record": "withdrawn", "dora record": "sent", "bert inbox": "sent"},
		map[string][]string{"anna": {"as owner"}, "dora": {"as subscriber"}})
	if dead, err := p.queue.Dead(t.Context(), 0, 10); err != nil || len(dead) != 0 {
		t.Errorf("%d dead jobs, %v", len(dead), err)
	}
}

func TestAChannelThatCannotPrepareIsTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.channel.broken = errs.New(errs.Unavailable, "").Because(errors.New("no database"))
		p.happens()
		p.expect(map[string]string{"anna record": "waiting", "bert record": "waiting", "dora record": "waiting", "bert inbox": "sent"}, map[string][]string{})
	})
}

func TestManyDeliveriesGoTogetherAndEndAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := open(t, db)
		p.channel.answers[p.cast.Bert.ID] = errs.New(errs.Denied, "").Because(errors.New("no such user"))
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
		for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(5 * time.Millisecond) {
			kinds, err := p.queue.CountsByKind(t.Context())
			if c := queue.Total(kinds); err != nil || c.Waiting+c.Later+c.Running == 0 {
				break
			}
		}
		stop()
		running.Wait()
		var ends []string
		if err := db.Select(t.Context(), &ends, `SELECT CONCAT(e.slug, ' ', d.state, ' ', COUNT(*)) FROM deliveries d JOIN people p ON p.id = d.person_id
			JOIN entities e ON e.id = p.entity_id WHERE d.channel = 'record' GROUP BY e.slug, d.state ORDER BY 1`); err != nil {
			t.Fatal(err)
		}
		if want := []string{"anna sent 60", "bert dead 60", "dora withdrawn 60"}; !slices.Equal(ends, want) {
			t.Errorf("the deliveries ended so: %q", ends)
		}
		if told := len(p.channel.sent["anna"]); told != activities {
			t.Errorf("Anna was told %d times", told)
		}
		if p.channel.prepared >= 2*activities {
			t.Errorf("%d messages were prepared in %d batches", 2*activities, p.channel.prepared)
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
	if !slices.Equal(p.channel.letters, []string{"eva@example.org: Confirm your address"}) {
		t.Errorf("carried %v", p.channel.letters)
	}
}

func TestRoomsAddToTheMessagesOfOthers(t *testing.T) {
	t.Parallel()
	p := open(t, dbtest.SQLite(t))
	p.notifier.Enclose(notify.Enclosure{
		Activities: []community.ActivityName{community.CommentPosted}, About: "a remark",
		Add: func(_ context.Context, _ sqldb.Querier, e community.Activity, to notify.Recipient, m *notify.Message) error {
			if to.PersonID == p.cast.Bert.ID {
				return errs.New(errs.Denied, "This page is for administrators.")
			}
			m.Subject += " with " + string(e.Name)
			return nil
		},
	}, notify.Enclosure{Activities: []community.ActivityName{community.ContentPublished}, Add: func(context.Context, sqldb.Querier, community.Activity, notify.Recipient, *notify.Message) error {
		return errors.New("nobody has published anything")
	}})
	p.happens()
	if got := p.channel.sent; len(got["anna"]) != 1 || got["anna"][0] != "as owner with comment.posted" {
		t.Errorf("%v", got)
	}
	if got := p.states()["bert record"]; got != notify.StateWithdrawn {
		t.Errorf("what may not be added is %s", got)
	}
}
