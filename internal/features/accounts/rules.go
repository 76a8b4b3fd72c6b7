package accounts

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/password"
)

// What a mail server takes, in bytes (RFC 5321, section 4.5.3.1; RFC 1035, section 2.3.4).
const (
	maxAddress = 254
	maxLocal   = 64
	maxLabel   = 63
)

const notAnAddress = "Enter an email address like name@example.org."

// ParseAddress returns an e-mail address as it is kept and the key under which it is unique: in lower
// case, with the domain as it travels in mails. ok is false if the text is no single, plain address.
func ParseAddress(text string) (address, key string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > 2*maxAddress {
		return "", "", false
	}
	text = norm.NFC.String(text)
	if len(text) > maxAddress || strings.ContainsAny(text, "<>\"\\(),:; \t\r\n") {
		return "", "", false
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text {
		return "", "", false
	}
	key = mime.Address{Addr: text}.Key()
	domain := key[strings.LastIndexByte(key, '@')+1:]
	if strings.LastIndexByte(text, '@') > maxLocal || !isMailDomain(domain) {
		return "", "", false
	}
	return text, key, len(key) <= maxAddress
}

// isMailDomain reports whether mail can be sent to a domain, as it travels in mails. Numbers are an address of the network,
// not a name.
func isMailDomain(domain string) bool {
	last := ""
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > maxLabel || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != ""
}

// maxName is the longest name that somebody may give when they sign up, in characters.
const maxName = people.MaxName

// checkName returns what is wrong with the name of somebody who signs up.
func checkName(name string) []errs.FieldError {
	switch {
	case !glyph.Visible(name):
		return []errs.FieldError{errs.Field("name", "Enter the name you want to be called by.")}
	case utf8.RuneCountInString(name) > maxName:
		return []errs.FieldError{errs.Field("name", "Use at most %d characters for the name.", maxName)}
	}
	return nil
}

// maxMessage is the longest message to a group that somebody may write when they sign up, in characters.
const maxMessage = 5000

func checkMessage(text string) []errs.FieldError {
	if utf8.RuneCountInString(text) > maxMessage {
		return []errs.FieldError{errs.Field("message", "Use at most %d characters for the message.", maxMessage)}
	}
	return nil
}

// checkNewPassword returns what is wrong with a new password and its repetition.
func checkNewPassword(typed, repeated string, about ...string) []errs.FieldError {
	wrong := password.Check("password1", typed, about...)
	if len(wrong) == 0 && typed != repeated {
		wrong = append(wrong, errs.Field("password2", "The passwords don’t match. Enter the same one twice."))
	}
	return wrong
}
