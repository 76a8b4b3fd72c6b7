package mime

import (
	"regexp"
	"slices"
	"strings"
)

// Programs that could not deliver a mail say so in as many ways as there are programs, and a forwarder in between may
// have put a person's address into From. So the judgement rests on what such reports have in common: a subject or a
// first sentence that programs write, somebody who is nobody, what the other server answered, and the mail that comes
// back. People who quote or forward a report write in front of it, or "Fwd:", or ">", and then none of the first three
// is there.

// What speaks for a report, and how much of it makes one.
const (
	weightOfSubject  = 2
	weightOfSender   = 2
	weightOfOpening  = 2
	weightOfPhrase   = 1 // a further sentence that programs write
	weightOfDetail   = 1 // what the other server answered
	weightOfReturned = 1 // the mail that could not be delivered
	enoughForReport  = 3
)

// How much of a text is looked at. Reports come to the point.
const (
	maxReportLines = 120
	maxReportBytes = 16 << 10
)

// failedSubject begins the subjects of reports. Nothing may stand before it but the mark of a list or of a mail server.
var failedSubject = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]*\]\s*|\*{2,}[^*]*\*{2,}\s*)*(?:` + strings.Join([]string{
	`undeliver(?:ed|able)\b(?: (?:mail|message|e-?mail)\b)?`, `(?:e-?)?mail (?:delivery )?(?:failed|failure|error|problem|status|sub ?system|system|report|unsuccessful)`,
	`delivery (?:status )?(?:notification|report)\b`, `delivery (?:failure|failed|error|problem|has failed|unsuccessful|delayed)`,
	`failure notice\b`, `failed (?:delivery|mail)\b`, `(?:mail )?returned (?:mail|to sender|message)\b`, `return(?:ing)? (?:mail|message)? ?to sender`,
	`mail (?:system )?(?:error|failure)\b`, `message (?:delivery (?:has )?fail|undeliverable|not deliver|status - )`, `non-?deliver(?:ed|able|y)\b`, `ndn:`, `ndr:`,
	`(?:unable to|could not|cannot|can't) (?:deliver|send)\b`, `(?:permanent|transient|temporary) (?:delivery )?(?:failure|error)`,
	`delayed mail\b`, `warning: (?:message \S+ delayed|could not send)`, `message \S+ delayed`, `(?:postmaster|mdaemon|mailer-daemon) (?:notify|notification|warning)`,
	`user unknown\b`, `(?:there was an )?error sending your`, `(?:your )?mail (?:was |has )?(?:rejected|blocked|not delivered)`, `mail to \S+ (?:failed|could not be delivered)`,
	`unzustellbar`, `nicht zustellbar`, `unzugestellt`, `(?:zustellung|mailzustellung|e-?mail-?zustellung)\b.*(?:fehlgeschlagen|gescheitert|nicht möglich|verzögert|status)`,
	`(?:die )?(?:nachricht|e-?mail|mail) (?:ist |konnte |wurde |war )?nicht (?:zugestellt|zustellbar|ausgeliefert|übermittelt)`, `fehler bei der (?:nachrichten)?zustellung`,
	`zustell(?:ungs)?(?:bericht|fehler|status)`, `benachrichtigung zum übermittlungsstatus`, `unbekannter empfänger`,
	`(?:message )?non (?:remis|distribu|délivr)`, `échec (?:de|d'|lors)`, `notification d'état de (?:remise|distribution)`, `remise (?:impossible|différée)`,
	`niet[- ](?:be|af)ge?(?:zorgd|leverd)`, `onbestelbaar`, `(?:bezorging|aflevering) (?:is )?mislukt`, `niet bezorgbaar`,
	`kan ikke leveres`, `ikke[- ]lever(?:et|bar)`, `leveringsfejl`, `meddelelsen (?:blev|kunne) ikke`,
	`niedostarcz`, `nie (?:można|udało się) dostarczyć`, `(?:wiadomość )?nie (?:została )?dostarczon`, `zwrot (?:wiadomości|poczty)`, `błąd (?:dostarczania|doręczenia)`,
	`no se (?:puede|pudo|ha podido) entregar`, `no entregado`, `mensaje no entregado`, `error de entrega`, `non recapitabile`, `impossibil[ei] recapitare`, `mancato recapito`, `não (?:entregue|é possível entregar|pôde ser entregue)`,
}, "|") + `)`)

// failedOpening is what a report begins with, in lower case and on one line: one of the phrases, or one of these.
var failedOpening = regexp.MustCompile(`^(?:(?:hi|hello|sorry|hallo)\W{1,3})?(?:unfortunately,? |leider )?(?:(?:we|i|it) (?:were |was |are |had |have been )?|an |` +
	`there was an? (?:temporary |permanent )?|i'm sorry to have to inform you that )?(?:` + failedPhrases() + "|" + strings.Join([]string{
	`your message$`, `your message (?:to:|subject:|sent:|sent to\b|with subject\b|from\b)`, `ihre nachricht (?:an:|betreff:)`,
	`unknown (?:user|local part|host|recipient)\b`, `user (?:unknown|mailbox exceeds)`, `error: (?:invalid|unknown)`,
	`the original message was received (?:at|on)`, `the following (?:message|mail) (?:to|from|could|was|has|sent)\b`,
	`the user\(s\) account`, `message (?:not delivered|blocked|rejected|bounced|could not)`, `address not found`,
	`recipient (?:inbox|mailbox|address) (?:full|unknown|rejected|not found)`, `mailbox (?:full|unavailable|not found)`, `reporting-mta:`, `adresse nicht gefunden`,
	`nachricht (?:nicht zugestellt|blockiert)`, `posteingang (?:des empfängers )?voll`, `adresse introuvable`,
	`message non distribué`, `adre[s] niet gevonden`, `bericht niet bezorgd`, `adressen blev ikke fundet`, `nie znaleziono adresu`,
	`wiadomość (?:nie|zablokowana)`, `no se ha encontrado la dirección`, `indirizzo non trovato`, `endereço não encontrado`,
}, "|") + `)`)

// failedPhrase is what a report says, wherever.
var failedPhrase = regexp.MustCompile(failedPhrases())

func failedPhrases() string {
	const mail = `(?:e-?mail|mail|message)(?: message)?`
	return strings.Join([]string{
		`this is (?:the|a|an) (?:[\w.-]+ ){0,3}(?:mail(?:er)? ?(?:system|server|agent|delivery|daemon|program|robot)|mailer-daemon|\S+ program at|qmail-send program|postmaster|delivery (?:status|failure|report))`,
		`this message was (?:created|generated) automatically by`, `this is an automatic(?:ally)?[ -]generated (?:delivery|message from|notification from)`, `this report relates to a message`,
		`(?:a|the|this|your|following|attached) ` + mail + `(?: (?:that )?(?:you|was|were|has been) (?:sent|addressed))?(?: (?:from|to|for|with|on|at|dated) (?:[^.!?]|\.\S)*?)? (?:could not|couldn't|cannot|can't|can not|was not|wasn't|has not|hasn't|did not|didn't|were not) (?:be |been |yet been )?(?:successfully )?(?:deliver|reach|sent|relayed|accepted|processed)`,
		mail + ` (?:that you sent )?(?:was|is|were) (?:undeliverable|undelivered|returned|rejected by|bounced|not delivered)`, mail + ` has (?:been delayed|not yet been delivered|been rejected|been blocked|bounced)`,
		`(?:unable|not able|wasn't able|weren't able|failed|could not|couldn't|cannot|can't|were unable|was unable) (?:to )?deliver(?: (?:your|the|this|a|my))?(?: ` + mail + `| to\b|:)`,
		`delivery (?:to|of|for) (?:the following|this|these|your|<)(?:[^.!?]|\.\S)*? (?:has |have )?(?:failed|been delayed|was (?:aborted|unsuccessful))`, `delivery (?:has )?failed (?:to|for|permanently)`,
		`error occurred while (?:trying to deliver|delivering|sending)`, `(?:problem|trouble|error) (?:while )?(?:delivering|sending) your`, `had (?:permanent|transient|non-fatal|delivery) (?:fatal |delivery )?(?:error|failure|problem)`,
		`(?:address(?:es)?|recipients?|destinations?)(?: \S+)? (?:has |have )?(?:failed|could not be reached|cannot be reached|were not reached|rejected|(?:was|were) (?:not (?:found|reached)|undeliverable|unreachable))`,
		`address\(es\) failed`, `rejected your ` + mail, `permanent (?:error|failure)[;:,.] ?i've given up`, `i've given up\. sorry`, `didn't work out`, `transcript of session follows`,
		`technical details of (?:permanent|temporary) failure`, `the (?:response|error)(?: that the other server returned| from the remote server)? was:`, `remote host said:`, `(?:host|server) \S+ said:`,
		`diagnostic information for administrators`, `smtp error from remote`, `will be retried`, `(?:no|not) (?:further )?need to resend`, `still (?:being retried|trying)`, `not listed in (?:domino|public) directory`, `not received the ` + mail,
		`ihre (?:nachricht|e-?mail|mail)(?: (?:[^.!?]|\.\S)*?)? (?:konnte|wurde|kann|hat|ist|war)(?: (?:[^.!?]|\.\S)*?)? nicht (?:zu?gestellt|erreich|übermittelt|ausgeliefert|angekommen|zustellbar|zugestellt)`,
		`(?:diese|die|eine|folgende)(?: \S+){0,5} (?:nachricht|e-?mail|mail)(?: (?:[^.!?]|\.\S)*?)? (?:konnte|kann|wurde)(?: (?:[^.!?]|\.\S)*?)? nicht (?:zugestellt|übermittelt|ausgeliefert|erreich)`,
		`fehler bei der (?:nachrichten)?zustellung`, `(?:zustellung|übermittlung)(?: (?:[^.!?]|\.\S)*?)? (?:ist )?(?:fehlgeschlagen|gescheitert|nicht möglich)`, `empfänger(?: (?:[^.!?]|\.\S)*?)? (?:konnten?|wurden?) nicht (?:erreicht|gefunden)`,
		`adressen?(?: (?:[^.!?]|\.\S)*?)? (?:konnten?|wurden?) nicht (?:erreicht|gefunden)`, `diese nachricht wurde automatisch (?:von|vom|durch) (?:[^.!?]|\.\S)*?(?:mail|erzeugt|erstellt)`, `diagnoseinformationen für administratoren`, `noch nicht zugestellt`, `an (?:[^.!?]|\.\S)*? (?:blockiert|nicht gefunden)\b`,
		`votre message(?: (?:[^.!?]|\.\S)*?)? n'a (?:pas )?(?:pu|été|encore)`, `(?:la |le )?(?:remise|message)(?: (?:[^.!?]|\.\S)*?)? (?:a échoué|n'a pas (?:pu )?(?:être |été )?(?:remis|distribu|délivr|livr))`, `échec de (?:la )?(?:remise|distribution)`, `informations de diagnostic`,
		`(?:uw|je) bericht(?: (?:[^.!?]|\.\S)*?)? (?:kon|is|kan|werd)(?: (?:[^.!?]|\.\S)*?)? niet (?:worden )?(?:afgeleverd|bezorgd|verzonden)`, `(?:bezorging|aflevering)(?: (?:[^.!?]|\.\S)*?)? (?:is )?mislukt`, `niet (?:worden )?(?:afgeleverd|bezorgd)`,
		`(?:din|denne) (?:meddelelse|besked|mail|e-mail)(?: (?:[^.!?]|\.\S)*?)? (?:kunne|blev|er|kan) ikke (?:blevet )?lever`, `levering(?:en)?(?: (?:[^.!?]|\.\S)*?)? mislykkedes`,
		`(?:twoja |ta )?wiadomość(?: (?:[^.!?]|\.\S)*?)? nie (?:została|mogła|może)(?: (?:[^.!?]|\.\S)*?)? (?:dostarczona|doręczona)`, `nie (?:można|udało się)(?: było)? (?:dostarczyć|doręczyć)`, `dostarczenie(?: (?:[^.!?]|\.\S)*?)? nie powiodło się`,
		`(?:su|tu|el) mensaje(?: (?:[^.!?]|\.\S)*?)? no (?:se )?(?:ha|pudo|puede|fue)(?: (?:[^.!?]|\.\S)*?)? (?:entrega|envia)`, `error (?:en|de) (?:la )?entrega`, `(?:il|tuo|suo) messaggio(?: (?:[^.!?]|\.\S)*?)? non (?:è stato|può essere|ha) (?:possibil[ei] )?(?:recapitat|consegnat|raggiunto)`, `recapito(?: (?:[^.!?]|\.\S)*?)? non riuscito`,
		`sua mensagem(?: (?:[^.!?]|\.\S)*?)? não (?:foi|pôde|pode)`, `falha na entrega`,
	}, "|")
}

// failedDetail is what the other server answered, or a field of RFC 3464.
var failedDetail = regexp.MustCompile(`\b[45]\d\d[ -]?[-( ]?#?[45]\.\d{1,3}\.\d{1,3}\b|\b(?:smtp|error|code|said|server|returned|status)\b[^.]*?\b[45]\d\d\b|\b5[0-5]\d\b[^.]*?\b(?:user|mailbox|recipient|address|account|relay|unknown|action)\b|(?:^| )#?[45]\.\d{1,3}\.\d{1,3}\b|final-recipient: ?rfc822|action: ?(?:failed|delayed)|diagnostic[- ]code:|status: ?[45]\.\d|remote-mta:|` +
	`unknown (?:user|recipient|local part|host)|(?:user|recipient|host|address|mailbox|account) (?:is )?(?:unknown|not found|unavailable|disabled|inactive|suspended)|no such (?:user|mailbox|address|recipient|person|domain)|(?:mailbox|quota|inbox) (?:is |has been )?(?:full|exceeded)|over ?quota|exceeds? (?:the )?(?:allowed |maximum |message )*size|(?:size|quota|storage) (?:limit )?(?:exceeded|exceeds)|unrouteable address|couldn't find any host|connection (?:refused|timed out)|recipient (?:name )?(?:is )?not recognized|cname_lookup_failed|mail loop|too many hops|(?:empfänger|benutzer|adresse|postfach)[^.]*? (?:unbekannt|existiert nicht|voll|nicht gefunden|nicht vorhanden)`)

// returnedHeader begins a line of the header of the mail that comes back.
var returnedHeader = regexp.MustCompile(`(?i)^\s*(?:received: (?:from|by|\()|return-path: <|message-id: ?<|x-mailer: |mime-version: 1)`)

// returnedMark stands before it.
var returnedMark = regexp.MustCompile(`(?i)^\W*(?:this is a copy of the (?:original )?message|below this line is (?:a copy of the|the original) message|(?:the )?(?:header|headers|text|copy) of (?:the|your) (?:original )?(?:message|mail)|(?:your |the )?(?:original|returned|unsent) (?:message|mail)(?: (?:header|headers|follows|is following|text))?|message (?:header|text|log)s? follows?|undelivered message|ursprüngliche(?:r)? (?:nachricht|nachrichtenkopf)|originalnachricht|kopfzeilen der ursprünglichen nachricht|en-têtes de message d'origine)\W*$`)

// greeting is what may stand before the opening: nothing that a person says.
var greeting = regexp.MustCompile(`(?i)^(?:\W*|\W*(?:hi|hello|hallo|guten tag|bonjour|dear [^.,:!]+|sehr geehrte[^.:!]*?|attention|achtung|warning|error|fehler|sorry|internal error)\W*|.*\b(?:automatic|automatically|automatisch|automatique|notification|benachrichtigung|do not reply|nicht auf diese|external (?:e-?mail|sender)|multi-part message|mime format|mime-encapsulated)\b.*)$`)

// nobodyAtAll is who sends reports.
var nobodyAtAll = regexp.MustCompile(`(?i)^(?:mailer[-_.]?daemon|mail[-_.]?daemon|mail[-_.]?delivery[-_.](?:sub)?system|bounces?)(?:[+@=-]|$)|^mail delivery (?:sub)?system$|^mail administrator$|^system administrator$|^internet mail delivery$`)

// detectReport recognises reports about mails that could not be delivered, or not yet.
func detectReport(h Header, from []Address, root *part, subject, text string) (Auto, bool) {
	if forwardSubject.MatchString(Shorten(subject, 200)) {
		return Auto{}, false
	}
	if root.contains("message/delivery-status", "message/disposition-notification") && !root.hasOtherAttachments() {
		return Auto{Kind: DeliveryReport, Header: "Content-Type: message/delivery-status"}, true
	}
	lines := reportLines(text)
	opening := afterGreeting(lines)
	opens := failedOpening.FindStringIndex(opening)
	weight := 0
	for _, anchor := range []struct {
		is     bool
		weight int
	}{{failedSubject.MatchString(Shorten(subject, 200)), weightOfSubject}, {isNobody(h, from), weightOfSender}, {opens != nil, weightOfOpening}} {
		if anchor.is {
			weight += anchor.weight
		}
	}
	if weight == 0 {
		return Auto{}, false
	}
	body := strings.ToLower(strings.Join(strings.Fields(strings.Join(lines, " ")), " "))
	further := body
	if opens != nil {
		further = opening[opens[1]:]
	}
	if failedPhrase.MatchString(further) {
		weight += weightOfPhrase
	}
	if failedDetail.MatchString(body) {
		weight += weightOfDetail
	}
	if root.contains("message/rfc822", "text/rfc822-headers") || slices.ContainsFunc(lines, func(line string) bool {
		return returnedMark.MatchString(line) || returnedHeader.MatchString(line)
	}) {
		weight += weightOfReturned
	}
	if weight < enoughForReport {
		return Auto{}, false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return Auto{Kind: DeliveryReport, Header: "Text: " + Shorten(oneLine(first), 100), ByWords: true}, true
}

// isNobody reports whether a mail server speaks.
func isNobody(h Header, from []Address) bool {
	if strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	return slices.ContainsFunc(from, func(a Address) bool {
		return nobodyAtAll.MatchString(a.Addr) || nobodyAtAll.MatchString(strings.TrimSpace(a.Name))
	})
}

// reportLines returns the lines of a text that nobody quotes, without the signs of markdown.
func reportLines(text string) []string {
	var lines []string
	markdown := strings.NewReplacer("**", "", "__", "", `\`, "", "’", "'", "\u00a0", " ")
	text = text[:min(len(text), maxReportBytes)]
	for line := range strings.SplitSeq(text, "\n") {
		if len(lines) == maxReportLines {
			break
		}
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, ">") {
			lines = append(lines, strings.ToValidUTF8(markdown.Replace(line), ""))
		}
	}
	return lines
}

// maxGreeting is the longest line that may stand before the opening.
const maxGreeting = 200

// afterGreeting returns what a text begins with, in lower case and on one line.
func afterGreeting(lines []string) string {
	for i, line := range lines {
		if len(line) > maxGreeting || !greeting.MatchString(line) || failedPhrase.MatchString(strings.ToLower(line)) {
			opening := strings.Join(lines[i:min(i+12, len(lines))], " ")
			return strings.ToLower(strings.Join(strings.Fields(strings.TrimLeft(opening, "-*=_# \t")), " "))
		}
	}
	return ""
}

// contains reports whether a part of one of the types is in the message, other than in a mail that it carries.
func (p *part) contains(mediaTypes ...string) bool {
	return p.is(mediaTypes...) || slices.ContainsFunc(p.children, func(c *part) bool { return c.contains(mediaTypes...) })
}

// hasOtherAttachments reports whether a message brings files that no report has.
func (p *part) hasOtherAttachments() bool {
	if len(p.children) > 0 {
		return slices.ContainsFunc(p.children, (*part).hasOtherAttachments)
	}
	return p.disposition == "attachment" && !strings.HasPrefix(p.mediaType, "message/") && !p.is("text/rfc822-headers")
}
