package notify

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Rooms are chat rooms, which are told what happens as one recipient each, whoever reads there.
type Rooms interface {
	// Announce notes that an activity is to be told, in the transaction in which the last person's delivery is written. What
	// is told is composed later, by Compose.
	Announce(ctx context.Context, tx *sqldb.Tx, e community.Activity) error
}

// readers is the number that the readers of a private room have in place of a person's id. Nobody has it.
const readers = -1

// Readers returns those who read a chat room as a recipient: the members of a group in its private room, and else anybody.
func Readers(entityID int64, inside bool) Recipient {
	if !inside {
		return Recipient{}
	}
	return Recipient{PersonID: readers, Reason: Member, Standings: policy.OneMember(readers, entityID)}
}

// Compose returns what a chat room is told of an activity, as it is now; NotFound or Denied if it may not be told that, or not any more.
// What rooms of the house add for single people is left out.
func (n *Notifier) Compose(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to Recipient) (*Message, error) {
	notice, ok := n.notices[e.Name]
	if !ok || !notice.Rooms {
		return nil, errs.New(errs.NotFound, "").Because(fmt.Errorf("chat rooms are not told of %s", e.Name))
	}
	return notice.Compose(ctx, q, p, e, to)
}

// InRooms reports whether chat rooms are told of activities of a name.
func (n *Notifier) InRooms(name community.ActivityName) bool { return n.notices[name].Rooms }

// ComposeFor returns what a person is told of an activity in a chat of their own, as it is now and in their language;
// NotFound or Denied if they may not be told that, or not any more.
func (n *Notifier) ComposeFor(ctx context.Context, e community.Activity, personID int64, reason Reason) (*Message, error) {
	notice, ok := n.notices[e.Name]
	recipients, err := n.listRecipients(ctx, []int64{personID}, map[int64]community.Activity{e.ID: e})
	if err != nil {
		return nil, err
	}
	to := recipients[personID]
	if !ok || !to.Active {
		return nil, errs.New(errs.NotFound, "").Because(fmt.Errorf("person %d is not told of %s", personID, e.Name))
	}
	to.Reason = reason
	return n.composeOne(ctx, n.config.DB, notice, Delivery{Activity: e, To: to})
}

// announce lets chat rooms be told of an activity.
func (n *Notifier) announce(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if n.config.Rooms == nil || !n.notices[e.Name].Rooms {
		return nil
	}
	return n.config.Rooms.Announce(ctx, tx, e)
}
