//go:build e2e

package servers_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	lmtp "github.com/emersion/go-smtp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbserver"
)

// site is an LMTP server that knows one recipient and keeps what it gets.
type site struct{ messages chan string }

func (s site) NewSession(*lmtp.Conn) (lmtp.Session, error) { return s, nil }
func (s site) Mail(string, *lmtp.MailOptions) error        { return nil }
func (s site) Reset()                                      {}
func (s site) Logout() error                               { return nil }

func (s site) Rcpt(to string, _ *lmtp.RcptOptions) error {
	if to != "garten@stadt.example" {
		return &lmtp.SMTPError{Code: 550, EnhancedCode: lmtp.EnhancedCode{5, 1, 1}, Message: "there is no group of that name"}
	}
	return nil
}

func (s site) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.messages <- string(text)
	return err
}

// startSite starts the LMTP server and returns its address and what it gets.
func startSite(t *testing.T) (address string, messages chan string) {
	t.Helper()
	s := site{make(chan string, 10)}
	server := lmtp.NewServer(s)
	server.LMTP, server.Domain = true, "stadt.example"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, lmtp.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String(), s.messages
}

func send(p *servers.Postfix, from, to string) error {
	return smtp.SendMail(p.Address, nil, from, []string{to}, []byte("From: "+from+"\r\nTo: "+to+"\r\nSubject: Hallo\r\n\r\nGrüße\r\n"))
}

func TestMailGoesThroughPostfixToTheSiteAndIntoMailboxes(t *testing.T) {
	t.Parallel()
	address, messages := startSite(t)
	p := servers.StartPostfix(t, servers.PostfixConfig{Domain: "stadt.example", LMTP: address})

	if err := send(p, "anna@post.example", "garten@stadt.example"); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-messages:
		if !strings.Contains(text, "Subject: Hallo") {
			t.Errorf("the site got %q", text)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the site got nothing")
	}

	if err := send(p, "noreply@stadt.example", "bert@post.example"); err != nil {
		t.Fatal(err)
	}
	if mails := p.WaitForMails(t, "bert@post.example", 1); !strings.Contains(string(mails[0]), "Grüße") {
		t.Errorf("Bert got %q", mails[0])
	}

	// Without verification, Postfix takes what the site refuses and tells the sender afterwards.
	if err := send(p, "anna@post.example", "nobody@stadt.example"); err != nil {
		t.Fatal(err)
	}
	if mails := p.WaitForMails(t, "anna@post.example", 1); !strings.Contains(string(mails[0]), "there is no group of that name") {
		t.Errorf("Anna got %q", mails[0])
	}
	if err := send(p, "anna@post.example", "somebody@elsewhere.example"); err == nil || !strings.Contains(err.Error(), "nothing leaves this machine") {
		t.Errorf("mail for elsewhere: %v", err)
	}
}

func TestTheBrowserOpensPagesWithAndWithoutScripts(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<form><input name="word" value="`+r.Header.Get("Accept-Language")+`"><button>Weiter</button></form>
			<p id="word">`+r.URL.Query().Get("word")+`</p><p id="by">markup</p><script>document.getElementById("by").textContent = "script"</script>`)
	}))
	t.Cleanup(page.Close)
	_, port, _ := net.SplitHostPort(page.Listener.Addr().String())

	for want, browser := range map[string]servers.Browser{
		"script": {JavaScript: true, Language: "de"},
		"markup": {JavaScript: false, Language: "de"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			window, cancel := context.WithTimeout(servers.NewBrowser(t, browser), time.Minute)
			defer cancel()
			if err := chromedp.Do(window, chromedp.Navigate("http://stadt.example:"+port+"/")); err != nil {
				t.Fatal(err)
			}
			by, err := chromedp.Run(window, chromedp.Text("#by"))
			if err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(window, chromedp.Click("button"), chromedp.WaitVisible("#word:not(:empty)")); err != nil {
				t.Fatal(err)
			}
			word, err := chromedp.Run(window, chromedp.Text("#word"))
			if err != nil {
				t.Fatal(err)
			}
			if by != want || !strings.HasPrefix(word, "de") {
				t.Errorf("the page was made by %s and read in %q", by, word)
			}
		})
	}
}

func TestDatabasesComeBackWithTheirDataAfterBeingKilled(t *testing.T) {
	t.Parallel()
	for engine, start := range map[string]func(testing.TB) *dbserver.Server{
		"postgresql": servers.StartPostgreSQL, "mariadb": servers.StartMariaDB,
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			database := map[string]string{"postgresql": "postgres", "mariadb": "mysql"}[engine]
			run := func(statement string) error {
				db, err := sqldb.Open(t.Context(), server.Config(database))
				if err != nil {
					return err
				}
				defer db.Close()
				return db.Write(t.Context(), func(tx *sqldb.Tx) error {
					_, err := tx.Exec(t.Context(), statement)
					return err
				})
			}
			if err := run("CREATE TABLE kept (id INTEGER)"); err != nil {
				t.Fatal(err)
			}
			if err := run("INSERT INTO kept (id) VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			server.Kill()
			if err := run("INSERT INTO kept (id) VALUES (2)"); err == nil {
				t.Error("the server is not dead")
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			db, err := sqldb.Open(t.Context(), server.Config(database))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var rows int
			if err := db.Get(t.Context(), &rows, "SELECT COUNT(*) FROM kept"); err != nil || rows != 1 {
				t.Errorf("%d rows are kept, %v", rows, err)
			}
		})
	}
}
