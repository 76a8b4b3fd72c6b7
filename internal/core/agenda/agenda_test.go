package agenda_test

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/invitations"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/polls"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// sources returns what the rooms of the house know of that waits.
func sources(db *sqldb.DB) []agenda.Source {
	theEvents, thePolls := events.New(events.Deps{DB: db, Zone: time.UTC}), polls.New(polls.Deps{DB: db})
	contents := content.New(content.Deps{DB: db}, theEvents.Kind(), thePolls.Kind())
	modules := append(contents.Modules(), groups.New(groups.Deps{DB: db}).Module(), membership.New(membership.Deps{DB: db}).Module(),
		attendance.New(attendance.Deps{DB: db, Enabled: true}).Module(), invitations.New(invitations.Deps{DB: db}).Module())
	return module.Gather(modules, func(m module.Module) []agenda.Source { return m.Agenda })
}

// TestWhatWaitsIsWhatNobodyHasAnswered lets things wait in the groups of Bert and Anna, and answers them one after another.
func TestWhatWaitsIsWhatNobodyHasAnswered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		now := db.Now()
		all := sources(db)
		waits := func(v community.Viewer) string {
			t.Helper()
			items, err := agenda.Read(t.Context(), db, v, now, all)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, i := range items {
				if i.Source != "mine" {
					said = append(said, i.Source+" "+strings.TrimSpace(i.Title+" "+i.Entity.Slug))
				}
			}
			return strings.Join(said, ", ")
		}
		item := func(kind, title string, public bool, starts clock.Time) int64 {
			id := cast.AddContent(t, db, cast.Content{Slug: strings.ToLower(title), Title: title, EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: public})
			cast.Execute(t, db, `UPDATE contents SET kind = ?, published_at = ?, starts_at = ?, ends_at = ? WHERE id = ?`, kind, now, starts, starts, id)
			return id
		}
		poll := func(title string, ends clock.Time) int64 {
			id := item("poll", title, false, clock.Time{})
			cast.Execute(t, db, `INSERT INTO polls (content_id, ranked, dated, secret, hidden, zone, ends_at, tally) VALUES (?, ?, ?, ?, ?, 'UTC', ?, '{}')`, id, false, false, false, false, ends)
			return id
		}
		event := func(title, answers string, days int) int64 {
			starts := clock.At(now.AddDate(0, 0, days))
			id := item("event", title, false, starts)
			cast.Execute(t, db, `INSERT INTO events (content_id, place, place_key, zone, all_day, begins, answers) VALUES (?, '', '', 'UTC', ?, '', ?)`, id, false, answers)
			cast.Execute(t, db, `INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at) VALUES (?, ?, '2026-01-01', '', '', '', ?, ?)`, id, c.Garten.EntityID, starts, starts)
			return id
		}
		if got := waits(c.Bert.Viewer); got != "" {
			t.Fatalf("at first %s waits", got)
		}
		open := poll("Farbe", clock.At(now.Add(time.Hour)))
		poll("Vorbei", clock.At(now.Add(-time.Hour)))
		secret := poll("Geheim", clock.Time{})
		fest := event("Fest", "dates", 3)
		event("Spaeter", "dates", 60)
		event("Ungefragt", "", 3)
		event("Gestern", "dates", -1)
		conversation := cast.AddConversation(t, db, cast.Conversation{EntityID: c.Garten.EntityID, AuthorID: c.Carla.ID})
		message := cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: c.Carla.ID})
		cast.Execute(t, db, `INSERT INTO membership_applications (group_id, person_id, contribution_id, created_at) VALUES (?, ?, ?, 1)`, c.Garten.ID, c.Carla.ID, message)
		cast.Execute(t, db, `INSERT INTO calendar_invitations (id, entity_id, person_id, uid, sender, organizer, invited, asks, activity_id, received_at) VALUES (1, ?, ?, 'x', 'x', 'x', 'x', ?, 7, 1)`, c.Garten.EntityID, c.Carla.ID, true)
		cast.Execute(t, db, `INSERT INTO calendar_invitation_parts (invitation_id, recurrence, event, epoch, sequence, stamp, cancelled, cancel_epoch, cancel_sequence, cancel_stamp) VALUES (1, '', '{}', 0, 0, 0, ?, 0, 0, 0)`, false)
		other := cast.AddGroup(t, db, "nachbarn")
		shared := cast.AddContent(t, db, cast.Content{Slug: "strassenfest", Title: "Strassenfest", EntityID: other.EntityID, AuthorID: c.Carla.ID, Public: true})
		cast.Execute(t, db, `UPDATE contents SET kind = 'event', starts_at = ?, ends_at = ? WHERE id = ?`, clock.At(now.AddDate(0, 0, 9)), clock.At(now.AddDate(0, 0, 9)), shared)
		cast.Execute(t, db, `INSERT INTO event_hosts (content_id, entity_id, state, invited_at) VALUES (?, ?, 'invited', 1)`, shared, c.Garten.EntityID)

		everything := "application Carla Clematis garten, invitation garten, host Strassenfest garten, date Fest garten, poll Farbe garten, poll Geheim garten"
		if got := waits(c.Bert.Viewer); got != everything {
			t.Errorf("for Bert waits %s, want %s", got, everything)
		}
		if got := waits(c.Carla.Viewer); got != "" {
			t.Errorf("for Carla, who is no member, waits %s", got)
		}
		cast.Execute(t, db, `INSERT INTO poll_votes (content_id, person_id, ballot, voted_at) VALUES (?, ?, '{}', 1)`, open, c.Bert.ID)
		cast.Execute(t, db, `INSERT INTO poll_turnouts (content_id, person_id) VALUES (?, ?)`, secret, c.Bert.ID)
		cast.Execute(t, db, `INSERT INTO attendances (content_id, date_id, person_id, answer, queued_at, answered_at) SELECT content_id, id, ?, 'no', 1, 1 FROM event_dates WHERE content_id = ?`, c.Bert.ID, fest)
		if got := waits(c.Bert.Viewer); got != "application Carla Clematis garten, invitation garten, host Strassenfest garten" {
			t.Errorf("once he has answered, for Bert waits %s", got)
		}
		cast.Execute(t, db, `UPDATE membership_applications SET declined_at = 2`)
		cast.Execute(t, db, `UPDATE calendar_invitation_parts SET cancelled = ?`, true)
		cast.Execute(t, db, `UPDATE event_hosts SET state = 'declined'`)
		if got := waits(c.Bert.Viewer); got != "" {
			t.Errorf("in the end for Bert waits %s", got)
		}
		if got := waits(c.Anna.Viewer); got != "date Fest garten, poll Farbe garten, poll Geheim garten" {
			t.Errorf("for Anna waits %s", got)
		}
		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, c.Garten.EntityID)
		if got := waits(c.Anna.Viewer); got != "" {
			t.Errorf("in a group that is archived waits %s", got)
		}
	})
}
