// Package onboarding is the room of the first steps: what somebody who has just signed up, and a group that has just been
// started, is shown until it is done or skipped. The steps themselves belong to other rooms.
//
// A step is open from the beginning of a person or group until somebody skips it; one that is done is not shown. Whoever
// was there before the steps has none.
package onboarding

import (
	"context"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// Visited returns the group that the path of a visit names and how the viewer stands to it.
	Visited(v *site.Visit) (community.Group, community.Standing, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Groups Groups

	// Steps returns the steps of all modules of the house.
	Steps func() []site.Step
}

// Onboarding is the room.
type Onboarding struct{ deps Deps }

// New returns the room.
func New(d Deps) *Onboarding { return &Onboarding{d} }

// Module returns the room's table of contents.
func (o *Onboarding) Module() module.Module {
	return module.Module{
		Name: "onboarding", Blocks: o.blocks(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: community.WelcomePath(""), Handle: o.showWelcome, SignedIn: true, Query: []string{"next"}},
			{Method: http.MethodPost, Path: skipOwnPath, Handle: o.skipOwn, SignedIn: true},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/steps/skip", Handle: o.skipOfGroup},
		},
		Reactions: []outbox.Reaction{
			{Activity: community.PersonJoined, Does: "opens the first steps of the person", Run: o.open(false)},
			{Activity: community.GroupFounded, Does: "opens the first steps of the group", Run: o.open(true)},
		},
		Estate: []estate.Holding{{Table: "onboarding_steps", Column: "entity_id", Profile: true, Fate: estate.Dropped}},
	}
}

// open opens the steps of people or groups.
func (o *Onboarding) open(ofGroups bool) func(context.Context, *sqldb.Tx, community.Activity) error {
	return func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
		var names []string
		for _, s := range o.deps.Steps() {
			if s.Group == ofGroups {
				names = append(names, s.Name)
			}
		}
		return insertSteps(ctx, tx, e.EntityID, names)
	}
}

// CanSkip reports whether the viewer sees what is left to do for a person or group, and may skip it: people their own
// steps, members those of their group.
func CanSkip(s community.Standing, e community.Entity) bool {
	if e.IsGroup() {
		return s.Viewer.SignedIn() && s.Member
	}
	return s.Viewer.Is(e.OwnerID)
}

// Left returns the steps that are left for a subject.
func (o *Onboarding) Left(v *site.Visit, s site.Subject) ([]site.StepLine, error) {
	if !s.GettingStarted {
		return nil, nil
	}
	names, err := listSteps(v.Context(), o.deps.DB, s.Entity.ID)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	return v.Steps(s, names)
}

// Skip closes a step of a person or group, or all of them if the name is empty.
func (o *Onboarding) Skip(ctx context.Context, entityID int64, name string) error {
	return o.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return deleteSteps(ctx, tx, entityID, name) })
}
