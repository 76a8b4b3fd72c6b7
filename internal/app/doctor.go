package app

import (
	"grouprise.org/grouprise/internal/app/health"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/features/checkups"
	"grouprise.org/grouprise/internal/features/probes"
)

// examined returns the modules that examine the site: what is looked at as a whole, the mails to itself, and the room that
// shows what all rooms have found.
func (h *House) examined() ([]module.Module, error) {
	o := h.options
	whole, err := health.New(health.Deps{Options: o, DB: h.db, Media: h.media, Queue: h.queue, Downloads: &h.downloads, Outside: h.outside})
	if err != nil {
		return nil, err
	}
	h.checkups = checkups.New(checkups.Deps{
		DB: h.db, Queue: h.queue, Log: h.log, SiteName: h.siteName, BaseURL: o.BaseURL(), Tell: h.reports.Tell,
		Checks: func() []doctor.Check {
			return module.Gather(h.modules, func(m module.Module) []doctor.Check { return m.Examinations })
		},
	})
	mails := probes.New(probes.Deps{
		DB: h.db, Sender: h.mails, Keys: whole.Keys(), Domain: o.MailDomain(), From: o.DefaultFrom, LeavesBy: o.MailsLeaveBy(), Receiver: o.LMTP.Listen,
		Kept: o.Submission.Backend != "smtp", Demonstration: o.Demonstration, Lookup: whole.Lookup(), Patience: h.outside.Patience,
	})
	return []module.Module{whole.Module(), mails.Module(), h.checkups.Module()}, nil
}

// Doctor returns what examines the site.
func (h *House) Doctor() doctor.Doctor { return h.checkups.Doctor() }
