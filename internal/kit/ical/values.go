package ical

import (
	"cmp"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Forms of days and times: those of the standard, and those that Event keeps.
const (
	dayLayout   = "20060102"
	stampLayout = "20060102T150405"
	wallLayout  = "2006-01-02T15:04"
)

// moment is a day or a time as a property writes it.
type moment struct {
	wall   time.Time // what the clocks show, kept as a time in UTC
	allDay bool
	utc    bool
	zone   string // TZID
}

// String returns the moment as Event keeps it.
func (m moment) String() string {
	if m.allDay {
		return m.wall.Format(time.DateOnly)
	}
	return m.wall.Format(wallLayout)
}

// The first and the last year in which something may take place.
const (
	firstYear = 1900
	lastYear  = 2199
)

// sensible reports whether something may take place then.
func (m moment) sensible() bool { return m.wall.Year() >= firstYear && m.wall.Year() <= lastYear }

// parseMoment reads a day or a time with the parameters of its property.
func parseMoment(q Property, value string) (m moment, ok bool) {
	value, m.utc = strings.CutSuffix(strings.ToUpper(strings.TrimSpace(value)), "Z")
	for _, layout := range []string{stampLayout, dayLayout, "20060102T1504", "2006-01-02T15:04:05", time.DateOnly} {
		t, err := time.Parse(layout, value)
		if err != nil {
			continue
		}
		if m.allDay = layout == dayLayout || layout == time.DateOnly || strings.EqualFold(q.Param("VALUE"), "DATE"); m.allDay {
			return moment{wall: t.Truncate(24 * time.Hour), allDay: true}, true
		}
		m.wall, m.zone = t, q.Param("TZID")
		return m, true
	}
	return moment{}, false
}

// duration is how long something takes: days are days of the calendar, and the rest passes on every clock.
type duration struct {
	days int
	rest time.Duration
}

var durationForm = regexp.MustCompile(`^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$`)

// parseDuration reads a duration that is not negative.
func parseDuration(value string) (d duration, ok bool) {
	found := durationForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(value)))
	if found == nil {
		return d, false
	}
	number := func(n int) int {
		count, _ := strconv.Atoi(found[n])
		return count
	}
	d.days = 7*number(1) + number(2)
	d.rest = time.Duration(number(3))*time.Hour + time.Duration(number(4))*time.Minute + time.Duration(number(5))*time.Second
	return d, true
}

// after returns what the clocks of a zone show so much later.
func (d duration) after(wall time.Time, zone *time.Location) time.Time {
	wall = wall.AddDate(0, 0, d.days)
	if d.rest == 0 {
		return wall
	}
	return onWall(instant(wall, zone).Add(d.rest), zone)
}

// instant returns when the clocks of a zone show a wall.
func instant(wall time.Time, zone *time.Location) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
}

// onWall returns what the clocks of a zone show.
func onWall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// unescaped puts signs as people mean them.
var unescaped = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\:`, ":", `\"`, `"`)

// text returns the value as people read it, cut behind so many bytes.
func (q Property) text(most int) string {
	return strings.TrimSpace(readable(unescaped.Replace(cut(q.Value, most))))
}

// cut returns at most so many bytes of a text, and no half character.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// readable leaves out control characters.
func readable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
}

// person returns whom a property names.
func (q Property) person(most int) Person {
	p := Person{
		Name:   strings.TrimSpace(readable(cut(q.Param("CN"), most))),
		Answer: cmp.Or(strings.ToUpper(q.Param("PARTSTAT")), "NEEDS-ACTION"),
		Role:   cmp.Or(strings.ToUpper(q.Param("ROLE")), "REQ-PARTICIPANT"),
	}
	for _, address := range []string{q.Value, q.Param("EMAIL"), p.Name} {
		if address = mailbox(address); address != "" {
			p.Address = address
			break
		}
	}
	if p.Name == p.Address {
		p.Name = ""
	}
	return p
}

// mailbox returns the address that a property names with or without "mailto:"; "" if it is none, but the name of an
// account of some server.
func mailbox(value string) string {
	value = strings.TrimSpace(value)
	if len(value) > len("mailto:") && strings.EqualFold(value[:len("mailto:")], "mailto:") {
		value = value[len("mailto:"):]
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
	}
	local, domain, ok := strings.Cut(value, "@")
	if !ok || local == "" || domain == "" || len(value) > 254 || strings.ContainsAny(value, " \t\r\n<>:/\"(),;") {
		return ""
	}
	return readable(value)
}

// link returns the address of a page.
func (all properties) link() string {
	value := strings.TrimSpace(all.get("URL").Value)
	u, err := url.Parse(value)
	if err != nil || len(value) > 2000 || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// position returns where an event takes place on the earth; "" if it does not say so.
func (all properties) position() string {
	latitude, longitude, ok := strings.Cut(all.get("GEO").Value, ";")
	if !ok {
		place, isGeo := strings.CutPrefix(all.get("X-APPLE-STRUCTURED-LOCATION").Value, "geo:")
		if latitude, longitude, ok = strings.Cut(place, ","); !isGeo || !ok {
			return ""
		}
	}
	north, east := degrees(latitude, 90), degrees(longitude, 180)
	if north == "" || east == "" || north == "0" && east == "0" { // programs write zeros for "unknown"
		return ""
	}
	return north + "," + east
}

// degrees returns an angle with at most six digits behind the point, which is a hand's breadth; "" if it is none.
func degrees(text string, most float64) string {
	angle, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(angle) || math.Abs(angle) > most {
		return ""
	}
	return strconv.FormatFloat(math.Round(angle*1e6)/1e6, 'f', -1, 64)
}

// ruleForm is how a rule is written, and maxRule how many bytes it has at most.
var ruleForm = regexp.MustCompile(`^(RSCALE=GREGORIAN;)?[A-Z]+=[A-Z0-9+,-]+(;[A-Z]+=[A-Z0-9+,-]+)*$`)

const maxRule = 255

// rule returns the rule of a series; "" if there is none that can be understood.
func (all properties) rule() string {
	rule := strings.Trim(strings.ToUpper(strings.ReplaceAll(all.get("RRULE").Value, " ", "")), ";")
	if len(rule) > maxRule || !ruleForm.MatchString(rule) {
		return ""
	}
	return rule
}
