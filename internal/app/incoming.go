package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// newIntake returns the door for mails, with what the rooms answer for.
func (h *House) newIntake(catalogues *lang.Catalogues, language string, zone *time.Location, letters *notify.Letters, limiter *web.Limiter) *mailin.Intake {
	o := h.options
	local, _, _ := strings.Cut(o.ReplyTo, "@")
	prefix, suffix, _ := strings.Cut(local, "{reply_key}")
	lettersToOne := web.Limit{Name: "letters about mails", Count: 20, Per: time.Hour}
	return mailin.New(mailin.Config{
		DB: h.db, Media: h.media, Letters: letters, Catalogues: catalogues, Zone: zone, Language: language, Logger: h.log,
		Domain: o.MailDomain(), ReplyPrefix: prefix, ReplySuffix: suffix, NoReply: []string{o.DefaultFrom, o.DistinctFrom},
		BaseURL: o.BaseURL(), AuthservID: o.IncomingMail.AuthservID,
		Limits:    mime.Limits{MaxBytes: o.LMTP.MaxBytes(), MaxAttachmentBytes: o.LMTP.MaxBytes()},
		Addresses: module.Gather(h.modules, func(m module.Module) []mailin.Address { return m.Addresses }),
		Replies:   module.Gather(h.modules, func(m module.Module) []mailin.Reply { return m.Replies }),
		Limit: func(ctx context.Context, address string) error {
			return limiter.Allow(ctx, lettersToOne, strings.ToLower(address))
		},
		FindSender: h.findSender,
	})
}

// findSender returns the person who owns an address.
func (h *House) findSender(ctx context.Context, q sqldb.Querier, address string) (community.Viewer, error) {
	p, err := h.accounts.FindByAddress(ctx, q, address)
	if err != nil {
		return community.Viewer{}, err
	}
	if !p.Active {
		return community.Viewer{}, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return community.Viewer{
		PersonID: p.ID, EntityID: p.EntityID, Slug: p.Slug, Name: p.Name, Colour: p.Colour, Picture: p.Picture, Language: p.Language, Admin: p.Admin,
	}, nil
}

// sentence returns what an error says to the sender of a mail, in the language of the site.
func (h *House) sentence(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Message != "" {
		return h.printer.T(e.Message, e.Args...)
	}
	return ""
}

// The exit codes of import-mail, by which mail servers that run a program for each message know what
// became of it (the convention of qmail-command).
const (
	exitAccepted  = 99
	exitRefused   = 70
	exitTryLater  = 1
	deliveredLine = "delivered-to: "
)

// Import takes one message and returns the exit code that tells the mail server what became of it.
// line is what the mail server put into the variable DTLINE: "Delivered-To: " and an address, or nothing.
func (h *House) Import(ctx context.Context, message []byte, line string) (code int, err error) {
	delivered := ""
	if line != "" {
		line = strings.TrimSpace(line)
		if len(line) <= len(deliveredLine) || !strings.EqualFold(line[:len(deliveredLine)], deliveredLine) {
			return exitRefused, errs.New(errs.Invalid, "The variable DTLINE must be Delivered-To: and an address.")
		}
		delivered = line[len(deliveredLine):]
	}
	err = h.intake.Import(ctx, message, delivered, h.options.Collector)
	switch {
	case err == nil:
		return exitAccepted, nil
	case errs.Temporary(err):
		return exitTryLater, err
	default:
		return exitRefused, err
	}
}
