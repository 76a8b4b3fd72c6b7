package webfront

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/lang"
)

const day = 24 * time.Hour

// A certificate is renewed long before these ends: what is left of it then says that renewing has failed.
const (
	soon     = 14 * day
	verySoon = 3 * day
)

// certificate looks at the certificate that visitors get.
func (f Front) certificate(ctx context.Context) ([]doctor.Finding, error) {
	u, err := url.Parse(f.BaseURL)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	dial := f.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: patience}).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err // the web server is another matter
	}
	defer conn.Close()
	config := f.tls()
	config.ServerName = u.Hostname()
	config.Time = f.now
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return f.invalid(err, u.Hostname())
	}
	return f.age(secured.ConnectionState().PeerCertificates[0]), nil
}

func (f Front) now() time.Time { return f.Clock.Now().Time }

// age says when a certificate ends, if that is soon.
func (f Front) age(c *x509.Certificate) []doctor.Finding {
	left := c.NotAfter.Sub(f.now())
	lifetime := c.NotAfter.Sub(c.NotBefore)
	severity := doctor.Warning
	switch {
	case left > min(soon, lifetime/4):
		return nil
	case left < min(verySoon, lifetime/8):
		severity = doctor.Problem
	}
	return []doctor.Finding{doctor.Found("certificate.ends", severity,
		doctor.Say(lang.Text("The certificate ends in %s days, and nobody has renewed it."), strconv.Itoa(int(left/day))),
		doctor.Say(lang.Text("Look why renewing fails: “certbot renew --dry-run” says it. Then “systemctl reload nginx”, so that the web server reads the new one.")))}
}

// invalid says why browsers refuse the certificate.
func (f Front) invalid(err error, host string) ([]doctor.Finding, error) {
	renew := doctor.Say(lang.Text("Renew it (“certbot renew”), have the web server read it again (“systemctl reload nginx”), and look why that did not happen by itself."))
	if wrong, ok := errors.AsType[x509.CertificateInvalidError](err); ok && wrong.Reason == x509.Expired {
		return []doctor.Finding{doctor.Found("certificate.expired", doctor.Problem,
			doctor.Say(lang.Text("The certificate isn’t valid now: browsers warn visitors against the site.")), renew).Because(err)}, nil
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return []doctor.Finding{doctor.Found("certificate.refused", doctor.Problem,
			doctor.Say(lang.Text("Browsers don’t accept the certificate for %s."), host),
			doctor.Say(lang.Text("Get one for this name from a certificate authority (“certbot certonly --webroot --webroot-path /var/www/html --domain %s”), and name it in the configuration of the web server with all intermediate ones (fullchain.pem)."), host)).Because(err)}, nil
	}
	return nil, err
}
