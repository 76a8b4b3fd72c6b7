package ical_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/ical"
)

func TestTextsAreEscapedAndFolded(t *testing.T) {
	t.Parallel()
	var w ical.Writer
	text := `Kaffee, Kuchen; und \ mehr` + "\r\n" + strings.Repeat("Größe ", 40) + "\x00\xff"
	w.Text("SUMMARY", text)
	lines := strings.Split(strings.TrimSuffix(string(w.Bytes()), "\r\n"), "\r\n")
	if len(lines) < 4 {
		t.Fatalf("%d lines", len(lines))
	}
	for n, line := range lines {
		if len(line) > 75 || !utf8.ValidString(line) || n > 0 && line[0] != ' ' {
			t.Errorf("the line %q has %d bytes", line, len(line))
		}
	}
	whole := strings.ReplaceAll(string(w.Bytes()), "\r\n ", "")
	if want := `SUMMARY:Kaffee\, Kuchen\; und \\ mehr\nGröße`; !strings.HasPrefix(whole, want) {
		t.Errorf("%q", whole)
	}
	if !strings.HasSuffix(whole, "Größe \r\n") {
		t.Errorf("%q", whole)
	}
}

func TestNobodyBreaksOutOfALine(t *testing.T) {
	t.Parallel()
	var w ical.Writer
	w.Raw("URL", "http://example.org/\r\nEND:VEVENT")
	w.Text("LOCATION", "a\rb\nc\vd")
	if got, want := string(w.Bytes()), "URL:http://example.org/END:VEVENT\r\nLOCATION:a\\nb\\ncd\r\n"; got != want {
		t.Errorf("%q", got)
	}
}

// zoneOf returns what a calendar says of a zone between two days.
func zoneOf(t *testing.T, name, from, until string) string {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	var days [2]time.Time
	for n, text := range []string{from, until} {
		if days[n], err = time.Parse(time.DateOnly, text); err != nil {
			t.Fatal(err)
		}
	}
	var w ical.Writer
	w.Zone(zone, days[0], days[1])
	return string(w.Bytes())
}

func TestAZoneSaysWhatItsClocksDo(t *testing.T) {
	t.Parallel()
	want := "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n" +
		"BEGIN:DAYLIGHT\r\nDTSTART:20250330T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nEND:DAYLIGHT\r\n" +
		"BEGIN:STANDARD\r\nDTSTART:20251026T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\n" +
		"END:VTIMEZONE\r\n"
	for _, until := range []string{"2026-03-03", "2026-07-01", "2028-01-01"} {
		if got := zoneOf(t, "Europe/Berlin", "2026-03-03", until); got != want {
			t.Errorf("until %s:\n%s", until, got)
		}
	}
	var none ical.Writer
	none.Zone(time.UTC, time.Now(), time.Now())
	none.Local("DTSTART", time.Date(2026, 3, 3, 19, 0, 0, 0, time.UTC), time.UTC)
	none.Day("DTEND", time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	if got := string(none.Bytes()); got != "DTSTART:20260303T190000Z\r\nDTEND;VALUE=DATE:20260304\r\n" {
		t.Errorf("%s", got)
	}
}

// TestAZoneIsRightWhereItHasChangedItsRules looks at each week of zones that do not do the same each year, or do it
// otherwise than here: what the calendar says of them is what the zone database says.
func TestAZoneIsRightWhereItHasChangedItsRules(t *testing.T) {
	t.Parallel()
	for _, span := range [][3]string{
		{"Europe/Berlin", "1940-01-01", "1950-01-01"},
		{"Europe/Berlin", "1979-01-01", "2030-01-01"},
		{"Europe/Berlin", "2190-01-01", "2199-12-31"},
		{"America/New_York", "2000-01-01", "2030-01-01"},
		{"America/Sao_Paulo", "2010-01-01", "2028-01-01"},
		{"Africa/Casablanca", "2024-01-01", "2030-01-01"},
		{"Australia/Lord_Howe", "2024-01-01", "2030-01-01"},
		{"Europe/Dublin", "2024-01-01", "2030-01-01"},
		{"Africa/Lagos", "2026-01-01", "2028-01-01"},
		{"Asia/Kolkata", "1930-01-01", "1950-01-01"},
		{"Pacific/Apia", "2010-01-01", "2026-01-01"},
		{"Europe/Moscow", "2009-01-01", "2026-01-01"},
	} {
		name, from, until := span[0], span[1], span[2]
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(zoneOf(t, name, from, until), "TZID:"+name, "TZID:Here")
		offset := ical.OffsetsOf(t, text)
		begin, _ := time.Parse(time.DateOnly, from)
		end, _ := time.Parse(time.DateOnly, until)
		for at := begin; at.Before(end); at = at.Add(61 * time.Hour) {
			if _, want := at.In(zone).Zone(); offset(at) != want {
				t.Errorf("%s is %d s east of Greenwich at %s, and not %d:\n%s", name, want, at, offset(at), text)
				break
			}
		}
		if strings.Count(text, "BEGIN:") > 60 {
			t.Errorf("%s has %d observances", name, strings.Count(text, "BEGIN:"))
		}
	}
}
