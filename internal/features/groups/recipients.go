package groups

import (
	"regexp"
	"slices"
	"strings"
)

// patterns of what a list of recipients consists of. Whatever separates them does not matter.
var (
	mailPattern    = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,}`)
	mentionPattern = regexp.MustCompile(`@([A-Za-z0-9_-]+)`)
)

// What a mail server takes, in bytes (RFC 5321, section 4.5.3.1).
const (
	maxMailAddress = 254
	maxMailLocal   = 64
)

// parseRecipients returns the mail addresses and the @names in a text, each once, whatever its case.
func parseRecipients(text string) (addresses, names []string) {
	add := func(list []string, s string) []string {
		if slices.ContainsFunc(list, func(known string) bool { return strings.EqualFold(known, s) }) {
			return list
		}
		return append(list, s)
	}
	for _, address := range mailPattern.FindAllString(text, -1) {
		if len(address) <= maxMailAddress && strings.LastIndexByte(address, '@') <= maxMailLocal {
			addresses = add(addresses, address)
		}
	}
	for _, m := range mentionPattern.FindAllStringSubmatch(mailPattern.ReplaceAllString(text, " "), -1) {
		names = add(names, m[1])
	}
	return addresses, names
}
