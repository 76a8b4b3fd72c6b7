//go:build e2e

package caldav

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// inDays returns a time of a form, so many days from now.
func inDays(n int) string { return time.Now().AddDate(0, 0, n).Format("2006-01-02") + "T19:00" }

// hold reports whether one of some objects holds all texts.
func hold(objects []string, texts ...string) bool {
	return slices.ContainsFunc(objects, func(o string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(o, text) })
	})
}

// TestAProgramFetchesOnlyWhatHasChanged lets vdirsyncer, which knows nothing of us, synchronise the calendar of a group.
func TestAProgramFetchesOnlyWhatHasChanged(t *testing.T) {
	place := openTown(t)
	anna := signIn(t, place, "anna")
	digging := anna.announces(t, "garten", "Umgraben", inDays(7))
	db := look(t, place.DB)
	var id int64
	if err := db.Get(t.Context(), &id, `SELECT g.id FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.slug = ?`, "garten"); err != nil {
		t.Fatal(err)
	}
	garten := fmt.Sprintf("group-%d", id)
	program := newProgram(t, anna, "/stadt/caldav/", fmt.Sprintf("[%q]", garten))

	fetched := program.sync(t)
	first := program.objects(t, garten)
	if len(first) < 2 || fetched != len(first) || !hold(first, "SUMMARY:Umgraben\n", "DESCRIPTION:Text of Umgraben\n", "CLASS:PRIVATE\n") {
		t.Fatalf("%d objects were fetched, and these are kept:\n%s", fetched, strings.Join(first, "\n"))
	}
	if fetched := program.sync(t); fetched != 0 {
		t.Errorf("nothing has changed, and %d objects were fetched", fetched)
	}

	mulching := anna.announces(t, "garten", "Mulchen", inDays(9))
	anna.revises(t, digging, "Umgraben, auch im Regen", inDays(8))
	fetched = program.sync(t)
	second := program.objects(t, garten)
	if fetched != 2 || len(second) != len(first)+1 || !hold(second, "SUMMARY:Mulchen\n") || !hold(second, `SUMMARY:Umgraben\, auch im Regen`+"\n", "SEQUENCE:1\n") || hold(second, "SUMMARY:Umgraben\n") {
		t.Errorf("one is new and one has changed, %d were fetched, and these are kept:\n%s", fetched, strings.Join(second, "\n"))
	}

	anna.posts(t, mulching+"delete/", nil)
	fetched = program.sync(t)
	if third := program.objects(t, garten); fetched != 0 || len(third) != len(first) || hold(third, "SUMMARY:Mulchen\n") {
		t.Errorf("one is deleted, %d were fetched, and %d are kept", fetched, len(third))
	}

	// What somebody removes on their side is not taken, and comes back with the next look.
	files, err := filepath.Glob(filepath.Join(program.folder, "calendars", garten, "*.ics"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	program.sync(t)
	program.sync(t)
	if fourth := program.objects(t, garten); len(fourth) != len(first) {
		t.Errorf("of %d objects, %d are left", len(first), len(fourth))
	}
}

// TestAProgramFindsAllCalendars lets vdirsyncer find the calendars of somebody who tells it nothing but the server.
func TestAProgramFindsAllCalendars(t *testing.T) {
	place := openTown(t)
	anna := signIn(t, place, "anna")
	anna.announces(t, "garten", "Umgraben", inDays(7))
	program := newProgram(t, anna, "/", `["from b"]`)
	program.sync(t)
	if mine := program.objects(t, "mine"); !hold(mine, "SUMMARY:[garten] Umgraben\n") {
		t.Errorf("of all that Anna may see, these are kept:\n%s", strings.Join(mine, "\n"))
	}
	if town := program.objects(t, "town"); len(town) == 0 || hold(town, "Umgraben") {
		t.Errorf("of what is public, these are kept:\n%s", strings.Join(town, "\n"))
	}
}

// TestThousandsOfEventsAreSynchronised says how long it takes to fetch 3,000 events, and to see that none has changed.
func TestThousandsOfEventsAreSynchronised(t *testing.T) {
	const events = 3000
	place := openTown(t)
	announceMany(t, look(t, place.DB), events)
	program := newProgram(t, signIn(t, place, "anna"), "/stadt/caldav/", `["town"]`)
	for _, c := range []struct {
		what  string
		limit time.Duration
		most  int
	}{{"fetched", time.Minute, events * 2}, {"seen to be the same", 20 * time.Second, 0}} {
		begun := time.Now()
		fetched := program.sync(t)
		took := time.Since(begun)
		t.Logf("%d events were %s in %s, with what the program itself does", events, c.what, took.Round(time.Millisecond))
		if took > c.limit || fetched > c.most {
			t.Errorf("%s: %d were fetched, and it took %s", c.what, fetched, took)
		}
	}
	if kept := program.objects(t, "town"); len(kept) < events {
		t.Errorf("%d are kept", len(kept))
	}
}

// look opens the database of a town.
func look(t *testing.T, config sqldb.Config) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// announceMany writes public events of one group into the database.
func announceMany(t *testing.T, db *sqldb.DB, count int) {
	t.Helper()
	var group struct {
		EntityID int64 `db:"entity_id"`
		Author   int64 `db:"author"`
	}
	if err := db.Get(t.Context(), &group, `
		SELECT g.entity_id, (SELECT MIN(m.person_id) FROM memberships m WHERE m.group_id = g.id) AS author
		  FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.slug = 'garten'`); err != nil {
		t.Fatal(err)
	}
	cast.AddEvents(t, db, group.EntityID, group.Author, count)
}
