package community

import "grouprise.org/grouprise/internal/kit/clock"

// ActivityName names something that happened: noun.past.
type ActivityName string

// The activities. What reacts to each is listed by `grouprise admin house`.
const (
	ContentPublished     ActivityName = "content.published"     // a content item came into being, by hand or by import
	CommentPosted        ActivityName = "comment.posted"        // a comment on a content item
	MessagePosted        ActivityName = "message.posted"        // a message in a conversation, the first one included
	MembershipCreated    ActivityName = "membership.created"    // somebody became a member
	MembershipEnded      ActivityName = "membership.ended"      // somebody left, or was removed
	SubscriptionCreated  ActivityName = "subscription.created"  // somebody subscribed to a group
	SubscriptionEnded    ActivityName = "subscription.ended"    // somebody unsubscribed
	GroupFounded         ActivityName = "group.founded"         // a group came into being
	GroupChanged         ActivityName = "group.changed"         // its name, slug, description or openness changed
	PersonJoined         ActivityName = "person.joined"         // somebody signed up and proved their mailbox
	AccountSecured       ActivityName = "account.secured"       // a password was set or changed: who else came in must be out
	PersonDeleted        ActivityName = "person.deleted"        // somebody deleted their account
	ApplicationAddressed ActivityName = "application.addressed" // somebody applied for membership of a closed group
)

// Activity is one thing that happened. It is written in the transaction that made it happen; whoever
// reacts reads the rows that the ids name. Ids that mean nothing for an activity are zero.
type Activity struct {
	ID             int64        `db:"id"`
	Name           ActivityName `db:"name"`
	ActorID        int64        `db:"actor_id"`  // the person who did it; 0 for nobody known
	EntityID       int64        `db:"entity_id"` // the group or profile it happened in
	PersonID       int64        `db:"person_id"` // the person it happened to
	ContentID      int64        `db:"content_id"`
	ConversationID int64        `db:"conversation_id"`
	ContributionID int64        `db:"contribution_id"` // the comment or message
	OccurredAt     clock.Time   `db:"occurred_at"`
}
