package notify

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Timing says when somebody wants to be told.
type Timing string

// The timings. Who has no preference is told at once.
const (
	AtOnce Timing = "once"
	Daily  Timing = "daily"
	Weekly Timing = "weekly"
	Never  Timing = "never"
	// Muted is of one thread: at once of everything but what is said in it.
	Muted Timing = "muted"
)

// Setting is what a channel adds to the page on which people choose how they are told.
type Setting struct {
	Field string    // name of the checkbox; empty for a channel that is chosen elsewhere
	Label lang.Text // of the checkbox
	Hint  lang.Text // a sentence below; may be empty
	Link  lang.Text // words of a link to Path, behind the hint; may be empty
	Path  string
}

// The conditions on the timing of a row that silences a channel.
const (
	notAtOnce = `<> '` + string(AtOnce) + `'`
	never     = `IN ('` + string(Never) + `', '` + string(Muted) + `')`
)

// Switch is a further checkbox on that page.
type Switch struct {
	Field string
	About string    // one line for the print of the house: "events come as invitations"
	Label lang.Text // of the checkbox
	Hint  lang.Text // a sentence below; may be empty
	// Get reports whether a person has it on, and Set turns it on or off.
	Get func(ctx context.Context, q sqldb.Querier, personID int64) (on bool, err error)
	Set func(ctx context.Context, tx *sqldb.Tx, personID int64, on bool) error
}

// silencedSQL returns the set of the channels on which the person p wants to be told of an activity at a timing. A row of
// preferences applies if each of its three ids is 0 or that of the activity; the most specific one that applies
// decides: of the thread, else of the entity, else of everything. That a thread is muted applies to what is said in it
// alone. It takes appliesArgs twice.
func silencedSQL(channels []Channel, timing string) string {
	var bits strings.Builder
	for i, channel := range channels {
		fmt.Fprintf(&bits, ` WHEN '%s' THEN %d`, channel.Name(), 1<<i)
	}
	return `COALESCE((
		SELECT SUM(CASE r.channel` + bits.String() + ` ELSE 0 END) FROM preferences r
		 WHERE r.person_id = p.id AND r.timing ` + timing + ` AND ` + applies("r") + ` AND NOT EXISTS (
			SELECT 1 FROM preferences s WHERE s.person_id = r.person_id AND s.channel = r.channel AND ` + applies("s") + `
			   AND (s.content_id, s.conversation_id, s.entity_id) > (r.content_id, r.conversation_id, r.entity_id))), 0)`
}

func applies(alias string) string {
	return fmt.Sprintf(`%[1]s.content_id IN (0, ?) AND %[1]s.conversation_id IN (0, ?) AND %[1]s.entity_id IN (0, ?) AND (%[1]s.timing <> '%[2]s' OR 1 = ?)`, alias, Muted)
}

func appliesArgs(e community.Activity, said bool) []any {
	inThread := 0
	if said {
		inThread = 1
	}
	return []any{e.ContentID, e.ConversationID, e.EntityID, inThread}
}

// Silence makes sure that a person is told no more, on some channels, of what happens in a content item or a
// conversation. The id of the other one is 0.
func Silence(ctx context.Context, tx *sqldb.Tx, channels []Channel, personID, contentID, conversationID int64) error {
	rows := make([][]any, len(channels))
	for i, channel := range channels {
		rows[i] = []any{personID, channel.Name(), contentID, conversationID, Never}
	}
	_, err := tx.Exec(ctx, `DELETE FROM preferences WHERE person_id = ? AND content_id = ? AND conversation_id = ?`, personID, contentID, conversationID)
	if err == nil {
		err = tx.InsertRows(ctx, `INSERT INTO preferences (person_id, channel, content_id, conversation_id, timing)`, rows)
	}
	if err != nil {
		return fmt.Errorf("silence a thread for person %d: %w", personID, err)
	}
	return nil
}

// Resume takes back what Silence did, and reports whether that was anything.
func Resume(ctx context.Context, tx *sqldb.Tx, personID, contentID, conversationID int64) (bool, error) {
	removed, err := tx.Exec(ctx, `DELETE FROM preferences WHERE person_id = ? AND content_id = ? AND conversation_id = ? AND timing <> ?`, personID, contentID, conversationID, Muted)
	if err != nil {
		return false, fmt.Errorf("tell person %d of a thread once more: %w", personID, err)
	}
	return removed > 0, nil
}

// Mute makes sure that a person is told of what is said in a content item or a conversation on the site alone, or takes
// that back. Channels that the person has silenced there stay so.
func Mute(ctx context.Context, tx *sqldb.Tx, channels []Channel, personID, contentID, conversationID int64, muted bool) error {
	_, err := tx.Exec(ctx, `DELETE FROM preferences WHERE person_id = ? AND content_id = ? AND conversation_id = ? AND timing = ?`, personID, contentID, conversationID, Muted)
	if err == nil && muted {
		var rows [][]any
		for _, channel := range channels {
			if _, onSite := channel.(InstantChannel); !onSite {
				rows = append(rows, []any{personID, channel.Name(), contentID, conversationID, Muted})
			}
		}
		err = tx.InsertNewRows(ctx, `INSERT INTO preferences (person_id, channel, content_id, conversation_id, timing)`, rows)
	}
	if err != nil {
		return fmt.Errorf("mute a thread for person %d: %w", personID, err)
	}
	return nil
}

// IsMuted reports whether a person has muted a content item or a conversation.
func IsMuted(ctx context.Context, q sqldb.Querier, personID, contentID, conversationID int64) (muted bool, err error) {
	err = q.Get(ctx, &muted, `
		SELECT EXISTS (SELECT 1 FROM preferences WHERE person_id = ? AND content_id = ? AND conversation_id = ? AND timing = ?)`, personID, contentID, conversationID, Muted)
	if err != nil {
		return false, fmt.Errorf("look whether person %d has muted a thread: %w", personID, err)
	}
	return muted, nil
}
