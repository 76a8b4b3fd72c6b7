package invitations_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

var stamp = regexp.MustCompile(`(?:DTSTAMP|LAST-MODIFIED):\d+T\d+Z`)

// feast is an event of garten's that people are asked to.
type feast struct {
	id      int64
	to, uid string // where Anna's answers go, and the UID
}

func (w *town) feast(t *testing.T) feast {
	t.Helper()
	visitor := w.visit(t, w.Anna.ID)
	visitor.Send("/garten/events/add/", url.Values{"title": {"Sommerfest"}, "time": {"2099-07-04T18:00"}, "until_time": {"2099-07-04T22:00"}, "place": {"Am Bach"}}, true)
	visitor.Sees(200, "Your event is in the calendar.")
	var f feast
	if err := w.db.Get(t.Context(), &f.id, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	w.exec(t, `UPDATE events SET answers = 'dates' WHERE content_id = ?`, f.id)
	who := notify.Answerer{PersonID: w.Anna.ID, Answer: notify.Answer{ContentID: f.id}}
	keys, err := mailin.ReplyKeys(t.Context(), w.db, []notify.Answerer{who})
	if err != nil {
		t.Fatal(err)
	}
	f.to, f.uid = "reply+"+keys[who]+"@town.example", fmt.Sprintf("content.%d@town.example", f.id)
	return f
}

// replies is the answer of a program, with words put in.
func (f feast) replies(t *testing.T, program string, put ...string) string {
	t.Helper()
	return read(t, "reply-"+program, append(put, "{{to}}", f.to, "{{uid}}", f.uid)...)
}

func (w *town) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(w.given, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("these answers count:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if len(w.others) > 0 {
		t.Errorf("%v", w.others)
	}
}

func TestAnswersOfFourProgramsCountOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for program, answer := range map[string]string{"thunderbird": "yes", "outlook": "no", "google": "maybe", "apple": "yes"} {
			t.Run(program, func(t *testing.T) {
				w := newTown(t, dbtest.SQLite(t))
				f := w.feast(t)
				for range 2 {
					w.receives(t, anna, f.to, f.replies(t, program))
				}
				w.receives(t, anna, f.to, f.replies(t, program, "Message-ID: <", "Message-ID: <another", "Message-Id: <", "Message-Id: <another"))
				w.expect(t, fmt.Sprintf("person %d, date 0: %s", w.Anna.ID, answer))
				if letters := w.Tray.Take(); len(letters) > 0 {
					t.Errorf("%+v", letters)
				}
			})
		}
		w := newTown(t, db)
		f := w.feast(t)
		// Google's is the second latest, Apple's the latest: what is earlier than what has counted does not count.
		for _, program := range []string{"outlook", "apple", "google", "thunderbird"} {
			w.receives(t, anna, f.to, f.replies(t, program))
		}
		w.expect(t, fmt.Sprintf("person %d, date 0: no", w.Anna.ID), fmt.Sprintf("person %d, date 0: yes", w.Anna.ID))
	})
}

func TestAnAnswerToOneDateCountsForIt(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	f := w.feast(t)
	var date int64
	if err := w.db.Get(t.Context(), &date, `SELECT id FROM event_dates WHERE content_id = ?`, f.id); err != nil {
		t.Fatal(err)
	}
	w.receives(t, anna, f.to, f.replies(t, "outlook", "CLASS:PUBLIC", "RECURRENCE-ID;TZID=W. Europe Standard Time:20990704T180000"))
	w.expect(t, fmt.Sprintf("person %d, date %d: no", w.Anna.ID, date))
	w.receives(t, anna, f.to, f.replies(t, "apple", "SUMMARY:Sommerfest", "RECURRENCE-ID;TZID=3DEurope/Berlin:20990711T180000"))
	if l := w.Tray.TakeOne(t); !strings.Contains(l.Intro, "no longer has this date") {
		t.Errorf("%+v", l)
	}
}

func TestWhatIsNoAnswerIsExplained(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	f := w.feast(t)
	for _, language := range []string{"en", "de"} {
		w.exec(t, `UPDATE people SET language = ? WHERE id = ?`, language, w.Anna.ID)
		w.receives(t, anna, f.to, f.replies(t, "thunderbird", "REPLY", "COUNTER", "Message-ID: <", "Message-ID: <c"+language))
		golden.Equal(t, "counter."+language, mailtest.Print(w.Tray.TakeOne(t)))
		w.receives(t, anna, f.to, f.replies(t, "google", "PARTSTAT=TENTATIVE", "PARTSTAT=DELEGATED", "Message-ID: <", "Message-ID: <d"+language))
		golden.Equal(t, "delegated."+language, mailtest.Print(w.Tray.TakeOne(t)))
	}
	w.receives(t, anna, f.to, f.replies(t, "thunderbird", "ACCEPTED", "NEEDS-ACTION"))
	w.receives(t, anna, f.to, f.replies(t, "google", "{{uid}}", "gone@town.example"))
	if l := w.Tray.TakeOne(t); !strings.Contains(l.Intro, "Die Veranstaltung, auf die du geantwortet hast, gibt es nicht mehr.") {
		t.Errorf("%+v", l)
	}
	w.exec(t, `UPDATE events SET answers = '' WHERE content_id = ?`, f.id)
	w.receives(t, anna, f.to, f.replies(t, "apple"))
	w.expect(t)
}

func TestNobodyAnswersForSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	f := w.feast(t)
	w.receives(t, "bert@example.org", f.to, f.replies(t, "outlook"))
	if l := w.Tray.TakeOne(t); !strings.Contains(l.Intro, "wasn’t sent to bert@example.org") {
		t.Errorf("%+v", l)
	}
	w.expect(t)
}

// occurrences is an answer to many dates of a series in one mail.
func (f feast) occurrences(days int, stamp string, partstat func(n int) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Anna <%s>\r\nTo: %s\r\nSubject: Sommerfest\r\nMessage-ID: <%d@x.example>\r\nDate: Wed, 01 Jul 2099 10:00:00 +0000\r\n", anna, f.to, days)
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\n")
	for n := range days {
		day := time.Date(2099, time.July, 4+7*n, 0, 0, 0, 0, time.UTC).Format("20060102")
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:%s\r\nSEQUENCE:1\r\nRECURRENCE-ID;TZID=Europe/Berlin:%sT180000\r\nATTENDEE;PARTSTAT=%s:mailto:%s\r\nEND:VEVENT\r\n",
			f.uid, stamp, day, partstat(n), anna)
	}
	return b.String() + "END:VCALENDAR\r\n"
}

// TestAnAnswerToManyDatesAsksTheDatabaseForAllAtOnce counts what it takes, for few dates and for many.
func TestAnAnswerToManyDatesAsksTheDatabaseForAllAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		f, many := w.feast(t), 100
		w.exec(t, `UPDATE events SET rule = 'FREQ=WEEKLY' WHERE content_id = ?`, f.id)
		for n := 1; n < many; n++ {
			day := time.Date(2099, time.July, 4+7*n, 16, 0, 0, 0, time.UTC)
			w.exec(t, `INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at) VALUES (?, ?, ?, ?, '', '', ?, ?)`,
				f.id, w.Garten.EntityID, day.Format(time.DateOnly), day.Format(time.DateOnly)+"T18:00", day.UnixMilli(), day.UnixMilli())
		}
		var taken []int64
		for month, days := range []int{2, many} {
			w.given = nil
			before := db.Stats().Statements
			w.receives(t, anna, f.to, f.occurrences(days, fmt.Sprintf("20260%d01T100000Z", 1+month), func(n int) string { return []string{"ACCEPTED", "DECLINED"}[n%2] }))
			taken = append(taken, db.Stats().Statements-before)
			if len(w.given) != days || !strings.HasSuffix(w.given[0], ": yes") || !strings.HasSuffix(w.given[days-1], ": no") {
				t.Errorf("of %d answers count %d: %v", days, len(w.given), w.given)
			}
		}
		if taken[1] > taken[0]+3 { // rows of many values take some statements more
			t.Errorf("two answers take %d statements, and a hundred take %d", taken[0], taken[1])
		}
	})
}

func TestAnAnswerSaysWhenItWasGiven(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	f := w.feast(t)
	w.receives(t, anna, f.to, f.replies(t, "thunderbird"))
	stamp := regexp.MustCompile(`DTSTAMP:(\w+)`).FindStringSubmatch(f.replies(t, "thunderbird"))
	if len(w.at) != 1 || stamp == nil || w.at[0].UTC().Format("20060102T150405Z") != stamp[1] {
		t.Errorf("it was given at %v, and the mail says %v", w.at, stamp)
	}
	// A clock that is wrong does not make an answer later than its mail.
	sooner := f.occurrences(1, "20980101T100000Z", func(int) string { return "DECLINED" })
	w.receives(t, anna, f.to, strings.Replace(sooner, "01 Jul 2099", "01 Jul 2026", 1))
	if len(w.at) != 2 || w.at[1].After(w.db.Now().Time) {
		t.Errorf("it was given at %v", w.at)
	}
}

func TestAnAnswerToSeveralEventsIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	f := w.feast(t)
	mail := f.occurrences(2, "20260701T100000Z", func(int) string { return "ACCEPTED" })
	w.receives(t, anna, f.to, strings.Replace(mail, "UID:"+f.uid, "UID:other@town.example", 1))
	if l := w.Tray.TakeOne(t); !strings.Contains(l.Intro, "answer each of them separately") {
		t.Errorf("%+v", l)
	}
	w.expect(t)
}
