package mime

import (
	"regexp"
	"strings"
)

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

// headerAt reports whether a block of header lines as Outlook and web mailers write it begins at i: a sender, a subject,
// and a date or recipients. Somebody's own list of who goes where has no subject, nor an address or a date.
func (t *trimmer) headerAt(i int) bool {
	var found [headerSubject + 1]bool
	other, evidence := 0, false
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
		evidence = evidence || strings.Contains(t.lines[i+n], "@") || kind == headerDate && strings.ContainsAny(t.lines[i+n], "0123456789")
	}
	return found[headerFrom] && found[headerSubject] && (found[headerDate] || found[headerTo]) && evidence
}

// findOriginal returns the line where the original begins that has no quote marks, or -1, and whether it is content:
// what a mail carries that answers none was forwarded.
func (t *trimmer) findOriginal() (at int, content bool) {
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
			return i, t.forward || !t.reply
		}
		if t.reply && !t.forward && i > t.own && t.unmarkedAttributionAt(i) > 0 {
			return i, false
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

// announced is said above an original that answers stand in.
var announced = regexp.MustCompile(`(?i)\b(?:unten|darunter|dazwischen|inline|in-line|im text|im original|zwischen den (?:zeilen|fragen|absätzen)|in (?:rot|blau|grün|fett|farbe)|below|between the lines|in (?:red|blue|green|bold)|ci-dessous|en (?:rouge|bleu)|hieronder|nedenfor|nedenunder)\b|\bs\. ?u\.|ниже`)

const (
	maxAnnounced = 12   // lines of a text that announces answers below
	maxInside    = 2000 // lines of an original in which answers are looked for
)

// answersInside reports whether the sender answered within the original: the text above says so, or lines in it bear
// their name.
func (t *trimmer) answersInside(original int) bool {
	above := 0
	for i := t.own; i < original; i++ {
		if isEmpty(t.lines[i]) || isQuoted(t.lines[i]) {
			continue
		}
		if above++; above > maxAnnounced {
			break
		}
		if announced.MatchString(plain(t.lines[i])) {
			return true
		}
	}
	name, _, _ := strings.Cut(strings.TrimSpace(t.sender), " ")
	if len(name) < 2 {
		return false
	}
	for i := original; i < min(len(t.lines), original+maxInside); i++ {
		p := strings.TrimLeft(plain(t.lines[i]), "[(<")
		if len(p) > len(name) && strings.EqualFold(p[:len(name)], name) && strings.IndexByte(":])>", p[len(name)]) >= 0 {
			return true
		}
	}
	return false
}

var (
	forwardSubject = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|pd)\s?:`)
	replySubject   = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]{0,60}\]\s*)?(?:re|aw|antw|antwort|sv|odp|r|rép|res|ref|vs|на|ответ)\s?(?:\[\d+\])?\s?:`)
)

// letterOf returns what the header says for trimming the text.
func letterOf(m *Message) letter {
	subject := Shorten(m.Subject, 200)
	l := letter{forward: forwardSubject.MatchString(subject)}
	l.reply = replySubject.MatchString(subject) || len(m.InReplyTo)+len(m.References) > 0
	if len(m.From) > 0 {
		l.sender = m.From[0].Name
	}
	return l
}
