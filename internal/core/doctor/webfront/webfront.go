// Package webfront finds out what the web server in front of the site does with requests: it asks the site through its
// public address, as a browser does, and has the site show what arrived.
package webfront

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// MirrorPath is where the site shows itself what arrived of a request. It answers under any name and without https.
const MirrorPath = "/stadt/health/mirror"

// KeyParameter holds the key without which the mirror shows nothing.
const KeyParameter = "key"

// Front is the site as it is seen from outside.
type Front struct {
	BaseURL        string // without a slash at its end
	Transport      web.Transport
	TrustedProxies []netip.Prefix
	Key            string // without it the mirror shows nothing
	MaxFile        int64  // bytes of one uploaded file
	MaxRequest     int64  // bytes of the largest request that there is
	Clock          clock.Clock

	Dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil: to where the name leads
	Roots *x509.CertPool                                                       // nil: the authorities of the machine
}

// Seen is what arrived of a request.
type Seen struct {
	Host      string   `json:"host"`      // without a port
	Secure    bool     `json:"secure"`    // the site takes it for one by https
	Trusted   bool     `json:"trusted"`   // the peer is believed what it says of others
	Peer      string   `json:"peer"`      // address; "" for a unix socket
	Client    string   `json:"client"`    // whom the site takes for who asked
	Forwarded []string `json:"forwarded"` // X-Forwarded-For
}

// Show answers with what arrived of a request. NotFound if it has no key.
func (f Front) Show(w http.ResponseWriter, r *http.Request) error {
	if f.Key == "" || subtle.ConstantTimeCompare([]byte(r.URL.Query().Get(KeyParameter)), []byte(f.Key)) != 1 {
		return errs.New(errs.NotFound, "")
	}
	record := web.RecordOf(r.Context())
	s := Seen{Host: r.Host, Secure: record.Secure, Trusted: true, Forwarded: forwarded(r.Header)}
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		s.Host = host
	}
	if record.Client.IsValid() {
		s.Client = record.Client.String()
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		a := peer.Addr().Unmap().WithZone("")
		s.Peer, s.Trusted = a.String(), slices.ContainsFunc(f.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(s)
}

// forwarded returns the addresses in X-Forwarded-For, the last one being that of the client of the last proxy.
func forwarded(h http.Header) (all []string) {
	for hop := range strings.SplitSeq(strings.Join(h.Values("X-Forwarded-For"), ","), ",") {
		if hop = strings.TrimSpace(hop); hop != "" {
			all = append(all, hop)
		}
	}
	return all
}

// Checks returns what can be found out from outside. A site without TLS is one for this machine: nothing stands in front.
func (f Front) Checks() []doctor.Check {
	if !f.Transport.Encrypted() {
		return nil
	}
	return []doctor.Check{
		{Name: "certificate", Title: lang.Text("Certificate"), Run: f.certificate},
		{Name: "web-server", Title: lang.Text("Web server in front"), Run: f.arrival},
		{Name: "uploads", Title: lang.Text("Size of uploads"), Run: f.uploads},
	}
}

const (
	patience = 15 * time.Second
	largest  = 64 << 10 // bytes of an answer that are read
)

// claimed is an address that no client has (RFC 5737): what is said of it in X-Forwarded-For is made up.
const claimed = "192.0.2.77"

// client asks nobody but the site itself: it follows no redirect and heeds no proxy of the environment.
func (f Front) client() *http.Client {
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: f.Dial, TLSClientConfig: f.tls(), TLSHandshakeTimeout: patience, DisableKeepAlives: true, MaxResponseHeaderBytes: largest,
			ExpectContinueTimeout: 5 * time.Second,
		},
	}
}

func (f Front) tls() *tls.Config { return &tls.Config{RootCAs: f.Roots, MinVersion: tls.VersionTLS12} }

// answer is what the web server answered.
type answer struct {
	Status int
	Header http.Header
	Body   []byte // the beginning of it
}

// ask asks for a path.
func (f Front) ask(ctx context.Context, address string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("X-Forwarded-For", claimed)
	response, err := f.client().Do(r)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	return answer{response.StatusCode, response.Header, body}, errors.Join(err, response.Body.Close())
}

// arrival compares what was asked with what the site saw of it.
func (f Front) arrival(ctx context.Context) ([]doctor.Finding, error) {
	a, err := f.ask(ctx, f.BaseURL+MirrorPath+"?"+url.Values{KeyParameter: {f.Key}}.Encode())
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return nil, err // the certificate is another matter
	}
	if err != nil {
		return []doctor.Finding{doctor.Found("web-server.unreachable", doctor.Problem,
			doctor.Say(lang.Text("The site can’t be reached at its public address %s."), f.BaseURL),
			doctor.Say(lang.Text("Make sure that the web server is running, that the name of the domain leads to this machine and that port 443 is open. If only this machine can’t reach it, because the router doesn’t lead back inside, add the name to /etc/hosts.")),
		).Because(err)}, nil
	}
	if found, ok := f.misled(a); ok {
		return found, nil
	}
	s, ok := readSeen(a.Body)
	if !ok {
		return []doctor.Finding{f.elsewhere(a)}, nil
	}
	found := f.judge(s)
	if lacks := missingHeaders(a.Header); lacks != "" {
		found = append(found, doctor.Found("web-server.headers", doctor.Warning,
			doctor.Say(lang.Text("The web server drops headers that protect visitors: %s."), lacks),
			doctor.Say(lang.Text("Take out what hides or replaces these headers in the configuration of the web server (proxy_hide_header, Header unset). “grouprise web-server nginx” prints what is right."))))
	}
	return append(found, f.plain(ctx)...), nil
}

// Time returns what time it is by the clock of the web server; zero if it does not say, or if there is none.
func (f Front) Time(ctx context.Context) (time.Time, error) {
	if !f.Transport.Encrypted() {
		return time.Time{}, nil
	}
	a, err := f.ask(ctx, f.BaseURL+MirrorPath)
	if err != nil {
		return time.Time{}, ctx.Err() // the web server is another matter
	}
	at, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return time.Time{}, nil //nolint:nilerr // it does not have to say
	}
	return at, nil
}

// misled returns what an answer says that is not one of the mirror.
func (f Front) misled(a answer) (found []doctor.Finding, ok bool) {
	switch status := a.Status; {
	case status == http.StatusOK:
		return nil, false
	case status >= 300 && status < 400:
		return []doctor.Finding{doctor.Found("web-server.redirects", doctor.Problem,
			doctor.Say(lang.Text("The public address %s leads elsewhere: to %s."), f.BaseURL, a.Header.Get("Location")),
			doctor.Say(lang.Text("Set domain to the name under which visitors reach the site, or have the web server answer under the name in domain.")))}, true
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return []doctor.Finding{doctor.Found("web-server.down", doctor.Problem,
			doctor.Say(lang.Text("The web server doesn’t reach this program: it answers %s."), strconv.Itoa(status)),
			doctor.Say(lang.Text("Start the program (systemctl start grouprise), compare its option listen with the configuration of the web server, and remove /etc/grouprise/maintenance_mode if nobody is working on the site.")))}, true
	}
	return []doctor.Finding{f.elsewhere(a)}, true
}

func (f Front) elsewhere(a answer) doctor.Finding {
	return doctor.Found("web-server.elsewhere", doctor.Problem,
		doctor.Say(lang.Text("At the public address %s, something else answers than this site."), f.BaseURL),
		doctor.Say(lang.Text("Make sure that the name of the domain leads to this machine, and that the web server passes all requests for it to this program: “grouprise web-server nginx” prints how.")),
	).Because(fmt.Errorf("status %d, Server: %s", a.Status, a.Header.Get("Server")))
}

// readSeen reads what the mirror shows; ok is false for anything else.
func readSeen(body []byte) (s Seen, ok bool) {
	err := json.Unmarshal(body, &s)
	return s, err == nil && s.Host != ""
}

// judge says what is wrong with what arrived.
func (f Front) judge(s Seen) (found []doctor.Finding) {
	want := strings.TrimPrefix(f.BaseURL, "https://")
	if !strings.EqualFold(s.Host, want) && !strings.HasPrefix(want, s.Host+":") {
		found = append(found, doctor.Found("web-server.host", doctor.Problem,
			doctor.Say(lang.Text("The web server doesn’t pass on the name of the site: instead of %s, %s arrives."), want, s.Host),
			doctor.Say(lang.Text("nginx: “proxy_set_header Host $host;”. Apache: “ProxyPreserveHost On”."))))
	}
	if f.Transport != web.ReverseProxy {
		return found
	}
	if !s.Trusted {
		return append(found, doctor.Found("web-server.untrusted", doctor.Problem,
			doctor.Say(lang.Text("The web server at %s isn’t trusted to say who visitors are: all of them seem to be one."), s.Peer),
			doctor.Say(lang.Text("Add its address to trusted_proxies."))))
	}
	if !s.Secure {
		found = append(found, doctor.Found("web-server.proto", doctor.Problem,
			doctor.Say(lang.Text("The web server doesn’t say that visitors use https.")),
			doctor.Say(lang.Text("nginx: “proxy_set_header X-Forwarded-Proto $scheme;”. Apache: “RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}”."))))
	}
	switch n := len(s.Forwarded); {
	case n == 0:
		found = append(found, doctor.Found("web-server.client", doctor.Problem,
			doctor.Say(lang.Text("The web server doesn’t pass on the addresses of visitors: all of them seem to be one, and limits for one hit all.")),
			doctor.Say(lang.Text("nginx: “proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;”. Apache does so by itself, unless ProxyAddHeaders is off."))))
	case s.Forwarded[n-1] == claimed:
		found = append(found, doctor.Found("web-server.forged", doctor.Problem,
			doctor.Say(lang.Text("The web server lets visitors choose their own address: it passes on X-Forwarded-For as it came.")),
			doctor.Say(lang.Text("nginx: “proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;”. Apache does so by itself, unless ProxyAddHeaders is off."))))
	}
	return found
}

// missingHeaders names what the program sends with each answer and the web server has taken out.
func missingHeaders(h http.Header) string {
	var lacks []string
	for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Strict-Transport-Security"} {
		if h.Get(name) == "" {
			lacks = append(lacks, name)
		}
	}
	return strings.Join(lacks, ", ")
}

// plain asks without https. Nobody has to answer there.
func (f Front) plain(ctx context.Context) []doctor.Finding {
	a, err := f.ask(ctx, "http://"+strings.TrimPrefix(f.BaseURL, "https://")+"/")
	if err != nil || a.Status != http.StatusOK {
		return nil
	}
	return []doctor.Finding{doctor.Found("web-server.plain", doctor.Warning,
		doctor.Say(lang.Text("Visitors who come without https are not led to it.")),
		doctor.Say(lang.Text("Have the web server redirect port 80 to https: “grouprise web-server nginx --certificate FOLDER” prints how.")))}
}

// errUnsent ends a request before its body: the web server was ready to take it.
var errUnsent = errors.New("the web server is ready for the body")

type unsent struct{}

// Read implements io.Reader.
func (unsent) Read([]byte) (int, error) { return 0, errUnsent }

// tooLarge reports whether the web server refuses a request of a size. It is told the size and sent nothing: it answers
// at once whether it would go on (RFC 9110, section 10.1.1).
func (f Front) tooLarge(ctx context.Context, size int64) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.BaseURL+MirrorPath, unsent{})
	if err != nil {
		return false, err
	}
	r.ContentLength = size
	r.Header.Set("Expect", "100-continue")
	r.Header.Set("Content-Type", "application/octet-stream")
	answer, err := f.client().Do(r)
	if errors.Is(err, errUnsent) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusRequestEntityTooLarge, answer.Body.Close()
}

// uploads asks whether files arrive that the site would take.
func (f Front) uploads(ctx context.Context) ([]doctor.Finding, error) {
	for _, c := range []struct {
		code     string
		severity doctor.Severity
		size     int64
		wrong    lang.Text
	}{
		{"uploads.file", doctor.Problem, f.MaxFile, lang.Text("The web server refuses uploads that the site would take: %s MB.")},
		{"uploads.gallery", doctor.Warning, f.MaxRequest, lang.Text("The web server refuses galleries with many pictures: %s MB.")},
	} {
		refused, err := f.tooLarge(ctx, c.size)
		if err != nil {
			return nil, err
		}
		if refused {
			return []doctor.Finding{doctor.Found(c.code, c.severity, doctor.Say(c.wrong, megabytes(c.size)),
				doctor.Say(lang.Text("nginx: “client_max_body_size %sm;”. Apache: “LimitRequestBody %s”. Or lower upload_max_file_size."), megabytes(f.MaxRequest), strconv.FormatInt(f.MaxRequest, 10)))}, nil
		}
	}
	return nil, nil
}

func megabytes(bytes int64) string { return strconv.FormatInt(bytes>>20, 10) }
