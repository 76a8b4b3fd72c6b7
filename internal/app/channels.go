package app

import (
	"context"

	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/subscriptions"
)

// channels returns the channels that need something: e-mail, and push to devices.
func (h *House) channels(s *services, subscribers *subscriptions.Subscriptions) (*email.Email, *push.Push, error) {
	o := h.options
	post := email.New(email.Config{
		DB: h.db, Sender: h.mails, Media: h.media, Pictures: s.pictures, Catalogues: s.catalogues, Zone: s.zone, Logger: h.log,
		SiteName: h.siteName, SiteIcon: h.siteIcon, BaseURL: o.BaseURL(), Domain: o.MailDomain(), From: o.DefaultFrom, Distinct: o.DistinctFrom, ReplyTo: o.ReplyTo, Bounces: s.bounces,
		ReplyKeys: func(ctx context.Context, all []notify.Answerer) (map[notify.Answerer]string, error) {
			return mailin.ReplyKeys(ctx, h.db, all)
		},
		UnsubscribeURL: subscribers.UnsubscribeURL,
	})
	devices, err := push.New(push.Config{DB: h.db, Secret: o.SecretKey, Host: o.Domain, Contact: o.Postmaster})
	return post, devices, err
}
