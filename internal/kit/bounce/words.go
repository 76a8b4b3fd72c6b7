package bounce

import (
	"regexp"
	"strings"
)

// The words are those of clean texts: in lower case, without addresses. Within a phrase, a few words may stand between
// two that belong together.
const (
	some = `(?: (?:[^\s.;]+ ){0,4}?|[ :,]+)` // up to four words
	few  = `(?: (?:[^\s.;]+ ){0,2}?|[ :,]+)` // up to two
	is   = `(?: (?:is|was|are|has been|have been|been|ist|wurde|war|sind|est|is niet))?`

	someone = `(?:user|recipient|mail ?box|e?-?mail ?box|address|account|e-?mail|local part|alias|addressee|person|maildrop|empfänger\w*|benutzer\w*|nutzer|teilnehmer|adressat\w*|(?:e-?mail-?)?adresse|postfach\w*|mailkonto|konto|destinataire|utilisateur|adres|ontvanger|destinatario|usuario)`
	exists  = `(?:unknown|unbekannt|not found|not (?:be )?(?:known|listed|recogni[sz]ed|valid|exist)|nonexist[ae]nt|non-exist[ae]nt|doesn't exist|does not exist|didn't exist|couldn't be found|could not be found|wasn't found|cannot be found|invalid|ungültig|existiert (?:\w+ )?nicht|gibt es nicht|(?:konnte |wurde )?nicht (?:gefunden|vorhanden|bekannt|existent)|inconnue?|introuvable|n'existe pas|onbekend|bestaat niet|no existe|desconocid[oa])`
	ended   = `(?:disabled|inactive|deactivated|suspended|closed|terminated|discontinued|cancell?ed|no longer (?:\w+ )?(?:active|available|in use|valid|used|exists?|here|in service|working|accepting)|expired|deleted|deaktiviert|geschlossen|stillgelegt|abgeschaltet|gelöscht|aufgelöst|inaktiv|nicht mehr (?:\w+ )?(?:aktiv|gültig|verfügbar|genutzt|verwendet|erreichbar|gibt|existent|vorhanden|in betrieb|betreut))`
)

// neutral is said of every mail that comes back.
var neutral = regexp.MustCompile(`(?:return\w*|sent|send|back|bounced?)(?: \S+){0,4}? to (?:the |its |your )?(?:original )?sender|to sender|(?:for|at) the sender|dear sender|message sender|sender's? (?:mail|message)|an den absender (?:zurück\w*)?`)

// isDelay reports whether a report says that a mail is still on its way.
func isDelay(subject, text string) bool {
	subject = strings.ToLower(cut(subject, maxSubject))
	return (delayed.MatchString(text) || delayedSubject.MatchString(subject)) && !final.MatchString(text)
}

// maxSubject is how much of a subject is looked at, in bytes.
const maxSubject = 200

var (
	delayedSubject = regexp.MustCompile(`\bdelay(?:ed)?\b|verzöger|^(?:\W*)(?:warning|warnung)\b|delivery status notification ?\(delay\)|retardé`)
	delayed        = regexp.MustCompile(`still (?:being )?(?:retr|trying|attempt)|will (?:be retried|be retrying|continue|keep|retry|try again|be attempted)|no (?:further )?(?:action is required|need to resend)|(?:not|n't) need to (?:re-?send|do anything)|has not (?:yet )?been (?:delivered|collected)|have not yet|not yet been|has been delayed|delivery` + some + `delayed|` +
		`this is (?:a |only a )?(?:a )?warning|warning message only|noch nicht (?:zugestellt|ausgeliefert|übermittelt)|(?:verzögert|verspätet) sich|ist verzögert|wird (?:erneut|weiter\w*|noch) versucht|wurde verzögert|zustellversuche? (?:werden|wird) fortgesetzt|werden es weiter|versucht es weiter|we'll (?:keep|continue)|en attente`)
	final = regexp.MustCompile(`giv(?:en|ing) up|gave up|permanent|has been (?:deleted|removed) from|could not be delivered for|endgültig|aufgegeben|will no longer|will not be retried|no further attempts|keine weiteren`)
)

// soft is what passes, or is between whoever sends and the other server, in the order in which it is looked for.
var soft = []rule{
	words(Refused, `relay(?:ing)?`+few+`(?:denied|not (?:permitted|allowed)|prohibited|rejected|disabled)|(?:unable to|not permitted to|do not|don't|cannot) relay|rcpthosts`),
	words(Blocked,
		`\bspam|unsolicited|unerwünscht|junk ?mail|bulk (?:mail|e-?mail)|block-?list|black-?list|sperrliste|block list|black list|deny ?list|\bblocked\b|\bblockiert|reputation|polic(?:y|ies)|richtlinie`,
		`\bdmarc\b|\bspf\b|\bdkim\b|\barc\b seal|authenticat|unauthori[sz]ed|not (?:allowed|authori[sz]ed|permitted)|permission|nicht (?:berechtigt|erlaubt|zugelassen)|keine berechtigung|berechtigung`,
		`\b(?:sender|absender\w*|envelope from|mail from|return-path|helo|ehlo|client host|your (?:ip|server|host|domain|message looks|network|mail ?server|provider|isp)|sending (?:ip|server|domain|host|mta|system|account)|from (?:address|domain|header)|outgoing|outbound|source)\b`,
		`reverse (?:dns|hostname|lookup)|\bptr\b|\brdns\b|banned|prohibited|prohibition|verboten|virus|malware|phish|infected|infiziert|content`+few+`(?:rejected|filter|denied|restrict\w*|prohibited|not allowed)|inhalt der nachricht|suspicious|verdächtig|verdacht|attachment|dateianhang`,
		`complaint|rate limit|(?:sending|daily|hourly|outgoing) (?:quota|limit)|too many (?:messages|recipients|mails|emails|invalid)|ask your postmaster|tosa|challenge|white-?list|(?:^|[^:\s]\s)access denied|firewall|filter|restricted|only accepts?|accepts? (?:mail|messages)? ?only|(?:accept|receive|want)s? (?:\w+ )?(?:mail|messages|e-?mails?|anything) from|local_scan|as ?\(\d+\) blocked|confidence|\bscore\b|abuse|missbrauch|messages from|rejected (?:by|due to|because|for)`+few+`(?:rule|administrator|transport)`),
	words(Full,
		`(?:mail ?box|inbox|quota|account|mail ?drop|mail ?file|user|recipient|folder|postfach|posteingang|mailkonto|konto|speicher\w*|kontingent)`+some+`(?:full|voll|überfüllt|exceed\w*|überschritten|over (?:its |the )?(?:quota|limit|storage)|erschöpft|over quota|reached|belegt|erreicht|ausgeschöpft)\b`,
		`over[ -]?quota|over its quota|\bquota\b`+few+`(?:exceed\w*|full|reached|überschritten|erschöpft|limit|violation)|exceed\w*`+some+`(?:quota|storage|mail ?box)|out of (?:storage|disk|space|room)|storage (?:limit|quota|allocation|space)|mail ?box size|quotaexceeded|not enough (?:storage|space|room)|no (?:more |storage )?space|full mail ?box|mail ?box full|volles? postfach|boîte`+some+`pleine|mailbox vol\b`),
	words(TooLarge,
		`(?:message|mail|nachricht|size|größe|content|attachments?)`+some+`(?:too (?:large|big|long)|zu groß|larger than|exceed\w*|überschreitet)|size`+few+`(?:limit|exceed\w*)|exceed\w*`+some+`(?:size|length)|maximum (?:message |mail )?size|zu groß|oversized|too (?:large|big)`),
	words(Away,
		`gr[ae]y-?list|try (?:again|later)|again later|later try|temporar|vorübergehend|zeitweise|später|too busy|busy|time-?d? ?out|time out|zeitüberschreitung|connection`+few+`(?:refused|reset|closed|dropped|lost|interrupted|failed|error|terminated|abgebrochen)|(?:closed|dropped|refused|reset|lost)`+few+`connection|verbindung`,
		`(?:could not|couldn't|can't|cannot|unable to|failed to) (?:connect|contact|reach|resolve|establish)|no route to host|unreachable|not (?:respond|answer|reachable|erreichbar)|isn't respond|n't answer|n't respond|nicht erreichbar|antwortet nicht|deferred|defer`,
		`too many (?:hops|connections|concurrent|received|errors|retries|sessions)|\bloop|hop count|queue|expired? (?:after|in)|(?:message|delivery|retry|mail)`+few+`(?:time|period|lifetime)?`+few+`(?:expired|abgelaufen)|retry time|overload|insufficient|low on|greeting|\btls\b|starttls|certificate|handshake|internal (?:server |system )?(?:error|problem)|local (?:error|problem)|interner fehler|system (?:error|not|problem)|shutting down|maintenance|wartung`,
		`serv(?:er|ice) (?:is )?(?:currently |temporarily )?(?:not available|unavailable|down)|rate that|unverified|in progress|servfail|server failure|dns (?:lookup|query|timeout|server)|name ?server (?:timeout|failure|error|did)|failing for a long time|resource|lock(?:ed)?\b|i/o error|configuration|konfiguration|ran out|too fast|throttl|limit`),
}

// hard is what ends a mailbox.
var hard = []rule{
	words(Closed,
		someone+`(?: name)?`+is+some+`(?:`+ended+`)`,
		`(?:disabled|inactive|deactivated|suspended|closed|expired|deleted|retired|deaktivierte[srn]?|gelöschte[srn]?|stillgelegte[srn]?) (?:\w+ )?`+someone,
		`^(?:\d{3}[ -])?(?:#?\d\.\d{1,3}\.\d{1,3} )?(?:\S+ )?is no longer (?:valid|active|available|in use)`, someone+` (?:existiert|besteht) nicht mehr|gibt es nicht mehr|has left (?:the|our)|nicht mehr (?:bei uns|für uns|im unternehmen)|mailbox has moved|have? moved to`),
	words(NoDomain,
		`(?:domain|domain name|host|hostname|destination|mail ?server)`+few+`(?:not found|does not exist|doesn't exist|not exist|couldn't be found|unknown|existiert nicht|nicht gefunden|unbekannt)`,
		`(?:unknown|invalid|no such|nonexistent|non-existent|unrecogni[sz]ed|unbekannte[rn]?) (?:\w+ )?(?:domain|host)\b|host or domain name not found|nxdomain|(?:couldn't|can't|cannot|could not) find any host|no mx (?:record|host|or)|mx records? (?:\w+ ){0,5}(?:nonexist|non-exist|invalid|do not exist)|null ?mx|does(?: not|n't) accept (?:any )?(?:e-?)?mails?(?: |$)|accepts no (?:e-?)?mail|no smtp service|name or service not known|no valid (?:mx|mail server)|keine? mx`),
	words(NoAddress,
		someone+`(?: name)?`+is+some+exists,
		`(?:unknown|invalid|no such|nonexist[ae]nt|non-exist[ae]nt|unrecogni[sz]ed|bad|incorrect|wrong|unbekannte[rsn]?|ungültige[rsn]?|falsche[rsn]?|kein(?:en?)? solche[rsn]?|no valid|not a (?:valid|known|local)|isn't a (?:valid|known|local)|undeliverable) (?:[\w-]+ ){0,2}?`+someone,
		`no `+someone+` (?:here|by|with|at|called|named|of)|unrout(?:e)?able address|recipientnotfound|user not local|n't have an? (?:\w+ )?account|unknown in (?:virtual|local|relay)|not (?:listed |found )?in (?:the )?(?:\w+ )?(?:directory|address ?book)|nicht im (?:[\w-]+[ -])?(?:verzeichnis|adressbuch)|nobody (?:here|by)|no one (?:here|by|at)|(?:couldn't|could not|can't|cannot|wasn't|was not|unable to)(?: be)? f(?:i|ou)nd (?:the |this )?`+someone+`|kein (?:postfach|benutzer|konto)|not our customer|have no mailbox|address not (?:present|known)|aucun(?:e)? (?:utilisateur|boîte)|mailbox not found|unknown\W*$|#?5\.1\.0 address rejected|s2017062302`),
}
