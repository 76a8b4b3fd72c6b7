package mime

import (
	"regexp"
	"strings"
	"unicode"
)

// trim cuts signature and quoted original off a text and returns both halves.
//
// It only ever cuts at the end: a quote that an answer follows stays where it is, and so does all
// that the sender wrote. When nothing would be left, as in a mail that only quotes or forwards, the
// quote stays. A forwarded message is content. The work is linear in the length of the text.
func trim(text string, forward bool) (kept, cut string) {
	t := trimmer{lines: strings.Split(text, "\n")}
	t.headers = make([]headerKind, len(t.lines))
	t.ends = len(t.lines)
	t.findOwn()
	original, forwarded := t.findOriginal(forward)

	var tail []string // a forwarded message, kept whole
	if forwarded {
		tail = t.lines[original:]
		t.ends = original
	} else if original >= 0 && t.own < original {
		t.ends = original
	}
	t.cutSignature()
	t.cutEnd()

	limit := len(t.lines)
	if forwarded {
		limit = original
	}
	kept, cut = render(t.lines[:t.ends]), render(t.lines[t.ends:limit])
	if forwarded {
		kept = strings.Trim(kept+"\n\n"+render(tail), "\n")
	}
	if strings.TrimSpace(kept) == "" {
		return render(t.lines), ""
	}
	return kept, cut
}

// render joins lines without markers, blanks at line ends and empty lines at both ends.
func render(lines []string) string {
	var out []string
	for _, l := range lines {
		clean := strings.TrimRightFunc(dropMarkers(l), unicode.IsSpace)
		if clean == "" && (clean != l && strings.TrimSpace(l) != "" || len(out) == 0) {
			continue // a marker's line, or an empty one at the beginning
		}
		out = append(out, clean)
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return manyBlankLines.ReplaceAllString(strings.Join(out, "\n"), "\n\n")
}

type trimmer struct {
	lines   []string
	headers []headerKind // of each line, once it was asked for
	own     int          // the first line that the sender wrote
	ends    int          // what is kept ends before this line
}

func (t *trimmer) findOwn() {
	for i := 0; i < len(t.lines); i++ {
		if n := max(t.marked(i, markSignature, markSignatureEnd), t.marked(i, markAttribution, markAttributed)); n > 0 {
			i += n - 1
			continue
		}
		if t.isSilent(i) {
			continue
		}
		if n := t.attributionAt(i); n > 0 {
			i += n - 1
			continue
		}
		t.own = i
		return
	}
	t.own = len(t.lines)
}

const maxMarked = 200 // lines of a block that the sending program marked

// marked returns the number of lines from a mark at line i to its end, or 0.
func (t *trimmer) marked(i int, begin, end string) int {
	if !strings.Contains(t.lines[i], begin) {
		return 0
	}
	for n := 0; n < maxMarked && i+n < len(t.lines); n++ {
		if strings.Contains(t.lines[i+n], end) {
			return n + 1
		}
	}
	return 0
}

// isSilent reports whether a line says nothing of the sender's own.
func (t *trimmer) isSilent(i int) bool {
	l := t.lines[i]
	return isEmpty(l) || isQuoted(l) || isRule(l) || isMobileSignature(l)
}

func isEmpty(line string) bool {
	return strings.TrimFunc(line, func(r rune) bool { return unicode.IsSpace(r) || isMarker(r) }) == ""
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

const maxClassified = 1000 // longer lines are nobody's header, signature or attribution

// plain takes the markdown off a line, so that patterns see what the reader sees.
func plain(line string) string {
	if len(line) > maxClassified {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '*' || r == '\\' || isMarker(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, line))
}

func isRule(line string) bool {
	p := strings.ReplaceAll(line, " ", "")
	if len(p) < 3 || len(p) > 200 {
		return false
	}
	return strings.Trim(p, "_") == "" || strings.Trim(p, "-") == "" || strings.Trim(p, "*") == "" || strings.Trim(p, "=") == ""
}

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
	`(?:den|på|d\.)\s.+\bskrev\b.*`,
	`(?:w dniu|dnia)\s.+\b(?:pisze|napisał(?:\(a\)|a)?)\s*`,
	`.*\d.*<?[^\s<>@]+@[^\s<>@]+>?.*`,                               // a date and an address, in any language
	`.*\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b.*\b\d{1,2}[:.]\d{2}\b.*`, // or a date and a time
}, "|") + `)\s?:$`)

const maxAttribution = 4 // lines

// attributionAt returns the number of lines of the attribution that begins at line i, or 0. A quote
// must follow it.
func (t *trimmer) attributionAt(i int) int {
	text := ""
	for n := 1; n <= maxAttribution && i+n <= len(t.lines); n++ {
		l := t.lines[i+n-1]
		if isEmpty(l) || isQuoted(l) {
			return 0
		}
		text = strings.TrimSpace(text + " " + plain(l))
		if len(text) > 600 {
			return 0
		}
		if strings.HasSuffix(text, ":") && t.quoteFollows(i+n) && attributions.MatchString(text) {
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

var (
	originalLine = regexp.MustCompile(`(?i)^-{2,}\s*(?:urspr(?:ü|ue)ngliche (?:nachricht|mail|e-mail)|original(?:nachricht|-nachricht| nachricht| message| mail| e-mail)?|urspr\. nachricht|message (?:d'origine|original)|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|reply message|antwort)\s*-{2,}$`)
	forwardLine  = regexp.MustCompile(`(?i)^(?:-{2,}\s*(?:weitergeleitete (?:nachricht|mail|e-mail)|forwarded (?:message|mail|by .{1,100})|message (?:transféré|réexpédié)|mensaje reenviado)\s*-{2,}|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail|mail)|début du message (?:réexpédié|transféré))\s?:)$`)
	headerLine   = regexp.MustCompile(`(?i)^(?:(von|from|de|da|van|från|fra|absender)|(gesendet|gesendet am|sent|datum|date|envoyé|enviado|enviado el|data|verzonden|skickat|sendt)|(an|to|à|para|empfänger|aan|till|til|a|kopie|cc|kopia)|(betreff|subject|objet|asunto|assunto|oggetto|onderwerp|ämne|emne))\s?:\s`)
)

// headerKind is what a line says as a header line that Outlook or a web mailer wrote.
type headerKind int8

const (
	headerUnread headerKind = iota
	headerNone
	headerFrom // from here on in the order of the groups of headerLine
	headerDate
	headerTo
	headerSubject
)

const maxHeaderName = 30 // bytes before the colon, far more than any has

// headerKind returns what kind of header line a line is. It is asked for several times and worked out once.
func (t *trimmer) headerKind(i int) headerKind {
	if t.headers[i] != headerUnread {
		return t.headers[i]
	}
	t.headers[i] = headerNone
	p := plain(t.lines[i])
	if colon := strings.IndexByte(p, ':'); colon < 0 || colon > maxHeaderName {
		return headerNone
	}
	if m := headerLine.FindStringSubmatchIndex(p + " "); m != nil {
		for k := range headerSubject - headerFrom + 1 {
			if m[2*(k+1)] >= 0 {
				t.headers[i] = headerFrom + k
			}
		}
	}
	return t.headers[i]
}

// headerAt reports whether a block of header lines as Outlook and web mailers write it begins at i:
// a sender and two more of date, recipients and subject.
func (t *trimmer) headerAt(i int) bool {
	var found [headerSubject + 1]bool
	other := 0
	for n := 0; n < 12 && i+n < len(t.lines); n++ {
		if isEmpty(t.lines[i+n]) {
			continue
		}
		kind := t.headerKind(i + n)
		if kind == headerNone {
			if other++; n == 0 || other > 2 { // recipients may need more lines
				break
			}
			continue
		}
		found[kind] = true
	}
	return found[headerFrom] && btoi(found[headerDate])+btoi(found[headerTo])+btoi(found[headerSubject]) >= 2
}

// findOriginal returns the line where the original begins that has no quote marks, or -1, and
// whether it is forwarded and therefore content.
func (t *trimmer) findOriginal(forward bool) (at int, forwarded bool) {
	for i, l := range t.lines {
		if isEmpty(l) && !strings.Contains(l, markOriginal) && !strings.Contains(l, markForward) || isQuoted(l) {
			continue
		}
		if strings.Contains(l, markForward) {
			return i, true
		}
		p := plain(l)
		dashed := strings.HasPrefix(p, "--") && strings.HasSuffix(p, "--")
		if (dashed || len(p) > len("forward") && strings.HasSuffix(p, ":")) && forwardLine.MatchString(p) {
			return i, true
		}
		if strings.Contains(l, markOriginal) && t.textFollows(i) || dashed && originalLine.MatchString(p) || t.headerKind(i) != headerNone && t.headerAt(i) {
			for i > 0 && (isEmpty(t.lines[i-1]) || isRule(t.lines[i-1])) {
				i--
			}
			return i, forward
		}
	}
	return -1, false
}

func (t *trimmer) textFollows(i int) bool {
	for n := 1; n < 8 && i+n < len(t.lines); n++ {
		if !isEmpty(t.lines[i+n]) {
			return true
		}
	}
	return false
}

var looseSeparator = regexp.MustCompile(`^\\?-\\?-$`)

const maxSignature = 15 // lines below a separator without its blank

// cutSignature cuts at the first separator with something above it. Without the blank of RFC 3676,
// which programs lose, what follows must look like a signature.
func (t *trimmer) cutSignature() {
	above := false
	for i := range t.ends {
		l := t.lines[i]
		if above && (l == "-- " || looseSeparator.MatchString(strings.TrimRight(l, " ")) && t.shortFrom(i+1)) {
			t.ends = i
			return
		}
		above = above || !isEmpty(l)
	}
}

func (t *trimmer) shortFrom(i int) bool {
	for n := 0; i < t.ends; i++ {
		if isQuoted(t.lines[i]) {
			break
		}
		if !isEmpty(t.lines[i]) {
			if n++; n > maxSignature || len(t.lines[i]) > maxClassified {
				return false
			}
		}
	}
	return true
}

var mobileSignature = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`(?:diese (?:nachricht|mail|e-mail) wurde )?(?:von|mit|via|über) .{2,80} (?:gesendet|verschickt|geschickt)`,
	`(?:gesendet|verschickt) (?:von|mit|via|über) (?:mein|der|dem|mail|outlook|yahoo|proton|gmx|web\.de|k-9|fairemail|thunderbird|samsung|android|ios|iphone|ipad|blackberry|tutanota|tuta|posteo|mailbox|windows|bluemail|spark|freenet|t-online|telekom).{0,80}`,
	`(?:outlook für (?:android|ios|mac)|holen sie sich outlook|laden sie outlook).{0,80}`,
	`get outlook for .{2,80}`,
	`sent (?:from|with|via|by) (?:my|mail|outlook|yahoo|proton|k-9|fairemail|thunderbird|samsung|android|ios|iphone|blackberry|tuta|bluemail|spark|gmail|mobile|windows|the).{0,80}`,
	`envoyé (?:de|depuis) (?:mon|ma|mail|outlook|yahoo|proton).{0,80}`,
	`enviado (?:desde|de) (?:mi|meu|mail|outlook|yahoo).{0,80}`,
	`inviato da .{2,80}`,
}, "|") + `)\.?$`)

const shortestMobile = len("inviato da me")

var linkTarget = regexp.MustCompile(`\]\([^)]*\)|<https?://[^>]*>`)

func isMobileSignature(line string) bool {
	if len(line) > 300 || len(line) < shortestMobile {
		return false
	}
	p := strings.TrimSpace(strings.NewReplacer("[", "", "]", "", "_", " ").Replace(linkTarget.ReplaceAllString(plain(line), "")))
	return p != "" && mobileSignature.MatchString(p)
}

// cutEnd takes quotes, signatures and footers off the end until the sender's own words end the text.
func (t *trimmer) cutEnd() {
	for {
		for t.ends > 0 && isEmpty(t.lines[t.ends-1]) && !strings.Contains(t.lines[t.ends-1], markSignatureEnd) {
			t.ends--
		}
		if t.ends == 0 || !t.cutListFooter() && !t.cutMarkedSignature() && !t.cutMobileSignature() && !t.cutQuote() {
			return
		}
	}
}

var listWords = regexp.MustCompile(`(?i)mailing-?\s?list|mailingliste|listinfo|unsubscribe|abbestellen|abmelden|verteiler|googlegroups`)

// cutListFooter cuts what list managers append: a rule, then words about the list.
func (t *trimmer) cutListFooter() bool {
	about := false
	for i := t.ends - 1; i > t.own && i >= t.ends-12; i-- {
		l := t.lines[i]
		if about && len(l) >= 20 && isRule(l) {
			t.ends = i
			return true
		}
		if isQuoted(l) {
			return false
		}
		about = about || len(l) <= maxClassified && listWords.MatchString(l)
	}
	return false
}

// cutMarkedSignature cuts a block that the sending program calls a signature.
func (t *trimmer) cutMarkedSignature() bool {
	if !strings.Contains(t.lines[t.ends-1], markSignatureEnd) {
		return false
	}
	t.ends--
	for i, open := t.ends, 1; i > max(0, t.ends-maxMarked); i-- {
		l := t.lines[i-1]
		open += strings.Count(l, markSignatureEnd) - strings.Count(l, markSignature)
		if open <= 0 {
			if t.own < i-1 {
				t.ends = i - 1
			}
			return true
		}
	}
	return true
}

func (t *trimmer) cutMobileSignature() bool {
	if t.own < t.ends-1 && isMobileSignature(t.lines[t.ends-1]) {
		t.ends--
		return true
	}
	return false
}

// cutQuote cuts the quote at the end together with the lines that attribute it.
func (t *trimmer) cutQuote() bool {
	if !isQuoted(t.lines[t.ends-1]) {
		return false
	}
	from := t.ends
	for from > 0 && (isQuoted(t.lines[from-1]) || isEmpty(t.lines[from-1])) {
		if strings.Contains(t.lines[from-1], markAttributed) {
			if n := t.markedAttribution(from - 1); n > 0 {
				from -= n
				break
			}
		}
		from--
	}
	if from <= t.own {
		return false
	}
	t.ends = from - t.attributionBefore(from)
	return true
}

// attributionBefore returns the number of lines of the attribution that ends before a line, or 0. One
// that was wrapped begins with a date; anything else above its last line is the sender's own.
func (t *trimmer) attributionBefore(end int) int {
	for n := min(maxAttribution, end-t.own-1); n > 0; n-- {
		if (n == 1 || datedAttribution.MatchString(plain(t.lines[end-n]))) && t.attributionAt(end-n) == n {
			return n
		}
	}
	return 0
}

var datedAttribution = regexp.MustCompile(`(?i)^(?:am|on|le|el|il|op|den|em|w dniu)\s.*\d`)

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

var forwardSubject = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|doorst)\s?:`)

func isForward(subject string) bool { return forwardSubject.MatchString(Shorten(subject, 200)) }
