package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"grouprise.org/grouprise/internal/app/health"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/doctor/local"
	"grouprise.org/grouprise/internal/core/doctor/mailcheck"
	"grouprise.org/grouprise/internal/core/doctor/webfront"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/machine"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// patient is a whole site with all that stands around it. It is well until a test breaks something.
type patient struct {
	*testing.T
	*House

	file  string // the configuration, which holds a password
	front front
	post  post
	dns   dns

	clock    clock.Clock
	machine  local.Machine
	patience time.Duration
	policy   string // of MTA-STS
	environ  []string
}

// front is the web server in front.
type front struct {
	dropsClient, forges, dropsName, dropsProto, dropsHeaders, exposes, down, plain bool

	limit int64
	left  time.Duration // of its certificate
}

// post is the mail server in front. It hands mails on as by LMTP.
type post struct {
	site             *House
	swallows, bounce bool
	refused          []string // what stands before the @
}

// dns is a resolver that knows a few records.
type dns struct {
	mx    []*net.MX
	txt   map[string][]string
	ip    map[string][]netip.Addr
	names map[string][]string
	away  bool
}

var _ mailcheck.Resolver = (*dns)(nil)

func (d *dns) answer(there bool) error {
	if d.away {
		return &net.DNSError{Err: "timeout", IsTimeout: true}
	}
	if !there {
		return &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	return nil
}

func (d *dns) LookupMX(context.Context, string) ([]*net.MX, error) {
	return d.mx, d.answer(d.mx != nil)
}

func (d *dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	return d.txt[name], d.answer(d.txt[name] != nil)
}

func (d *dns) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return d.ip[host], d.answer(d.ip[host] != nil)
}

func (d *dns) LookupAddr(_ context.Context, address string) ([]string, error) {
	return d.names[address], d.answer(d.names[address] != nil)
}

// NewSession implements gosmtp.Backend.
func (p *post) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &conversation{post: p}, nil }

type conversation struct {
	post     *post
	envelope lmtp.Envelope
}

func (c *conversation) Reset()        { c.envelope = lmtp.Envelope{} }
func (c *conversation) Logout() error { return nil }

func (c *conversation) Mail(from string, _ *gosmtp.MailOptions) error {
	c.envelope.From = from
	return nil
}

func (c *conversation) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	local, _, _ := strings.Cut(to, "@")
	name, _, _ := strings.Cut(local, "+")
	if slices.Contains(c.post.refused, name) {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "user unknown in local recipient table"}
	}
	c.envelope.Recipients = append(c.envelope.Recipients, to)
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	message, err := io.ReadAll(r)
	if err != nil || c.post.swallows {
		return err
	}
	e := c.envelope
	if c.post.bounce {
		message = []byte("From: mailer-daemon@mx.example.org\r\nTo: <" + e.From + ">\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n\r\nHost or domain name not found.\r\n")
		e.Recipients, e.From = []string{e.From}, ""
	}
	return errors.Join(c.post.site.intake.Deliver(context.Background(), e, message)...)
}

// newPatient builds a site, lets a test break something before and after it is there.
func newPatient(t *testing.T, before, after func(p *patient)) *patient {
	t.Helper()
	address := netip.MustParseAddr("203.0.113.5")
	p := &patient{T: t, patience: 30 * time.Second, policy: "version: STSv1\nmode: enforce\nmx: *.example.org\n"}
	p.front = front{limit: 60 << 20, left: 60 * 24 * time.Hour}
	p.machine = local.Machine{
		LeastRoom: 1, LeastMemory: 1, KeepsTime: func() (bool, bool) { return true, true },
		Memory: func() (machine.Memory, bool) { return machine.Memory{Available: 1 << 30, Total: 1 << 31}, true },
	}
	p.dns = dns{
		mx: []*net.MX{{Host: "mx.example.org.", Pref: 10}},
		ip: map[string][]netip.Addr{"mx.example.org": {address}}, names: map[string][]string{address.String(): {"mx.example.org."}},
		txt: map[string][]string{
			"example.org": {"v=spf1 mx -all", "something else"}, "_dmarc.example.org": {"v=DMARC1; p=none"}, "_mta-sts.example.org": {"v=STSv1; id=1"},
		},
	}
	mails, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := gosmtp.NewServer(&p.post)
	go func() { _ = server.Serve(mails) }()
	t.Cleanup(func() { _ = server.Close() })

	data := filepath.Join(t.TempDir(), "data")
	p.file = filepath.Join(t.TempDir(), "site.yaml")
	_, port, _ := net.SplitHostPort(mails.Addr().String())
	text := "domain: example.org\ndatabase: {password: geheim}\nlisten: localhost:8008\nlanguage_code: en\nbackup: {schedule: '@daily'}\nincoming_mail: {authserv_id: mx.example.org}\n" +
		"transport_security: reverse-proxy\nfile_download_backend: nginx\nemail_submission: {host: 127.0.0.1, port: " + port + "}\n" +
		"matrix_chat: {enabled: true, domain: " + matrixtest.Domain + ", homeserver_url: '" + matrixtest.New(t).URL + "', bot_access_token: " + matrixtest.Token + "}\n"
	if err := errors.Join(os.Mkdir(data, 0o750), os.WriteFile(p.file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	if before != nil {
		before(p)
	}
	o, _, err := options.Load(config.Sources{Named: p.file, Prefix: "GROUPRISE_", Environ: append(p.environ, "GROUPRISE_DATA_PATH="+data), Reserved: []string{"GROUPRISE_CONFIG"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	o.PasswordCost, o.Clock = password.Cost{Memory: 64, Passes: 1, Threads: 1}, p.clock
	dbtest.WriteSQLite(t, o.Database.Name)
	if p.House, err = Build(t.Context(), o, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	p.post.site = p.House
	cast.New(t, p.db)
	cast.Execute(t, p.db, `INSERT INTO backups (name, outcome, trouble, bytes, began_at, ended_at) VALUES ('b', 'proved', '', 1, ?, ?)`, p.db.Now(), p.db.Now())
	p.signs()
	p.stand(mails.Addr().String())
	if after != nil {
		after(p)
	}
	return p
}

// signs makes a key that DNS shows.
func (p *patient) signs() {
	p.Helper()
	k, err := p.dkim.Make(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	record, err := k.Record()
	if err != nil {
		p.Fatal(err)
	}
	p.dns.txt[k.RecordName()] = []string{record}
	cast.Execute(p.T, p.db, `UPDATE dkim_keys SET published_at = created_at`)
}

// stand puts the site behind its web server and beside its mail server.
func (p *patient) stand(mails string) {
	web := httptest.NewUnstartedServer(http.HandlerFunc(p.answer))
	certificate, root := p.certificate()
	web.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	web.StartTLS()
	p.Cleanup(web.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.front.plain {
			http.Redirect(w, r, "https://example.org/", http.StatusMovedPermanently)
		}
	}))
	p.Cleanup(plain.Close)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		there := map[string]string{"example.org:443": web.Listener.Addr().String(), "example.org:80": plain.Listener.Addr().String(), "mx.example.org:25": mails}[address]
		if there == "" {
			return nil, errors.New("nothing is at " + address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, there)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	client := &http.Client{Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}}
	p.outside = health.Outside{
		Resolver: &p.dns, Client: client,
		Front: func(f *webfront.Front) { f.Dial, f.Roots = dial, roots },
		Mail: func(m *mailcheck.Mail) {
			m.Dial = dial
			m.Fetch = func(context.Context, fetch.Request) (*fetch.Document, error) {
				if p.policy == "" {
					return nil, errors.New("404")
				}
				return &fetch.Document{Body: []byte(p.policy)}, nil
			}
		},
		Machine: func(m *local.Machine) {
			m.LeastRoom, m.LeastMemory, m.Memory, m.KeepsTime = p.machine.LeastRoom, p.machine.LeastMemory, p.machine.Memory, p.machine.KeepsTime
		},
	}
}

// answer is what the web server does with a request.
func (p *patient) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.front.down:
		w.WriteHeader(http.StatusBadGateway)
		return
	case r.ContentLength > p.front.limit:
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case strings.HasPrefix(r.URL.Path, "/protected-downloads/"):
		if p.front.exposes {
			http.ServeFile(w, r, filepath.Join(p.options.MediaRoot, filepath.Base(r.URL.Path)))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if !p.front.forges {
		r.Header.Add("X-Forwarded-For", "198.51.100.7")
	}
	if p.front.dropsClient {
		r.Header.Del("X-Forwarded-For")
	}
	if !p.front.dropsProto {
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	if p.front.dropsName {
		r.Host = "127.0.0.1:8008"
	}
	r.TLS, r.RemoteAddr = nil, "127.0.0.1:40000"
	answer := httptest.NewRecorder()
	p.pages.ServeHTTP(answer, r)
	maps.Copy(w.Header(), answer.Header())
	if p.front.dropsHeaders {
		w.Header().Del("Content-Security-Policy")
	}
	if file := answer.Header().Get("X-Accel-Redirect"); file != "" {
		w.Header().Del("X-Accel-Redirect")
		w.Header().Del("Content-Length")
		http.ServeFile(w, r, filepath.Join(p.options.MediaRoot, filepath.Base(file)))
		return
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// certificate makes one for the site, and the authority that made it.
func (p *patient) certificate() (tls.Certificate, *x509.Certificate) {
	p.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.org"}, DNSNames: []string{"example.org"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(p.front.left - 90*24*time.Hour), NotAfter: time.Now().Add(p.front.left),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		p.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		p.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, parsed
}

// examine has the site examined.
func (p *patient) examine() doctor.Report {
	p.Helper()
	p.outside.Patience = p.patience
	anew, err := p.examined()
	if err != nil {
		p.Fatal(err)
	}
	p.modules = slices.DeleteFunc(p.modules, func(m module.Module) bool { return slices.Contains([]string{"health", "probes", "checkups"}, m.Name) })
	p.modules = append(p.modules, anew...)
	return p.Doctor().Examine(p.Context())
}

func TestAHealthySiteHasNothingToSay(t *testing.T) {
	t.Parallel()
	r := newPatient(t, nil, nil).examine()
	var names []string
	for _, result := range r.Results {
		names = append(names, result.Name)
		for _, f := range result.Findings {
			t.Errorf("%s: %s %s: %s (%s)", result.Name, f.Severity, f.Code, f.Wrong.In(new(lang.Printer)), f.Detail)
		}
	}
	for _, want := range []string{
		"database", "media", "queue", "disk", "memory", "time", "files", "senders", "certificate", "web-server", "uploads", "downloads", "dns", "mail-door", "mail",
		"dkim", "chat", "push", "backups",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("nobody looked at %s", want)
		}
	}
}

// TestTheDoctorNamesWhatIsBroken breaks one thing after another of a site that is well. Each is named, with its remedy, in both
// languages.
func TestTheDoctorNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	run := func(query string, args ...any) func(*patient) {
		return func(p *patient) { cast.Execute(p.T, p.db, query, args...) }
	}
	hour := func(h int) clock.Time { return clock.At(time.Now().Add(time.Duration(h) * time.Hour)) }
	for _, c := range []struct {
		what, code, remedy string
		before, after      func(p *patient)
		unsaid             bool // what is broken keeps others from being looked at
	}{
		{what: "a table is gone", code: "database.incomplete", remedy: "grouprise restore", after: run(`DROP TABLE former_slugs`)},
		{what: "a migration is missing", code: "database.old", remedy: "grouprise migrate", after: func(p *patient) {
			cast.Execute(p.T, p.db, `DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)`)
		}},
		{what: "the folder for uploads is gone", code: "media.unwritable", remedy: "chown", after: func(p *patient) {
			if err := os.RemoveAll(p.options.MediaRoot); err != nil {
				p.Fatal(err)
			}
		}, unsaid: true},
		{what: "the disk is full", code: "disk.full", remedy: "Make room", before: func(p *patient) { p.machine.LeastRoom = 1 << 60 }},
		{what: "there is no memory left", code: "memory.low", remedy: "swap", before: func(p *patient) { p.machine.LeastMemory = 1 << 40 }},
		{what: "the clock is wrong", code: "time.wrong", remedy: "timedatectl", before: func(p *patient) { p.clock = func() time.Time { return time.Now().Add(5 * time.Minute) } }},
		{what: "nothing keeps the clock right", code: "time.unkept", remedy: "timesyncd", before: func(p *patient) { p.machine.KeepsTime = func() (bool, bool) { return false, true } }},
		{what: "everybody reads the configuration", code: "files.readable", remedy: "chmod o-rwx", before: func(p *patient) {
			folder := filepath.Dir(p.file)
			if err := errors.Join(os.Chmod(filepath.Dir(folder), 0o755), os.Chmod(folder, 0o755), os.Chmod(p.file, 0o644)); err != nil { // #nosec G302 -- that is what is wrong
				p.Fatal(err)
			}
		}},
		{what: "the web server drops X-Forwarded-For", code: "web-server.client", remedy: "proxy_add_x_forwarded_for", before: func(p *patient) { p.front.dropsClient = true }},
		{what: "visitors choose their address", code: "web-server.forged", remedy: "proxy_add_x_forwarded_for", before: func(p *patient) { p.front.forges = true }},
		{what: "the web server drops Host", code: "web-server.host", remedy: "proxy_set_header Host", before: func(p *patient) { p.front.dropsName = true }, unsaid: true},
		{what: "the web server drops X-Forwarded-Proto", code: "web-server.proto", remedy: "X-Forwarded-Proto $scheme", before: func(p *patient) { p.front.dropsProto = true }, unsaid: true},
		{what: "the web server is not trusted", code: "web-server.untrusted", remedy: "trusted_proxies", before: func(p *patient) { p.environ = append(p.environ, "GROUPRISE_TRUSTED_PROXIES=192.0.2.9") }, unsaid: true},
		{what: "the web server drops headers", code: "web-server.headers", remedy: "proxy_hide_header", before: func(p *patient) { p.front.dropsHeaders = true }, unsaid: true},
		{what: "the program is not reached", code: "web-server.down", remedy: "systemctl start grouprise", before: func(p *patient) { p.front.down = true }, unsaid: true},
		{what: "nobody is led to https", code: "web-server.plain", remedy: "port 80", before: func(p *patient) { p.front.plain = true }},
		{what: "uploads are refused", code: "uploads.file", remedy: "client_max_body_size 60m", before: func(p *patient) { p.front.limit = 1 << 20 }},
		{what: "galleries are refused", code: "uploads.gallery", remedy: "client_max_body_size 60m", before: func(p *patient) { p.front.limit = 20 << 20 }},
		{what: "everybody gets uploaded files", code: "downloads.exposed", remedy: "internal;", before: func(p *patient) { p.front.exposes = true }},
		{what: "the certificate ends in 5 days", code: "certificate.ends", remedy: "certbot renew", before: func(p *patient) { p.front.left = 5*24*time.Hour + time.Hour }},
		{what: "the certificate has ended", code: "certificate.expired", remedy: "certbot renew", before: func(p *patient) { p.front.left = -time.Hour }, unsaid: true},
		{what: "the mail server is away", code: "mail.unsent", remedy: "email_submission", before: func(p *patient) { p.environ = append(p.environ, "GROUPRISE_EMAIL_SUBMISSION_PORT=1") }},
		{what: "mails do not leave", code: "mail.kept", remedy: "email_submission.backend", before: func(p *patient) { p.environ = append(p.environ, "GROUPRISE_EMAIL_SUBMISSION_BACKEND=dummy") }},
		{what: "a mail never arrives, and nobody receives", code: "mail.unreceived", remedy: "grouprise-lmtpd", before: func(p *patient) {
			p.post.swallows, p.patience = true, 400*time.Millisecond
			p.environ = append(p.environ, "GROUPRISE_LMTP_LISTEN=127.0.0.1:1")
		}},
		{what: "a mail comes back", code: "mail.returned", remedy: "grouprise mail-server", before: func(p *patient) { p.post.bounce = true }},
		{what: "only some addresses are taken", code: "mail.refused", remedy: "grouprise mail-server", before: func(p *patient) { p.post.refused = []string{"probe"} }, unsaid: true},
		{what: "the mail server refuses what is for the site", code: "mail-door.addresses", remedy: "grouprise mail-server", before: func(p *patient) { p.post.refused = []string{"probe"} }, unsaid: true},
		{what: "nobody reads what comes to postmaster", code: "mail-door.postmaster", remedy: "postmaster@example.org", before: func(p *patient) { p.post.refused = []string{"postmaster"} }},
		{what: "mails are not signed", code: "mail.unsigned", remedy: "grouprise dkim new", after: run(`DELETE FROM dkim_keys`)},
		{what: "the record of the key is gone", code: "dkim.unpublished", remedy: "_domainkey.example.org", after: run(`UPDATE dkim_keys SET published_at = NULL`), unsaid: true},
		{what: "there is no MX record", code: "dns.mx", remedy: "IN MX 10", after: func(p *patient) { p.dns.mx = nil }, unsaid: true},
		{what: "the MX record leads nowhere", code: "dns.mx-address", remedy: "A record for mx.example.org", after: func(p *patient) { p.dns.ip = nil }},
		{what: "there is no SPF record", code: "dns.spf", remedy: "v=spf1 mx -all", after: func(p *patient) { p.dns.txt["example.org"] = nil }},
		{what: "there are two SPF records", code: "dns.spf-many", remedy: "v=spf1 mx -all", after: func(p *patient) { p.dns.txt["example.org"] = []string{"v=spf1 mx", "v=spf1 a"} }},
		{what: "the SPF record has a mistake", code: "dns.spf-wrong", remedy: "v=spf1 mx -all", after: func(p *patient) { p.dns.txt["example.org"] = []string{"v=spf1 ipv4:192.0.2.1 -all"} }},
		{what: "the SPF record is for all", code: "dns.spf-open", remedy: "v=spf1 mx -all", after: func(p *patient) { p.dns.txt["example.org"] = []string{"v=spf1 +all"} }},
		{what: "there is no DMARC record", code: "dns.dmarc", remedy: "v=DMARC1; p=none", after: func(p *patient) { p.dns.txt["_dmarc.example.org"] = nil }},
		{what: "the DMARC record has a mistake", code: "dns.dmarc-wrong", remedy: "v=DMARC1; p=none", after: func(p *patient) { p.dns.txt["_dmarc.example.org"] = []string{"v=DMARC1; p=perhaps"} }},
		{what: "the address has no name", code: "dns.reverse", remedy: "PTR", after: func(p *patient) {
			outside := netip.MustParseAddr("9.9.9.9")
			p.dns.ip["mx.example.org"], p.dns.names = []netip.Addr{outside}, nil
		}},
		{what: "the policy of MTA-STS is gone", code: "dns.mta-sts", remedy: ".well-known/mta-sts.txt", before: func(p *patient) { p.policy = "" }},
		{what: "the policy of MTA-STS forgets the mail server", code: "dns.mta-sts-mx", remedy: "mx: mx.example.org", before: func(p *patient) { p.policy = "mode: enforce\nmx: old.example.org\n" }},
		{what: "DNS does not answer", code: "dns.unexamined", remedy: "run the check again", after: func(p *patient) { p.dns.away = true }, unsaid: true},
		{what: "jobs have failed", code: "queue.failed", remedy: "grouprise jobs retry", after: run(`INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, failed_at, failure, created_at) VALUES ('notify.deliver', 'normal', 'dead', '{}', 15, ?, ?, '550', ?)`, hour(-1), hour(-1), hour(-1))},
		{what: "nobody runs jobs", code: "queue.stuck", remedy: "grouprise worker", after: run(`INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at) VALUES ('notify.deliver', 'normal', 'waiting', '{}', 0, ?, ?)`, hour(-1), hour(-1))},
		{what: "there is no backup for a week", code: "backups.old", remedy: "backup.schedule", after: run(`UPDATE backups SET ended_at = ?`, hour(-170))},
		{what: "the last backup failed", code: "backups.failed", remedy: "grouprise backup", after: run(`INSERT INTO backups (name, outcome, trouble, bytes, began_at, ended_at) VALUES ('c', 'failed', 'no room', 0, ?, ?)`, hour(0), hour(0))},
		{what: "the chat server is away", code: "chat.server", remedy: "matrix_chat.homeserver_url", before: func(p *patient) {
			p.environ = append(p.environ, "GROUPRISE_MATRIX_CHAT_HOMESERVER_URL=http://127.0.0.1:1")
		}},
		{what: "devices know another key", code: "push.keys", remedy: "secret_key", after: run(`INSERT INTO push_devices (person_id, endpoint, endpoint_hash, p256dh, auth, name, site_key, created_at) SELECT MIN(id), 'x', 'x', '', '', '', 'another', 1 FROM people`)},
		{what: "senders are not checked", code: "senders.unchecked", remedy: "incoming_mail.authserv_id", before: func(p *patient) {
			text, err := os.ReadFile(p.file)
			if err != nil {
				p.Fatal(err)
			}
			text = []byte(strings.ReplaceAll(string(text), "incoming_mail: {authserv_id: mx.example.org}\n", ""))
			if err := os.WriteFile(p.file, text, 0o600); err != nil {
				p.Fatal(err)
			}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			r := newPatient(t, c.before, c.after).examine()
			var others []string
			named := false
			for _, f := range r.Findings() {
				if f.Code != c.code {
					others = append(others, f.Code+" ("+f.Wrong.In(new(lang.Printer))+" "+f.Detail+")")
					continue
				}
				named = true
				for _, language := range []string{"en", "de"} {
					p := catalogues.Printer(language, time.UTC)
					if remedy := f.Remedy.In(p); language == "en" && !strings.Contains(remedy, c.remedy) || strings.Contains(remedy+f.Wrong.In(p), "…") || f.Wrong.In(p) == "" {
						t.Errorf("%s: %s %q, want %q", language, f.Wrong.In(p), remedy, c.remedy)
					}
				}
				if f.Wrong.In(catalogues.Printer("de", time.UTC)) == f.Wrong.In(catalogues.Printer("en", time.UTC)) {
					t.Errorf("%q is not translated", f.Wrong.Text)
				}
			}
			if !named {
				t.Errorf("%s is not named among %s", c.code, strconv.Itoa(len(r.Findings())))
			}
			if (!named || !c.unsaid) && len(others) > 0 {
				t.Errorf("named as well: %q", others)
			}
		})
	}
}
