package mailcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	netsmtp "net/smtp"
	"net/textproto"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/lang"
)

// organisation returns the domain that somebody has registered, of which another one is a part (RFC 7489, section 3.2).
func organisation(domain string) string {
	registered, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return registered
}

// patience is how long a mail server may take for an answer. Some let strangers wait.
const patience = 20 * time.Second

// door asks the mail servers of the domain whether they take mails for the addresses that must be there. No mail is sent:
// the conversation ends before.
func (m Mail) door(ctx context.Context) ([]doctor.Finding, error) {
	all, err := m.Resolver.LookupMX(ctx, m.Domain)
	if isMissing(err) || err == nil && len(all) == 0 {
		all, err = []*net.MX{{Host: m.Domain}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up the MX records of %s: %w", m.Domain, err)
	}
	host := strings.TrimSuffix(all[0].Host, ".") // the others are for when this one is away
	answers, err := m.asked(ctx, host, []string{"probe+" + m.Key, "postmaster", "abuse"})
	if err != nil {
		return []doctor.Finding{doctor.Found("mail-door.closed", doctor.Problem,
			doctor.Say(lang.Text("The mail server %s can’t be reached from here."), host),
			doctor.Say(lang.Text("Make sure that it is running and that port 25 is open. If the provider of this machine blocks port 25 towards others, and another machine receives the emails, this can be ignored.")),
		).Because(err)}, nil
	}
	var found []doctor.Finding
	if err := answers[0]; err != nil {
		found = append(found, doctor.Found("mail-door.addresses", doctor.Problem,
			doctor.Say(lang.Text("The mail server %s doesn’t take emails for all addresses of the site: replies get lost."), host),
			doctor.Say(lang.Text("Have it hand everything for %s to this program: “grouprise mail-server postfix” and “grouprise mail-server exim” print how."), m.Domain),
		).Because(err))
	}
	for i, name := range []string{"postmaster", "abuse"} {
		if err := answers[i+1]; err != nil {
			found = append(found, doctor.Found("mail-door."+name, doctor.Warning,
				doctor.Say(lang.Text("The mail server refuses emails to %s, where others write when something is wrong with yours."), name+"@"+m.Domain),
				doctor.Say(lang.Text("Lead %s to somebody who reads it: “grouprise mail-server postfix” and “grouprise mail-server exim” print how."), name+"@"+m.Domain),
			).Because(err))
		}
	}
	return found, nil
}

// asked asks a mail server whether it takes mails for addresses, and returns its refusal for each, or nil. That somebody
// should try again later is no refusal.
func (m Mail) asked(ctx context.Context, host string, locals []string) ([]error, error) {
	dial := m.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: patience}).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(host, "25"))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	c, err := netsmtp.NewClient(conn, host)
	if err != nil {
		return nil, err
	}
	if err := c.Hello(m.Sender); err != nil {
		return nil, err
	}
	if err := c.Mail("postmaster@" + m.Sender); err != nil {
		return nil, err
	}
	answers := make([]error, len(locals))
	for i, local := range locals {
		err := c.Rcpt(local + "@" + m.Domain)
		refusal, ok := errors.AsType[*textproto.Error](err)
		switch {
		case err == nil, ok && refusal.Code < 500:
		case ok:
			answers[i] = err
		default:
			return nil, err
		}
	}
	_ = c.Quit() // everything has been said
	return answers, nil
}
