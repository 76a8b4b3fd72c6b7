// Package membership is the room of who belongs to which group: joining and leaving, with an account or
// by mail, adding people to closed groups, applications, and the list of members.
//
// A membership brings a subscription with it and takes it along when it ends; the room of subscriptions
// reacts to the activities of this one.
package membership

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
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
	// FindByAddress returns the person to whom a mail address belongs; NotFound if there is none.
	FindByAddress(ctx context.Context, q sqldb.Querier, address string) (community.Person, error)
	// FindOrCreate returns the person to whom a mail address belongs, or one without a password who
	// comes into being by it. verified says that the mailbox has just been proven.
	FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error)
}

// Applications is what this room needs of the one where messages are written.
type Applications interface {
	// ApplyWith writes to a closed group in the name of a person who wants to belong to it.
	ApplyWith(ctx context.Context, tx *sqldb.Tx, g community.Group, person community.Person, text string) error
}

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Outbox  *outbox.Outbox
	Groups  *groups.Groups
	People  People
	ByMail  *bymail.ByMail
	Limiter *web.Limiter
	Keys    web.LinkKeys // of links that invite

	LeavingLinks bymail.PersonalLinks // by which somebody leaves

	// Applications returns the room where messages are written, which stands on this one. May be nil.
	Applications func() Applications

	SiteName fmt.Stringer
	BaseURL  string // without a slash at the end
}

// Membership is the room.
type Membership struct{ deps Deps }

// New returns the room.
func New(d Deps) *Membership { return &Membership{d} }

// Module returns the room's table of contents.
func (m *Membership) Module() module.Module {
	joining, entering, leaving := m.JoiningByMail(), m.EnteringByMail(), m.LeavingByMail()
	usual := site.Usual()
	return module.Module{
		Name: "membership", Entries: entries(), Acts: m.acts(), Blocks: m.blocks(), Estate: holdings(), Steps: m.steps(), Agenda: []agenda.Source{applications()}, Commands: m.commands(),
		Metrics: []prometheus.Collector{agenda.Cases(m.deps.DB, "applications", countApplications)},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/{group}/actions/join", Handle: m.newMembership},
			{Method: http.MethodPost, Path: "/{group}/actions/join", Handle: m.createMembership},
			{Method: http.MethodGet, Path: "/{group}/join/request", Handle: joining.ShowForm},
			{Method: http.MethodPost, Path: "/{group}/join/request", Handle: joining.PostLetter, Counts: bymail.Limits()},
			{Method: http.MethodGet, Path: "/stadt/groups/join/confirm/{secret}", Handle: joining.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/groups/join/confirm/{secret}", Handle: joining.Confirm},

			{Method: http.MethodGet, Path: "/stadt/groups/{id}/resign", Handle: m.endMembership},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/resign", Handle: m.removeMembership},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/resign/request", Handle: leaving.ShowForm},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/resign/request", Handle: leaving.PostLetter, Counts: bymail.Limits()},
			{Method: http.MethodGet, Path: "/stadt/groups/resign/confirm/{secret}", Handle: leaving.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/groups/resign/confirm/{secret}", Handle: leaving.Confirm},
			{Method: http.MethodGet, Path: leavePath, Handle: m.askToLeave},
			{Method: http.MethodPost, Path: leavePath, Handle: m.leave, KnownBy: site.ByOwnSession},

			{Method: http.MethodGet, Path: "/stadt/groups/{id}/members", Handle: m.showMembers, Query: []string{"name", "after"}},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/members/add", Handle: m.newMember},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/members/add", Handle: m.createMember, Counts: []web.Limit{limitAdded(), bymail.LimitUnasked()}},

			{Method: http.MethodPost, Path: "/stadt/groups/{id}/invitations", Handle: m.createInvitation, Counts: []web.Limit{limitInvitations()}},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/invitations/withdraw", Handle: m.withdrawInvitation},
			{Method: http.MethodGet, Path: "/{group}/actions/recommend/poster", Handle: m.showPoster, Query: []string{"invitation"}},
			{Method: http.MethodGet, Path: invitationsPath + "{key}/", Handle: m.showInvitation},
			{Method: http.MethodPost, Path: invitationsPath + "{key}/", Handle: m.acceptInvitation, Limit: &usual},
			{Method: http.MethodGet, Path: invitationsPath + "{key}/request", Handle: entering.ShowForm},
			{Method: http.MethodPost, Path: invitationsPath + "{key}/request", Handle: entering.PostLetter, Counts: bymail.Limits()},
			{Method: http.MethodGet, Path: "/stadt/groups/invitations/confirm/{secret}", Handle: entering.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/groups/invitations/confirm/{secret}", Handle: entering.Confirm},

			{Method: http.MethodGet, Path: "/stadt/memberships/applications/{id}/accept", Handle: m.askToAccept, Query: []string{"next"}},
			{Method: http.MethodPost, Path: "/stadt/memberships/applications/{id}/accept", Handle: m.acceptApplication},
			{Method: http.MethodGet, Path: "/stadt/memberships/applications/{id}/decline", Handle: m.askToDecline, Query: []string{"next"}},
			{Method: http.MethodPost, Path: "/stadt/memberships/applications/{id}/decline", Handle: m.declineApplication},
		},
		Reactions: []outbox.Reaction{
			{Activity: community.GroupFounded, Does: "makes the founder a member", Run: m.welcomeFounder},
		},
		Notices: []notify.Notice{m.addedNotice(), m.declinedNotice()},
		Sweeps:  []module.Sweep{{About: "invitations that have expired", Run: m.removeExpired}},
	}
}
