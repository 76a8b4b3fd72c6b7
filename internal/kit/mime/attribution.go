package mime

import (
	"regexp"
	"strings"
)

// attributions are the lines above a quote. Each is matched against up to four lines put together.
var attributions = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`am\s.+\b(?:schrieb|schreibt|hat\b.+\bgeschrieben)\b.*`,
	`.{1,200}\s(?:schrieb|schreibt|hat geschrieben)(?:\s(?:am|um|on)\s.+)?\s*`,
	`(?:zitat|zitiere)\s(?:von\s)?.+`,
	`on\s.+\bwrote\b.*`,
	`.{1,200}\s(?:wrote|writes|said)(?:\s(?:on|at|in)\s.+)?\s*`,
	`quoting\s.+`,
	`le\s.+\ba écrit\s*`,
	`el\s.+\bescribi(?:ó|o)\s*`,
	`em\s.+\bescreveu\s*`,
	`il\s.+\bha scritto\s*`,
	`op\s.+\bschreef\b.*`,
	`.{1,200}\sschreef(?:\s(?:op|om)\s.+)?\s*`,
	`(?:den|på|d\.)\s.+\bskrev\b.*`,
	`.{0,60}\d.{0,60}\sskrev\s.+`,
	`(?:w dniu|dnia)\s.+\b(?:pisze|napisał(?:\(a\)|a)?)\s*`,
	`.{1,200}\s(?:пишет|писал(?:а|\(а\))?|написал(?:а|\(а\))?)\s*`,
	`.*\d.*<?[^\s<>@]+@[^\s<>@]+>?.*`,                               // a date and an address, in any language
	`.*\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b.*\b\d{1,2}[:.]\d{2}\b.*`, // or a date and a time
}, "|") + `)\s?:$`)

// unmistakable are attributions that no quote mark needs to follow: they say who wrote, at what time of which day.
var unmistakable = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`am\s.+\b(?:schrieb|hat\b.+\bgeschrieben)\b.*`,
	`[^.:]{1,80}<[^<>@\s]+@[^<>@\s]+>\sschrieb\s(?:am|um)\s.+`,
	`on\s.+\bwrote`,
	`[^.:]{1,80}<[^<>@\s]+@[^<>@\s]+>\swrote(?:\s(?:on|at)\s.+)?`,
	`le\s.+\ba écrit`,
	`el\s.+\bescribi(?:ó|o)`,
	`em\s.+\bescreveu`,
	`il\s.+\bha scritto`,
	`op\s.+\bschreef\b.*`,
	`(?:den|på|d\.)\s.+\bskrev\b.*`,
	`\p{L}{2,10}[.,]{0,2}\s\d{1,2}\.?\s.+\sskrev\s.+`,
	`(?:w dniu|dnia)\s.+\b(?:pisze|napisał(?:\(a\)|a)?)`,
	`(?:\p{L}{2,12}[.,]{0,2}\s)?\d.+\s(?:пишет|писал(?:а|\(а\))?|написал(?:а|\(а\))?)`,
	`(?:\p{L}{2,12}[.,]{0,2}\s)?\d{1,4}.+<\s?[^<>@\s]+@[^<>@\s]+>`, // in any language
}, "|") + `)\s?:$`)

var (
	timeOfDay = regexp.MustCompile(`\b\d{1,2}\s?[:.h]\s?\d{2}\b|\b\d{1,2}\s?(?:uhr|h|[ap]m)\b`)
	dayOfYear = regexp.MustCompile(`\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2}\b`)
)

const (
	maxAttribution      = 4   // lines
	maxAttributionBytes = 600 // of all its lines
)

// attributionAt returns the number of lines of the attribution that begins at line i, or 0. A quote
// must follow it.
func (t *trimmer) attributionAt(i int) int {
	return t.attribution(i, func(end int, text string) bool {
		if t.looked >= maxAttributions || !t.quoteFollows(end) {
			return false
		}
		t.looked++
		return attributions.MatchString(text)
	})
}

// unmarkedAttributionAt returns the number of lines of the attribution that begins at line i and stands above text
// without quote marks, or 0.
func (t *trimmer) unmarkedAttributionAt(i int) int {
	if !attributionHead.MatchString(plain(t.lines[i])) {
		return 0
	}
	return t.attribution(i, func(end int, text string) bool {
		return !t.quoteFollows(end) && timeOfDay.MatchString(text) && dayOfYear.MatchString(text) && unmistakable.MatchString(text)
	})
}

// attribution returns the number of lines from line i on that are an attribution, put together, or 0.
func (t *trimmer) attribution(i int, is func(end int, text string) bool) int {
	text := ""
	for n := 1; n <= maxAttribution && i+n <= len(t.lines); n++ {
		l := t.lines[i+n-1]
		if isEmpty(l) || isQuoted(l) {
			return 0
		}
		text = strings.TrimSpace(text + " " + plain(l))
		if len(text) > maxAttributionBytes {
			return 0
		}
		if strings.HasSuffix(text, ":") && is(i+n, text) {
			return n
		}
	}
	return 0
}

func (t *trimmer) quoteFollows(i int) bool {
	for n := 0; n < 4 && i+n < len(t.lines); n++ {
		if !isEmpty(t.lines[i+n]) {
			return isQuoted(t.lines[i+n])
		}
	}
	return false
}

// attributionHead is the first line of an attribution that was wrapped: it begins with a day, or with a name and its
// address.
var attributionHead = regexp.MustCompile(`(?i)^(?:(?:am|on|le|el|il|op|em|den|d\.|på|w dniu|dnia)\s.*\d|\d{4}-\d{2}-\d{2}\b|\d{1,2}[./]\d{1,2}[./]|\d{1,2}\.?\s\p{L}|\p{L}{2,12}[.,]{0,2}\s\d{1,2}[.,]?\s|[^.:]{1,80}<[^<>@\s]+@[^<>@\s]+>)`)

// sentenceEnd is the end of a line of somebody's own. Names of days and months are cut short with a dot, too.
var (
	sentenceEnd = regexp.MustCompile(`[.!?]$`)
	shortened   = regexp.MustCompile(`\b\p{Lu}\p{Ll}{1,3}\.$`)
)

// attributionBefore returns the number of lines of the attribution that ends before a line, or 0.
func (t *trimmer) attributionBefore(end int) int {
	for n := min(maxAttribution, end-t.own-1); n > 0; n-- {
		if (n == 1 || t.wrapped(end-n, end)) && t.attributionAt(end-n) == n {
			return n
		}
	}
	return 0
}

// wrapped reports whether some lines may be one that was wrapped.
func (t *trimmer) wrapped(from, to int) bool {
	for i := from; i < to-1; i++ {
		if p := plain(t.lines[i]); sentenceEnd.MatchString(p) && !shortened.MatchString(p) {
			return false
		}
	}
	return attributionHead.MatchString(plain(t.lines[from]))
}

// attributedInside reports whether a quote begins with its attribution, as Apple Mail writes it.
func (t *trimmer) attributedInside(from int) bool {
	for i := from; i < min(from+4, t.ends); i++ {
		if p := plain(strings.TrimLeft(t.lines[i], "> ")); p != "" {
			return strings.HasSuffix(p, ":") && attributions.MatchString(p)
		}
	}
	return false
}

// markedAttribution returns the number of lines from the mark before an attribution to the one
// behind it, at line end.
func (t *trimmer) markedAttribution(end int) int {
	for n := 1; n <= 12 && end-n > t.own; n++ {
		if strings.Contains(t.lines[end-n], markAttribution) {
			return n + 1
		}
	}
	return 0
}
