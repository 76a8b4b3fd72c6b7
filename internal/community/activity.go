package community

import "grouprise.org/grouprise/internal/kit/clock"

// ActivityName names something that happened: noun.past.
type ActivityName string

// The activities. What reacts to each is listed by `grouprise admin house`.
const (
	ContentPublished     ActivityName = "content.published"     // a content item came into being, by hand or by import
	EventCancelled       ActivityName = "event.cancelled"       // an event that is to come does not take place
	EventReinstated      ActivityName = "event.reinstated"      // it takes place after all
	EventMoved           ActivityName = "event.moved"           // it takes place at another time, or elsewhere
	EventShown           ActivityName = "event.shown"           // a group shows a public event of another one in its calendar
	HostInvited          ActivityName = "host.invited"          // a group is asked to show a public event of another one
	EventNear            ActivityName = "event.near"            // a date of an event is soon: people are reminded of it
	HelpAsked            ActivityName = "help.asked"            // an event needs something, and the list of it has been made
	EventSplit           ActivityName = "event.split"           // its dates from the one of date_id on belong to another event
	EventResized         ActivityName = "event.resized"         // it has more places or fewer, or people are asked for something else
	AttendanceAdvanced   ActivityName = "attendance.advanced"   // people moved up from the waiting list of a date
	AttendanceReopened   ActivityName = "attendance.reopened"   // people are asked again whether they come, because a date moved
	InvitationReceived   ActivityName = "invitation.received"   // somebody has sent an event to a group that a member must let in
	EventsImported       ActivityName = "events.imported"       // a calendar from elsewhere has several new events
	PostsImported        ActivityName = "posts.imported"        // a website from elsewhere has several new posts
	PollNear             ActivityName = "poll.near"             // a poll ends soon: people who have not voted are reminded of it
	PollEnded            ActivityName = "poll.ended"            // nobody can vote any more, and the result stands
	CommentPosted        ActivityName = "comment.posted"        // a comment on a content item
	PersonMentioned      ActivityName = "person.mentioned"      // a content item that was changed mentions people, or a comment that was
	MessagePosted        ActivityName = "message.posted"        // a message in a conversation, the first one included
	MembershipCreated    ActivityName = "membership.created"    // somebody became a member
	MembershipEnded      ActivityName = "membership.ended"      // somebody left, or was removed
	SubscriptionCreated  ActivityName = "subscription.created"  // somebody subscribed to a group
	SubscriptionEnded    ActivityName = "subscription.ended"    // somebody unsubscribed
	GroupFounded         ActivityName = "group.founded"         // a group came into being
	GroupChanged         ActivityName = "group.changed"         // its name, slug, description or openness changed
	GroupArchived        ActivityName = "group.archived"        // nothing new comes into it from now on
	GroupReactivated     ActivityName = "group.reactivated"     // it is not archived any more
	GroupRemoved         ActivityName = "group.removed"         // it goes in this transaction, with all that belongs to it
	PersonJoined         ActivityName = "person.joined"         // somebody signed up and proved their mailbox
	AccountSecured       ActivityName = "account.secured"       // a password was set or changed: who else came in must be out
	PersonDeleted        ActivityName = "person.deleted"        // somebody deleted their account
	ApplicationAddressed ActivityName = "application.addressed" // somebody applied for membership of a closed group
	ApplicationDeclined  ActivityName = "application.declined"  // a member declined what somebody applied for
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
	DateID         int64        `db:"date_id"`         // the date of an event, where it is about one of several
	OccurredAt     clock.Time   `db:"occurred_at"`
}
