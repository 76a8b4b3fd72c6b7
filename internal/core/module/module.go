// Package module says what a room of the house consists of.
//
// A room registers with this struct, by value: what it answers on the web and by mail, what it does in the background,
// what follows an activity, what it keeps of a person. The roof builds the rooms and pours their modules into the
// shared services; `grouprise admin house` prints them.
package module

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/queue"
)

// Module is a room's table of contents. Every field is optional.
type Module struct {
	Name      string // the room's package name
	Routes    []site.Route
	Jobs      []queue.Kind
	Periodics []queue.Periodic
	Reactions []outbox.Reaction
	Notices   []notify.Notice
	Addresses []mailin.Address
	Replies   []mailin.Reply
	Estate    []estate.Holding // what it keeps of a person
}
