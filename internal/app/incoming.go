package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// newIntake returns the door for mails.
func (h *House) newIntake(s *services, theAccounts *accounts.Accounts) *mailin.Intake {
	o := h.options
	local, _, _ := strings.Cut(o.ReplyTo, "@")
	prefix, suffix, _ := strings.Cut(local, "{reply_key}")
	lettersToOne := web.Limit{Name: "letters about mails", Count: 20, Per: time.Hour}
	dropped := web.Limit{Name: "letters about dropped mails", Count: 1, Per: 24 * time.Hour}
	return mailin.New(mailin.Config{
		DB: h.db, Media: h.media, Letters: s.letters, Catalogues: s.catalogues, Zone: s.zone, Logger: h.log,
		Domain: o.MailDomain(), ReplyPrefix: prefix, ReplySuffix: suffix, NoReply: o.NoReply(),
		BaseURL: o.BaseURL(), AuthservID: o.IncomingMail.AuthservID, OwnHops: o.IncomingMail.OwnHops,
		HeldDays: o.Keep.HeldMails, Bounces: s.bounces,
		Limits: mime.Limits{MaxBytes: o.LMTP.MaxBytes(), MaxAttachmentBytes: o.LMTP.MaxBytes()},
		Limit: func(ctx context.Context, address string) error {
			return s.limiter.Allow(ctx, lettersToOne, strings.ToLower(address))
		},
		LimitLost: func(ctx context.Context, address string) error {
			return s.limiter.Allow(ctx, dropped, strings.ToLower(address))
		},
		Allow: func(ctx context.Context, limit web.Limit, personID int64) error {
			return s.limiter.Allow(ctx, limit, web.Account(personID))
		},
		FindSender: theAccounts.FindSender, ProveAddress: theAccounts.ProveAddress,
	})
}

// replyAddresses returns the addresses by which people answer, as far as there are any.
func (h *House) replyAddresses(ctx context.Context, q sqldb.Querier, all []notify.Answerer) (map[notify.Answerer]string, error) {
	addresses, err := mailin.KnownReplyKeys(ctx, q, all)
	for who, key := range addresses {
		addresses[who] = strings.ReplaceAll(h.options.ReplyTo, "{reply_key}", key)
	}
	return addresses, err
}

// sentence returns what an error says to the sender of a mail, in the language of the site.
func (h *House) sentence(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Message != "" || len(e.Fields) > 0) {
		return mailin.Reason(h.printer(), err)
	}
	return ""
}

const deliveredLine = "delivered-to: "

// Import gives one message its effect. line is what the mail server put into the variable DTLINE: "Delivered-To: " and an
// address, or nothing.
func (h *House) Import(ctx context.Context, message []byte, line string) error {
	delivered := ""
	if line != "" {
		line = strings.TrimSpace(line)
		if len(line) <= len(deliveredLine) || !strings.EqualFold(line[:len(deliveredLine)], deliveredLine) {
			return errs.New(errs.Invalid, "The variable DTLINE must contain Delivered-To: and an address.")
		}
		delivered = line[len(deliveredLine):]
	}
	err := h.intake.Import(ctx, message, delivered, h.options.Collector)
	if err != nil && errs.KindOf(err) == errs.Internal {
		h.reports.NoteMail(ctx, "import-mail "+delivered, err)
	}
	return err
}
