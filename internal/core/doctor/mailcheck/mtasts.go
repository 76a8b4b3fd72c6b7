package mailcheck

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
)

// mtaSTS looks at the policy by which others insist on TLS (RFC 8461). A site needs none; a broken one keeps mails away.
func (m Mail) mtaSTS(ctx context.Context) ([]doctor.Finding, error) {
	announced, err := m.texts(ctx, "_mta-sts."+m.Domain, "v=stsv1")
	if err != nil || len(announced) == 0 {
		return nil, err
	}
	address := "https://mta-sts." + m.Domain + "/.well-known/mta-sts.txt"
	document, err := m.Fetch(ctx, fetch.Request{Address: address, Accept: "text/plain"})
	if err != nil {
		return []doctor.Finding{doctor.Found("dns.mta-sts", doctor.Warning,
			doctor.Say(lang.Text("%s announces MTA-STS, and the policy can’t be read."), m.Domain),
			doctor.Say(lang.Text("Publish the policy at %s, or remove the record _mta-sts.%s."), address, m.Domain)).Because(err)}, nil
	}
	mode, patterns := readPolicy(string(document.Body))
	exchangers, err := m.Resolver.LookupMX(ctx, m.Domain)
	if err != nil {
		return nil, fmt.Errorf("look up the MX records of %s: %w", m.Domain, err)
	}
	var found []doctor.Finding
	for _, mx := range exchangers {
		host := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if mode == "none" || covers(patterns, host) {
			continue
		}
		severity := doctor.Warning
		if mode == "enforce" {
			severity = doctor.Problem
		}
		found = append(found, doctor.Found("dns.mta-sts-mx", severity,
			doctor.Say(lang.Text("The MTA-STS policy of %s leaves out its mail server %s: others bring no emails there."), m.Domain, host),
			doctor.Say(lang.Text("Add the line “mx: %s” to %s, and give the record _mta-sts.%s a new id."), host, address, m.Domain)).About(host))
	}
	return found, nil
}

// readPolicy returns the mode of a policy and the names it covers.
func readPolicy(text string) (mode string, patterns []string) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		switch value = strings.ToLower(strings.TrimSpace(value)); strings.TrimSpace(key) {
		case "mode":
			mode = value
		case "mx":
			patterns = append(patterns, value)
		}
	}
	return mode, patterns
}

// covers reports whether a name is one of the patterns, of which *.example.org stands for one more part.
func covers(patterns []string, host string) bool {
	for _, p := range patterns {
		if p == host {
			return true
		}
		if rest, ok := strings.CutPrefix(p, "*."); ok {
			if _, above, found := strings.Cut(host, "."); found && above == rest {
				return true
			}
		}
	}
	return false
}
