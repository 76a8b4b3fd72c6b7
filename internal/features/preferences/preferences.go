// Package preferences is the room in which people choose how they are told of news: the page of the settings and the
// table that core/notify joins. Which channels there are, and what they are called, the channels say.
package preferences

import (
	"net/http"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Path is the address of the page.
const Path = "/stadt/settings/notifications/"

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Channels []notify.Channel
	Switches func() []notify.Switch // of all rooms, once the house is built; nil is none
}

// Preferences is the room.
type Preferences struct{ deps Deps }

// New returns the room.
func New(d Deps) *Preferences { return &Preferences{deps: d} }

// switches returns the checkboxes beside those of the channels.
func (p *Preferences) switches() []notify.Switch {
	if p.deps.Switches == nil {
		return nil
	}
	return p.deps.Switches()
}

// Module returns the room's table of contents.
func (p *Preferences) Module() module.Module {
	return module.Module{
		Name: "preferences", Estate: holdings(), Steps: p.steps(),
		Entries: []site.Entry{site.MenuLink(site.SettingsMenu, 30, Path, lang.Text("Notifications"), parts.IconBell)},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: p.editPreferences, SignedIn: true},
			{Method: http.MethodPost, Path: Path, Handle: p.updatePreferences, SignedIn: true},
		},
	}
}
