package threads

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
)

// MaxText is the longest text of a comment or message, in characters; a mail that quotes a whole book
// still fits.
const MaxText = 100_000

// validate reports what is wrong with a post. A mail may consist of files alone.
func (p Post) validate() error {
	switch {
	case strings.TrimSpace(p.Text) == "" && len(p.Files) == 0 && strings.TrimSpace(p.Cut) == "":
		return errs.Check(errs.Field("text", "Write something first."))
	case utf8.RuneCountInString(p.Text) > MaxText:
		return errs.Check(errs.Field("text", "This text is too long: it may have %d characters.", MaxText))
	}
	return nil
}

// CanRemove reports whether the viewer may remove a comment: their own, on a content item. What was said
// in a conversation stays said.
func CanRemove(v community.Viewer, c Contribution) bool {
	return c.ContentID != 0 && v.Is(c.AuthorID)
}

// CanAnswerAlone reports whether the viewer, who reads a contribution that others read as well, may answer
// its author alone: whoever has signed in and is somebody else.
func CanAnswerAlone(v community.Viewer, c Contribution) bool {
	return v.SignedIn() && !v.Is(c.AuthorID)
}

var messageID = regexp.MustCompile(`^[a-z]+\.\d+\.contribution\.(\d{1,18})(?:[-@]|$)`)

// ParseMessageIDs returns the contributions that message ids of our mails name, in their order. Other ids
// are left out.
func ParseMessageIDs(ids []string) []int64 {
	var contributions []int64
	for _, id := range ids {
		if m := messageID.FindStringSubmatch(id); m != nil {
			if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
				contributions = append(contributions, n)
			}
		}
	}
	return contributions
}
