package subscriptions

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// SubscribingByMail subscribes the owner of a mailbox to a group.
func (r *Subscriptions) SubscribingByMail() *bymail.Flow {
	return r.deps.ByMail.Flow(bymail.Request{
		Kind: "subscribe", Path: "/stadt/subscribe/confirm/",
		Account: func(g community.Group) string { return community.SubscribePath(g.Slug) },
		Has:     subscribes, Do: r.followProven, Answer: answerSubscribed,
		Sent: lang.Text("A mail is on its way to you. Follow the link in it to subscribe."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			subscribe := p.T("Subscribe")
			return bymail.Words{
				Title: subscribe,
				Form: bymail.Form{
					Lead:   p.T("Enter your mail address to be told by mail what “%s” publishes. You need no account.", g.Name),
					Hint:   p.T("Your address is stored when you follow the link in the mail that you get, and until you unsubscribe. Each mail says how."),
					Button: subscribe, SignIn: community.SignInPath(community.SubscribePath(g.Slug)),
				},
				Letter: bymail.Letter{
					Kind: "confirm-subscription", Subject: p.T("Subscription: please confirm"), Button: subscribe,
					Intro: p.T("Somebody, probably you, wants to subscribe to the group “%s” on %s with this mail address.", g.Name, r.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "subscribed-already", Subject: p.T("Subscription: you have it already"),
					Intro:   p.T("Somebody, probably you, wants to subscribe to the group “%s” on %s with this mail address. You subscribe already, so there is nothing to do.", g.Name, r.deps.SiteName),
					Actions: []notify.Action{{Label: p.T("Go to the group"), URL: r.deps.BaseURL + g.Entity().Path()}},
				},
				Question: parts.Confirmation{Question: p.T("Do you want to subscribe to the group “%s” with the address %s?", g.Name, address), Button: subscribe},
			}
		},
	})
}

func subscribes(ctx context.Context, q sqldb.Querier, g community.Group, personID int64) (bool, error) {
	return isSubscribed(ctx, q, g.EntityID, personID)
}

func (r *Subscriptions) followProven(ctx context.Context, tx *sqldb.Tx, g community.Group, personID int64) (created bool, err error) {
	return r.follow(ctx, tx, g.EntityID, personID, personID)
}

// UnsubscribingByMail ends the subscription of the owner of a mailbox.
func (r *Subscriptions) UnsubscribingByMail() *bymail.Flow {
	return r.deps.ByMail.Flow(bymail.Request{
		Kind: "unsubscribe", Path: "/stadt/unsubscribe/confirm/", Ends: true,
		Account: func(g community.Group) string { return community.EndSubscriptionPath(g.ID) },
		Has:     subscribes, Do: r.unfollowProven, Answer: answerUnsubscribed,
		Sent: lang.Text("A mail is on its way to you. It says how to go on."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			unsubscribe := p.T("Unsubscribe")
			return bymail.Words{
				Title: unsubscribe,
				Form: bymail.Form{
					Lead:   p.T("Enter the mail address to which you get the mails of “%s”. You get a mail with a link that stops them.", g.Name),
					Button: p.T("Send the mail"), SignIn: community.SignInPath(community.EndSubscriptionPath(g.ID)),
				},
				Letter: bymail.Letter{
					Kind: "confirm-unsubscription", Subject: p.T("Subscription: please confirm its end"), Button: unsubscribe,
					Intro: p.T("Somebody, probably you, wants to unsubscribe this mail address from the group “%s” on %s.", g.Name, r.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "no-subscription", Subject: p.T("Subscription: there is none"),
					Intro: p.T("Somebody, probably you, wants to unsubscribe this mail address from the group “%s” on %s. It has no subscription, so there is nothing to do.", g.Name, r.deps.SiteName),
					Note:  p.T("If you still get mails of the group, you perhaps subscribed with another address. The mails say at their end how to stop them."),
				},
				Question: parts.Confirmation{Question: p.T("Do you want to unsubscribe the address %s from the group “%s”?", address, g.Name), Button: unsubscribe},
			}
		},
	})
}

func (r *Subscriptions) unfollowProven(ctx context.Context, tx *sqldb.Tx, g community.Group, personID int64) (ended bool, err error) {
	return r.unfollow(ctx, tx, g.EntityID, personID, personID)
}
