// Package bounce judges what mail servers say of mails that they do not deliver: in reports that come back (RFC 3464, and
// what came before it) and in answers while a mail is sent (RFC 5321).
//
// A judgement that a mailbox is no more is the only one with consequences for whoever reads it, so it needs evidence of
// its own: a status code or words that mean nothing else. Whatever speaks of spam, of the sender, of space or of time
// outweighs it, and so does a report about an address elsewhere, to which the recipient forwards.
package bounce

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"grouprise.org/grouprise/internal/kit/mime"
)

// Kind says what has become of a mail.
type Kind string

// The kinds. Those of the first block are no bounces.
const (
	None      Kind = ""          // nothing came back, or nothing that a program understands
	Answered  Kind = "answered"  // an automatic answer, or a receipt: the mail has arrived
	Delayed   Kind = "delayed"   // it has not arrived yet
	Delivered Kind = "delivered" // it has arrived, says the other server

	NoAddress Kind = "no-address" // there is no such mailbox
	NoDomain  Kind = "no-domain"  // the domain does not exist, or takes no mails
	Closed    Kind = "closed"     // the mailbox is closed

	Full      Kind = "full"      // the mailbox is full
	Blocked   Kind = "blocked"   // refused as spam, or by another rule about who may send what
	TooLarge  Kind = "too-large" // refused because of its size
	Away      Kind = "away"      // the other server could not be reached, or was busy, or mails go round in circles
	Forwarded Kind = "forwarded" // the address passes mails on to another one, which does not take them
	Refused   Kind = "refused"   // not delivered, for a reason that nobody can tell
)

// Hard reports whether mails to the address will not arrive, however often they are sent.
func (k Kind) Hard() bool { return k == NoAddress || k == NoDomain || k == Closed }

// Soft reports whether a mail did not arrive and the next one may.
func (k Kind) Soft() bool {
	switch k {
	case Full, Blocked, TooLarge, Away, Forwarded, Refused:
		return true
	default:
		return false
	}
}

// Result is what a report says of a mail to one address.
type Result struct {
	Kind   Kind
	Answer string // the words in which it says so, on one line; may be empty
}

// maxAnswer is how many characters of an answer are kept.
const maxAnswer = 300

// How much of a report is looked at: programs come to the point, and the rest is the mail that comes back.
const (
	maxText       = 8 << 10 // bytes
	maxDiagnostic = 2 << 10 // bytes
)

// Of returns what a report says of a mail that was sent to one address.
func Of(r mime.Report, to string) Result {
	if r.Complaint {
		return Result{}
	}
	if r.Receipt || r.Auto.Kind == mime.AutomaticReply || r.Auto.Kind == mime.Reaction {
		return Result{Kind: Answered}
	}
	if len(r.Status) > 0 {
		if result, ok := ofStatus(r, to); ok {
			return result
		}
	}
	if r.Auto.Kind != mime.DeliveryReport {
		return Result{}
	}
	return ofText(r, to)
}

// OfReply judges an answer of a mail server to a mail for one recipient: its code, and its text with or without an
// enhanced status code in front (RFC 2034). Codes below 500 are never more than Away.
func OfReply(code int, text string) Kind {
	return judge(code, findStatus(text), clean(text, maxDiagnostic))
}

// ofStatus judges a report by its delivery status. Where it speaks of several recipients the mail was passed on, and one
// of them who has it, or may yet get it, is enough for the address to work.
func ofStatus(r mime.Report, to string) (worst Result, ok bool) {
	said := ""
	for _, fields := range r.Status {
		if !fields.Has("Action") && !fields.Has("Final-Recipient") && (!fields.Has("Status") || !fields.Has("Diagnostic-Code")) {
			continue // what is said of the mail as a whole
		}
		result := ofFields(fields)
		if result.Kind == Refused || result.Kind == NoAddress && result.Answer == "" {
			if said == "" {
				said = clean(ownText(r.Body), maxText)
			}
			if kind := judge(0, status{}, said); kind != Refused && (result.Kind == Refused || !kind.Hard()) {
				result.Kind = kind
			}
		}
		if result.Kind.Hard() && (isElsewhere(fields, to) || !names(result.Answer, to)) {
			result.Kind = Forwarded
		}
		if !ok || rank(result.Kind) < rank(worst.Kind) {
			worst, ok = result, true
		}
	}
	return worst, ok
}

// rank puts kinds in an order, from what speaks for an address to what speaks against it.
func rank(k Kind) int {
	switch {
	case k == Delivered:
		return 0
	case k == Delayed:
		return 1
	case k.Hard():
		return 3
	default:
		return 2
	}
}

// ofFields judges what a delivery status says of one recipient.
func ofFields(h mime.Header) Result {
	diagnostic := h.Get("Diagnostic-Code")
	if kind, text, typed := strings.Cut(diagnostic, ";"); typed && len(kind) < 20 {
		diagnostic = text
	}
	diagnostic = oneLine(diagnostic)
	action, _, _ := strings.Cut(strings.ToLower(h.Get("Action")), "(")
	switch strings.TrimSpace(action) {
	case "delivered", "relayed", "expanded":
		return Result{Kind: Delivered, Answer: mime.Shorten(diagnostic, maxAnswer)}
	case "delayed":
		return Result{Kind: Delayed, Answer: mime.Shorten(diagnostic, maxAnswer)}
	}
	code := 0
	if m := replyCode.FindStringSubmatch(cut(diagnostic, maxDiagnostic)); m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	enhanced := findStatus(diagnostic)
	if enhanced.isVague() {
		if own := findStatus(h.Get("Status")); own != (status{}) {
			enhanced = own
		}
	}
	if own := findStatus(h.Get("Status")); own.class == 4 {
		enhanced = own // tried for days and given up
	}
	return Result{Kind: judge(code, enhanced, clean(diagnostic, maxDiagnostic)), Answer: mime.Shorten(diagnostic, maxAnswer)}
}

// replyCode finds the code of SMTP in a diagnostic.
var replyCode = regexp.MustCompile(`(?:^|[^\d.])([245][0-5]\d)(?:[ -]|$)`)

// ofText judges a report by what it says to people.
func ofText(r mime.Report, to string) Result {
	own := ownText(r.Body)
	text := clean(own, maxText)
	if isDelay(r.Subject, text) {
		return Result{Kind: Delayed}
	}
	answer := oneLine(answerIn(own))
	code := 0
	if m := replyCode.FindStringSubmatch(answer); m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	kind := judge(code, findStatus(answer), clean(answer, maxDiagnostic))
	if kind == Refused || code == 0 {
		kind = judge(code, findStatus(own), text)
	}
	if kind.Hard() && !names(own+" "+r.Header.Get("X-Failed-Recipients"), to) {
		kind = Forwarded
	}
	return Result{Kind: kind, Answer: mime.Shorten(answer, maxAnswer)}
}

// answerLine is a line of a report that holds what another server answered.
var answerLine = regexp.MustCompile(`(?:^|[\s:(#>-])(?:[45][0-5]\d[ -]|#?[45]\.\d{1,3}\.\d{1,3}\b)`)

// answerIn returns the part of a text in which another server is quoted: from the first line with a code to the end of
// its paragraph.
func answerIn(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !answerLine.MatchString(line) {
			continue
		}
		end := i + 1
		for end < len(lines) && end < i+8 && strings.TrimSpace(lines[end]) != "" {
			end++
		}
		return cut(strings.Join(lines[i:end], " "), maxDiagnostic)
	}
	return ""
}

// names reports whether a text names an address, or one of the same organisation, or none at all.
func names(text, to string) bool {
	found := addresses.FindAllString(cut(text, 4*maxText), 50)
	for _, a := range found {
		if sameOrganisation(a, to) {
			return true
		}
	}
	return len(found) == 0
}

var addresses = regexp.MustCompile(`[\w.+=%~&'*/-]+@[\w.-]+\w`)

// isElsewhere reports whether a delivery status is about an address of another organisation than the one that a mail was
// sent to: whoever has that one passes mails on.
func isElsewhere(h mime.Header, to string) bool {
	address := addresses.FindString(h.Get("Final-Recipient"))
	return address != "" && !sameOrganisation(address, to)
}

// sameOrganisation reports whether two addresses belong to the same registered domain.
func sameOrganisation(a, b string) bool {
	a, b = mime.Address{Addr: a}.Domain(), mime.Address{Addr: b}.Domain()
	if a == b {
		return true
	}
	orgA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	orgB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && orgA == orgB
}

// ownText returns what a report says by itself, without the mail that comes back behind it.
func ownText(text string) string {
	text = cut(unmarked.Replace(text), 4*maxText)
	if at := returnedMark.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return text
}

// unmarked takes the signs of markdown out of a text that was HTML.
var unmarked = strings.NewReplacer("**", "", "__", "", `\`, "", "’", "'", "\u00a0", " ")

// returnedMark is what stands before a mail that comes back, or the line with which it begins.
var returnedMark = regexp.MustCompile(`(?im)^\W*(?:this is a copy of (?:the|your) (?:original )?message|below (?:this line )?is a copy of the (?:original )?(?:message|mail)|` +
	`-+ ?(?:the )?(?:headers? of the |text of the )?(?:original|returned|unsent|undelivered) (?:message|mail)|(?:original|returned) message (?:follows|headers?)|message headers? follows?|` +
	`-+ ?(?:the )?body of the message|ursprünglicher? (?:nachricht|nachrichtenkopf)|-+ ?urspr|es folgt die|kopfzeilen der ursprünglichen nachricht|original message headers|` +
	`received: (?:from|by|\()|return-path: ?<|x-mailer: |dkim-signature: )`)

func cut(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes], "")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
