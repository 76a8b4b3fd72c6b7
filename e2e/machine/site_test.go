//go:build e2e

package machine_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/machine"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// site is the site of a machine, with the people of the story that happens on it.
type site struct {
	*machine.Machine

	t          *testing.T
	anna, bert *visitor
	article    string // the path of the article that Anna wrote
}

const (
	annaAddress = "anna@post.example"
	bertAddress = "bert@post.example"
)

// visitor is a browser without scripts that comes through the web server in front.
type visitor struct {
	*webtest.Visitor

	address string      // where it comes to
	ask     http.Header // what it asks with besides
	proxy   *httputil.ReverseProxy
}

// visit returns somebody who comes to an address, as https://stadt.example.
func visit(t *testing.T, address string) *visitor {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{address: address, ask: http.Header{}}
	v.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			maps.Copy(r.Out.Header, v.ask)
		},
		// The visitor believes that the site speaks http, and would keep no cookie of another kind.
		ModifyResponse: func(r *http.Response) error {
			for i, cookie := range r.Header["Set-Cookie"] {
				r.Header["Set-Cookie"][i] = strings.Replace(cookie, "; Secure", "", 1)
			}
			return nil
		},
	}
	v.Visitor = webtest.Visit(t, v.proxy)
	return v
}

// opens waits until the site answers at its public address.
func (s *site) opens() {
	s.t.Helper()
	s.Eventually("the site to open", func() bool {
		_, failed := s.Fails("curl --silent --fail --max-time 5 https://stadt.example/stadt/readyz")
		return !failed
	})
}

// letter waits until somebody has so many mails and returns the last of them.
func (s *site) letter(address string, count int) town.Letter {
	s.t.Helper()
	s.Eventually(fmt.Sprintf("mail %d for %s", count, address), func() bool { return len(s.World.Mails(address)) >= count })
	l, err := town.ReadLetter(s.World.Mails(address)[count-1])
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// path returns the path of a link below the site's public address.
func (s *site) path(link string) string {
	s.t.Helper()
	path, found := strings.CutPrefix(link, "https://"+machine.Domain)
	if !found {
		s.t.Fatalf("%q is no link to https://%s", link, machine.Domain)
	}
	return path
}

// write sends a mail to the machine from outside.
func (s *site) write(from, to, subject, text string, more ...string) error {
	message := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@post.example>\r\nDate: %s\r\n%s\r\n%s\r\n",
		from, to, subject, time.Now().UnixNano(), time.Now().Format(time.RFC1123Z), strings.Join(more, ""), text)
	return s.World.Send(from, to, []byte(message))
}

var anyLink = regexp.MustCompile(`https://[^\s"<>]+`)

// begin is the first part of the story: the administrator gets in, somebody signs up, a group begins, an article is published and told by mail.
func (s *site) begin(invitation string) {
	s.t.Helper()
	s.anna, s.bert = visit(s.t, "https://"+machine.Domain), visit(s.t, "https://"+machine.Domain)
	s.anna.Get(s.path(anyLink.FindString(invitation)))
	s.anna.Submit("password1", map[string]string{"password1": "vier bunte Kannen", "password2": "vier bunte Kannen"})
	s.anna.Sees(http.StatusOK, `data-person="anna"`)
	for _, v := range []*visitor{s.anna, s.bert} {
		v.Send("/stadt/language/", url.Values{"language": {"en"}}, true)
	}

	s.bert.Get("/stadt/signup/")
	answer, ok := captchatest.Answer(s.bert.Page.Body)
	if !ok {
		s.t.Fatalf("no question that this test knows:\n%s", s.bert.Page.Body)
	}
	s.bert.Submit("password1", map[string]string{
		"name": "Bert Birke", "email": bertAddress, "password1": "drei rote Kannen", "password2": "drei rote Kannen", "captcha_0": answer,
	})
	s.bert.Sees(http.StatusOK)
	s.bert.Get(s.path(s.letter(bertAddress, 1).Link(s.t, "/stadt/confirm/")))
	s.bert.Send(s.bert.Page.Path, s.bert.Form("Confirm and sign in"), true)
	s.bert.Sees(http.StatusOK)

	s.anna.Get("/stadt/groups/add")
	s.anna.Submit("name", map[string]string{"name": "Garten"})
	s.anna.Sees(http.StatusOK, "Garten")
	s.bert.Get("/garten/actions/join")
	s.bert.Submit("Join", nil)
	s.bert.Sees(http.StatusOK, "Garten")
	s.article = s.publish("Wer gießt im Sommer?")
}

// talk is the second part: mails to and fro, through the mail server.
func (s *site) talk() {
	s.t.Helper()
	notice := s.letter(bertAddress, 2)
	if !strings.Contains(notice.Text, "Bitte tragt euch ein.") {
		s.t.Fatalf("Bert is told:\n%s", notice.Raw)
	}
	reply, err := mail.ParseAddress(notice.Header.Get("Reply-To"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.write(bertAddress, reply.Address, "Re: Wer gießt im Sommer?", "Ich gieße gern."); err != nil {
		s.t.Fatalf("a reply: %v", err)
	}
	s.Eventually("the reply to stand below the article", func() bool {
		return strings.Contains(s.anna.Get(s.article).Body, "Ich gieße gern.")
	})
	if err := s.write(bertAddress, "garten@"+machine.Domain, "Die Kanne", "Wo ist die Kanne?"); err != nil {
		s.t.Fatalf("a mail to the group: %v", err)
	}
	s.annaHears("Wo ist die Kanne?")
}

// annaHears waits until Anna has a mail that says something.
func (s *site) annaHears(text string) {
	s.t.Helper()
	s.Eventually("Anna to hear: "+text, func() bool {
		return slices.ContainsFunc(s.World.Mails(annaAddress), func(raw []byte) bool { return strings.Contains(string(raw), text) })
	})
}

// meetStrangers is the third part: who gets in from outside, and who is told why not.
func (s *site) meetStrangers() {
	s.t.Helper()
	for _, name := range []string{"postmaster", "abuse"} {
		if err := s.write("somebody@elsewhere.example", name+"@"+machine.Domain, "For "+name, "Please read this."); err != nil {
			s.t.Errorf("a mail to %s: %v", name, err)
			continue
		}
		s.annaHears("For " + name)
	}
	if err := s.write("somebody@elsewhere.example", "nobody-here@"+machine.Domain, "Hallo", "Hallo"); err == nil || !strings.Contains(err.Error(), "550") {
		s.t.Errorf("a mail to an address that does not exist: %v, want 550 at once", err)
	}
	if err := s.write("somebody@elsewhere.example", "other@elsewhere.example", "Hallo", "Hallo"); err == nil {
		s.t.Error("the mail server passes mails of strangers on to others")
	}
	s.strangersAreTold()
}

// strangersAreTold makes sure that a stranger whose mail is refused for what it is gets the reason.
func (s *site) strangersAreTold() {
	s.t.Helper()
	if err := s.write("somebody@elsewhere.example", "garten@"+machine.Domain, "Hallo", "Darf ich mitmachen?"); err != nil {
		s.t.Errorf("a stranger's mail: %v", err)
		return
	}
	s.Eventually("the report to the stranger", func() bool {
		mails := s.World.Mails("somebody@elsewhere.example")
		return len(mails) > 0 && strings.Contains(string(mails[0]), "garten@"+machine.Domain)
	})
}

// useSocket lets the program and the web server in front meet at a socket: old is a line of the web server's file, new what the guide puts
// in its place.
func (s *site) useSocket(file, old, line, server string) {
	s.t.Helper()
	replace := func(file, old, line string) {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), old) {
			s.t.Fatalf("%s does not say %q, %v", file, old, err)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, line, 1)), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	replace("/etc/grouprise/conf.d/site.yaml", "listen: 127.0.0.1:8008", machine.Inline(s.t, webserver, "listen: unix:"))
	replace(file, old, line)
	s.Run("systemctl restart grouprise; systemctl reload " + server)
	s.opens()
}

// restart restarts the program and makes sure that the web server in front notices at once.
func (s *site) restart() {
	s.t.Helper()
	s.Run("systemctl stop grouprise")
	if got := s.Run("curl --silent --output /dev/null --write-out '%{http_code}' https://stadt.example/stadt/healthz"); !strings.HasPrefix(got, "5") {
		s.t.Errorf("without the program the web server answers %s", got)
	}
	s.Run("systemctl start grouprise")
	s.Eventually("the program to answer", func() bool {
		_, failed := s.Fails("curl --silent --fail --header 'Host: stadt.example' http://127.0.0.1:8008/stadt/healthz")
		return !failed
	})
	began := time.Now()
	s.opens()
	if took := time.Since(began); took > 5*time.Second {
		s.t.Errorf("the web server noticed %s after the program was there again", took)
	}
}

// waitForDatabase stops MariaDB while a mail comes: it waits at the mail server.
func (s *site) waitForDatabase() {
	s.t.Helper()
	s.Run("systemctl stop mariadb")
	if err := s.write(bertAddress, "garten@"+machine.Domain, "Trotzdem", "Die Datenbank ist fort."); err != nil {
		s.t.Fatal(err)
	}
	s.Eventually("the mail to be put off", func() bool { return strings.Contains(s.Run("postqueue -p"), bertAddress) })
	s.Run("systemctl start mariadb")
	s.Run("postqueue -f")
	s.annaHears("Die Datenbank ist fort.")
}

// proveTheSender lets the word of the mail server count, and sends a large mail that waits for its sender.
func (s *site) proveTheSender() {
	s.t.Helper()
	s.Follow(mails, "/etc/grouprise/conf.d/incoming.yaml")
	s.Run("systemctl restart grouprise")
	s.opens()
	before := len(s.World.Mails(bertAddress))
	large := strings.Repeat(strings.Repeat("A", 76)+"\r\n", 30<<20/78)
	err := s.write(bertAddress, "garten@"+machine.Domain, "Ein Film", "--teil\r\nContent-Type: text/plain\r\n\r\nDer Film vom Fest.\r\n--teil\r\n"+
		"Content-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=fest.mp4\r\n\r\n"+large+"--teil--",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=teil\r\n")
	if err != nil {
		s.t.Fatal(err)
	}
	link := s.letter(bertAddress, before+1).Link(s.t, "/stadt/mail/")
	s.bert.Get(s.path(link))
	s.bert.Send(s.bert.Page.Path, s.bert.Form("Deliver the email"), true)
	s.bert.Sees(http.StatusOK)
	s.annaHears("Der Film vom Fest.")
}
