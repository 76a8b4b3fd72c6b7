package site

import (
	"regexp"
	"strings"
)

// partedSegment is the only segment of a path with a wildcard for a part of it, of which net/http knows nothing. For its
// multiplexer each of the three parts is a segment.
type partedSegment struct{ prefix, suffix string }

var partedPath = regexp.MustCompile(`^/([^/{}]+)(\{[a-z]+\})([^/{}]+)$`)

// parseParted returns the segment of such a path, and its wildcard.
func parseParted(path string) (part partedSegment, wildcard string, ok bool) {
	found := partedPath.FindStringSubmatch(path)
	if found == nil {
		return part, "", false
	}
	return partedSegment{found[1], found[3]}, found[2], true
}

// path returns the path that the multiplexer knows.
func (p partedSegment) path(part string) string { return "/" + p.prefix + "/" + part + "/" + p.suffix }

// match returns what stands in the place of the wildcard in a path.
func (p partedSegment) match(path string) (part string, ok bool) {
	part, begins := strings.CutPrefix(path, "/"+p.prefix)
	part, ends := strings.CutSuffix(part, p.suffix)
	return part, begins && ends && part != "" && !strings.Contains(part, "/")
}
