package onboarding

import (
	"cmp"
	"fmt"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

const skipOwnPath = "/stadt/welcome/skip/"

// skipOfGroupPath returns the address where members skip steps of a group.
func skipOfGroupPath(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/steps/skip/", groupID)
}

func (o *Onboarding) blocks() []site.Block {
	return []site.Block{
		{Spot: site.StartMain, Order: 5, About: "what is left to do for somebody who has just signed up", Show: o.showOwn},
		{Spot: site.GroupMain, Order: 5, About: "what is left to do for a group that has just been started", Show: o.showOfGroup},
	}
}

// own returns the viewer as a subject.
func own(v *site.Visit) site.Subject {
	e := v.Viewer.Entity()
	return site.Subject{Entity: e, Standing: community.Standing{Viewer: v.Viewer}, GettingStarted: v.Viewer.GettingStarted}
}

func (o *Onboarding) showOwn(v *site.Visit, _ site.Subject) (templ.Component, error) {
	left, err := o.Left(v, own(v))
	if err != nil || len(left) == 0 {
		return nil, err
	}
	return stepsBlock(v.T("Getting started"), left, skipping{Path: skipOwnPath, Next: "/"}), nil
}

func (o *Onboarding) showOfGroup(v *site.Visit, s site.Subject) (templ.Component, error) {
	if !CanSkip(s.Standing, s.Entity) {
		return nil, nil //nolint:nilnil // no block
	}
	left, err := o.Left(v, s)
	if err != nil || len(left) == 0 {
		return nil, err
	}
	return stepsBlock(v.T("Next steps for your group"), left, skipping{Path: skipOfGroupPath(s.Group.ID), Next: s.Entity.Path()}), nil
}

// showWelcome is the first page after signing up.
func (o *Onboarding) showWelcome(v *site.Visit) error {
	left, err := o.Left(v, own(v))
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("Welcome, %s", v.Viewer.Name), Hidden: true,
		Body: welcomeBody(left, cmp.Or(v.Next(), "/"), skipping{Path: skipOwnPath, Next: community.WelcomePath(v.Next())}),
	})
}

type skipForm struct {
	Step string `form:"step" text:"line"`
}

func (o *Onboarding) skipOwn(v *site.Visit) error {
	var f skipForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := o.Skip(v.Context(), v.Viewer.EntityID, f.Step); err != nil {
		return err
	}
	return v.Redirect(cmp.Or(v.Next(), "/"))
}

func (o *Onboarding) skipOfGroup(v *site.Visit) error {
	g, s, err := o.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !CanSkip(s, g.Entity()) {
		return errs.New(errs.Denied, "Only members of the group can do this.")
	}
	var f skipForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := o.Skip(v.Context(), g.EntityID, f.Step); err != nil {
		return err
	}
	return v.Redirect(g.Entity().Path())
}
