package notify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/locale"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// townsfolk is how many people a random town has, and towns how many of them are asked.
const (
	townsfolk = 40
	towns     = 25
)

// silent channels decide as the real ones do whom they reach, and tell nobody.
type (
	silentMail struct{ *email.Email }
	silentPush struct{ *push.Push }
)

func (silentMail) Deliver(_ context.Context, all []*notify.Delivery) []error {
	return make([]error, len(all))
}

func (silentMail) Pack(_ context.Context, all []*notify.Delivery) []error {
	return make([]error, len(all))
}

func (silentPush) Deliver(_ context.Context, all []*notify.Delivery) []error {
	return make([]error, len(all))
}

func TestWhatIsPromisedIsWhatIsDelivered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		people, told := 0, map[string]int{}
		for seed := range towns {
			r, delivered := promise(t, db, rand.New(rand.NewPCG(uint64(seed), 11)))
			people += r.People
			promised := map[string]int{}
			for _, c := range r.ByChannel {
				promised[c.Channel.Name()] = c.People
				told[c.Channel.Name()] += c.People
			}
			promised["people"] = r.People
			if diff := cmp.Diff(promised, delivered); diff != "" {
				t.Fatalf("town %d (-promised +delivered):\n%s", seed, diff)
			}
		}
		if people == 0 || told[email.Name] == 0 || told[inbox.Name] == 0 || told[push.Name] == 0 {
			t.Errorf("%d people were told, %v: the test compares nothing", people, told)
		}
	})
}

// promise fills a random town, asks how many people an activity would reach, lets it happen, and returns what
// was promised and what was delivered, without the actor.
func promise(t *testing.T, db *sqldb.DB, random *rand.Rand) (notify.Reach, map[string]int) {
	t.Helper()
	ids := settle(t, db, random)
	some := func() int64 { return ids[random.IntN(len(ids))] }
	candidates := make([]notify.Candidate, random.IntN(2*townsfolk))
	for i := range candidates {
		candidates[i] = notify.Candidate{PersonID: some(), Reason: notify.Subscriber}
	}
	var silent []int64
	for range random.IntN(4) {
		silent = append(silent, some())
	}
	channels := [][]string{nil, {email.Name}, {inbox.Name, push.Name}}[random.IntN(3)]
	if random.IntN(2) == 0 {
		channels = nil
	}
	actor := community.Activity{Name: community.CommentPosted, ActorID: some()}
	catalogues, err := lang.Load(locale.FS)
	if err != nil {
		t.Fatal(err)
	}
	bell, err := push.New(push.Config{DB: db, Secret: "a secret of the town", Contact: "post@stadt.example"})
	if err != nil {
		t.Fatal(err)
	}
	jobs := queue.New(db, queue.Config{})
	notifier, err := notify.New(notify.Config{
		DB: db, Queue: jobs, Catalogues: catalogues, Zone: time.UTC, Language: "en", Never: silent,
		Channels: []notify.Channel{silentMail{email.New(email.Config{})}, inbox.Inbox{}, silentPush{bell}},
		Notices: []notify.Notice{{
			Activity: actor.Name, Channels: channels, Always: random.IntN(4) == 0,
			Audience: func(context.Context, sqldb.Querier, community.Activity) ([]notify.Candidate, error) {
				return candidates, nil
			},
			Compose: func(context.Context, sqldb.Querier, *lang.Printer, community.Activity, notify.Recipient) (*notify.Message, error) {
				return &notify.Message{}, nil
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	jobs.Handle(notifier.Jobs()...)
	r, err := notifier.Reach(t.Context(), db, actor.Name, candidates, actor.ActorID)
	if err != nil {
		t.Fatal(err)
	}
	var activity int64
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		activity, err = outbox.New(jobs).Record(t.Context(), tx, actor)
		return err
	})
	if err == nil {
		err = jobs.Drain(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Channel string `db:"channel"`
		Person  int64  `db:"person_id"`
	}
	if err := db.Select(t.Context(), &rows, `SELECT channel, person_id FROM deliveries WHERE activity_id = ? AND person_id <> ? ORDER BY channel, person_id`, activity, actor.ActorID); err != nil {
		t.Fatal(err)
	}
	delivered, everybody := map[string]int{}, map[int64]bool{}
	for _, row := range rows {
		delivered[row.Channel]++
		everybody[row.Person] = true
	}
	delivered["people"] = len(everybody)
	return r, delivered
}

// settle takes everybody out of the town and lets others move in, each with wishes and devices of their
// own. It returns their ids.
func settle(t *testing.T, db *sqldb.DB, random *rand.Rand) []int64 {
	t.Helper()
	coin := func() bool { return random.IntN(4) > 0 }
	ids := make([]int64, townsfolk)
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, table := range []string{"inbox_entries", "deliveries", "activities", "push_devices", "email_addresses", "people", "entities"} {
			if _, err := tx.Exec(t.Context(), `DELETE FROM `+table); err != nil {
				return err
			}
		}
		for i := range ids {
			slug := fmt.Sprintf("mensch-%d", i)
			entity, err := tx.Insert(t.Context(), `INSERT INTO entities (kind, slug, slug_key, name, name_key, colour) VALUES (?, ?, ?, ?, ?, '#203040')`, community.PersonEntity, slug, slug, slug, slug)
			if err != nil {
				return err
			}
			password := ""
			if coin() {
				password = "x"
			}
			ids[i], err = tx.Insert(t.Context(), `INSERT INTO people (entity_id, about, password, active, wants_mail, wants_inbox, joined_at) VALUES (?, '', ?, ?, ?, ?, ?)`, entity, password, coin(), coin(), coin(), tx.Now)
			if err != nil {
				return err
			}
			for n := range random.IntN(3) { // the first one is the main address
				address := fmt.Sprintf("%s-%d@example.org", slug, n)
				if _, err := tx.Insert(t.Context(), `INSERT INTO email_addresses (person_id, address, address_key, main) VALUES (?, ?, ?, ?)`, ids[i], address, address, n == 0); err != nil {
					return err
				}
			}
			for n := range max(0, random.IntN(4)-1) {
				if _, err := tx.Insert(t.Context(), `INSERT INTO push_devices (person_id, endpoint, endpoint_hash, p256dh, auth, name, created_at) VALUES (?, 'x', ?, '', '', '', ?)`, ids[i], fmt.Sprintf("%064d", 10*i+n), tx.Now); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestHowManyAreToldIsSaidInWords(t *testing.T) {
	t.Parallel()
	catalogues, err := lang.Load(locale.FS)
	if err != nil {
		t.Fatal(err)
	}
	mail, box, bell := email.New(email.Config{}), inbox.Inbox{}, &push.Push{}
	on := func(c notify.Channel, people int) notify.ChannelReach {
		return notify.ChannelReach{Channel: c, People: people}
	}
	for _, c := range []struct {
		reach           notify.Reach
		english, german string
	}{
		{notify.Reach{}, "Nobody is told.", "Niemand erfährt davon."},
		{notify.Reach{People: 1, ByChannel: []notify.ChannelReach{on(mail, 1)}}, "One person is told.", "Ein Mensch erfährt davon."},
		{
			notify.Reach{People: 2, ByChannel: []notify.ChannelReach{on(mail, 1), on(box, 2)}},
			"2 people are told: one by mail, 2 on the site.", "2 Menschen erfahren davon: einer per Mail, 2 auf der Seite.",
		},
		{
			notify.Reach{People: 34, ByChannel: []notify.ChannelReach{on(mail, 31), on(box, 1), on(bell, 2)}},
			"34 people are told: 31 by mail, one on the site, 2 on their devices.", "34 Menschen erfahren davon: 31 per Mail, einer auf der Seite, 2 auf ihren Geräten.",
		},
		{notify.Reach{People: 3, ByChannel: []notify.ChannelReach{on(bell, 1), on(box, 2)}}, "3 people are told: one on a device, 2 on the site.", "3 Menschen erfahren davon: einer auf einem Gerät, 2 auf der Seite."},
	} {
		for language, want := range map[string]string{"en": c.english, "de": c.german} {
			if got := c.reach.Sentence(catalogues.Printer(language, time.UTC)); got != want {
				t.Errorf("%s: %q, want %q", language, got, want)
			}
		}
	}
}
