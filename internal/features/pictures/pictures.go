// Package pictures is the room of pictures: where people and groups get theirs, and where everybody
// gets the pictures that they may see.
package pictures

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
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
	Keep     time.Duration // how long a picture is kept that nothing shows
}

// Room is the room.
type Room struct{ deps Deps }

// New returns the room.
func New(d Deps) *Room { return &Room{d} }

// Module returns the room's table of contents.
func (r *Room) Module() module.Module {
	counts := []web.Limit{media.LimitUploads()}
	get, post, both := http.MethodGet, http.MethodPost, 2*r.deps.MaxBytes+1<<20
	return module.Module{
		Name:   "pictures",
		Estate: media.Estate(),
		Entries: []site.Entry{
			site.MenuLink(site.SettingsMenu, 20, community.OwnPicturesPath, lang.Text("Pictures"), parts.IconPicture),
			{Menu: site.ManageMenu, Order: 20, About: "the pictures of the group", Places: func(v *site.Visit) []site.Place {
				e := v.Subject().Entity
				if !e.IsGroup() || !policy.CanPublish(v.Subject().Standing) {
					return nil
				}
				return []site.Place{{Path: community.GroupPicturesPath(e.Slug), Label: v.T("Group pictures"), Icon: parts.IconPicture}}
			}},
		},
		Routes: []site.Route{
			{Method: get, Path: community.PicturesPath + "{name}", Handle: r.sendPicture},
			{Method: get, Path: community.PicturesPath + "{size}/{name}", Handle: r.sendPicture},
			{Method: post, Path: community.AddPicturePath, Handle: r.createPicture, SignedIn: true, Failures: site.AsJSON, Counts: counts, BodyLimit: r.deps.MaxBytes + 1<<20},
			{Method: get, Path: community.OwnPicturesPath, Handle: r.editPictures, SignedIn: true},
			{Method: post, Path: community.OwnPicturesPath, Handle: r.updatePictures, SignedIn: true, Counts: counts, BodyLimit: both},
			{Method: get, Path: "/stadt/settings/group/images", Handle: r.editPictures, SignedIn: true, Query: []string{"group"}},
			{Method: post, Path: "/stadt/settings/group/images", Handle: r.updatePictures, SignedIn: true, Counts: counts, Query: []string{"group"}, BodyLimit: both},
		},
		Jobs: r.deps.Pictures.Jobs(),
		Sweeps: []module.Sweep{{About: "pictures that nothing shows", Run: func(ctx context.Context) error {
			return r.deps.Pictures.RemoveUnused(ctx, r.deps.Keep)
		}}},
	}
}
