package accounts

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/password"
)

// maxAddress is how long an address may be, in bytes.
const maxAddress = 254

const notAnAddress = "Enter an e-mail address like name@example.org."

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
	at := strings.LastIndexByte(text, '@')
	domain, err := idna.Lookup.ToASCII(strings.ToLower(text[at+1:]))
	if err != nil || domain == "" {
		return "", "", false
	}
	key = norm.NFC.String(strings.ToLower(text[:at])) + "@" + domain
	return text, key, len(key) <= maxAddress
}

// checkNewPassword returns what is wrong with a new password and its repetition.
func checkNewPassword(typed, repeated string, about ...string) []errs.FieldError {
	wrong := password.Check("password1", typed, about...)
	if len(wrong) == 0 && typed != repeated {
		wrong = append(wrong, errs.Field("password2", "The two passwords differ. Type the same one again."))
	}
	return wrong
}
