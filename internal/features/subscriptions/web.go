package subscriptions

import (
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

type addressForm struct {
	Address string `form:"email" text:"line" label:"E-mail address"`
}

// byID returns the group in the path and how the viewer stands to it; NotFound if there is none.
func (r *Subscriptions) byID(v *site.Visit) (community.Group, community.Standing, error) {
	id, err := v.ID("id")
	if err != nil {
		return community.Group{}, community.Standing{}, err
	}
	g, err := r.deps.Groups.Get(v.Context(), r.deps.DB, id)
	if err != nil {
		return g, community.Standing{}, err
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, g.Entity())
	return g, s, err
}

// newSubscription asks: whoever has signed in with one button, everybody else for their mail address.
func (r *Subscriptions) newSubscription(v *site.Visit) error {
	g, err := r.deps.Groups.GetBySlug(v.Context(), r.deps.DB, v.Path("group"))
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return v.Show(subscribePage(v, g, addressForm{}, parts.Errors{}))
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, g.Entity())
	if err != nil {
		return err
	}
	if !CanSubscribe(s) {
		return subscribedAlready(v, g)
	}
	return v.Show(groupPage(v, g, v.T("Subscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to subscribe to the group “%s”? You are then told what it publishes.", g.Name),
		Button:   v.T("Subscribe"), Cancel: g.Entity().Path(),
	})))
}

func subscribedAlready(v *site.Visit, g community.Group) error {
	v.Flash(parts.Info, "You subscribe to this group already.")
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) createSubscription(v *site.Visit) error {
	g, err := r.deps.Groups.GetBySlug(v.Context(), r.deps.DB, v.Path("group"))
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return r.requestSubscription(v, g)
	}
	created, err := r.Subscribe(v.Context(), v.Viewer, g)
	if err != nil {
		return err
	}
	if !created {
		return subscribedAlready(v, g)
	}
	v.Flash(parts.Done, "You subscribe to “%s” now.", g.Name)
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) requestSubscription(v *site.Visit, g community.Group) error {
	var f addressForm
	err := r.bindAddress(v, &f)
	if err == nil {
		err = r.throttleLetters(v, f.Address)
	}
	if err == nil {
		err = r.RequestSubscription(v.Context(), g, f.Address, v.Lang.Language())
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return subscribePage(v, g, f, e), nil })
	}
	v.Flash(parts.Info, "A mail is on its way to you. Follow the link in it to subscribe.")
	return v.Redirect(g.Entity().Path())
}

// bindAddress reads a form with an address and checks it.
func (r *Subscriptions) bindAddress(v *site.Visit, f *addressForm) error {
	if err := v.Bind(f); err != nil {
		return err
	}
	if _, _, ok := r.deps.People.ParseAddress(f.Address); !ok {
		return errs.Check(errs.Field("email", "Enter an e-mail address like name@example.org."))
	}
	return nil
}

// throttleLetters counts the letters that somebody unknown has sent to an address: by their network and
// by the address, so that nobody's mailbox is flooded through this site.
func (r *Subscriptions) throttleLetters(v *site.Visit, address string) error {
	if err := r.deps.Limiter.Request(v.R, web.Limit{Name: "letters from a network", Count: 20, Per: time.Hour}); err != nil {
		return err
	}
	_, key, _ := r.deps.People.ParseAddress(address)
	return r.deps.Limiter.Allow(v.Context(), web.Limit{Name: "letters to an address", Count: 5, Per: time.Hour}, key)
}

func subscribePage(v *site.Visit, g community.Group, f addressForm, e parts.Errors) site.Page {
	return groupPage(v, g, v.T("Subscribe"), addressBody(askAddress{
		Lead:   v.T("Enter your mail address to be told by mail what “%s” publishes. You need no account.", g.Name),
		Note:   v.T("Your address is stored when you follow the link in the mail that you get, and until you unsubscribe. Each mail says how."),
		Button: v.T("Subscribe"), SignIn: community.SignInPath(community.SubscribePath(g.Slug)), Cancel: g.Entity().Path(), Form: f, Errors: e,
	}))
}

func (r *Subscriptions) newSubscriptionByMail(v *site.Visit) error {
	g, address, err := r.asked(v.Context(), tokenSubscribe, v.Path("secret"))
	if err != nil {
		return err
	}
	return v.Show(groupPage(v, g, v.T("Subscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to subscribe to the group “%s” with the address %s?", g.Name, address),
		Button:   v.T("Subscribe"), Cancel: g.Entity().Path(),
	})))
}

func (r *Subscriptions) createSubscriptionByMail(v *site.Visit) error {
	g, created, err := r.ConfirmSubscription(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	if !created {
		return subscribedAlready(v, g)
	}
	v.Flash(parts.Done, "You subscribe to “%s” now.", g.Name)
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) endSubscription(v *site.Visit) error {
	g, s, err := r.byID(v)
	if err != nil {
		return err
	}
	if !s.Viewer.SignedIn() {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	if !CanUnsubscribe(s) {
		return notSubscribed(v, g)
	}
	return v.Show(groupPage(v, g, v.T("Unsubscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to unsubscribe from the group “%s”? You are then no longer told what it publishes.", g.Name),
		Button:   v.T("Unsubscribe"), Cancel: g.Entity().Path(),
	})))
}

func notSubscribed(v *site.Visit, g community.Group) error {
	v.Flash(parts.Info, "You do not subscribe to this group.")
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) removeSubscription(v *site.Visit) error {
	g, s, err := r.byID(v)
	if err != nil {
		return err
	}
	if !s.Viewer.SignedIn() {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	ended, err := r.Unsubscribe(v.Context(), v.Viewer.PersonID, g)
	if err != nil {
		return err
	}
	if !ended {
		return notSubscribed(v, g)
	}
	v.Flash(parts.Done, "You do not subscribe to “%s” any more.", g.Name)
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) newEndRequest(v *site.Visit) error {
	g, s, err := r.byID(v)
	if err != nil {
		return err
	}
	if s.Viewer.SignedIn() {
		return v.Redirect(community.EndSubscriptionPath(g.ID))
	}
	return v.Show(endRequestPage(v, g, addressForm{}, parts.Errors{}))
}

func (r *Subscriptions) createEndRequest(v *site.Visit) error {
	g, s, err := r.byID(v)
	if err != nil {
		return err
	}
	if s.Viewer.SignedIn() {
		return v.Redirect(community.EndSubscriptionPath(g.ID))
	}
	var f addressForm
	err = r.bindAddress(v, &f)
	if err == nil {
		err = r.throttleLetters(v, f.Address)
	}
	if err == nil {
		err = r.RequestEnd(v.Context(), g, f.Address, v.Lang.Language())
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return endRequestPage(v, g, f, e), nil })
	}
	v.Flash(parts.Info, "A mail is on its way to you. It says how to go on.")
	return v.Redirect(g.Entity().Path())
}

func endRequestPage(v *site.Visit, g community.Group, f addressForm, e parts.Errors) site.Page {
	return groupPage(v, g, v.T("Unsubscribe"), addressBody(askAddress{
		Lead:   v.T("Enter the mail address to which you get the mails of “%s”. You get a mail with a link that stops them.", g.Name),
		Button: v.T("Send the mail"), SignIn: community.SignInPath(community.EndSubscriptionPath(g.ID)), Cancel: g.Entity().Path(), Form: f, Errors: e,
	}))
}

func (r *Subscriptions) endSubscriptionByMail(v *site.Visit) error {
	g, address, err := r.asked(v.Context(), tokenUnsubscribe, v.Path("secret"))
	if err != nil {
		return err
	}
	return v.Show(groupPage(v, g, v.T("Unsubscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to unsubscribe the address %s from the group “%s”?", address, g.Name),
		Button:   v.T("Unsubscribe"), Cancel: g.Entity().Path(),
	})))
}

func (r *Subscriptions) removeSubscriptionByMail(v *site.Visit) error {
	g, ended, err := r.ConfirmEnd(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	if !ended {
		return notSubscribed(v, g)
	}
	v.Flash(parts.Done, "You do not subscribe to “%s” any more.", g.Name)
	return v.Redirect(g.Entity().Path())
}

// byKey returns the group and the person of a link that unsubscribes with one click. A key that does not
// fit is NotFound, and so is a group that is gone.
func (r *Subscriptions) byKey(v *site.Visit) (g community.Group, personID int64, err error) {
	groupID, err := v.ID("group")
	if err != nil {
		return g, 0, err
	}
	if personID, err = v.ID("person"); err != nil {
		return g, 0, err
	}
	if !r.keys.fits(v.Path("key"), personID, groupID) {
		return g, 0, errs.New(errs.NotFound, "This link is not complete. Copy it from the mail once more.")
	}
	g, err = r.deps.Groups.Get(v.Context(), r.deps.DB, groupID)
	return g, personID, err
}

func (r *Subscriptions) endSubscriptionAtOnce(v *site.Visit) error {
	g, _, err := r.byKey(v)
	if err != nil {
		return err
	}
	return v.Show(groupPage(v, g, v.T("Unsubscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to get no more mails about what the group “%s” publishes?", g.Name),
		Button:   v.T("Unsubscribe"), Cancel: g.Entity().Path(),
	})))
}

// removeSubscriptionAtOnce answers the POST of a mail program as well as that of the form: with 200 and no
// redirect, as RFC 8058 asks, and the same if it comes twice. Who has signed in does not matter.
func (r *Subscriptions) removeSubscriptionAtOnce(v *site.Visit) error {
	g, personID, err := r.byKey(v)
	if err != nil {
		return err
	}
	if _, err := r.Unsubscribe(v.Context(), personID, g); err != nil {
		return err
	}
	return v.Show(groupPage(v, g, v.T("Unsubscribed"), endedBody(g)))
}

// groupPage is the frame of the pages that belong to a group.
func groupPage(v *site.Visit, g community.Group, title string, body templ.Component) site.Page {
	e := g.Entity()
	return site.Page{
		Title: title, Body: body, Entity: &e, Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name, Path: e.Path()}, parts.Crumb{Label: title}),
	}
}
