package invitations

import (
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/web"
)

// What calendars say is to be done with them (RFC 5546, section 1.4), and the state of what does not take place.
const (
	methodPublish = "PUBLISH"
	methodRequest = "REQUEST"
	methodCancel  = "CANCEL"
	methodReply   = "REPLY"
	methodCounter = "COUNTER"

	statusCancelled = "CANCELLED"
)

// The answers of calendar programs (RFC 5545, section 3.2.12).
const (
	accepted    = "ACCEPTED"
	declined    = "DECLINED"
	tentative   = "TENTATIVE"
	delegated   = "DELEGATED"
	needsAction = "NEEDS-ACTION"
)

// answers are what the answers of calendar programs mean here, and how ours are written.
func answerOf(partstat string) string {
	switch partstat {
	case accepted:
		return Yes
	case tentative:
		return Maybe
	case declined:
		return No
	}
	return ""
}

func partstatOf(answer string) string {
	switch answer {
	case Yes:
		return accepted
	case Maybe:
		return tentative
	case No:
		return declined
	}
	return needsAction
}

// What is kept of one invitation.
const (
	maxUID   = 255 // characters
	maxParts = 500 // dates that differ
	maxTitle = 200 // characters
	maxPlace = 250 // characters
)

// limitReceived is how many invitations a group gets from those who do not belong to it.
func limitReceived() web.Limit {
	return web.Limit{Name: "invitations to a group", Count: 50, Per: 24 * time.Hour, Whom: web.PerRecipient}
}

// CanLetIn reports whether somebody who stands to a group in this way decides what stands in its calendar, and answers
// for it.
func CanLetIn(s community.Standing) bool { return s.Viewer.SignedIn() && s.Inside() }

// oneUID returns the UID that all events of a calendar have; "" if they are several events, or none that can be kept.
func oneUID(c ical.Calendar) string {
	uid := ""
	for n, e := range c.Events {
		if n > 0 && e.UID != uid {
			return ""
		}
		uid = e.UID
	}
	return uid
}
