package bymail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// LimitUnasked bounds the mails that others have this site send to a mailbox, by whatever form they type its address
// into. Limits per account and per network do not help the owner of an address that a thousand accounts type.
func LimitUnasked() web.Limit {
	return web.Limit{Name: "mails that others cause", Count: 10, Per: 24 * time.Hour, Whom: web.PerRecipient}
}

// Unasked is somebody to whom a mail goes because somebody else wants it.
type Unasked struct {
	Typed   string // what was typed: the address, or the name of a person
	Address string
}

// CountUnasked counts mails in the transaction that sends them: all of them, or none if it returns TooMany because one
// of the mailboxes gets no more today.
func CountUnasked(ctx context.Context, tx *sqldb.Tx, l *web.Limiter, all ...Unasked) error {
	typed := map[string]string{} // by mailbox
	mailboxes := make([]string, len(all))
	for i, u := range all {
		mailboxes[i] = mailbox(u.Address)
		typed[mailboxes[i]] = u.Typed
	}
	full, wait, err := l.CountIn(ctx, tx, LimitUnasked(), mailboxes...)
	if err != nil {
		return fmt.Errorf("count the mails that others cause: %w", err)
	}
	if full != "" {
		return errs.New(errs.TooMany, "%s has already had several emails like this today. Please try again tomorrow.", typed[full]).After(wait)
	}
	return nil
}

// mailbox returns what the addresses of one mailbox have in common: neither the case nor what follows a plus matters.
func mailbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return strings.ToLower(address)
	}
	local, domain := strings.ToLower(address[:at]), strings.ToLower(address[at+1:])
	if name, _, tagged := strings.Cut(local, "+"); tagged && name != "" {
		local = name
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return local + "@" + domain
}
