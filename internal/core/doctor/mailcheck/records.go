// Package mailcheck looks at what others need to know to exchange mail with the site: the records in DNS, and what the
// mail server in front says to the addresses of the site.
package mailcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dmarc"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Resolver asks DNS; net.Resolver does.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupAddr(ctx context.Context, address string) ([]string, error)
}

var _ Resolver = (*net.Resolver)(nil)

// Mail is the mail of the site as others see it.
type Mail struct {
	Resolver Resolver
	Domain   string // of the addresses of the site
	Sender   string // the domain that mails are sent from
	Own      bool   // a mail server on this machine sends them, and not that of a provider
	Key      string // of an address probe+<key>, at which mails to ourselves arrive

	// Fetch returns a document of the web.
	Fetch func(ctx context.Context, r fetch.Request) (*fetch.Document, error)
	// Dial connects to a mail server; nil does so by TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Checks returns what can be found out from outside.
func (m Mail) Checks() []doctor.Check {
	return []doctor.Check{
		{Name: "dns", Title: lang.Text("DNS records for emails"), Limit: 40 * time.Second, Run: m.records},
		{Name: "mail-door", Title: lang.Text("Mail server in front"), Limit: time.Minute, Run: m.door},
	}
}

// isMissing reports whether DNS says that there is no such record. Any other error says that it has not answered.
func isMissing(err error) bool {
	missing, ok := errors.AsType[*net.DNSError](err)
	return ok && missing.IsNotFound
}

// records looks at the records of the domains. What DNS does not answer ends it with an error, beside what was found.
func (m Mail) records(ctx context.Context) (found []doctor.Finding, err error) {
	var problems error
	for _, look := range []func(context.Context) ([]doctor.Finding, error){m.exchangers, m.spf, m.dmarc, m.mtaSTS} {
		some, err := look(ctx)
		found, problems = append(found, some...), errors.Join(problems, err)
	}
	return found, problems
}

// texts returns the TXT records of a name that begin like a version; none if there are none.
func (m Mail) texts(ctx context.Context, name, version string) (all []string, err error) {
	texts, err := m.Resolver.LookupTXT(ctx, name)
	if err != nil && !isMissing(err) {
		return nil, fmt.Errorf("look up %s: %w", name, err)
	}
	for _, text := range texts {
		if first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), ";"); strings.HasPrefix(first+" ", version+" ") {
			all = append(all, strings.TrimSpace(text))
		}
	}
	return all, nil
}

// exchangers looks at the MX records (RFC 5321, section 5.1), and at whether their addresses lead back to a name.
func (m Mail) exchangers(ctx context.Context) ([]doctor.Finding, error) {
	all, err := m.Resolver.LookupMX(ctx, m.Domain)
	switch {
	case isMissing(err) || err == nil && len(all) == 0:
		return []doctor.Finding{doctor.Found("dns.mx", doctor.Problem,
			doctor.Say(lang.Text("%s has no MX record: others don’t know where to bring emails for the site."), m.Domain),
			doctor.Say(lang.Text("Publish an MX record of %s with the name of the mail server, such as “%s. IN MX 10 %s.”"), m.Domain, m.Domain, m.Domain))}, nil
	case err != nil:
		return nil, fmt.Errorf("look up the MX records of %s: %w", m.Domain, err)
	case len(all) == 1 && strings.Trim(all[0].Host, ".") == "": // RFC 7505
		return []doctor.Finding{doctor.Found("dns.mx-null", doctor.Problem,
			doctor.Say(lang.Text("The MX record of %s says that it takes no emails."), m.Domain),
			doctor.Say(lang.Text("Replace the dot in the MX record by the name of the mail server.")))}, nil
	}
	var found []doctor.Finding
	for _, mx := range all {
		some, err := m.exchanger(ctx, strings.TrimSuffix(mx.Host, "."))
		if err != nil {
			return found, err
		}
		found = append(found, some...)
	}
	return found, nil
}

func (m Mail) exchanger(ctx context.Context, host string) ([]doctor.Finding, error) {
	addresses, err := m.Resolver.LookupNetIP(ctx, "ip", host)
	if isMissing(err) || err == nil && len(addresses) == 0 {
		return []doctor.Finding{doctor.Found("dns.mx-address", doctor.Problem,
			doctor.Say(lang.Text("The MX record of %s names %s, which has no address."), m.Domain, host),
			doctor.Say(lang.Text("Publish an A record for %s, and an AAAA record if the mail server has IPv6, or correct the MX record."), host)).About(host)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	if !m.Own {
		return nil, nil // the provider sends, by other machines
	}
	var found []doctor.Finding
	for _, a := range addresses {
		if a = a.Unmap(); !fetch.OnInternet(a) && !a.IsGlobalUnicast() || a.IsPrivate() {
			continue // a name for the inside leads nowhere back
		}
		names, err := m.Resolver.LookupAddr(ctx, a.String())
		if err != nil && !isMissing(err) {
			return found, fmt.Errorf("look up the name of %s: %w", a, err)
		}
		if !m.leadBack(ctx, names, a) {
			found = append(found, doctor.Found("dns.reverse", doctor.Warning,
				doctor.Say(lang.Text("The address %s of the mail server doesn’t lead back to its name: many mail servers refuse emails from it."), a.String()),
				doctor.Say(lang.Text("Set the reverse DNS (PTR) of %s to %s where the machine is rented."), a.String(), host)).About(a.String()))
		}
	}
	return found, nil
}

// leadBack reports whether one of the names of an address stands for it.
func (m Mail) leadBack(ctx context.Context, names []string, a netip.Addr) bool {
	for _, name := range names {
		there, err := m.Resolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(name, "."))
		if err == nil && slices.ContainsFunc(there, func(b netip.Addr) bool { return b.Unmap() == a }) {
			return true
		}
	}
	return false
}

// spf looks at the record that says who may send (RFC 7208).
func (m Mail) spf(ctx context.Context) ([]doctor.Finding, error) {
	all, err := m.texts(ctx, m.Sender, "v=spf1")
	if err != nil {
		return nil, err
	}
	publish := doctor.Say(lang.Text("Publish one TXT record of %s, such as “v=spf1 mx -all”, which names every server that sends emails of the domain."), m.Sender)
	switch len(all) {
	case 0:
		return []doctor.Finding{doctor.Found("dns.spf", doctor.Warning,
			doctor.Say(lang.Text("%s has no SPF record: large providers put its emails into the spam folder, or refuse them."), m.Sender), publish)}, nil
	case 1:
	default:
		return []doctor.Finding{doctor.Found("dns.spf-many", doctor.Problem,
			doctor.Say(lang.Text("%s has %s SPF records, and so none counts."), m.Sender, strconv.Itoa(len(all))), publish)}, nil
	}
	if wrong := wrongTerm(all[0]); wrong != "" {
		return []doctor.Finding{doctor.Found("dns.spf-wrong", doctor.Problem,
			doctor.Say(lang.Text("The SPF record of %s has a mistake at “%s”, and so it doesn’t count."), m.Sender, wrong), publish)}, nil
	}
	if terms := strings.Fields(strings.ToLower(all[0])); slices.Contains(terms, "+all") || slices.Contains(terms, "all") {
		return []doctor.Finding{doctor.Found("dns.spf-open", doctor.Warning,
			doctor.Say(lang.Text("The SPF record of %s lets everybody send emails in its name."), m.Sender), publish)}, nil
	}
	return nil, nil
}

// wrongTerm returns the first term of an SPF record that is none (RFC 7208, section 12); "" if there is none.
func wrongTerm(record string) string {
	for _, term := range strings.Fields(strings.ToLower(record))[1:] {
		name := strings.TrimLeft(term, "+-~?")
		value := ""
		if i := strings.IndexAny(name, ":=/"); i >= 0 {
			name, value = name[:i], name[i:]
		}
		switch name {
		case "all":
			if value != "" {
				return term
			}
		case "ip4", "ip6":
			address := strings.TrimPrefix(value, ":")
			if _, err := netip.ParsePrefix(address); err == nil {
				continue
			}
			if _, err := netip.ParseAddr(address); err != nil {
				return term
			}
		case "include", "exists":
			if len(value) < 2 || value[0] != ':' {
				return term
			}
		case "a", "mx", "ptr":
			if strings.HasPrefix(value, "=") {
				return term
			}
		default:
			if !strings.HasPrefix(value, "=") { // a modifier; unknown ones are passed over
				return term
			}
		}
	}
	return ""
}

// dmarc looks at the record that says what others do with mails that prove nothing (RFC 7489).
func (m Mail) dmarc(ctx context.Context) ([]doctor.Finding, error) {
	publish := doctor.Say(lang.Text("Publish one TXT record of _dmarc.%s, such as “v=DMARC1; p=none”."), m.Sender)
	all, err := m.texts(ctx, "_dmarc."+m.Sender, "v=dmarc1")
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		if parent := organisation(m.Sender); parent != m.Sender { // a record of the domain above holds for those below
			if all, err = m.texts(ctx, "_dmarc."+parent, "v=dmarc1"); err != nil {
				return nil, err
			}
		}
	}
	switch len(all) {
	case 0:
		return []doctor.Finding{doctor.Found("dns.dmarc", doctor.Warning,
			doctor.Say(lang.Text("%s has no DMARC record, which large providers ask for."), m.Sender), publish)}, nil
	case 1:
		if _, err := dmarc.Parse(all[0]); err != nil {
			return []doctor.Finding{doctor.Found("dns.dmarc-wrong", doctor.Problem,
				doctor.Say(lang.Text("The DMARC record of %s has a mistake, and so it doesn’t count."), m.Sender), publish).Because(err)}, nil
		}
		return nil, nil
	}
	return []doctor.Finding{doctor.Found("dns.dmarc-many", doctor.Problem,
		doctor.Say(lang.Text("%s has several DMARC records, and so none counts."), m.Sender), publish)}, nil
}
