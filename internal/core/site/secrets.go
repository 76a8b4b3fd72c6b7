package site

import (
	"regexp"
	"slices"
	"strings"
)

// secretNames are the wildcards whose values let somebody in and stay out of the log.
var secretNames = [...]string{"key", "secret", "token"}

// KeyPaths returns the paths of the routes at which secrets stand, up to and with the secret, each once.
func KeyPaths(routes []Route) (paths []string) {
	for _, route := range routes {
		segments := segmentsOf(route.Path)
		if secret := secretAt(segments); secret >= 0 {
			paths = append(paths, "/"+strings.Join(segments[:secret+1], "/"))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// holdsSecret reports whether the addresses of a route let somebody in.
func (r *Route) holdsSecret() bool {
	return slices.ContainsFunc(secretNames[:], func(name string) bool { return strings.Contains(r.Path, "{"+name+"}") })
}

// secretAt returns which segment of the path of a route is a secret, or -1.
func secretAt(segments []string) int {
	return slices.IndexFunc(segments, func(s string) bool {
		return slices.ContainsFunc(secretNames[:], func(name string) bool { return s == "{"+name+"}" })
	})
}

// secretText is what secrets look like, wherever they stand in an address: 26 and more letters and digits of base 32.
var secretText = regexp.MustCompile(`(?i)[a-z2-7]{26,}`)

// concealment hides the secrets of paths from the log. It goes by what stands before a secret in the paths of the routes,
// and not by the route that answers: an address with a slip in it may be put right by whoever reads it.
type concealment struct {
	before [][]string // the segments before a secret; "" stands for any
}

// newConcealment returns what hides the secrets of the routes.
func newConcealment(routes []Route) *concealment {
	c := &concealment{}
	for _, route := range routes {
		segments := segmentsOf(route.Path)
		secret := secretAt(segments)
		if secret < 0 {
			continue
		}
		before := segments[:secret]
		for i, s := range before {
			if strings.HasPrefix(s, "{") {
				before[i] = ""
			}
		}
		c.before = append(c.before, before)
	}
	return c
}

// path returns a path for the log.
func (c *concealment) path(path string) string {
	segments := segmentsOf(path)
	for _, before := range c.before {
		if len(segments) > len(before) && slices.EqualFunc(before, segments[:len(before)], matchesSegment) {
			return "/" + strings.Join(segments[:len(before)], "/") + "/…"
		}
	}
	return secretText.ReplaceAllString(path, "…")
}

func matchesSegment(pattern, segment string) bool {
	return pattern == "" || strings.EqualFold(pattern, segment)
}

// segmentsOf returns what stands between the slashes of a path, without the empty ones.
func segmentsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}
