package mime

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	looseSeparator = regexp.MustCompile(`^\\?-\\?-$`)
	postscript     = regexp.MustCompile(`(?i)^(?:p\.? ?)+s\.?\s?[:.)\s]|^(?:nb|n\.b\.|nachtrag|postskriptum)\s?:`)
	contact        = regexp.MustCompile(`(?i)@|https?://|\bwww\.|\b(?:tel|telefon|phone|fon|mobil|mobile|fax|handy|t|m)\b\.?:?\s*[+(0-9]|[+0(][0-9 ()/.-]{6,}`)
)

const (
	maxSeparators     = 50 // lines that may separate a signature
	maxSignature      = 30 // lines below a separator
	maxLooseSignature = 8  // lines below one without its blank, which many people draw between two thoughts
)

// cutSignature cuts out the first signature with something above it, up to a quote or a postscript. Without the blank
// of RFC 3676, which programs lose, what follows the separator must look like a signature.
func (t *trimmer) cutSignature() {
	above, tried := false, 0
	for i := range t.ends {
		l := t.lines[i]
		strict := l == "-- "
		if above && (strict || looseSeparator.MatchString(strings.TrimRight(l, " "))) {
			if tried++; tried > maxSeparators {
				return
			}
			if end, ok := t.signatureEnd(i+1, strict); ok {
				t.signature = slices.Clone(t.lines[i:end])
				t.lines = slices.Concat(t.lines[:i], t.lines[end:])
				t.ends -= end - i
				return
			}
		}
		above = above || !isEmpty(l)
	}
}

// signatureEnd returns the line behind a signature, and whether there is one below a separator.
func (t *trimmer) signatureEnd(from int, strict bool) (end int, ok bool) {
	said, looks := 0, false
	for end = from; end < t.ends; end++ {
		l := t.lines[end]
		if isQuoted(l) || said > 0 && postscript.MatchString(plain(l)) || t.attributionAt(end) > 0 {
			break
		}
		if isEmpty(l) {
			continue
		}
		said++
		if said > maxSignature || !strict && said > maxLooseSignature || len(l) > maxClassified {
			return 0, false
		}
		looks = looks || contact.MatchString(plain(l)) || said == 1 && t.namesSender(l)
	}
	return end, strict || looks
}

// namesSender reports whether a short line is made of the sender's name.
func (t *trimmer) namesSender(line string) bool {
	words := strings.FieldsFunc(strings.ToLower(plain(line)), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(words) == 0 || len(words) > 5 {
		return false
	}
	for name := range strings.FieldsFuncSeq(strings.ToLower(t.sender), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(name) > 2 && slices.Contains(words, name) {
			return true
		}
	}
	return false
}

var mobileSignature = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`(?:diese (?:nachricht|mail|e-mail) wurde )?(?:von|mit|via|über) (?:mein|outlook|yahoo|proton|gmx|web\.de|k-9|fairemail|thunderbird|samsung|iphone|ipad|tuta|posteo|der|dem).{0,80} (?:gesendet|verschickt|geschickt)`,
	`(?:gesendet|verschickt) (?:von|mit|via|über) (?:mein|mail|outlook|yahoo|proton|gmx|web\.de|k-9|fairemail|thunderbird|samsung|android|ios|iphone|ipad|blackberry|tutanota|tuta|posteo|mailbox|windows|bluemail|spark|freenet|t-online|telekom|der|dem).{0,80}`,
	`(?:gesendet|verschickt) von .{1,40}(?:iphone|ipad|smartphone|handy|mobiltelefon)`,
	`(?:outlook für (?:android|ios|mac)|holen sie sich outlook|laden sie outlook|hol dir outlook).{0,80}`,
	`get outlook for .{2,80}`,
	`sent (?:from|with|via|by) (?:my|mail|outlook|yahoo|proton|k-9|fairemail|thunderbird|samsung|android|ios|iphone|ipad|blackberry|tuta|bluemail|spark|gmail|mobile|windows|the all).{0,80}`,
	`envoyé (?:de|depuis|à partir de) (?:mon|ma|mail|outlook|yahoo|proton).{0,80}`,
	`enviado (?:desde|de|do) (?:mi|meu|mail|outlook|yahoo|iphone|ipad).{0,80}`,
	`inviato da(?:l mio)? (?:iphone|ipad|outlook|yahoo|smartphone|telefono|cellulare|android|mail|libero).{0,80}`,
	`(?:verzonden|verstuurd) (?:vanaf|vanuit|met|via|van) (?:mijn|outlook|yahoo|mail|samsung|proton).{0,80}`,
	`sendt fra (?:min|mit|outlook|mail|yahoo|samsung|proton).{0,80}`,
	`skickat från (?:min|mitt|outlook|mail|yahoo|samsung|proton).{0,80}`,
	`(?:wysłane|wysłano) z .{0,40}(?:iphone|ipad|outlook|android|telefonu|smartfona|yahoo|proton).{0,40}`,
	`odesláno z .{0,40}(?:iphon|ipad|outlook|androidu|telefonu|mobilu).{0,40}`,
	`отправлено (?:с|из) .{0,60}(?:iphone|ipad|android|outlook|яндекс|mail\.ru|телефона|устройства).{0,40}`,
}, "|") + `)\.?$`)

const shortestMobile = len("Sent by my Q5")

var linkTarget = regexp.MustCompile(`\]\([^)]*\)|<https?://[^>]*>`)

func isMobileSignature(line string) bool {
	if len(line) > 300 || len(line) < shortestMobile {
		return false
	}
	p := strings.TrimSpace(strings.NewReplacer("[", "", "]", "", "_", " ").Replace(linkTarget.ReplaceAllString(plain(line), "")))
	return p != "" && mobileSignature.MatchString(p)
}

func (t *trimmer) cutMobileSignature() bool {
	if t.own < t.ends-1 && isMobileSignature(t.lines[t.ends-1]) {
		t.ends--
		return true
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

var listWords = regexp.MustCompile(`(?i)mailing-?\s?list|mailingliste|listinfo|unsubscribe|abbestellen|abmelden|verteiler|googlegroups`)

// listAddress is what list managers never leave out.
var listAddress = regexp.MustCompile(`(?i)https?://|mailto:|[^\s@<>]@[^\s@<>]`)

// cutListFooter cuts what list managers append: a rule, then words about the list and an address.
func (t *trimmer) cutListFooter() bool {
	about, address := false, false
	for i := t.ends - 1; i > t.own && i >= t.ends-12; i-- {
		l := t.lines[i]
		if about && address && len(l) >= 20 && isRule(l) {
			t.ends = i
			return true
		}
		if isQuoted(l) {
			return false
		}
		about = about || len(l) <= maxClassified && listWords.MatchString(l)
		address = address || len(l) <= maxClassified && listAddress.MatchString(l)
	}
	return false
}
