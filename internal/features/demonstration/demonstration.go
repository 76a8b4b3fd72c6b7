// Package demonstration is the room of an invented town: its mails, which do not leave and can be read here, and the
// style guide for whoever builds pages. A real town has neither.
package demonstration

import (
	"net/http"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
)

// The addresses of the room.
const (
	mailboxPath    = "/stadt/outbox/"
	styleguidePath = "/stadt/styleguide/"
)

// Demonstration is the room.
type Demonstration struct{ folder string }

// New returns the room for the mails in a folder.
func New(folder string) *Demonstration { return &Demonstration{folder} }

// Module returns the room's table of contents.
func (r *Demonstration) Module() module.Module {
	return module.Module{
		Name: "demonstration",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: mailboxPath, Handle: r.showMails},
			{Method: http.MethodGet, Path: mailboxPath + "{name}", Handle: r.showMail},
			{Method: http.MethodGet, Path: mailboxPath + "{name}/html", Handle: r.showHTML},
			{Method: http.MethodGet, Path: styleguidePath, Handle: showStyleguide},
		},
	}
}
