// Package pictures is the room of pictures: where people and groups get theirs, and where everybody
// gets the pictures that they may see.
package pictures

import (
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Pictures *media.Pictures
	Entities *entities.Entities
	Limiter  *web.Limiter
	MaxBytes int64 // of one picture
	Sender   media.Sender
}

// Room is the room.
type Room struct{ deps Deps }

// New returns the room.
func New(d Deps) *Room { return &Room{d} }

// perDay bounds what one person can fill the disk with.
func perDay() web.Limit { return web.Limit{Name: "upload a picture", Count: 300, Per: 24 * time.Hour} }

// Module returns the room's table of contents.
func (r *Room) Module() module.Module {
	get, post, both := http.MethodGet, http.MethodPost, 2*r.deps.MaxBytes+1<<20
	return module.Module{
		Name:    "pictures",
		Estate:  media.Estate(),
		Entries: []site.Entry{site.MenuLink(site.SettingsMenu, 20, community.OwnPicturesPath, lang.Text("Pictures"), parts.IconPicture)},
		Routes: []site.Route{
			{Method: get, Path: community.PicturesPath + "{name}", Handle: r.sendPicture},
			{Method: get, Path: community.PicturesPath + "{size}/{name}", Handle: r.sendPicture},
			{Method: post, Path: community.AddPicturePath, Handle: r.createPicture, SignedIn: true, Failures: site.AsJSON, BodyLimit: r.deps.MaxBytes + 1<<20},
			{Method: get, Path: community.OwnPicturesPath, Handle: r.editPictures, SignedIn: true},
			{Method: post, Path: community.OwnPicturesPath, Handle: r.updatePictures, SignedIn: true, BodyLimit: both},
			{Method: get, Path: "/stadt/settings/group/images", Handle: r.editPictures, SignedIn: true, Query: []string{"group"}},
			{Method: post, Path: "/stadt/settings/group/images", Handle: r.updatePictures, SignedIn: true, Query: []string{"group"}, BodyLimit: both},
		},
	}
}
