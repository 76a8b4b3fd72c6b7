package notify

import (
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Timing says when somebody wants to be told.
type Timing string

// The timings. Who has no preference is told at once.
const (
	AtOnce Timing = "once"
	Daily  Timing = "daily"
	Weekly Timing = "weekly"
	Never  Timing = "never"
)

// Setting is what a channel adds to the page on which people choose how they are told.
type Setting struct {
	Field string    // name of the checkbox; empty for a channel that is chosen elsewhere
	Label lang.Text // of the checkbox
	Hint  lang.Text // a sentence below; may be empty
	Link  lang.Text // words of a link to Path, behind the hint; may be empty
	Path  string
}

// silencedSQL returns the set of the channels on which the person p is not told of an activity at once. A row of
// preferences applies if each of its three ids is 0 or that of the activity; the most specific one that applies
// decides: of the thread, else of the entity, else of everything. It takes appliesArgs twice.
func silencedSQL(channels []Channel) string {
	var bits strings.Builder
	for i, channel := range channels {
		fmt.Fprintf(&bits, ` WHEN '%s' THEN %d`, channel.Name(), 1<<i)
	}
	return `COALESCE((
		SELECT SUM(CASE r.channel` + bits.String() + ` ELSE 0 END) FROM preferences r
		 WHERE r.person_id = p.id AND r.timing <> '` + string(AtOnce) + `' AND ` + applies("r") + ` AND NOT EXISTS (
			SELECT 1 FROM preferences s WHERE s.person_id = r.person_id AND s.channel = r.channel AND ` + applies("s") + `
			   AND (s.content_id, s.conversation_id, s.entity_id) > (r.content_id, r.conversation_id, r.entity_id))), 0)`
}

func applies(alias string) string {
	return fmt.Sprintf(`%[1]s.content_id IN (0, ?) AND %[1]s.conversation_id IN (0, ?) AND %[1]s.entity_id IN (0, ?)`, alias)
}

func appliesArgs(e community.Activity) []any { return []any{e.ContentID, e.ConversationID, e.EntityID} }
