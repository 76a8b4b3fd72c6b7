// Package inbox is the channel that people find on the site itself: one entry for each thing that
// happened in their groups, on their profile or in their conversations.
//
// An entry only names what happened. What it says is read again when somebody looks, by the rules of that
// moment, so an entry never shows what its owner may no longer read.
package inbox

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Name is the channel's name in deliveries.
const Name = "inbox"

// Inbox writes entries of the inbox in the transaction that fans an activity out.
type Inbox struct{}

var _ notify.InstantChannel = Inbox{}

// Name implements notify.Channel.
func (Inbox) Name() string { return Name }

// Reaches implements notify.Channel: who cannot sign in has no inbox.
func (Inbox) Reaches() string { return `p.password <> ''` }

// ServesActor implements notify.Channel: nobody needs to be told what they did themselves.
func (Inbox) ServesActor() bool { return false }

// Setting implements notify.Channel.
func (Inbox) Setting() notify.Setting {
	return notify.Setting{Field: "receives_builtin_inbox_notifications", Label: lang.Text("Notifications on this site")}
}

// Reached implements notify.Channel.
func (Inbox) Reached(p *lang.Printer, people int) string {
	return p.N("1 on the site", "%d on the site", people)
}

// DeliverAll implements notify.InstantChannel.
func (Inbox) DeliverAll(ctx context.Context, tx *sqldb.Tx, all []notify.Delivery) error {
	rows := make([][]any, len(all))
	for i, d := range all {
		rows[i] = []any{
			d.To.PersonID, d.Activity.ID,
			sqldb.OrNull(d.Activity.ContentID), sqldb.OrNull(d.Activity.ConversationID), sqldb.OrNull(d.Activity.ContributionID),
			d.Activity.OccurredAt,
		}
	}
	err := tx.InsertRows(ctx, `INSERT INTO inbox_entries (person_id, activity_id, content_id, conversation_id, contribution_id, created_at)`, rows)
	if err != nil {
		return fmt.Errorf("write the entries of the inbox: %w", err)
	}
	return nil
}
