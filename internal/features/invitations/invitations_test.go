package invitations_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/invitations"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on: the door for mails, and pages that show its blocks.
type town struct {
	*eventtest.Rooms
	*mailin.Intake
	db         *sqldb.DB
	handler    http.Handler
	given      []string     // answers that were kept
	at         []clock.Time // when they were given
	told       []notify.Notice
	enclosures []notify.Enclosure
	others     []string // mails that became something else
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := &town{Rooms: eventtest.New(t, db, berlin, "http://town.example"), db: db}
	room := invitations.New(invitations.Deps{
		DB: db, Outbox: w.Outbox, Events: w.Events, Groups: groups.New(groups.Deps{DB: db, Outbox: w.Outbox, Entities: entities.New(nil)}), People: cast.People{},
		Letters: notify.NewLetters(w.Tray), Limiter: w.Limiter, Catalogues: w.Catalogues, Zone: berlin, BaseURL: "http://town.example",
		Answer: func(_ context.Context, tx *sqldb.Tx, a invitations.Answer) error {
			tx.AfterCommit(func() {
				w.at = append(w.at, a.At)
				if len(a.DateIDs) == 0 {
					a.DateIDs = []int64{0}
				}
				for _, date := range a.DateIDs {
					w.given = append(w.given, fmt.Sprintf("person %d, date %d: %s", a.PersonID, date, a.Answer))
				}
			})
			return nil
		},
	})
	modules := append(w.Modules(), room.Module())
	w.told = module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })
	w.enclosures = room.Module().Enclosures
	w.Notices.Open(t, db, w.told...)
	w.handler = webtest.Open(t, webtest.NewLoggedSite(t, db, w.Viewers, slog.New(slog.DiscardHandler)), modules...)
	w.Intake = mailin.New(mailin.Config{
		DB: db, Media: w.Media, Letters: notify.NewLetters(w.Tray), Catalogues: w.Catalogues, Zone: berlin, Logger: slog.New(slog.DiscardHandler),
		Domain: "town.example", ReplyPrefix: "reply+", BaseURL: "http://town.example",
		Limit: func(context.Context, string) error { return nil }, LimitLost: func(context.Context, string) error { return nil },
		Allow: func(context.Context, web.Limit, int64) error { return nil },
		FindSender: func(ctx context.Context, q sqldb.Querier, address string) (community.Viewer, bool, error) {
			var owner struct {
				community.Viewer
				Proven bool `db:"proven"`
			}
			err := q.Get(ctx, &owner, `SELECT p.id, p.entity_id, e.slug, e.name, p.language, a.verified_at IS NOT NULL AS proven FROM people p JOIN entities e ON e.id = p.entity_id
				JOIN email_addresses a ON a.person_id = p.id WHERE a.address_key = ?`, strings.ToLower(address))
			return owner.Viewer, owner.Proven, err
		},
	})
	other := func(what string) func(context.Context, *sqldb.Tx, string, *mailin.Incoming) error {
		return func(_ context.Context, tx *sqldb.Tx, _ string, m *mailin.Incoming) error {
			tx.AfterCommit(func() { w.others = append(w.others, what+": "+m.Subject) })
			return nil
		}
	}
	err = w.Serve([]mailin.Address{{
		Match: func(_ context.Context, _ sqldb.Querier, local string) (int64, error) {
			return map[string]int64{"garten": w.Garten.EntityID, "chor": w.Chor.EntityID}[strings.ToLower(local)], nil
		},
		Deliver: other("conversation"),
	}}, []mailin.Reply{{Container: mailin.ToContent, Deliver: func(ctx context.Context, tx *sqldb.Tx, _ mailin.Target, m *mailin.Incoming) error {
		return other("comment")(ctx, tx, "", m)
	}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.TakeCalendars(room.Module().Calendars...)
	return w
}

// read returns a mail from testdata, with words put in.
func read(t testing.TB, name string, put ...string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".eml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(put...).Replace(string(data))
}

// receives brings a mail to an address and fails the test unless it is taken.
func (w *town) receives(t *testing.T, from, to, message string) {
	t.Helper()
	if err := w.delivery(t, from, to, message); err != nil {
		t.Fatal(err)
	}
}

func (w *town) delivery(t *testing.T, from, to, message string) error {
	t.Helper()
	message = strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "\n", "\r\n")
	return w.Deliver(t.Context(), lmtp.Envelope{ID: "test", From: from, Recipients: []string{to}}, []byte(message))[0]
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// state is what the database says of all events.
func (w *town) state(t *testing.T) string {
	t.Helper()
	var rows []struct {
		Title     string `db:"title"`
		Place     string `db:"place"`
		Begins    string `db:"begins"`
		Ends      string `db:"ends"`
		Zone      string `db:"zone"`
		Rule      string `db:"rule"`
		UID       string `db:"uid"`
		Cancelled bool   `db:"cancelled"`
		Public    bool   `db:"public"`
		Dates     string `db:"dates"`
		Text      string `db:"text"`
	}
	err := w.db.Select(t.Context(), &rows, `
		SELECT c.title, v.place, v.begins, v.ends, v.zone, v.rule, v.uid, v.cancelled, c.public, '' AS dates,
		       (SELECT x.text FROM versions x WHERE x.content_id = c.id AND x.text IS NOT NULL ORDER BY x.revision DESC LIMIT 1) AS text
		  FROM contents c JOIN events v ON v.content_id = c.id WHERE c.deleted_at IS NULL ORDER BY v.uid`)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%+v\n", r)
	}
	var dates []struct {
		UID       string `db:"uid"`
		Day       string `db:"day"`
		Begins    string `db:"begins"`
		Cancelled bool   `db:"cancelled"`
	}
	err = w.db.Select(t.Context(), &dates, `SELECT v.uid, d.day, d.begins, d.cancelled FROM event_dates d JOIN events v ON v.content_id = d.content_id ORDER BY v.uid, d.day, d.id`)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dates {
		fmt.Fprintf(&b, "%+v\n", d)
	}
	return b.String()
}

// activities returns what happened, oldest first.
func (w *town) activities(t *testing.T) string {
	t.Helper()
	var names []string
	if err := w.db.Select(t.Context(), &names, `SELECT name FROM activities ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, ", ")
}
