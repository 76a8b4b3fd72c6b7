package app

import (
	"context"
	"errors"
	"strconv"
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
		Domain: o.MailDomain(), ReplyPrefix: prefix, ReplySuffix: suffix, NoReply: o.NoReply(),
		BaseURL: o.BaseURL(), AuthservID: o.IncomingMail.AuthservID, OwnHops: o.IncomingMail.OwnHops,
		Limits: mime.Limits{MaxBytes: o.LMTP.MaxBytes(), MaxAttachmentBytes: o.LMTP.MaxBytes()},
		Limit: func(ctx context.Context, address string) error {
			return s.limiter.Allow(ctx, lettersToOne, strings.ToLower(address))
		},
		Allow: func(ctx context.Context, limit web.Limit, personID int64) error {
			return s.limiter.Allow(ctx, limit, "person "+strconv.FormatInt(personID, 10))
		},
		FindSender: theAccounts.FindSender, ProveAddress: theAccounts.ProveAddress,
	})
}

// sentence returns what an error says to the sender of a mail, in the language of the site.
func (h *House) sentence(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Message != "" || len(e.Fields) > 0) {
		return mailin.Reason(h.printer, err)
	}
	return ""
}

// importCodes tell a mail server that runs a program for each mail what became of it.
type importCodes struct{ accepted, refused, tryLater int }

var (
	sysexits   = importCodes{accepted: 0, refused: 69, tryLater: 75} // EX_UNAVAILABLE and EX_TEMPFAIL of sysexits.h
	qmailCodes = importCodes{accepted: 99, refused: 70, tryLater: 1} // as qmail-command(8) reads them, and grouprise 5.5 gave them
)

// of returns the code for the outcome of an import.
func (c importCodes) of(err error) int {
	switch {
	case err == nil:
		return c.accepted
	case errs.Temporary(err):
		return c.tryLater
	default:
		return c.refused
	}
}

const deliveredLine = "delivered-to: "

// Import gives one message its effect. line is what the mail server put into the variable DTLINE: "Delivered-To: " and an
// address, or nothing.
func (h *House) Import(ctx context.Context, message []byte, line string) error {
	delivered := ""
	if line != "" {
		line = strings.TrimSpace(line)
		if len(line) <= len(deliveredLine) || !strings.EqualFold(line[:len(deliveredLine)], deliveredLine) {
			return errs.New(errs.Invalid, "The variable DTLINE must be Delivered-To: and an address.")
		}
		delivered = line[len(deliveredLine):]
	}
	return h.intake.Import(ctx, message, delivered, h.options.Collector)
}
