package mime

import (
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"
)

// Result says whether the sender of a message is who the message claims.
type Result string

// The results. None means that the mail server said nothing, which is no proof either.
const (
	Pass Result = "pass"
	Fail Result = "fail"
	None Result = "none"
)

// Verdict is a result with its reason for the log.
type Verdict struct {
	Result Result
	Reason string
}

// Authenticity judges a message by what our own mail server, known as authservID, wrote into its
// Authentication-Results (RFC 8601): DMARC passed, or DKIM passed for the domain of the From address,
// or SPF passed for an envelope sender in that domain. Domains compare by their organisation.
//
// A sender can write such headers too. Therefore only those count that stand among the trace headers
// at the very top, above the Received header of the first server that is not ours, only the topmost
// group of them, and for each method only the topmost header that speaks of it. ownHops is how many
// Received headers our own servers add; zero means one. A mail server must remove foreign headers with its own name, as RFC 8601 demands and
// as OpenDKIM, OpenDMARC and Rspamd do.
func Authenticity(m *Message, authservID string, ownHops int, envelopeFrom string) Verdict {
	if len(m.From) != 1 {
		return Verdict{Fail, fmt.Sprintf("%d addresses in From", len(m.From))}
	}
	from := m.From[0].Domain()
	envelope := Address{Addr: envelopeFrom}.Domain()

	var dmarc, dkim, spf []authres.Result
	trusted := trustedResults(m.Header, authservID, max(ownHops, 1))
	for _, results := range trusted {
		d, k, s := byMethod(results)
		if len(dmarc) == 0 {
			dmarc = d
		}
		if len(dkim) == 0 {
			dkim = k
		}
		if len(spf) == 0 {
			spf = s
		}
	}
	for _, r := range dmarc {
		r := r.(*authres.DMARCResult) //nolint:forcetypeassert // sorted by type above
		if r.Value == authres.ResultPass && (r.From == "" || sameDomain(r.From, from)) {
			return Verdict{Pass, "DMARC passed for " + from}
		}
		if r.Value == authres.ResultFail {
			return Verdict{Fail, "DMARC failed for " + from}
		}
	}
	for _, r := range dkim {
		r := r.(*authres.DKIMResult) //nolint:forcetypeassert // sorted by type above
		domain := r.Domain
		if domain == "" {
			domain = Address{Addr: "@" + strings.TrimPrefix(r.Identifier, "@")}.Domain()
		}
		if r.Value == authres.ResultPass && aligned(domain, from) {
			return Verdict{Pass, "DKIM passed for " + domain}
		}
	}
	for _, r := range spf {
		r := r.(*authres.SPFResult) //nolint:forcetypeassert // sorted by type above
		checked := Address{Addr: "@" + r.From}.Domain()
		if r.Value == authres.ResultPass && envelope != "" && sameDomain(checked, envelope) && aligned(checked, from) {
			return Verdict{Pass, "SPF passed for " + checked}
		}
	}
	if len(dmarc)+len(dkim)+len(spf) == 0 {
		return Verdict{None, "no results of " + authservID}
	}
	return Verdict{Fail, "nothing passed for " + from}
}

// trustedResults returns the results of the topmost group of headers that our mail server added.
func trustedResults(h Header, authservID string, ownHops int) [][]authres.Result {
	hops := 0
	var trusted [][]authres.Result
	for _, f := range h {
		name := strings.ToLower(f.Name)
		switch {
		case name == "authentication-results":
			id, results, err := authres.Parse(f.Value)
			if id, _, _ = strings.Cut(strings.TrimSpace(id), " "); authservID == "" || !strings.EqualFold(id, authservID) {
				continue
			}
			if err != nil {
				results = nil // present, but says nothing
			}
			trusted = append(trusted, results)
		case name == "received":
			if hops++; hops > ownHops || len(trusted) > 0 {
				return trusted
			}
		case name == "return-path", name == "delivered-to", name == "envelope-to", name == "delivery-date",
			name == "received-spf", name == "dkim-filter", strings.HasPrefix(name, "x-"), strings.HasPrefix(name, "arc-"):
		default:
			return trusted // the sender's own headers begin
		}
	}
	return trusted
}

func byMethod(results []authres.Result) (dmarc, dkim, spf []authres.Result) {
	for _, r := range results {
		switch r.(type) {
		case *authres.DMARCResult:
			dmarc = append(dmarc, r)
		case *authres.DKIMResult:
			dkim = append(dkim, r)
		case *authres.SPFResult:
			spf = append(spf, r)
		}
	}
	return dmarc, dkim, spf
}

func sameDomain(a, b string) bool {
	return a != "" && strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// aligned compares domains as DMARC does when relaxed: the same organisation.
func aligned(a, b string) bool {
	if sameDomain(a, b) {
		return true
	}
	orgA, errA := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(strings.TrimSuffix(a, ".")))
	orgB, errB := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(strings.TrimSuffix(b, ".")))
	return errA == nil && errB == nil && orgA == orgB
}
