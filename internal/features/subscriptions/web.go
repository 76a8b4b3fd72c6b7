package subscriptions

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// newSubscription asks: whoever has signed in with one button, everybody else for their mail address.
func (r *Subscriptions) newSubscription(v *site.Visit) error {
	if !v.Viewer.SignedIn() {
		return r.SubscribingByMail().ShowForm(v)
	}
	g, s, err := r.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if err := mayFollow(g); err != nil {
		return err
	}
	if !CanSubscribe(s) {
		return answerSubscribed(v, g, false)
	}
	return v.Show(v.GroupPage(g, v.T("Subscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to subscribe to the group “%s”? You’ll be notified when it posts.", g.Name),
		Button:   v.T("Subscribe"), Cancel: g.Entity().Path(),
	})))
}

func (r *Subscriptions) createSubscription(v *site.Visit) error {
	if !v.Viewer.SignedIn() {
		return r.SubscribingByMail().PostLetter(v)
	}
	g, _, err := r.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	created, err := r.Subscribe(v.Context(), v.Viewer, g)
	if err != nil {
		return err
	}
	return answerSubscribed(v, g, created)
}

// answerSubscribed answers whoever wanted to subscribe, and did unless they had already.
func answerSubscribed(v *site.Visit, g community.Group, created bool) error {
	if created {
		v.Flash(parts.Done, "You now subscribe to “%s”.", g.Name)
	} else {
		v.Flash(parts.Info, "You already subscribe to this group.")
	}
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) endSubscription(v *site.Visit) error {
	g, s, err := r.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !s.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	if !CanUnsubscribe(s) {
		return answerUnsubscribed(v, g, false)
	}
	return v.Show(v.GroupPage(g, v.T("Unsubscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to unsubscribe from the group “%s”? You’ll no longer be notified when it posts.", g.Name),
		Button:   v.T("Unsubscribe"), Cancel: g.Entity().Path(),
	})))
}

func (r *Subscriptions) removeSubscription(v *site.Visit) error {
	g, s, err := r.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !s.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	ended, err := r.Unsubscribe(v.Context(), v.Viewer.PersonID, g)
	if err != nil {
		return err
	}
	return answerUnsubscribed(v, g, ended)
}

// answerUnsubscribed answers whoever wanted to unsubscribe, and did if they were subscribed.
func answerUnsubscribed(v *site.Visit, g community.Group, ended bool) error {
	if ended {
		v.Flash(parts.Done, "You no longer subscribe to “%s”.", g.Name)
	} else {
		v.Flash(parts.Info, "You don’t subscribe to this group.")
	}
	return v.Redirect(g.Entity().Path())
}

func (r *Subscriptions) endSubscriptionAtOnce(v *site.Visit) error {
	g, _, err := r.links.Visited(v, r.deps.DB, r.deps.Groups)
	if err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("Unsubscribe"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to stop getting emails when the group “%s” posts?", g.Name),
		Button:   v.T("Unsubscribe"), Cancel: g.Entity().Path(),
	})))
}

// removeSubscriptionAtOnce answers the POST of a mail program as well as that of the form: with 200 and no
// redirect, as RFC 8058 asks, and the same if it comes twice. Who has signed in does not matter.
func (r *Subscriptions) removeSubscriptionAtOnce(v *site.Visit) error {
	g, personID, err := r.links.Visited(v, r.deps.DB, r.deps.Groups)
	if err != nil {
		return err
	}
	if _, err := r.Unsubscribe(v.Context(), personID, g); err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("Unsubscribed"), endedBody(g)))
}
