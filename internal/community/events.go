package community

import "grouprise.org/grouprise/internal/kit/clock"

// EventName names something that happened: noun.past.
type EventName string

// The events. What reacts to each is listed by `grouprise admin house`.
const (
	ContentPublished     EventName = "content.published"     // a content item came into being, by hand or by import
	CommentPosted        EventName = "comment.posted"        // a comment on a content item
	MessagePosted        EventName = "message.posted"        // a message in a conversation, the first one included
	MembershipCreated    EventName = "membership.created"    // somebody became a member
	MembershipEnded      EventName = "membership.ended"      // somebody left, or was removed
	SubscriptionCreated  EventName = "subscription.created"  // somebody subscribed to a group
	SubscriptionEnded    EventName = "subscription.ended"    // somebody unsubscribed
	GroupFounded         EventName = "group.founded"         // a group came into being
	GroupChanged         EventName = "group.changed"         // its name, slug, description or openness changed
	PersonJoined         EventName = "person.joined"         // somebody signed up and proved their mailbox
	PersonDeleted        EventName = "person.deleted"        // somebody deleted their account
	ApplicationAddressed EventName = "application.addressed" // somebody applied for membership of a closed group
)

// Event is one thing that happened. It is written in the transaction that made it happen; whoever
// reacts reads the rows that the ids name. Ids that mean nothing for an event are zero.
type Event struct {
	ID             int64      `db:"id"`
	Name           EventName  `db:"name"`
	ActorID        int64      `db:"actor_id"`  // the person who did it; 0 for nobody known
	EntityID       int64      `db:"entity_id"` // the group or profile it happened in
	PersonID       int64      `db:"person_id"` // the person it happened to
	ContentID      int64      `db:"content_id"`
	ConversationID int64      `db:"conversation_id"`
	ContributionID int64      `db:"contribution_id"` // the comment or message
	OccurredAt     clock.Time `db:"occurred_at"`
}
