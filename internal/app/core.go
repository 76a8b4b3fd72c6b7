package app

import (
	"context"
	"slices"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/certificates"
	"grouprise.org/grouprise/internal/kit/web"
)

// core is the module of what the rooms share.
func (h *House) core(s *services) module.Module {
	return module.Module{
		Name:   "core",
		Routes: h.downloadRoutes(),
		Estate: slices.Concat(texts.Estate(), outbox.Estate(), settings.Estate()),
		Sweeps: []module.Sweep{
			{About: "sessions that have ended", Run: s.sessions.Purge},
			{About: "throttles that are over", Run: s.limiter.Purge},
			{About: "forms that waited a day to be sent", Run: s.unsent.Purge},
			{About: "links that have expired", Run: func(ctx context.Context) error { return tokens.RemoveExpired(ctx, h.db) }},
			{About: "mails that nobody has confirmed", Run: h.intake.RemoveExpired},
			{About: "notes of which mails came long ago", Run: func(ctx context.Context) error {
				return h.intake.ForgetReceived(ctx, options.Days(h.options.Keep.ReceivedMails))
			}},
			{About: "reply addresses of what was deleted", Run: h.intake.RemoveReplyKeys},
			{About: "files that nothing refers to", Run: h.upkeep().Run},
			{About: "jobs that failed for good long ago", Run: func(ctx context.Context) error {
				return h.queue.RemoveDead(ctx, options.Days(h.options.Keep.FailedJobs))
			}},
		},
		Checks: []site.Check{
			{Name: "database", Ask: h.db.Ping},
			{Name: "media", Ask: h.media.Ping},
			{Name: "queue", Ask: func(ctx context.Context) error { return h.queue.Ask(ctx, h.db) }},
		},
		Metrics: h.metrics(), Facts: h.facts(),
	}
}

// notifySweeps are what becomes of notices in the end.
func (h *House) notifySweeps() []module.Sweep {
	keep := h.options.Keep
	return []module.Sweep{
		{About: "notes of what was sent to whom", Run: func(ctx context.Context) error {
			return h.notifier.RemoveSettled(ctx, options.Days(keep.Deliveries), options.Days(keep.FailedJobs))
		}},
		{About: "activities that nobody is told of any more", Run: func(ctx context.Context) error {
			return h.notifier.RemoveActivities(ctx, options.Days(keep.Notifications))
		}},
	}
}

// openCertificates opens the room that gets the certificate of a site that speaks TLS itself.
func (h *House) openCertificates() (err error) {
	o := h.options
	h.certificates, err = certificates.New(certificates.Deps{
		DB: h.db, Queue: h.queue, Log: h.log, Secret: o.SecretKey, Program: "grouprise/" + o.Version, Enabled: o.Transport() == web.Integrated,
		Names: certificates.Names(o.Domain, o.ExtraAllowedHosts), Options: o.Certificates, Note: h.reports.Note,
	})
	return err
}
