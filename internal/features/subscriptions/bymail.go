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
		Account: func(w bymail.Wish) string { return community.SubscribePath(w.Group.Slug) },
		May:     mayFollow,
		Has:     subscribes, Do: r.followProven, Answer: answerSubscribed,
		Sent: lang.Text("We’ve sent you an email. Open the link in it to subscribe."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			subscribe := p.T("Subscribe")
			return bymail.Words{
				Title: subscribe,
				Form: bymail.Form{
					Lead:   p.T("Enter your email address to get an email when “%s” posts. You don’t need an account.", g.Name),
					Hint:   p.T("We’ll send you a link to confirm. From then on your address is stored until you unsubscribe. Each email says how."),
					Button: subscribe, SignIn: community.SignInPath(community.SubscribePath(g.Slug)),
				},
				Letter: bymail.Letter{
					Kind: "confirm-subscription", Subject: p.T("Please confirm your subscription"), Button: subscribe,
					Intro: p.T("Someone (probably you) would like to subscribe to the group “%s” at %s with this email address.", g.Name, r.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "subscribed-already", Subject: p.T("You already subscribe to the group"),
					Intro:   p.T("Someone (probably you) would like to subscribe to the group “%s” at %s with this email address. You already subscribe, so there’s nothing to do.", g.Name, r.deps.SiteName),
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

func (r *Subscriptions) followProven(ctx context.Context, tx *sqldb.Tx, w bymail.Wish, personID int64) (created bool, err error) {
	if err := mayFollow(w.Group); err != nil {
		return false, err
	}
	return r.follow(ctx, tx, w.Group.EntityID, personID, personID)
}

// UnsubscribingByMail ends the subscription of the owner of a mailbox.
func (r *Subscriptions) UnsubscribingByMail() *bymail.Flow {
	return r.deps.ByMail.Flow(bymail.Request{
		Kind: "unsubscribe", Path: "/stadt/unsubscribe/confirm/", Ends: true,
		Account: func(w bymail.Wish) string { return community.EndSubscriptionPath(w.Group.ID) },
		Has:     subscribes, Do: r.unfollowProven, Answer: answerUnsubscribed,
		Sent: lang.Text("We’ve sent you an email. It says what to do next."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			unsubscribe := p.T("Unsubscribe")
			return bymail.Words{
				Title: unsubscribe,
				Form: bymail.Form{
					Lead:   p.T("Enter the address at which you get emails from “%s”. We’ll send you a link that stops them.", g.Name),
					Button: p.T("Send email"), SignIn: community.SignInPath(community.EndSubscriptionPath(g.ID)),
				},
				Letter: bymail.Letter{
					Kind: "confirm-unsubscription", Subject: p.T("Please confirm that you’re unsubscribing"), Button: unsubscribe,
					Intro: p.T("Someone (probably you) would like to unsubscribe this email address from the group “%s” at %s.", g.Name, r.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "no-subscription", Subject: p.T("You don’t subscribe to the group"),
					Intro: p.T("Someone (probably you) would like to unsubscribe this email address from the group “%s” at %s. It isn’t subscribed, so there’s nothing to do.", g.Name, r.deps.SiteName),
					Note:  p.T("If you still get emails from the group, you may have subscribed with another address. Each email says at the end how to stop them."),
				},
				Question: parts.Confirmation{Question: p.T("Do you want to unsubscribe the address %s from the group “%s”?", address, g.Name), Button: unsubscribe},
			}
		},
	})
}

func (r *Subscriptions) unfollowProven(ctx context.Context, tx *sqldb.Tx, w bymail.Wish, personID int64) (ended bool, err error) {
	return r.unfollow(ctx, tx, w.Group.EntityID, personID, personID)
}
