package bounce

import (
	"regexp"
	"strconv"
	"strings"
)

// status is an enhanced status code (RFC 3463). The zero value is none.
type status struct{ class, subject, detail int }

var enhanced = regexp.MustCompile(`(?:^|[^\d.\w])([245])\.(\d{1,3})\.(\d{1,3})(?:[^\d.]|\.?(?:\s|$)|$)`)

// findStatus returns the first enhanced status code of a text.
func findStatus(text string) status {
	m := enhanced.FindStringSubmatch(cut(text, maxDiagnostic))
	if m == nil {
		return status{}
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // at most three digits
	}
	return status{n[0], n[1], n[2]}
}

// isVague reports whether a code says no more than that something failed.
func (s status) isVague() bool { return s.subject == 0 || s.detail == 0 }

// What is taken out of a text before its words are read: addresses and names of hosts may hold any word.
var (
	quoted = regexp.MustCompile(`https?://\S+|www\.\S+|(?:rfc822;|smtp:|mailto:)?"?[\w.+=%~&'*/#!$^{|}-]*@[\w.\[\]:-]+|<[^<>\s]*>`)
	host   = regexp.MustCompile(`\b(?:[\w-]+\.)+[a-z]{2,}(?:\[[^\]]*\]|\b)`)
)

// lists are addresses that are named where a list of senders is the reason.
var lists = regexp.MustCompile(`spamhaus|spamcop|barracuda|uceprotect|\brbl\b|dnsbl|senderscore|sorbs|mail-abuse|manitu|postmaster\.(?:gmx|web|1und1|kundenserver|t-online|info\.aol|free|mail\.ru)|support\.google\.com/mail/\?p=(?:unsolicited|blockedmessage|unauth|notauth|ratelimit|policyquestion)|sender\.office\.com|mail\.live\.com/mail/troubleshooting|senders\.yahooinc|help\.yahoo\.com/kb/postmaster`)

// clean returns a text to look for words in: in lower case, on one line, without addresses. Of a place where lists of
// senders are kept the word "blocklist" stays.
func clean(text string, bytes int) string {
	text = strings.ToLower(oneLine(unmarked.Replace(cut(text, bytes))))
	listed := lists.MatchString(text)
	text = host.ReplaceAllString(quoted.ReplaceAllString(text, " "), " ")
	if listed {
		text += " blocklist"
	}
	return oneLine(text)
}

// judge returns what a code of SMTP (0 if there is none), an enhanced one and a clean text mean. The words decide before
// the codes, which many servers use at will, and what speaks for a passing reason before what speaks for the end of a
// mailbox.
func judge(code int, s status, text string) Kind {
	text = neutral.ReplaceAllString(text, " ")
	if s == recipientDenied && strings.Contains(text, "recipient address rejected: access denied") {
		return NoAddress
	}
	for _, r := range soft {
		if r.words.MatchString(text) {
			return r.kind
		}
	}
	if code >= 400 && code < 500 || s.class == 4 {
		if away, ok := passing(s); ok {
			return away
		}
		return Away
	}
	for _, r := range hard {
		if r.words.MatchString(text) {
			return r.kind
		}
	}
	return ofCode(code, s)
}

// recipientDenied is the code with which Exchange Online refuses addresses that it does not know, at the edge of its network.
var recipientDenied = status{5, 4, 1}

// passing returns what an enhanced code means that is not final.
func passing(s status) (Kind, bool) {
	switch {
	case s.subject == 2 && s.detail == 2:
		return Full, true
	case s.subject == 7:
		return Blocked, true
	}
	return "", false
}

// ofCode returns what the codes mean by themselves (RFC 3463, RFC 7505, RFC 7372).
func ofCode(code int, s status) Kind {
	switch [2]int{s.subject, s.detail} {
	case [2]int{1, 1}, [2]int{1, 3}, [2]int{1, 6}:
		return NoAddress
	case [2]int{1, 2}, [2]int{1, 10}:
		return NoDomain
	case [2]int{2, 1}:
		return Closed
	case [2]int{2, 2}:
		return Full
	case [2]int{2, 3}, [2]int{3, 4}:
		return TooLarge
	case [2]int{1, 7}, [2]int{1, 8}:
		return Blocked // the sender's address
	case [2]int{4, 1}, [2]int{4, 2}, [2]int{4, 3}, [2]int{4, 5}, [2]int{4, 6}, [2]int{4, 7}:
		return Away
	}
	switch {
	case s.subject == 7:
		return Blocked
	case code == 552 && s.isVague(): // RFC 5321: "exceeded storage allocation"
		return Full
	case code == 556: // RFC 7504
		return NoDomain
	}
	return Refused
}

// rule is what some words mean.
type rule struct {
	kind  Kind
	words *regexp.Regexp
}

func words(kind Kind, all ...string) rule {
	return rule{kind, regexp.MustCompile(strings.Join(all, "|"))}
}
