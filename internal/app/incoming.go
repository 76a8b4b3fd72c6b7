package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/web"
)

// newIntake returns the door for mails.
func (h *House) newIntake(s *services, theAccounts *accounts.Accounts) *mailin.Intake {
	o := h.options
	local, _, _ := strings.Cut(o.ReplyTo, "@")
	prefix, suffix, _ := strings.Cut(local, "{reply_key}")
	lettersToOne := web.Limit{Name: "letters about mails", Count: 20, Per: time.Hour}
	return mailin.New(mailin.Config{
		DB: h.db, Media: h.media, Letters: s.letters, Catalogues: s.catalogues, Zone: s.zone, Language: s.language, Logger: h.log,
		Domain: o.MailDomain(), ReplyPrefix: prefix, ReplySuffix: suffix, NoReply: []string{o.DefaultFrom, o.DistinctFrom},
		BaseURL: o.BaseURL(), AuthservID: o.IncomingMail.AuthservID, OwnHops: o.IncomingMail.OwnHops,
		Limits: mime.Limits{MaxBytes: o.LMTP.MaxBytes(), MaxAttachmentBytes: o.LMTP.MaxBytes()},
		Limit: func(ctx context.Context, address string) error {
			return s.limiter.Allow(ctx, lettersToOne, strings.ToLower(address))
		},
		FindSender: theAccounts.FindSender, ProveAddress: theAccounts.ProveAddress,
	})
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
