package subscriptions

import (
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Kinds of the tokens in the links of this room's letters, and how long they live.
const (
	tokenSubscribe   = "subscribe"
	tokenUnsubscribe = "unsubscribe"
	linkLifetime     = 3 * 24 * time.Hour
)

// addressee is whom a letter goes to.
type addressee struct {
	address string
	name    string
	p       *lang.Printer
}

// addressee returns whom a letter goes to: in the language of the person, or else of whoever asked.
func (r *Subscriptions) addressee(address string, known community.Person, language string) addressee {
	if known.Language != "" {
		language = known.Language
	}
	return addressee{address: address, name: known.Name, p: r.deps.Catalogues.Printer(language, nil)}
}

func (a addressee) letter(kind string) notify.Letter {
	return notify.Letter{Address: a.address, Name: a.name, Kind: kind, Language: a.p.Language()}
}

func (r *Subscriptions) confirmSubscription(to addressee, g community.Group, secret string) notify.Letter {
	l := to.letter("confirm-subscription")
	l.Subject = to.p.T("Subscription: please confirm")
	l.Intro = to.p.T("Somebody, probably you, wants to subscribe to the group “%s” on %s with this mail address.", g.Name, r.deps.SiteName)
	l.Actions = []notify.Action{{Label: to.p.T("Subscribe"), URL: r.deps.BaseURL + "/stadt/subscribe/confirm/" + secret + "/", Primary: true}}
	l.Note = to.p.T("The link works for three days. If this was not you, do nothing: without the link nothing happens.")
	return l
}

func (r *Subscriptions) subscribedAlready(to addressee, g community.Group) notify.Letter {
	l := to.letter("subscribed-already")
	l.Subject = to.p.T("Subscription: you have it already")
	l.Intro = to.p.T("Somebody, probably you, wants to subscribe to the group “%s” on %s with this mail address. You subscribe already, so there is nothing to do.", g.Name, r.deps.SiteName)
	l.Actions = []notify.Action{{Label: to.p.T("Go to the group"), URL: r.deps.BaseURL + g.Entity().Path()}}
	return l
}

func (r *Subscriptions) confirmEnd(to addressee, g community.Group, secret string) notify.Letter {
	l := to.letter("confirm-unsubscription")
	l.Subject = to.p.T("Subscription: please confirm its end")
	l.Intro = to.p.T("Somebody, probably you, wants to unsubscribe this mail address from the group “%s” on %s.", g.Name, r.deps.SiteName)
	l.Actions = []notify.Action{{Label: to.p.T("Unsubscribe"), URL: r.deps.BaseURL + "/stadt/unsubscribe/confirm/" + secret + "/", Primary: true}}
	l.Note = to.p.T("The link works for three days. If this was not you, do nothing: without the link nothing happens.")
	return l
}

func (r *Subscriptions) noSubscription(to addressee, g community.Group) notify.Letter {
	l := to.letter("no-subscription")
	l.Subject = to.p.T("Subscription: there is none")
	l.Intro = to.p.T("Somebody, probably you, wants to unsubscribe this mail address from the group “%s” on %s. It has no subscription, so there is nothing to do.", g.Name, r.deps.SiteName)
	l.Note = to.p.T("If you still get mails of the group, you perhaps subscribed with another address. The mails say at their end how to stop them.")
	return l
}
