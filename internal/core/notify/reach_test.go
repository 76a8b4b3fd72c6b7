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
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
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
	silentBox  struct{ inbox.Inbox }
)

func (silentBox) DeliverAll(context.Context, *sqldb.Tx, []notify.Delivery) error { return nil }

func (silentMail) Prepare(_ context.Context, all []*notify.Delivery) ([]notify.Send, error) {
	return make([]notify.Send, len(all)), nil
}

func (silentPush) Prepare(_ context.Context, all []*notify.Delivery) ([]notify.Send, error) {
	return make([]notify.Send, len(all)), nil
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
	audience := notify.Audience{}
	for range random.IntN(4) {
		circle := make([]int64, random.IntN(townsfolk))
		for i := range circle {
			circle[i] = some()
		}
		reason := []notify.Reason{notify.Subscriber, notify.Starter, notify.Member}[random.IntN(3)]
		audience = audience.And(notify.Among(reason, `SELECT p.id AS person_id FROM people p WHERE p.id IN (?)`, circle))
	}
	var silent []int64
	for range random.IntN(4) {
		silent = append(silent, some())
	}
	channels := [][]string{nil, {email.Name}, {inbox.Name, push.Name}}[random.IntN(3)]
	if random.IntN(2) == 0 {
		channels = nil
	}
	actor := community.Activity{Name: community.CommentPosted, ActorID: some(), EntityID: places[random.IntN(3)], ContentID: places[random.IntN(3)]}
	if actor.ContentID == 0 {
		actor.ConversationID = places[random.IntN(3)]
	}
	catalogues := localetest.Catalogues(t)
	devices, err := push.New(push.Config{DB: db, Secret: "a secret of the town", Contact: "post@stadt.example"})
	if err != nil {
		t.Fatal(err)
	}
	jobs := queue.New(db, queue.Config{})
	notifier := notify.New(notify.Config{
		DB: db, Queue: jobs, Catalogues: catalogues, Zone: time.UTC, Never: silent,
		Channels: []notify.Channel{silentMail{email.New(email.Config{})}, silentBox{}, silentPush{devices}},
	})
	if err := notifier.Follow(notify.Notice{
		Activity: actor.Name, Channels: channels, Always: random.IntN(4) == 0,
		Audience: func(context.Context, sqldb.Querier, community.Activity) (notify.Audience, error) {
			return audience, nil
		},
		Compose: func(context.Context, sqldb.Querier, *lang.Printer, community.Activity, notify.Recipient) (*notify.Message, error) {
			return &notify.Message{}, nil
		},
	}); err != nil {
		t.Fatal(err)
	}
	jobs.Handle(notifier.Jobs()...)
	r, err := notifier.Reach(t.Context(), db, actor, audience)
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
			ids[i], err = tx.Insert(t.Context(), `INSERT INTO people (entity_id, about, password, active, joined_at) VALUES (?, '', ?, ?, ?)`, entity, password, coin(), tx.Now)
			if err != nil {
				return err
			}
			for n := range random.IntN(3) { // the first one is the main address
				address := fmt.Sprintf("%s-%d@example.org", slug, n)
				if _, err := tx.Insert(t.Context(), `INSERT INTO email_addresses (person_id, address, address_key, main) VALUES (?, ?, ?, ?)`, ids[i], address, address, n == 0); err != nil {
					return err
				}
			}
			if err := tx.InsertNewRows(t.Context(), `INSERT INTO preferences (person_id, channel, content_id, conversation_id, entity_id, timing)`, randomPreferences(random, ids[i])); err != nil {
				return err
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

// places are ids of entities, content items and conversations of random towns; 0 is none in particular.
var places = [...]int64{0, 7, 8}

func randomPreferences(random *rand.Rand, personID int64) [][]any {
	rows := make([][]any, random.IntN(12))
	for i := range rows {
		place := func() int64 { return places[random.IntN(3)] }
		rows[i] = []any{
			personID, []string{email.Name, inbox.Name, push.Name}[random.IntN(3)], place(), place(), place(),
			[]notify.Timing{notify.AtOnce, notify.Daily, notify.Weekly, notify.Never}[random.IntN(4)],
		}
	}
	return rows
}

// TestTheMostSpecificPreferenceDecides compares the query with a rule in Go, for one person with each combination of
// preferences.
func TestTheMostSpecificPreferenceDecides(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const entity, content, conversation, other = 7, 8, 9, 10
		timings := []notify.Timing{"", notify.AtOnce, notify.Daily, notify.Weekly, notify.Never} // "" is no row
		activities := map[string]community.Activity{
			"a comment":                 {Name: community.CommentPosted, EntityID: entity, ContentID: content},
			"a message":                 {Name: community.CommentPosted, EntityID: entity, ConversationID: conversation},
			"something in a group":      {Name: community.CommentPosted, EntityID: entity},
			"something somewhere else":  {Name: community.CommentPosted, EntityID: other, ContentID: other},
			"something in no one place": {Name: community.CommentPosted},
		}
		want := map[string]map[int64]bool{}
		for what := range activities {
			want[what] = map[int64]bool{}
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for n := range len(timings) * len(timings) * len(timings) {
				thread, inEntity, everywhere := timings[n%5], timings[n/5%5], timings[n/25]
				slug := fmt.Sprintf("mensch-%d", n)
				entityID, err := tx.Insert(t.Context(), `INSERT INTO entities (kind, slug, slug_key, name, name_key, colour) VALUES (?, ?, ?, ?, ?, '#203040')`, community.PersonEntity, slug, slug, slug, slug)
				if err != nil {
					return err
				}
				id, err := tx.Insert(t.Context(), `INSERT INTO people (entity_id, about, password, joined_at) VALUES (?, '', 'x', ?)`, entityID, tx.Now)
				if err != nil {
					return err
				}
				var rows [][]any
				add := func(contentID, conversationID, entityID int64, timing notify.Timing) {
					if timing != "" {
						rows = append(rows, []any{id, inbox.Name, contentID, conversationID, entityID, timing})
					}
				}
				add(content, 0, 0, thread)
				add(0, conversation, 0, thread)
				add(0, 0, entity, inEntity)
				add(0, 0, 0, everywhere)
				if err := tx.InsertRows(t.Context(), `INSERT INTO preferences (person_id, channel, content_id, conversation_id, entity_id, timing)`, rows); err != nil {
					return err
				}
				for what, e := range activities {
					decides := everywhere
					if e.EntityID == entity && inEntity != "" {
						decides = inEntity
					}
					if (e.ContentID == content || e.ConversationID == conversation) && thread != "" {
						decides = thread
					}
					if decides == "" || decides == notify.AtOnce {
						want[what][id] = true
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		everybody := notify.Among(notify.Subscriber, `SELECT p.id AS person_id FROM people p`)
		jobs := queue.New(db, queue.Config{})
		notifier := notify.New(notify.Config{DB: db, Queue: jobs, Channels: []notify.Channel{silentBox{}}})
		if err := notifier.Follow(notify.Notice{
			Activity: community.CommentPosted,
			Audience: func(context.Context, sqldb.Querier, community.Activity) (notify.Audience, error) {
				return everybody, nil
			},
		}); err != nil {
			t.Fatal(err)
		}
		jobs.Handle(notifier.Jobs()...)
		for what, e := range activities {
			reach, err := notifier.Reach(t.Context(), db, e, everybody)
			if err != nil || reach.People != len(want[what]) {
				t.Errorf("%s reaches %d people, want %d, %v", what, reach.People, len(want[what]), err)
			}
			var id int64
			err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
				id, err = outbox.New(jobs).Record(t.Context(), tx, e)
				return err
			})
			if err == nil {
				err = jobs.Drain(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			if err := db.Select(t.Context(), &got, `SELECT person_id FROM deliveries WHERE activity_id = ? ORDER BY person_id`, id); err != nil {
				t.Fatal(err)
			}
			for _, id := range got {
				if !want[what][id] {
					t.Errorf("%s is told to person %d", what, id)
				}
			}
			if len(got) != len(want[what]) {
				t.Errorf("%s is told to %d people, want %d", what, len(got), len(want[what]))
			}
		}
	})
}

func TestHowManyAreToldIsSaidInWords(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	mail, box, devices := email.New(email.Config{}), inbox.Inbox{}, &push.Push{}
	on := func(c notify.Channel, people int) notify.ChannelReach {
		return notify.ChannelReach{Channel: c, People: people}
	}
	for _, c := range []struct {
		reach           notify.Reach
		english, german string
	}{
		{notify.Reach{}, "Nobody will be notified.", "Niemand wird benachrichtigt."},
		{notify.Reach{People: 1, ByChannel: []notify.ChannelReach{on(mail, 1)}}, "1 person will be notified.", "1 Person wird benachrichtigt."},
		{
			notify.Reach{People: 2, ByChannel: []notify.ChannelReach{on(mail, 1), on(box, 2)}},
			"2 people will be notified: 1 by email, 2 on the site.", "2 Personen werden benachrichtigt: 1 per E-Mail, 2 auf der Seite.",
		},
		{
			notify.Reach{People: 34, ByChannel: []notify.ChannelReach{on(mail, 31), on(box, 1), on(devices, 2)}},
			"34 people will be notified: 31 by email, 1 on the site, 2 on their devices.", "34 Personen werden benachrichtigt: 31 per E-Mail, 1 auf der Seite, 2 auf ihren Geräten.",
		},
		{notify.Reach{People: 3, ByChannel: []notify.ChannelReach{on(devices, 1), on(box, 2)}}, "3 people will be notified: 1 on a device, 2 on the site.", "3 Personen werden benachrichtigt: 1 auf einem Gerät, 2 auf der Seite."},
	} {
		for language, want := range map[string]string{"en": c.english, "de": c.german} {
			if got := c.reach.Sentence(catalogues.Printer(language, time.UTC)); got != want {
				t.Errorf("%s: %q, want %q", language, got, want)
			}
		}
	}
}
