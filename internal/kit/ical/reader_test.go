package ical_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/testkit/cputest"
	"grouprise.org/grouprise/internal/testkit/golden"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// parse reads a calendar as a site in Berlin does.
func parse(t testing.TB, text string) ical.Calendar {
	t.Helper()
	c, err := ical.Parse(strings.NewReader(text), ical.Limits{Zone: berlin(t)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// calendarOf returns a calendar with one event.
func calendarOf(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// TestCalendarsOfProgramsAreRead reads what programs write, as they write it.
func TestCalendarsOfProgramsAreRead(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.ics")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var readable bytes.Buffer
		e := json.NewEncoder(&readable)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(parse(t, string(text))); err != nil { //nolint:musttag // the names of the fields are what is to be read
			t.Fatal(err)
		}
		golden.Equal(t, strings.TrimSuffix(filepath.Base(file), ".ics"), readable.String())
	}
}

func TestTimesAreReadAsClocksShowThem(t *testing.T) {
	t.Parallel()
	type when struct {
		Begins, Ends, Zone, Rule string
		AllDay                   bool
		Excluded, Added          []string
	}
	at := func(begins, ends string) when { return when{Begins: begins, Ends: ends, Zone: "Europe/Berlin"} }
	for name, row := range map[string]struct {
		lines []string
		want  when
	}{
		"a time in a zone":        {[]string{"DTSTART;TZID=Europe/Lisbon:20260303T190000"}, when{Begins: "2026-03-03T19:00", Zone: "Europe/Lisbon"}},
		"a floating time":         {[]string{"DTSTART:20260303T190000"}, at("2026-03-03T19:00", "")},
		"a point in time":         {[]string{"DTSTART:20260303T180000Z", "DTEND:20260303T193000Z"}, at("2026-03-03T19:00", "2026-03-03T20:30")},
		"in summer":               {[]string{"DTSTART:20260703T170000Z"}, at("2026-07-03T19:00", "")},
		"a series of such points": {[]string{"DTSTART:20260303T180000Z", "RRULE:FREQ=WEEKLY"}, when{Begins: "2026-03-03T18:00", Zone: "UTC", Rule: "FREQ=WEEKLY"}},
		"an end in another zone":  {[]string{"DTSTART;TZID=Europe/Berlin:20260303T190000", "DTEND;TZID=Europe/Lisbon:20260303T200000"}, at("2026-03-03T19:00", "2026-03-03T21:00")},
		"how long it takes":       {[]string{"DTSTART:20260303T190000", "DURATION:PT1H30M"}, at("2026-03-03T19:00", "2026-03-03T20:30")},
		"over the change in spring, a day of the calendar": {[]string{"DTSTART:20260328T190000", "DURATION:P1D"}, at("2026-03-28T19:00", "2026-03-29T19:00")},
		"over the change in spring, a day of the clock":    {[]string{"DTSTART:20260328T190000", "DURATION:PT24H"}, at("2026-03-28T19:00", "2026-03-29T20:00")},
		"a negative duration":                              {[]string{"DTSTART:20260303T190000", "DURATION:-PT1H"}, at("2026-03-03T19:00", "")},
		"an end before the start":                          {[]string{"DTSTART:20260303T190000", "DTEND:20260303T180000"}, at("2026-03-03T19:00", "")},
		"an end that is none":                              {[]string{"DTSTART:20260303T190000", "DTEND:morgen"}, at("2026-03-03T19:00", "")},
		"no seconds":                                       {[]string{"DTSTART:20260303T1900"}, at("2026-03-03T19:00", "")},
		"as in ISO 8601":                                   {[]string{"DTSTART:2026-03-03T19:00:00Z"}, at("2026-03-03T20:00", "")},
		"a day":                                            {[]string{"DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304"}, when{Begins: "2026-03-03", AllDay: true, Zone: "Europe/Berlin"}},
		"days":                                             {[]string{"DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260306"}, when{Begins: "2026-03-03", Ends: "2026-03-05", AllDay: true, Zone: "Europe/Berlin"}},
		"a day without its word":                           {[]string{"DTSTART:20260303", "DURATION:P2D"}, when{Begins: "2026-03-03", Ends: "2026-03-04", AllDay: true, Zone: "Europe/Berlin"}},
		"a day that ends on itself":                        {[]string{"DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260303"}, when{Begins: "2026-03-03", AllDay: true, Zone: "Europe/Berlin"}},
		"a name of Windows":                                {[]string{"DTSTART;TZID=Tokyo Standard Time:20260303T190000"}, when{Begins: "2026-03-03T19:00", Zone: "Asia/Tokyo"}},
		"a quoted name":                                    {[]string{`DTSTART;TZID="Europe/Lisbon";X-A="b:c;d":20260303T190000`}, when{Begins: "2026-03-03T19:00", Zone: "Europe/Lisbon"}},
		"a name with a maker":                              {[]string{"DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Lisbon:20260303T190000"}, when{Begins: "2026-03-03T19:00", Zone: "Europe/Lisbon"}},
		"a maker with a number":                            {[]string{"DTSTART;TZID=/mozilla.org/20070129_1/America/Argentina/Ushuaia:20260303T190000"}, when{Begins: "2026-03-03T19:00", Zone: "America/Argentina/Ushuaia"}},
		"a name that nobody knows":                         {[]string{"DTSTART;TZID=Mond:20260303T190000"}, at("2026-03-03T19:00", "")},
		"a file that is no zone":                           {[]string{"DTSTART;TZID=../../etc/passwd:20260303T190000"}, at("2026-03-03T19:00", "")},
		"the zone of this machine":                         {[]string{"DTSTART;TZID=Local:20260303T190000"}, at("2026-03-03T19:00", "")},
		"an end of the rule in UTC":                        {[]string{"DTSTART;TZID=Europe/Berlin:20260303T190000", "RRULE:freq=WEEKLY;UNTIL=20260630T170000Z;"}, when{Begins: "2026-03-03T19:00", Zone: "Europe/Berlin", Rule: "FREQ=WEEKLY;UNTIL=20260630T190000"}},
		"a last day of the rule":                           {[]string{"DTSTART;VALUE=DATE:20260303", "RRULE:FREQ=WEEKLY;UNTIL=20260629T220000Z"}, when{Begins: "2026-03-03", AllDay: true, Zone: "Europe/Berlin", Rule: "FREQ=WEEKLY;UNTIL=20260630"}},
		"a rule that is none":                              {[]string{"DTSTART:20260303T190000", "RRULE:jede Woche"}, at("2026-03-03T19:00", "")},
		"dates that differ from the rule": {
			[]string{"DTSTART;TZID=Europe/Berlin:20260303T190000", "RRULE:FREQ=WEEKLY", "EXDATE:20260310T180000Z,20260407T170000Z", "EXDATE;VALUE=DATE:20260317", "EXDATE:x", "RDATE;VALUE=PERIOD:20260304T180000Z/PT1H"},
			when{Begins: "2026-03-03T19:00", Zone: "Europe/Berlin", Rule: "FREQ=WEEKLY", Excluded: []string{"2026-03-10T19:00", "2026-04-07T19:00", "2026-03-17"}, Added: []string{"2026-03-04T19:00"}},
		},
		"excluded days of a series of days": {
			[]string{"DTSTART;VALUE=DATE:20260303", "RRULE:FREQ=WEEKLY", "EXDATE:20260310T000000"},
			when{Begins: "2026-03-03", AllDay: true, Zone: "Europe/Berlin", Rule: "FREQ=WEEKLY", Excluded: []string{"2026-03-10"}},
		},
	} {
		c := parse(t, calendarOf(append([]string{"UID:a"}, row.lines...)...))
		if len(c.Events) != 1 {
			t.Errorf("%s: %d events", name, len(c.Events))
			continue
		}
		e := c.Events[0]
		got := when{e.Begins, e.Ends, e.Zone, e.Rule, e.AllDay, e.Excluded, e.Added}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, start := range []string{"", "DTSTART:", "DTSTART:gestern", "DTSTART:20260230T190000", "DTSTART:00010101T000000Z", "DTSTART:99991231T235959Z"} {
		if c := parse(t, calendarOf("UID:a", start)); len(c.Events) != 0 || c.Skipped != 1 {
			t.Errorf("%q: %+v", start, c)
		}
	}
}

// TestInventedZonesAreKnownByWhatTheirClocksDo gives zones names of their own.
func TestInventedZonesAreKnownByWhatTheirClocksDo(t *testing.T) {
	t.Parallel()
	observance := func(kind, start, from, to, rule string) string {
		return "BEGIN:" + kind + "\nDTSTART:" + start + "\nTZOFFSETFROM:" + from + "\nTZOFFSETTO:" + to + "\n" + rule + "\nEND:" + kind + "\n"
	}
	for want, zone := range map[string]string{
		"Europe/Berlin": observance("STANDARD", "16011028T030000", "+0200", "+0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10") +
			observance("DAYLIGHT", "16010325T020000", "+0100", "+0200", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
		"America/New_York": observance("DAYLIGHT", "20070311T020000", "-0500", "-0400", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU") +
			observance("STANDARD", "20071104T020000", "-0400", "-0500", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
		"America/Chicago": observance("DAYLIGHT", "20070311T020000", "-0600", "-0500", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14") +
			observance("STANDARD", "20071104T020000", "-0500", "-0600", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7"),
		// The change of one year alone, and a zone whose clocks are never changed.
		"Europe/London":     observance("STANDARD", "20251026T020000", "+0100", "+0000", "") + observance("DAYLIGHT", "20260329T010000", "+0000", "+0100", "") + observance("STANDARD", "20261025T020000", "+0100", "+0000", "RDATE:20271031T020000"),
		"Africa/Lagos":      observance("STANDARD", "19700101T000000", "+01:00", "+01:00", ""),
		"Asia/Kolkata":      observance("STANDARD", "19700101T000000", "+0530", "+0530", ""),
		"Australia/Sydney":  "X-LIC-LOCATION:Australia/Sydney\n" + observance("STANDARD", "19700101T000000", "+0000", "+0000", ""),
		"Europe/Berlin ":    "COMMENT:nothing is said of it\n",
		"Europe/Berlin  ":   observance("STANDARD", "19700101T000000", "+0017", "+0017", ""), // no zone does that
		"Etc/GMT+12":        observance("STANDARD", "19700101T000000", "-1200", "-1200", ""),
		"Europe/Lisbon":     observance("DAYLIGHT", "19960331T010000", "+0000", "+0100", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU") + observance("STANDARD", "19961027T020000", "+0100", "+0000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU") + "X-LIC-LOCATION:Europe/Lisbon\n",
		"America/Sao_Paulo": observance("STANDARD", "20190217T000000", "-0200", "-0300", "") + observance("DAYLIGHT", "20081018T000000", "-0300", "-0200", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=3SU;UNTIL=20181231T000000Z") + "X-LIC-LOCATION:America/Sao_Paulo\n",
	} {
		// What is defined behind its use counts, too.
		text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Meine Zone 1:20260703T190000\nEND:VEVENT\n" +
			"BEGIN:VTIMEZONE\nTZID:Meine Zone 1\n" + zone + "END:VTIMEZONE\nEND:VCALENDAR\n"
		e := parse(t, text).Events[0]
		if e.Begins != "2026-07-03T19:00" || e.Zone != strings.TrimSpace(want) {
			t.Errorf("%s is taken for %s, and it begins at %s", want, e.Zone, e.Begins)
		}
	}
}

func TestADateOfASeriesIsNamedAsTheSeriesCountsIt(t *testing.T) {
	t.Parallel()
	const series = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260303T190000\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n"
	for recurrence, want := range map[string]string{
		"RECURRENCE-ID;TZID=Europe/Berlin:20260331T190000": "2026-03-31T19:00",
		"RECURRENCE-ID:20260331T170000Z":                   "2026-03-31T19:00", // as Exchange writes it
		"RECURRENCE-ID;TZID=Europe/Lisbon:20260331T180000": "2026-03-31T19:00",
		"RECURRENCE-ID;VALUE=DATE:20260331":                "2026-03-31",
	} {
		date := "BEGIN:VEVENT\nUID:a\n" + recurrence + "\nDTSTART;TZID=Europe/Lisbon:20260401T120000\nEND:VEVENT\n"
		for _, text := range []string{series + date, date + series} {
			c := parse(t, "BEGIN:VCALENDAR\n"+text+"END:VCALENDAR\n")
			e := c.Events[0]
			if e.Recurrence == "" {
				e = c.Events[1]
			}
			if e.Recurrence != want || e.Begins != "2026-04-01T12:00" || e.Zone != "Europe/Lisbon" {
				t.Errorf("%s: %+v", recurrence, e)
			}
		}
	}
	// A series of whole days counts days, whatever a program writes.
	c := parse(t, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260331T000000\nDTSTART;VALUE=DATE:20260331\nEND:VEVENT\nEND:VCALENDAR\n")
	if c.Events[0].Recurrence != "2026-03-31" {
		t.Errorf("%+v", c.Events[0])
	}
}

func TestAnswersNeedNotSayWhen(t *testing.T) {
	t.Parallel()
	text := "BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VEVENT\nUID:a\nATTENDEE;PARTSTAT=declined:MAILTO:anna%%40nord.example\nEND:VEVENT\nEND:VCALENDAR\n"
	for method, want := range map[string]int{"REPLY": 1, "reply": 1, "CANCEL": 1, "COUNTER": 1, "PUBLISH": 0, "REQUEST": 0} {
		c := parse(t, fmt.Sprintf(text, method))
		if len(c.Events) != want || c.Method != strings.ToUpper(method) {
			t.Errorf("%s: %+v", method, c)
		}
		if want == 1 {
			if p := c.Events[0].Attendees[0]; c.Events[0].Begins != "" || p.Address != "anna@nord.example" || p.Answer != "DECLINED" || p.Role != "REQ-PARTICIPANT" {
				t.Errorf("%s: %+v", method, c.Events[0])
			}
		}
	}
}

func TestTextsAndAddressesAreReadAsPeopleMeanThem(t *testing.T) {
	t.Parallel()
	e := parse(t, calendarOf(
		"UID:a", "DTSTART:20260303T190000", `SUMMARY:Kaffee\, Kuchen\; \\und\nmehr, viel mehr`, "summary:ein zweiter", `DESCRIPTION;ALTREP="cid:x,y":`+"a\x07b\x00\tc\xc2\x85",
		"GEO:91;0", "URL:javascript:alert(1)", "SEQUENCE:-4", "STATUS:cancelled",
		`ORGANIZER;CN=Anna ^'Änne^' Berg, die Ältere;SENT-BY="mailto:x@y.example":mailto:anna@nord.example`,
		`ATTENDEE;CN="Bert:mailto:bert@sued.example`, "ATTENDEE:mailto:niemand", "ATTENDEE;CN=carla@west.example:mailto:carla@west.example", "ATTENDEE:mailto:a@b.example,c@d.example",
	)).Events[0]
	if want := "Kaffee, Kuchen; \\und\nmehr, viel mehr"; e.Title != want {
		t.Errorf("%q", e.Title)
	}
	if e.Text != "ab\tc" || e.Position != "" || e.URL != "" || e.Sequence != 0 || e.Status != "CANCELLED" {
		t.Errorf("%+v", e)
	}
	if want := (ical.Person{Address: "anna@nord.example", Name: `Anna "Änne" Berg, die Ältere`, Answer: "NEEDS-ACTION", Role: "REQ-PARTICIPANT"}); e.Organizer != want {
		t.Errorf("%+v", e.Organizer)
	}
	var people []string
	for _, p := range e.Attendees {
		people = append(people, p.Name+" "+p.Address)
	}
	if want := []string{"Bert bert@sued.example", " ", " carla@west.example", " "}; !cmp.Equal(people, want) {
		t.Errorf("%q", people)
	}
	for geo, want := range map[string]string{"53.5511;9.9937": "53.5511,9.9937", "-33.8675000001;+151.207": "-33.8675,151.207", "0;0": "", "NaN;1": "", "53.55,9.99": "", "x;y": ""} {
		if got := parse(t, calendarOf("UID:a", "DTSTART:20260303T190000", "GEO:"+geo)).Events[0].Position; got != want {
			t.Errorf("%s: %s", geo, got)
		}
	}
}

func TestAnEventWithoutANameIsNamedAfterWhatItSays(t *testing.T) {
	t.Parallel()
	uid := func(lines ...string) string { return parse(t, calendarOf(lines...)).Events[0].UID }
	one := uid("DTSTART:20260303T190000", "SUMMARY:Fest")
	if one == "" || one != uid("SUMMARY:Fest", "DTSTART:20260303T190000", "DTSTAMP:20260101T000000Z") || one == uid("DTSTART:20260304T190000", "SUMMARY:Fest") {
		t.Errorf("it is called %s", one)
	}
	long := uid("DTSTART:20260303T190000", "UID:"+strings.Repeat("a", 256))
	if len(long) != 32 || long == uid("DTSTART:20260303T190000", "UID:"+strings.Repeat("a", 257)) {
		t.Errorf("a name that is too long becomes %s", long)
	}
	if got := uid("DTSTART:20260303T190000", "UID:"+strings.Repeat("a", 255)); len(got) != 255 {
		t.Errorf("%s", got)
	}
}

func TestWhatIsNoCalendarIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	event := "BEGIN:VEVENT\nUID:a\nDTSTART:20260303T190000\nEND:VEVENT\n"
	for name, row := range map[string]struct {
		text     string
		kind     errs.Kind
		sentence string
	}{
		"nothing":               {"", errs.Invalid, "This is not a calendar in the iCalendar format."},
		"a page":                {"<!DOCTYPE html>\n<html><body style=\"color:red\">404</body></html>", errs.Invalid, "This is not a calendar in the iCalendar format."},
		"contacts":              {"BEGIN:VCARD\nEND:VCARD\n", errs.Invalid, "This is not a calendar in the iCalendar format."},
		"a calendar cut short":  {"BEGIN:VCALENDAR\n" + event, errs.Invalid, "This calendar is incomplete: it ends in the middle."},
		"a second one":          {"BEGIN:VCALENDAR\n" + event + "END:VCALENDAR\nBEGIN:VCALENDAR\n", errs.Invalid, "This calendar is incomplete: it ends in the middle."},
		"parts in parts":        {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:X\n", 100_000), errs.Invalid, "This calendar can’t be read: its parts are nested too deeply."},
		"more events than read": {"BEGIN:VCALENDAR\n" + strings.Repeat(event, 11) + "END:VCALENDAR\n", errs.TooLarge, "This calendar has too many events: at most 10 can be read."},
		"more bytes than read":  {"BEGIN:VCALENDAR\nX:" + strings.Repeat("x", 2<<20) + "\nEND:VCALENDAR\n", errs.TooLarge, "This calendar is too large: at most 1 MB can be read."},
	} {
		_, err := ical.Parse(strings.NewReader(row.text), ical.Limits{Bytes: 1 << 20, Events: 10})
		if !errs.Is(err, row.kind) || err.Error() != row.sentence {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := errors.New("the line is dead")
	if _, err := ical.Parse(io.MultiReader(strings.NewReader("BEGIN:VCALENDAR\n"), iotest.ErrReader(broken)), ical.Limits{}); !errors.Is(err, broken) {
		t.Errorf("the error of the reader is lost: %v", err)
	}
}

// endless is a calendar that never ends.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	text := "BEGIN:VCALENDAR\n"
	if e.read > 0 {
		text = "X-NOTHING:at all\n"
	}
	e.read += len(text)
	return copy(p, text), nil
}

func TestAnEndlessCalendarIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	e := &endless{}
	if _, err := ical.Parse(e, ical.Limits{Bytes: 100_000}); !errs.Is(err, errs.TooLarge) || e.read > 200_000 {
		t.Errorf("after %d bytes: %v", e.read, err)
	}
}

func TestLongTextsAreCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	c, err := ical.Parse(strings.NewReader(calendarOf("UID:a", "DTSTART:20260303T190000", "SUMMARY:"+strings.Repeat("ü", 100))), ical.Limits{Text: 15})
	if err != nil || c.Events[0].Title != "üüüüüüü" {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestHostileCalendarsTakeNoLongerThanOthers reads 5 MB of each thing that could take time for its square.
func TestHostileCalendarsTakeNoLongerThanOthers(t *testing.T) {
	t.Parallel()
	const size = 5 << 20
	fill := func(part string) string { return strings.Repeat(part, size/len(part)) }
	zones := func() string {
		var b strings.Builder
		for n := 0; b.Len() < size/2; n++ {
			fmt.Fprintf(&b, "BEGIN:VEVENT\nUID:%d\nDTSTART;TZID=Z%d:20260303T190000\nEND:VEVENT\nBEGIN:VTIMEZONE\nTZID:Z%d\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0017\nTZOFFSETTO:+0017\nRRULE:FREQ=YEARLY\nEND:STANDARD\nEND:VTIMEZONE\n", n, n, n)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"one line":            calendarOf("UID:a", "DTSTART:20260303T190000", "DESCRIPTION:"+fill("x")),
		"quotation marks":     calendarOf("UID:a", "DTSTART:20260303T190000", "X-A;B="+fill(`"`)),
		"parameters":          calendarOf("UID:a", "DTSTART:20260303T190000", "ATTENDEE"+fill(";A=b")+":x"),
		"people":              calendarOf("UID:a", "DTSTART:20260303T190000", fill("ATTENDEE:a\n")),
		"folded lines":        calendarOf("UID:a", "DTSTART:20260303T190000", "DESCRIPTION:"+fill("x\n ")),
		"excluded dates":      calendarOf("UID:a", "DTSTART:20260303T190000", "EXDATE:"+fill("20260303T190000Z,")),
		"zones":               "BEGIN:VCALENDAR\n" + zones() + "END:VCALENDAR\n",
		"changes of the hour": "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Z\n" + fill("BEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETTO:+0100\nEND:STANDARD\n") + "END:VTIMEZONE\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Z:20260303T190000\nEND:VEVENT\nEND:VCALENDAR\n",
		"slashes":             calendarOf("UID:a", "DTSTART;TZID="+fill("a/")+":20260303T190000"),
	} {
		took := cputest.Took(t, func() {
			if _, err := ical.Parse(strings.NewReader(text), ical.Limits{Events: 100_000}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if took > 5*time.Second {
			t.Errorf("%s take %s", name, took)
		}
	}
}

// TestWhatIsWrittenIsRead writes a calendar and reads it again.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	var w ical.Writer
	w.Begin("VCALENDAR")
	w.Begin("VEVENT")
	w.Raw("UID", "a@example.org")
	w.Local("DTSTART", time.Date(2026, 3, 3, 19, 0, 0, 0, time.UTC), berlin(t))
	text := `Kaffee, Kuchen; und \ mehr` + "\n" + strings.Repeat("Größe ", 40) + `\n "ende"`
	w.Text("SUMMARY", text)
	w.End("VEVENT")
	w.End("VCALENDAR")
	e := parse(t, string(w.Bytes())).Events[0]
	if e.Title != text || e.UID != "a@example.org" || e.Begins != "2026-03-03T19:00" || e.Zone != "Europe/Berlin" {
		t.Errorf("%+v", e)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.ics")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ical.Parse(bytes.NewReader(text), ical.Limits{Bytes: 1 << 20, Text: 1000, Zone: zone})
		if err != nil {
			if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
				t.Fatal(err)
			}
			return
		}
		for _, e := range c.Events {
			if e.UID == "" || len(e.UID) > 255 || len(e.Rule) > 255 || len(e.Title)+len(e.Text)+len(e.Place) > 3000 || !utf8.ValidString(e.UID+e.Title+e.Text+e.Place+e.URL+e.Organizer.Name+e.Organizer.Address) {
				t.Fatalf("%+v", e)
			}
			layout := "2006-01-02T15:04"
			if e.AllDay {
				layout = time.DateOnly
			}
			for _, text := range []string{e.Begins, e.Ends} {
				if _, err := time.Parse(layout, text); text != "" && err != nil {
					t.Fatalf("%q in %+v", text, e)
				}
			}
			if _, err := time.LoadLocation(e.Zone); err != nil || e.Ends != "" && e.Ends <= e.Begins {
				t.Fatalf("%v, %+v", err, e)
			}
		}
	})
}
