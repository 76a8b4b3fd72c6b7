package mailtest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// Notices is the notifier that rooms ask how many people a notice reaches, on the channels that the house
// has. It sends nothing. Rooms get it before they are built, and Open gives it their notices.
type Notices struct{ *notify.Notifier }

// Open makes the notices known.
func (n *Notices) Open(tb testing.TB, db *sqldb.DB, all ...notify.Notice) {
	tb.Helper()
	devices, err := push.New(push.Config{DB: db, Secret: "a secret of the town", Contact: "post@stadt.example"})
	if err != nil {
		tb.Fatal(err)
	}
	n.Notifier = notify.New(notify.Config{
		DB: db, Queue: &Tray{}, Catalogues: localetest.Catalogues(tb), Zone: time.UTC,
		Channels: []notify.Channel{email.New(email.Config{}), inbox.Inbox{}, devices},
	})
	if err := n.Follow(all...); err != nil {
		tb.Fatal(err)
	}
}

// FanOut makes the deliveries of what happened last, and returns them as channel and person: "email anna". Nothing is
// sent.
func (n *Notices) FanOut(tb testing.TB, db *sqldb.DB) []string {
	tb.Helper()
	jobs := slices.DeleteFunc(n.Jobs(), func(k queue.Kind) bool { return k.Name != outbox.JobNotify })
	q := queue.New(db, queue.Config{})
	q.Handle(jobs...)
	var task outbox.Task
	if err := db.Get(tb.Context(), &task.ActivityID, `SELECT MAX(id) FROM activities`); err != nil {
		tb.Fatal(err)
	}
	err := db.Write(tb.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(tb.Context(), tx, outbox.JobNotify, task) })
	if err == nil {
		err = q.Drain(tb.Context())
	}
	var deliveries []string
	if err == nil {
		err = db.Select(tb.Context(), &deliveries, `SELECT CONCAT(d.channel, ' ', e.slug) FROM deliveries d JOIN people p ON p.id = d.person_id
			JOIN entities e ON e.id = p.entity_id WHERE d.activity_id = ? ORDER BY 1`, task.ActivityID)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return deliveries
}

// Audience returns who may be told, by slug and reason, in the order of their ids: "anna subscriber, bert starter".
func Audience(tb testing.TB, db *sqldb.DB, a notify.Audience) string {
	tb.Helper()
	if a.IsEmpty() {
		return ""
	}
	query, args := a.SQL()
	var people []string
	err := db.Select(tb.Context(), &people, `SELECT CONCAT(e.slug, ' ', a.reason) FROM (`+query+`) a JOIN people p ON p.id = a.person_id
		JOIN entities e ON e.id = p.entity_id ORDER BY p.id`, args...)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Join(people, ", ")
}
