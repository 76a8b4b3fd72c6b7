//go:build e2e

package machine_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/machine"
)

// browser is a browser that speaks HTTP/2, and trusts whom it is told to.
type browser struct {
	client *http.Client
}

// browse returns a browser whose connections begin with a handshake each, or last. A nil pool trusts everybody.
func browse(pool *x509.CertPool, anew bool) browser {
	return browser{&http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, InsecureSkipVerify: pool == nil}, ForceAttemptHTTP2: true, DisableKeepAlives: anew,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				_, port, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("192.0.2.1", port))
			},
		},
	}}
}

// seen is an answer without its body.
type seen struct {
	Proto, Status string
	StatusCode    int
	Header        http.Header
	TLS           *tls.ConnectionState
}

func (b browser) get(address string) (seen, error) {
	r, err := b.client.Get(address)
	if err != nil {
		return seen{}, err
	}
	return seen{r.Proto, r.Status, r.StatusCode, r.Header, r.TLS}, r.Body.Close()
}

// serial returns which certificate the site shows, and until when it is valid.
func (b browser) serial(t *testing.T) (serial string, until time.Time) {
	t.Helper()
	r, err := b.get("https://stadt.example/stadt/healthz")
	if err != nil {
		t.Fatal(err)
	}
	leaf := r.TLS.PeerCertificates[0]
	return leaf.SerialNumber.String(), leaf.NotAfter
}

const healthy = "https://stadt.example/stadt/healthz"

// life is how long the certificates of this test are valid. They are renewed when a third of it is left.
const life = 21 * time.Second

func TestASiteAloneGetsItsCertificates(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	if s == nil {
		return
	}
	// At first the authority reaches port 80 only, later 443 only.
	authority := s.StartAuthority(machine.AuthorityConfig{Life: life, HTTP: 80, TLS: 444})
	s.Run(fmt.Sprintf(`cat >/etc/grouprise/conf.d/authority.yaml <<-END
		certificates:
		  authority: %s
		  authority_root: %s
		  contact: admin@post.example
		extra_allowed_hosts: [dorf.example]
		log: {client_addresses: true}
	END`, authority.Directory, authority.Root))
	s.Follow(webserver, "/etc/grouprise/conf.d/tls.yaml", "/etc/systemd/system/grouprise.service.d/alone.conf")
	s.Do(install, "start it now and whenever the machine starts")
	pool := authority.Pool()
	secure := browse(pool, false)
	s.Eventually("the first certificate", func() bool {
		_, err := secure.get(healthy)
		return err == nil
	})
	s.answersAlone(secure)
	s.shakesHands(browse(pool, true))

	// Another authority, as it were: it knows nothing of us.
	first, _ := browse(pool, true).serial(t)
	authority.Stop()
	authority = s.StartAuthority(machine.AuthorityConfig{Life: life, HTTP: 81, TLS: 443})
	var visits, refused atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	load.Go(func() {
		for visitor := browse(nil, true); ctx.Err() == nil; visits.Add(1) {
			if _, err := visitor.get(healthy); err != nil {
				refused.Add(1)
			}
		}
	})
	s.Eventually("the certificate to be renewed", func() bool {
		serial, _ := browse(nil, true).serial(t)
		return serial != first
	})
	stop()
	load.Wait()
	t.Logf("%d visits while the certificate was renewed, %d refused", visits.Load(), refused.Load())
	if refused.Load() > 0 {
		t.Errorf("%d visitors of %d were refused", refused.Load(), visits.Load())
	}
	if _, err := browse(authority.Pool(), true).get(healthy); err != nil {
		t.Errorf("the new certificate: %v", err)
	}

	// The authority is gone: the certificate stays, even when it has expired.
	authority.Stop()
	last, until := browse(nil, true).serial(t)
	s.filesAreSent("no certificate has come")
	time.Sleep(time.Until(until.Add(time.Second)))
	for range 2 {
		if serial, _ := browse(nil, true).serial(t); serial != last {
			t.Errorf("the certificate %s is shown, not %s", serial, last)
		}
		if _, err := browse(authorityless(), true).get(healthy); err == nil {
			t.Error("browsers take an expired certificate")
		}
		s.Run("systemctl restart grouprise")
		s.Eventually("the site to open again", func() bool {
			_, err := browse(nil, true).get(healthy)
			return err == nil
		})
	}

	// There it is again, and systemd opens the ports.
	authority = s.StartAuthority(machine.AuthorityConfig{Life: time.Hour, HTTP: 80, TLS: 443})
	s.Eventually("another certificate", func() bool {
		_, err := browse(authority.Pool(), true).get(healthy)
		return err == nil
	})
	s.Run("systemctl stop grouprise")
	s.usesSocketsOfThePackage(authority)
}

// authorityless trusts nobody.
func authorityless() *x509.CertPool { return x509.NewCertPool() }

// answersAlone makes sure that a site alone does what it does behind a web server.
func (s *site) answersAlone(secure browser) {
	s.t.Helper()
	r, err := secure.get("https://stadt.example/stadt/login/")
	if err != nil {
		s.t.Fatal(err)
	}
	if r.Proto != "HTTP/2.0" || r.StatusCode != http.StatusOK || r.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
		s.t.Errorf("%s %s %v", r.Proto, r.Status, r.Header)
	}
	language, err := secure.client.Post("https://stadt.example/stadt/language/", "application/x-www-form-urlencoded", strings.NewReader("language=en"))
	if err != nil {
		s.t.Fatal(err)
	}
	_ = language.Body.Close()
	for _, cookie := range language.Cookies() {
		if !cookie.Secure {
			s.t.Errorf("the cookie %v is sent without TLS, too", cookie)
		}
	}
	if len(language.Cookies()) == 0 {
		s.t.Errorf("no cookie: %s %v", language.Status, language.Header)
	}
	if _, err := secure.get("https://dorf.example/stadt/healthz"); err != nil {
		s.t.Errorf("a further name of the site: %v", err)
	}
	for address, want := range map[string]string{
		"http://stadt.example/garten/?a=b":                     "301 https://stadt.example/garten/?a=b",
		"http://stadt.example/stadt/healthz":                   "200 ",
		"http://stadt.example/.well-known/acme-challenge/none": "404 ",
		"http://elsewhere.example/":                            "400 ",
		"http://192.0.2.1/":                                    "400 ",
	} {
		r, err := secure.get(address)
		if err != nil {
			s.t.Errorf("%s: %v", address, err)
			continue
		}
		if got := fmt.Sprint(r.StatusCode, " ", r.Header.Get("Location")); got != want {
			s.t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	for _, name := range []string{"elsewhere.example", "www.stadt.example", "192.0.2.1"} {
		if _, err := browse(nil, true).get("https://" + name + "/stadt/healthz"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			s.t.Errorf("a stranger who asks for %s: %v", name, err)
		}
	}
	s.Run("curl --silent --insecure --interface 192.0.2.7 --resolve stadt.example:443:192.0.2.1 --header 'X-Forwarded-For: 198.51.100.1' https://stadt.example/stadt/groups/ >/dev/null")
	s.filesAreSent("client=192.0.2.7")
	s.closesAndOpens("/var/lib/grouprise/site-data", func(path string) (int, http.Header, string) {
		r, err := secure.client.Get("https://stadt.example" + path)
		if err != nil {
			s.t.Fatal(err)
		}
		defer r.Body.Close()
		text := make([]byte, 64<<10)
		n, _ := r.Body.Read(text)
		return r.StatusCode, r.Header, string(text[:n])
	})
}

// closesAndOpens makes sure that visitors read what is going on while the maintenance file exists, and that files of the
// administrator are shown all the time.
func (s *site) closesAndOpens(folder string, get func(path string) (int, http.Header, string)) {
	s.t.Helper()
	s.Run(fmt.Sprintf("install -d -m 755 %s && echo hello >%[1]s/hello.txt && chmod 644 %[1]s/hello.txt && touch /etc/grouprise/maintenance_mode", folder))
	status, header, _ := get("/stadt/groups/")
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "300" || header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("in maintenance: %d %v", status, header)
	}
	if status, header, text := get("/-/site/hello.txt"); status != http.StatusOK || text != "hello\n" || header.Get("X-Content-Type-Options") != "nosniff" ||
		header.Get("Cache-Control") != "public, no-cache" {
		s.t.Errorf("a file of the administrator: %d %v %q", status, header, text)
	}
	s.Run("rm /etc/grouprise/maintenance_mode")
	if status, _, _ := get("/stadt/groups/"); status != http.StatusOK {
		s.t.Errorf("after maintenance: %d", status)
	}
}

// shakesHands counts how many handshakes the site makes in two seconds.
func (s *site) shakesHands(stranger browser) {
	s.t.Helper()
	began, count := time.Now(), 0
	for ; time.Since(began) < 2*time.Second; count++ {
		if _, err := stranger.get(healthy); err != nil {
			s.t.Fatal(err)
		}
	}
	s.t.Logf("%d handshakes a second, one after the other", count/2)
	if count < 20 {
		s.t.Errorf("%d handshakes in two seconds", count)
	}
}

// usesSocketsOfThePackage follows what the program prints for its package, as far as that goes without systemd.
func (s *site) usesSocketsOfThePackage(authority *machine.Authority) {
	s.t.Helper()
	for _, unit := range []string{"grouprise.socket", "grouprise.service"} {
		text, err := os.ReadFile("../../packaging/systemd/" + unit)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile("/lib/systemd/system/"+unit, text, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	// The file of the package with another address has a name that comes earlier.
	s.Run(`rm -r /etc/systemd/system/grouprise.service* /etc/grouprise/conf.d/tls.yaml
		mv /etc/grouprise/conf.d/site.yaml /etc/grouprise/conf.d/050-site.yaml
		ln -s /usr/local/bin/grouprise /usr/bin/grouprise
		ln -s /usr/local/bin/grouprise /usr/sbin/grouprisectl
		useradd --system --non-unique --uid $(id -u grouprise) --gid grouprise --home-dir /var/lib/grouprise _grouprise
		printf '#!/bin/sh\necho "$@" >>/root/systemctl\n' >/usr/local/sbin/systemctl`)
	if said := s.Do(webserver, "grouprise answers visitors itself"); said != "" {
		s.t.Fatalf("the program complains: %s", said)
	}
	s.Run("systemd-analyze verify --man=no grouprise.socket")
	if said := s.Run("cat /root/systemctl"); !strings.HasPrefix(said, "daemon-reload\nrestart grouprise.socket ") {
		s.t.Errorf("the commands are\n%s", said)
	}
	unit, err := os.ReadFile("/etc/systemd/system/grouprise.socket.d/alone.conf")
	if err != nil {
		s.t.Fatal(err)
	}
	arguments := []string{"--fdname=web:web", "--setenv=HOME=/var/lib/grouprise"}
	for _, stream := range regexp.MustCompile(`ListenStream=(.+)`).FindAllStringSubmatch(string(unit), -1) {
		arguments = append(arguments, "--listen="+stream[1])
	}
	log, err := os.OpenFile("/var/log/grouprise.log", os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command("systemd-socket-activate", append(arguments, "setpriv", "--reuid", "grouprise", "--regid", "grouprise", "--init-groups", "grouprise", "serve")...)
	command.Dir, command.Stdout, command.Stderr = "/var/lib/grouprise", log, log
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = command.Process.Kill() })
	s.Eventually("the site to open on the sockets of systemd", func() bool {
		_, err := browse(authority.Pool(), true).get(healthy)
		return err == nil
	})
	if r, err := browse(nil, true).get("http://stadt.example/"); err != nil || r.StatusCode != http.StatusMovedPermanently {
		s.t.Errorf("without TLS: %v, %v", r, err)
	}
}
