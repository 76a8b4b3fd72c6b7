// Package membership is the room of who belongs to which group: joining and leaving, with an account or
// by mail, adding people to closed groups, applications, and the list of members.
//
// A membership brings a subscription with it and takes it along when it ends; the room of subscriptions
// reacts to the activities of this one.
package membership

import (
	"context"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
	// FindOrCreate returns the person to whom a mail address belongs, or one without a password who
	// comes into being by it. verified says that the mailbox has just been proven.
	FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Outbox  *outbox.Outbox
	Groups  *groups.Groups
	People  People
	ByMail  *bymail.ByMail
	Limiter *web.Limiter

	SiteName string
	BaseURL  string // without a slash at the end
}

// Membership is the room.
type Membership struct{ deps Deps }

// New returns the room.
func New(d Deps) *Membership { return &Membership{d} }

// Module returns the room's table of contents.
func (m *Membership) Module() module.Module {
	joining, leaving := m.JoiningByMail(), m.LeavingByMail()
	return module.Module{
		Name: "membership", Acts: m.acts(), Blocks: m.blocks(), Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/{group}/actions/join", Handle: m.newMembership},
			{Method: http.MethodPost, Path: "/{group}/actions/join", Handle: m.createMembership},
			{Method: http.MethodGet, Path: "/{group}/join/request", Handle: joining.ShowForm},
			{Method: http.MethodPost, Path: "/{group}/join/request", Handle: joining.PostLetter},
			{Method: http.MethodGet, Path: "/stadt/groups/join/confirm/{secret}", Handle: joining.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/groups/join/confirm/{secret}", Handle: joining.Confirm},

			{Method: http.MethodGet, Path: "/stadt/groups/{id}/resign", Handle: m.endMembership},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/resign", Handle: m.removeMembership},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/resign/request", Handle: leaving.ShowForm},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/resign/request", Handle: leaving.PostLetter},
			{Method: http.MethodGet, Path: "/stadt/groups/resign/confirm/{secret}", Handle: leaving.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/groups/resign/confirm/{secret}", Handle: leaving.Confirm},

			{Method: http.MethodGet, Path: "/stadt/groups/{id}/members", Handle: m.showMembers, Query: []string{"name", "after"}},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/members/add", Handle: m.newMember},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/members/add", Handle: m.createMember},

			{Method: http.MethodGet, Path: "/stadt/memberships/applications/{id}/accept", Handle: m.showApplication},
			{Method: http.MethodPost, Path: "/stadt/memberships/applications/{id}/accept", Handle: m.acceptApplication},
		},
		Reactions: []outbox.Reaction{
			{Activity: community.GroupFounded, Does: "makes the founder a member", Run: m.welcomeFounder},
		},
		Notices: []notify.Notice{m.addedNotice()},
	}
}
