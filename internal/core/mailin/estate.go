package mailin

import "grouprise.org/grouprise/internal/core/estate"

// Estate returns what is kept of people who write mails. Reply keys are secrets, and of a message that waits nobody
// knows yet whether it is the person's.
func Estate() []estate.Holding {
	return []estate.Holding{
		{Table: "reply_keys", Column: "person_id", Fate: estate.Dropped},
		{Table: "held_messages", Column: "person_id", Fate: estate.Dropped},
	}
}
