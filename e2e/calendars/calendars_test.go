//go:build e2e

package calendars

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// How many events and series are made, how many people publish them, and how far programs look.
const (
	count   = 200
	authors = 9 // odd: every second event is a series, and each person may change only so many dates an hour
	past    = 20
	future  = 420
)

// instance is a date as the site or a program says it: days, or times in UTC.
type instance struct {
	ID, Starts, Ends, Status, Place string
}

func compareInstances(a, b instance) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Starts, b.Starts), cmp.Compare(a.Ends, b.Ends), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Place, b.Place))
}

// TestProgramsSeeTheDatesThatWeSay makes events and series of all kinds, in zones on both sides of the equator, moves,
// cancels and excludes dates, and reads the calendar of the site with three programs.
func TestProgramsSeeTheDatesThatWeSay(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	random := rand.New(rand.NewPCG(2026, 3))
	for n := range count {
		s.announce(t, random, n)
	}
	s.changeDates(t, random)
	file := filepath.Join(t.TempDir(), "public.ics")
	status, text := s.Ask("/stadt/events/public.ics")
	if status != http.StatusOK || strings.Count(text, "BEGIN:VEVENT") < count || strings.Count(text, "RRULE:") < count/3 || strings.Count(text, "RECURRENCE-ID") < 30 || strings.Count(text, "EXDATE") < 10 {
		t.Fatalf("%d: there are %d events, %d rules, %d dates that differ and %d that are excluded", status, strings.Count(text, "BEGIN:VEVENT"), strings.Count(text, "RRULE:"), strings.Count(text, "RECURRENCE-ID"), strings.Count(text, "EXDATE"))
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := s.instances(t)
	if len(want) < 1000 {
		t.Fatalf("there are %d dates", len(want))
	}
	for program, read := range map[string]func(*testing.T, string) []instance{"icalendar": readWithPython, "ical.js": readWithNode, "khal": readWithKhal} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			got, ours := within(read(t, file)), within(want)
			for n := range ours {
				if program == "khal" { // prints no places that are on several lines
					ours[n].Place = ""
				}
			}
			endless := map[string]bool{}
			for _, i := range ours {
				endless[i.ID] = endless[i.ID] || i.Ends == ""
			}
			for n := range got {
				if endless[got[n].ID] { // some say that it takes an hour
					got[n].Ends = ""
				}
			}
			slices.SortFunc(got, compareInstances)
			slices.SortFunc(ours, compareInstances)
			// khal prints those of several days for each of them, and a date may be moved to where another one is.
			got, ours = slices.Compact(got), slices.Compact(ours)
			if diff := gocmp.Diff(ours, got); diff != "" {
				t.Errorf("of %d dates (-ours +theirs):\n%.6000s", len(ours), diff)
			}
		})
	}
}

// today is the day on which the test began: programs read for so long that it may have become another one.
var today = sync.OnceValue(func() time.Time { return time.Now().UTC() })

// day returns the day so many days from today.
func day(days int) string { return today().AddDate(0, 0, days).Format(time.DateOnly) }

// within returns copies of the dates that begin in the time that programs look at.
func within(all []instance) (some []instance) {
	for _, i := range all {
		if start := i.Starts[:len(time.DateOnly)]; start > day(-past) && start < day(future) {
			some = append(some, i)
		}
	}
	return some
}

// site is a town with people who publish.
type site struct {
	*town.Town

	db      *sqldb.DB
	people  []string // slugs
	cookies []string
	asked   int
}

func openSite(t *testing.T) *site {
	t.Helper()
	s := &site{Town: town.New(t, town.SQLite, nil)}
	if code, out := s.Call("", "demo"); code != 0 {
		t.Fatal(out)
	}
	s.Start("serve")
	s.Open()
	var err error
	if s.db, err = sqldb.Open(t.Context(), s.DB); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close() })
	err = s.db.Select(t.Context(), &s.people, `
		SELECT e.slug FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.password <> '' ORDER BY p.id LIMIT ?`, authors)
	if err != nil || len(s.people) < 4 {
		t.Fatal(s.people, err)
	}
	for _, slug := range s.people {
		s.cookies = append(s.cookies, s.post(t, "/stadt/login/", "", url.Values{"login": {slug}, "password": {"demo"}}))
	}
	return s
}

// post sends a form that is accepted, and returns the cookies of the answer.
func (s *site) post(t *testing.T, path, cookie string, form url.Values) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	s.asked++
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.18.0.%d", s.asked%250)) // from one address, only some may sign in
	r.Header.Set("Cookie", cookie)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s %v: %s", path, form, answer.Status)
	}
	var cookies []string
	for _, c := range answer.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return strings.Join(cookies, "; ")
}

// announce publishes an event or a series. Nothing begins or ends while clocks are put back or forward: what a time means
// that there is twice or never, programs do not agree about.
func (s *site) announce(t *testing.T, random *rand.Rand, n int) {
	t.Helper()
	zones := []string{"Europe/Berlin", "Europe/Berlin", "Europe/Lisbon", "America/New_York", "America/Sao_Paulo", "Australia/Sydney", "Pacific/Auckland", "Asia/Kolkata", "Africa/Casablanca", "UTC"}
	begins := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, random.IntN(300)-past)
	hour := []int{4, 7, 9, 12, 15, 18, 19, 20, 21}[random.IntN(9)]
	starts := begins.Add(time.Duration(hour)*time.Hour + time.Duration(15*random.IntN(4))*time.Minute)
	ends := starts.Add(time.Duration(15+15*random.IntN(8)) * time.Minute)
	form := url.Values{
		"title": {fmt.Sprintf("Termin %d; mit, Zeichen", n)}, "text": {"Alle sind willkommen.\r\n\r\n" + strings.Repeat("Wir freuen uns. ", random.IntN(20))},
		"place": {fmt.Sprintf("Raum %d, hinten", n%7)}, "public": {"on"}, "zone": {zones[random.IntN(len(zones))]},
	}
	const minutes = "2006-01-02T15:04"
	switch random.IntN(6) {
	case 0: // whole days
		form.Set("all_day", "on")
		form.Set("time", begins.Format(time.DateOnly))
		if days := random.IntN(4); days > 0 {
			form.Set("until_time", begins.AddDate(0, 0, days).Format(time.DateOnly))
		}
	case 1: // nobody says when it ends
		form.Set("time", starts.Format(minutes))
	case 2: // several days
		form.Set("time", starts.Format(minutes))
		form.Set("until_time", begins.AddDate(0, 0, 1+random.IntN(3)).Add(13*time.Hour).Format(minutes))
	default:
		form.Set("time", starts.Format(minutes))
		form.Set("until_time", ends.Format(minutes))
	}
	switch {
	case n%20 == 1: // the first date is not one of the rule, but takes place all the same
		form.Set("repeats", "rule")
		form.Set("repeats_rule", "FREQ=MONTHLY;BYDAY=2WE;COUNT=5")
	case n%2 == 0:
		repeat(random, begins, form)
	}
	author := n % len(s.people)
	s.post(t, "/"+s.people[author]+"/events/add/", s.cookies[author], form)
}

// repeat makes the event of a form a series.
func repeat(random *rand.Rand, begins time.Time, form url.Values) {
	kinds := []string{"daily", "weekly", "weekly", "weekly", "monthly", "weekday_in_month", "last_weekday_in_month", "yearly"}
	kind := kinds[random.IntN(len(kinds))]
	if kind == "last_weekday_in_month" && begins.AddDate(0, 0, 7).Month() == begins.Month() {
		kind = "weekday_in_month"
	}
	form.Set("repeats", kind)
	form.Set("repeats_every", strconv.Itoa(1+random.IntN(3)))
	if kind == "weekly" && random.IntN(2) == 0 {
		form["repeats_on"] = []string{"TH", "SA"}
	}
	switch random.IntN(3) {
	case 0:
		form.Set("repeats_times", strconv.Itoa(2+random.IntN(60)))
	case 1:
		form.Set("repeats_until", begins.AddDate(0, 0, 30+random.IntN(300)).Format(time.DateOnly))
	}
}

// storedDate is a date as the site keeps it.
type storedDate struct {
	ContentID int64  `db:"content_id"`
	Revision  int    `db:"revision"`
	Author    string `db:"author"`
	Day       string `db:"day"`
	AllDay    bool   `db:"all_day"`
	Begins    string `db:"begins"`
	Ends      string `db:"ends"`
	Place     string `db:"place"`
	StartsAt  int64  `db:"starts_at"`
	EndsAt    int64  `db:"ends_at"`
	Rule      string `db:"rule"`
	Cancelled bool   `db:"cancelled"`
}

// stored returns the public dates but those that come from elsewhere, whose names in calendars are not ours.
func (s *site) stored(t *testing.T) (all []storedDate) {
	t.Helper()
	err := s.db.Select(t.Context(), &all, `
		SELECT c.id AS content_id, c.revision, e.slug AS author, d.day, v.all_day, d.begins, d.ends, d.place, d.starts_at, d.ends_at, v.rule,
		       CASE WHEN v.cancelled THEN v.cancelled ELSE d.cancelled END AS cancelled
		  FROM event_dates d JOIN events v ON v.content_id = d.content_id JOIN contents c ON c.id = d.content_id JOIN entities e ON e.id = c.entity_id
		 WHERE c.public AND c.deleted_at IS NULL AND c.id NOT IN (SELECT content_id FROM imported_events) ORDER BY c.id, d.day`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// changeDates moves and cancels dates of series in their forms, and excludes some as calendars from elsewhere do.
func (s *site) changeDates(t *testing.T, random *rand.Rand) {
	t.Helper()
	series := map[int64][]storedDate{}
	var ids []int64
	for _, d := range s.stored(t) {
		if d.Rule == "" || !slices.Contains(s.people, d.Author) {
			continue
		}
		if series[d.ContentID] == nil {
			ids = append(ids, d.ContentID)
		}
		series[d.ContentID] = append(series[d.ContentID], d)
	}
	for n, id := range ids {
		all := series[id]
		if len(all) < 6 {
			continue
		}
		first := 1 + random.IntN(3)
		revision := all[0].Revision
		for k, d := range all[first : first+2] {
			form := url.Values{"time": {d.Begins}, "until_time": {d.Ends}, "place": {d.Place}, "scope": {"one"}, "version": {strconv.Itoa(revision + k)}}
			if k == 0 {
				days := random.IntN(3)
				form.Set("time", later(t, d.Begins, days))
				form.Set("until_time", later(t, d.Ends, days))
				form.Set("place", "Anderswo")
			} else {
				form.Set("cancelled", "on")
			}
			author := slices.Index(s.people, d.Author)
			s.post(t, fmt.Sprintf("/stadt/content/%d/dates/%s/", id, d.Day), s.cookies[author], form)
		}
		if n%3 == 0 {
			s.exclude(t, all[first+2])
		}
	}
}

// later moves a day or a time of the database by some days.
func later(t *testing.T, wall string, days int) string {
	t.Helper()
	if wall == "" {
		return ""
	}
	day, err := time.Parse(time.DateOnly, wall[:len(time.DateOnly)])
	if err != nil {
		t.Fatal(err)
	}
	return day.AddDate(0, 0, days).Format(time.DateOnly) + wall[len(time.DateOnly):]
}

func (s *site) exclude(t *testing.T, d storedDate) {
	t.Helper()
	err := s.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), `UPDATE events SET excluded = ? WHERE content_id = ?`, d.Day, d.ContentID); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `DELETE FROM event_dates WHERE content_id = ? AND day = ?`, d.ContentID, d.Day)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// instances returns the dates as the site says them.
func (s *site) instances(t *testing.T) (all []instance) {
	t.Helper()
	for _, d := range s.stored(t) {
		i := instance{ID: strconv.FormatInt(d.ContentID, 10), Status: "CONFIRMED", Place: strings.Join(strings.Fields(d.Place), " ")}
		if d.Cancelled {
			i.Status = "CANCELLED"
		}
		const minutes = "2006-01-02T15:04"
		switch {
		case d.AllDay:
			i.Starts, i.Ends = d.Begins, later(t, cmp.Or(d.Ends, d.Begins), 1)
		case d.Ends == "":
			i.Starts = time.UnixMilli(d.StartsAt).UTC().Format(minutes)
		default:
			i.Starts, i.Ends = time.UnixMilli(d.StartsAt).UTC().Format(minutes), time.UnixMilli(d.EndsAt).UTC().Format(minutes)
		}
		all = append(all, i)
	}
	return all
}

func readWithPython(t *testing.T, file string) []instance {
	t.Helper()
	return printed(t, exec.CommandContext(t.Context(), "/usr/bin/python3", "read.py", file, day(-past-1), day(future+1)))
}

func readWithNode(t *testing.T, file string) []instance {
	t.Helper()
	return printed(t, exec.CommandContext(t.Context(), "node", "read.mjs", file, day(-past-1), day(future+1)))
}

func readWithKhal(t *testing.T, file string) []instance {
	t.Helper()
	folder := t.TempDir()
	config := filepath.Join(folder, "config")
	calendar := filepath.Join(folder, "calendar")
	text := "[calendars]\n[[town]]\npath = " + calendar + "\n[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\n" +
		"dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%dT%H:%M\nlongdatetimeformat = %Y-%m-%dT%H:%M\n" +
		"[sqlite]\npath = " + filepath.Join(folder, "khal.sqlite") + "\n[default]\ndefault_calendar = town\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	splitInto(t, file, calendar)
	format := "{uid}\t{start-long-full}\t{end-long-full}\t{status}\t\t{all-day}"
	all := printed(t, exec.CommandContext(t.Context(), "khal", "-c", config, "list", "--day-format", "", "--format", format, day(-past), fmt.Sprint(past+future, "d")))
	for n, i := range all {
		if all[n].Place == "True" { // the last day of it
			all[n].Starts, all[n].Ends = i.Starts[:len(time.DateOnly)], later(t, i.Ends[:len(time.DateOnly)], 1)
		}
		all[n].Place = ""
	}
	return all
}

// splitInto writes a calendar into a folder as programs that synchronise keep it: a file for each event or series.
func splitInto(t *testing.T, file, folder string) {
	t.Helper()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "BEGIN:VEVENT\r\n", "END:VCALENDAR\r\n"
	parts := strings.Split(strings.TrimSuffix(string(text), end), begin)
	events := map[string]string{}
	for _, part := range parts[1:] {
		uid, _, _ := strings.Cut(strings.TrimPrefix(part, "UID:"), "\r\n")
		events[uid] += begin + part
	}
	for uid, event := range events {
		if err := os.WriteFile(filepath.Join(folder, uid+".ics"), []byte(parts[0]+event+end), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var contentID = regexp.MustCompile(`^content\.(\d+)@`)

// printed runs a program that prints a date on each line.
func printed(t *testing.T, command *exec.Cmd) (all []instance) {
	t.Helper()
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command.Args, err, complaints.String())
	}
	for line := range strings.Lines(string(out)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		id := contentID.FindStringSubmatch(cells[0])
		if id == nil || len(cells) < 5 {
			continue
		}
		all = append(all, instance{ID: id[1], Starts: cells[1], Ends: cells[2], Status: strings.TrimSpace(cells[3]), Place: cells[len(cells)-1]})
	}
	return all
}
