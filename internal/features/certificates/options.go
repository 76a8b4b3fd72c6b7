package certificates

import (
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"grouprise.org/grouprise/internal/kit/acme"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/config/check"
	"grouprise.org/grouprise/internal/kit/web"
)

// Options are what an administrator decides about certificates.
type Options struct {
	Authority string // address of the directory of an authority (RFC 8555)
	Root      string // file with the certificate that the authority's own https is checked with; empty: those of the system
	Contact   string // mail address for the authority; empty: none
	Listen    string // where visitors without TLS are sent to https, and the authority asks
}

// DefaultOptions returns the options of a site that nobody configured.
func DefaultOptions() Options {
	return Options{Authority: "https://acme-v02.api.letsencrypt.org/directory", Listen: ":80"}
}

// standard is where visitors come with https.
const standard = ":443"

// Schema describes the options below "certificates.".
func (o *Options) Schema() []config.Option {
	return []config.Option{
		{Name: "certificates.authority", Into: &o.Authority, Text: isDirectory, Want: "the https address of the directory of an ACME server"},
		{Name: "certificates.authority_root", Into: &o.Root, Path: config.File, Want: "a file with certificates as PEM"},
		{Name: "certificates.contact", Into: &o.Contact, Text: check.Address, Want: "a mail address"},
		{Name: "certificates.listen", Into: &o.Listen, Text: isTCP, Want: "an address with a port, such as :80"},
	}
}

func isDirectory(s string) bool {
	return check.URL(s) && strings.HasPrefix(s, "https://") && len(s) <= 500
}

func isTCP(s string) bool { return check.Listener(s) && !isSocket(s) }

func isSocket(listen string) bool { return strings.HasPrefix(listen, "unix:") }

// Site is what other options say of a site.
type Site struct {
	Transport web.Transport
	Domain    string
	Listen    *string // completed where no option gives it
	Downloads string  // which web server in front sends files; "none"
}

// Check refuses a site that speaks TLS itself and could not get a certificate, or would not be found.
func (o *Options) Check(s *config.Settings, site Site) {
	if site.Transport != web.Integrated {
		for _, option := range o.Schema() {
			if s.IsSet(option.Name) {
				s.Warn(option.Name, "has no meaning unless transport_security is \"integrated\"")
			}
		}
		return
	}
	if !s.IsSet("listen") {
		*site.Listen = standard
		s.SetOrigin("listen", "default with transport_security: integrated")
	}
	if isSocket(*site.Listen) && !s.Refused("listen") {
		s.Refuse("listen", "must be an address with a port, such as %s, with transport_security \"integrated\": visitors reach no socket", standard)
	}
	if len(Names(site.Domain, nil)) == 0 || !s.IsSet("domain") && !s.Refused("domain") {
		s.Refuse("domain", "must be the public name of the site with transport_security \"integrated\": nobody gives a certificate for %s", site.Domain)
	}
	if site.Downloads != "none" && !s.Refused("file_download_backend") {
		s.Refuse("file_download_backend", "must be \"none\" with transport_security \"integrated\": there is no web server in front that could send files")
	}
	if o.Root != "" && !s.Refused("certificates.authority_root") && o.roots() == nil {
		s.Refuse("certificates.authority_root", "must be a file with certificates as PEM")
	}
}

// roots returns what the authority's own https is checked with; nil is what the system has.
func (o *Options) roots() *x509.CertPool {
	text, err := os.ReadFile(o.Root)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		return nil
	}
	return pool
}

// authority returns where certificates come from, without our key.
func (o *Options) authority(program string) acme.Authority {
	a := acme.Authority{Directory: o.Authority, Contact: o.Contact, Agent: program}
	if o.Root != "" {
		a.Roots = o.roots()
	}
	return a
}

// Addresses returns where a site is reached, by the names of the listeners. A site that speaks TLS itself answers without it
// only where systemd opens a socket for that.
func (o *Options) Addresses(transport web.Transport, listen string) map[string]string {
	if transport != web.Integrated {
		return map[string]string{web.Main: listen}
	}
	return map[string]string{web.HTTPS: listen, web.HTTP: o.Listen, web.Main: ""}
}

// most is how many names a certificate may have with all known authorities.
const most = 100

// Names returns the host names, as DNS has them, that a site has a certificate for: its domain and the further ones. What
// nobody gives a certificate for in this way is left out: patterns, addresses and names of this network only.
func Names(domain string, further []string) []string {
	var names []string
	for _, host := range append([]string{domain}, further...) {
		name, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
		if err == nil && isPublic(name) && !slices.Contains(names, name) && len(names) < most {
			names = append(names, name)
		}
	}
	return names
}

// isPublic reports whether a name in lower case can be one on the internet.
func isPublic(name string) bool {
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil || net.ParseIP(name) != nil {
		return false
	}
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	return len(labels) > 1 && !slices.Contains(labels, "") && !strings.ContainsAny(name, "*_") &&
		!slices.Contains([]string{"localhost", "local", "internal", "localdomain"}, last)
}
