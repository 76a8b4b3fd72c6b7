package web

import (
	"net/url"
	"strings"
)

// LocalPath returns the path with query and fragment that a target names on the site with the given
// base address. ok is false for every other site, and for whatever browsers could take for one.
func LocalPath(target, base string) (path string, ok bool) {
	if rest, found := strings.CutPrefix(target, base); found && base != "" && (rest == "" || rest[0] == '/') {
		target = rest
		if target == "" {
			target = "/"
		}
	}
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\x00\t\r\n") || len(target) > 2000 {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return "", false
	}
	return u.String(), true
}
