//go:build e2e

package machine_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/machine"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// front is a web server in front of the site.
type front struct {
	name   string // of its unit, and of what the program prints
	option string // file of the guide that lets it send files
	begin  string // commands that bring it up with what the program prints
}

func TestWebServersInFrontAsTheProgramPrintsThem(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	if s == nil {
		return
	}
	authority := s.StartAuthority(machine.AuthorityConfig{Life: time.Hour, HTTP: 80, TLS: 443})
	authority.Trust()
	offline, err := os.ReadFile("../../packaging/offline-website/index.html")
	if err != nil {
		t.Fatal(err)
	}
	s.Run("install -d /usr/share/grouprise/offline-website")
	if err := os.WriteFile("/usr/share/grouprise/offline-website/index.html", offline, 0o644); err != nil {
		t.Fatal(err)
	}
	s.Run(`cat >/etc/grouprise/conf.d/socket.yaml <<-END
		listen: unix:/run/grouprise/http
		demonstration: {public: true}
		log: {client_addresses: true}
	END
	cd /var/lib/grouprise && runuser -u grouprise -- grouprise demo`)
	s.Follow(webserver, "the web server may read the files")
	s.Do(install, "start it now and whenever the machine starts")
	s.Follow(webserver, "nginx and a certificate")
	s.Run("systemctl stop nginx; rm -f /etc/nginx/sites-enabled/default")
	const grouprise = "runuser -u grouprise -- grouprise web-server "
	const folder = "/etc/letsencrypt/live/stadt.example"
	file := ""
	for _, f := range []front{
		{"nginx", "/etc/grouprise/conf.d/nginx.yaml", grouprise + "nginx --snippet >/etc/nginx/snippets/grouprise.conf\n" + grouprise + "nginx --certificate " + folder + " >/etc/nginx/sites-enabled/grouprise\n"},
		{"apache2", "/etc/grouprise/conf.d/apache.yaml", grouprise + "apache2 --snippet >/etc/apache2/conf-available/grouprise.conf\n" + grouprise + "apache2 --certificate " + folder +
			" >/etc/apache2/sites-available/grouprise.conf\na2enmod -q ssl proxy proxy_http headers rewrite xsendfile\na2dissite -q 000-default\na2ensite -q grouprise\n"},
		{"caddy", "/etc/grouprise/conf.d/caddy.yaml", fmt.Sprintf("printf '{\\n\\tacme_ca %s\\n\\tacme_ca_root %s\\n}\\n' >/root/global\n", authority.Directory, authority.Root) +
			s.Text(webserver, "Caddy: the site") + "cat /root/global /etc/caddy/Caddyfile >/root/Caddyfile\ncp /root/Caddyfile /etc/caddy/Caddyfile\n"},
	} {
		began := time.Now()
		s.Follow(webserver, f.option)
		s.Run(f.begin + "systemctl start " + f.name)
		s.Run(": >/var/log/grouprise.log; systemctl restart grouprise")
		s.opens()
		s.anna = visit(t, "https://"+machine.Domain)
		s.anna.Get("/stadt/login/")
		s.anna.Submit("password", map[string]string{"login": "anna", "password": "demo"})
		s.anna.Sees(http.StatusOK, `data-person="anna"`)
		if file == "" {
			file = s.uploads("beet.txt", []byte(attachment))
		}
		s.filesAreSent("the web server in front sends files")
		s.getFilesAs(file, "text/plain; charset=utf-8", "attachment")
		s.isAsTheProgramSends(f)
		s.takesUploads(f)
		s.tellsWhoComes(f)
		s.goesOffline(f)
		s.Run("systemctl stop " + f.name + "; rm " + f.option)
		t.Logf("%s: %s", f.name, time.Since(began).Round(time.Millisecond))
	}
}

// uploads publishes a file in the garden for its members, and returns where it is downloaded.
func (s *site) uploads(name string, content []byte) string {
	s.t.Helper()
	s.anna.Get("/garten/files/add/")
	form := s.anna.Form("title")
	form.Set("title", "Das Beet")
	form.Del("public")
	s.anna.Upload("/garten/files/add/", form, webtest.File{Field: "file", Name: name, Content: content})
	s.anna.Sees(http.StatusOK, "Das Beet")
	path := regexp.MustCompile(`/-/files/[^"?]+`).FindString(s.anna.Page.Body)
	if path == "" {
		s.t.Fatalf("no file on the page\n%s", s.anna.Page.Body)
	}
	return path
}

// isAsTheProgramSends makes sure that what the program says of its answers reaches browsers.
func (s *site) isAsTheProgramSends(f front) {
	s.t.Helper()
	page := s.anna.Ask(http.MethodGet, "/")
	style := regexp.MustCompile(`/stadt/static/[^"]+\.css`).FindString(page.Body)
	r, err := http.Get("https://stadt.example" + style)
	if err != nil || style == "" {
		s.t.Fatalf("%s: the styles %q: %v", f.name, style, err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/css") {
		s.t.Errorf("%s: the styles: %s %v", f.name, r.Status, r.Header)
	}
	if page.Header.Get("Strict-Transport-Security") == "" || page.Header.Get("Content-Security-Policy") == "" {
		s.t.Errorf("%s: %v", f.name, page.Header)
	}
	plain, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get("http://stadt.example/garten/?a=b")
	if err != nil {
		s.t.Fatal(err)
	}
	_ = plain.Body.Close()
	if to := plain.Header.Get("Location"); plain.StatusCode/100 != 3 || !strings.HasPrefix(to, "https://stadt.example/garten/") {
		s.t.Errorf("%s: without TLS: %s %q", f.name, plain.Status, to)
	}
}

// takesUploads makes sure that what the program takes reaches it, and that too much is told so.
func (s *site) takesUploads(f front) {
	s.t.Helper()
	large := bytes.Repeat([]byte("0123456789abcdef"), 9<<20/16)
	s.uploads("plan-"+f.name+".txt", large)
	r, err := http.NewRequest(http.MethodPost, "https://stadt.example/stadt/files/add/", io.LimitReader(endless{}, 70<<20))
	if err != nil {
		s.t.Fatal(err)
	}
	r.ContentLength = 70 << 20
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return // the web server hangs up on who goes on sending
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		s.t.Errorf("%s: 70 MB are answered %s", f.name, answer.Status)
	}
}

// endless is what has no end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// tellsWhoComes makes sure that the program knows from where somebody comes, whatever they say.
func (s *site) tellsWhoComes(f front) {
	s.t.Helper()
	s.Run(": >/var/log/grouprise.log; curl --silent --interface 192.0.2.7 --resolve stadt.example:443:192.0.2.1 " +
		"--header 'X-Forwarded-For: 198.51.100.1' --header 'X-Forwarded-Proto: http' https://stadt.example/stadt/groups/ >/dev/null")
	s.filesAreSent("client=192.0.2.7")
	if log, err := os.ReadFile("/var/log/grouprise.log"); err != nil || strings.Contains(string(log), "198.51.100.1") || strings.Contains(string(log), "status=301") {
		s.t.Errorf("%s: the program believes what the browser says of itself: %v\n%s", f.name, err, log)
	}
}

// goesOffline makes sure that visitors read what is going on, whatever they do, while the site is worked on and while the
// program does not run.
func (s *site) goesOffline(f front) {
	s.t.Helper()
	s.Run("echo hello >/var/lib/grouprise/site-data/hello.txt 2>/dev/null || install -d /var/lib/grouprise/site-data && echo hello >/var/lib/grouprise/site-data/hello.txt")
	for what, undo := range map[string]string{
		"touch /etc/grouprise/maintenance_mode": "rm /etc/grouprise/maintenance_mode",
		"systemctl stop grouprise":              "systemctl start grouprise",
	} {
		s.Run(what)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			r, err := http.NewRequest(method, "https://stadt.example/stadt/groups/", strings.NewReader(url.Values{"a": {"b"}}.Encode()))
			if err != nil {
				s.t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				s.t.Fatal(err)
			}
			text, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "300" || answer.Header.Get("Cache-Control") != "no-store" ||
				method != http.MethodHead && !strings.Contains(string(text), "Gleich wieder da") {
				s.t.Errorf("%s: %s, %s: %s %v\n%.300s", f.name, what, method, answer.Status, answer.Header, text)
			}
		}
		if got, failed := s.Fails("curl --silent --fail --include https://stadt.example/-/site/hello.txt"); failed || !strings.HasSuffix(got, "hello\n") ||
			!strings.Contains(strings.ToLower(got), "cache-control: public, no-cache") || !strings.Contains(strings.ToLower(got), "x-content-type-options: nosniff") {
			s.t.Errorf("%s: %s: a file of the administrator: %v %q", f.name, what, failed, got)
		}
		s.Run(undo)
		s.opens()
	}
}
