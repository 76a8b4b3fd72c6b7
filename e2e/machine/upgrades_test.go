//go:build e2e && packages

package machine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/machine"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestPackagesComeFromAnArchiveThatIsSigned(t *testing.T) {
	t.Parallel()
	s := enterClean(t)
	if s == nil {
		return
	}
	s.answers("none")
	archive, err := filepath.Abs("../../dist/apt")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(`cp -rL ` + archive + ` /srv/apt
		install -D -m 644 /srv/apt/grouprise.asc /etc/apt/keyrings/grouprise.asc
		echo 'deb [signed-by=/etc/apt/keyrings/grouprise.asc] file:/srv/apt stable main' >/etc/apt/sources.list.d/grouprise.list`)
	// What else apt knows stays as it is: there is no internet.
	const update = "apt-get -q update -o Dir::Etc::sourcelist=sources.list.d/grouprise.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0"
	const installs = "apt-get install -y -q --no-install-recommends grouprise"

	s.Run("cp -r /srv/apt/dists /root/dists && sed -i 's/^Suite: stable/Suite: staple/' /srv/apt/dists/stable/InRelease /srv/apt/dists/stable/Release")
	if out, failed := s.Fails(update); !failed {
		t.Errorf("apt believes what somebody has changed:\n%s", out)
	}
	s.Run("rm -r /srv/apt/dists && mv /root/dists /srv/apt/")
	s.Run(update)
	s.Run("cp -r /srv/apt/pool /root/pool && printf x >>$(ls /srv/apt/pool/main/grouprise_*_amd64.deb)")
	if out, failed := s.Fails(installs); !failed {
		t.Errorf("apt installs what somebody has changed:\n%s", out)
	}
	s.Run("rm -r /srv/apt/pool && mv /root/pool /srv/apt/")
	s.Run(installs)
	if out := s.Run("grouprisectl version --licences"); !strings.Contains(out, "github.com/jackc/pgx/v5") || !strings.Contains(out, "Permission is hereby granted") {
		t.Errorf("the program says of its parts:\n%.1000s", out)
	}
	s.Run("curl --silent --fail --unix-socket /run/grouprise/http --header 'X-Forwarded-Proto: https' http://stadt.example/stadt/readyz")
}

func TestPackagesChangeTheTablesWhilePeopleAreThere(t *testing.T) {
	t.Parallel()
	s := enterClean(t)
	if s == nil {
		return
	}
	s.installPackages()
	web, tasks, lmtp := s.units()
	s.opens()

	// When the first service is told to stop, somebody begins a mail, and somebody else an upload. They go on when their own is.
	stopping := map[string]chan struct{}{"grouprise-tasks": make(chan struct{}), "grouprise-lmtpd": make(chan struct{}), "grouprise": make(chan struct{})}
	mailing, uploading := make(chan struct{}), make(chan struct{})
	var once sync.Map
	s.Units([]*machine.Service{web, tasks, lmtp}, func(action, name string) {
		waits := stopping[name]
		if action != "stop" || waits == nil {
			return
		}
		first, _ := once.LoadOrStore(name, new(sync.Once))
		first.(*sync.Once).Do(func() { close(waits) })
		if name == "grouprise-tasks" {
			<-mailing
			<-uploading
		}
	})
	var meanwhile sync.WaitGroup
	meanwhile.Go(func() {
		<-stopping["grouprise-tasks"]
		mail, err := beginMail()
		close(mailing)
		if err != nil {
			t.Errorf("a mail that begins as the services are told to stop: %v", err)
			return
		}
		<-stopping["grouprise-lmtpd"]
		time.Sleep(200 * time.Millisecond) // so that it has been told in most cases before the mail goes on
		if err := finishMail(mail); err != nil {
			t.Errorf("the mail that was in the middle: %v", err)
		}
	})
	s.anna.proxy.Transport = slowUpload{begun: uploading, goOn: stopping["grouprise"]}
	meanwhile.Go(func() {
		<-stopping["grouprise-tasks"]
		s.anna.Upload(community.GroupPicturesPath("garten"), url.Values{}, webtest.File{Field: "picture", Name: "Beet.png", Content: picture(t)})
		s.anna.Sees(http.StatusOK)
	})
	var said string
	s.underLoad(func() { said = s.Run("apt-get install -y -q ../" + s.folder("later") + "/grouprise_*_amd64.deb") })
	select {
	case <-stopping["grouprise"]:
	default:
		t.Fatalf("the upgrade did not stop the services:\n%s", said)
	}
	meanwhile.Wait()

	s.anna.proxy.Transport = nil
	if got := s.Run("grouprise version"); !strings.Contains(got, "6.1.0") {
		t.Errorf("after the upgrade, this runs: %s", got)
	}
	if out, failed := s.Fails("grouprisectl migrate --pending"); !failed {
		t.Errorf("the tables were not changed: %s", out)
	}
	s.Run("ls /var/backups/grouprise/preinst_auto_*.tar")
	s.annaHears("Mitten im Schreiben.")
	if face := regexp.MustCompile(`/-/images/[a-z]+/[a-z0-9-]+\.jpg`).FindString(s.anna.Get("/garten/").Body); face == "" {
		t.Error("the picture that was being uploaded is not there")
	}

	// The next version cannot change the tables: it goes back, and nobody is refused.
	s.underLoad(func() {
		if out, failed := s.Fails("apt-get install -y -q ../" + s.folder("broken") + "/grouprise_*_amd64.deb"); !failed || !strings.Contains(out, "was restored") {
			t.Errorf("an upgrade that fails: %s", out)
		}
	})
	if got := s.Run("grouprise version"); !strings.Contains(got, "6.1.0") {
		t.Errorf("after an upgrade that failed, this runs: %s", got)
	}
	s.opens()
	s.anna.Get(s.article)
	s.anna.Sees(http.StatusOK, "Bitte tragt euch ein.")
	for _, service := range []*machine.Service{lmtp, tasks, web} {
		service.Stop()
		service.Release()
	}
}

// folder returns where packages of a later version are, from the root of the machine.
func (s *site) folder(kind string) string {
	s.t.Helper()
	folder, err := filepath.Abs("../../dist/" + kind)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimPrefix(folder, "/")
}

// halfMail is a mail to the garden that is being handed over.
type halfMail struct{ conn *textproto.Conn }

// beginMail hands the first half of a mail over, as the mail server does.
func beginMail() (halfMail, error) {
	conn, err := textproto.Dial("tcp", "127.0.0.1:1025")
	if err != nil {
		return halfMail{}, err
	}
	for _, step := range []struct {
		line string
		code int
	}{
		{"", 220}, {"LHLO mail.stadt.example", 250}, {"MAIL FROM:<" + bertAddress + ">", 250}, {"RCPT TO:<garten@stadt.example>", 250}, {"DATA", 354},
	} {
		if step.line != "" {
			if err := conn.PrintfLine("%s", step.line); err != nil {
				return halfMail{}, errors.Join(err, conn.Close())
			}
		}
		if _, _, err := conn.ReadResponse(step.code); err != nil {
			return halfMail{}, errors.Join(fmt.Errorf("%q: %w", step.line, err), conn.Close())
		}
	}
	_, err = fmt.Fprintf(conn.W, "From: %s\r\nTo: garten@stadt.example\r\nSubject: Mitten drin\r\nMessage-ID: <half@post.example>\r\nDate: %s\r\n\r\nMitten ",
		bertAddress, time.Now().Format(time.RFC1123Z))
	return halfMail{conn}, errors.Join(err, conn.W.Flush())
}

// end hands the rest over, and waits until it has been accepted.
func (m halfMail) end() error {
	defer m.conn.Close()
	if err := m.conn.PrintfLine("im Schreiben.\r\n."); err != nil {
		return err
	}
	_, _, err := m.conn.ReadResponse(250)
	return err
}

// finishMail hands the rest of a mail over. The mail server keeps what is put off, and hands it over again, until it has another answer.
func finishMail(m halfMail) error {
	err := m.end()
	for late := time.Now().Add(3 * time.Minute); err != nil && time.Now().Before(late); time.Sleep(time.Second) {
		if answer := new(textproto.Error); errors.As(err, &answer) && answer.Code >= 500 {
			return err // it would go back to its sender
		}
		if m, err = beginMail(); err == nil {
			err = m.end()
		}
	}
	return err
}

// slowUpload hands requests over at the socket of the program, as the web server in front does. Of what comes with one, it hands over all
// but the end, says so, and waits.
type slowUpload struct {
	begun chan<- struct{}
	goOn  <-chan struct{}
}

// RoundTrip implements http.RoundTripper.
func (u slowUpload) RoundTrip(r *http.Request) (*http.Response, error) {
	direct := http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", "/run/grouprise/http")
	}, DisableKeepAlives: true}
	r.URL.Scheme = "http"
	r.Header.Set("X-Forwarded-Proto", "https")
	if r.Method == http.MethodPost {
		whole, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		half := len(whole) / 2
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(whole[:half]), &pause{u}, bytes.NewReader(whole[half:])))
	}
	return direct.RoundTrip(r)
}

// pause is where an upload stops for a while.
type pause struct{ upload slowUpload }

// Read implements io.Reader.
func (p *pause) Read([]byte) (int, error) {
	close(p.upload.begun)
	<-p.upload.goOn
	return 0, io.EOF
}

func picture(t *testing.T) []byte {
	t.Helper()
	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
		t.Fatal(err)
	}
	return drawing.Bytes()
}

// The folders, files and the user of 5.5 are taken over. Its database is refused, and stays as it is.
func TestPackagesTakeThePlaceOf55(t *testing.T) {
	t.Parallel()
	s := enterClean(t)
	if s == nil {
		return
	}
	s.answers("nginx")
	s.Run("apt-get install -y -q --no-install-recommends nginx sqlite3 adduser && pgrep nginx")
	s.Run("../" + s.folder("..") + "/e2e/packages/predecessor")
	const old = "cd / && sha256sum var/lib/grouprise/db.sqlite3 var/lib/grouprise/media/* var/lib/grouprise/site-data/* var/backups/grouprise/* " +
		"etc/grouprise/settings.py etc/grouprise/conf.d/800-local.yaml etc/nginx/sites-available/grouprise && id _grouprise && grep secret_key /etc/grouprise/conf.d/100-package.yaml"
	before := s.Run(old)

	said := s.Run("apt-get install -y -q --no-install-recommends ./grouprise_*_amd64.deb ./grouprise-lmtpd_*.deb ./grouprise-db-sqlite_*.deb")
	for _, want := range []string{"/etc/grouprise/settings.py: is not read any more", "belongs to grouprise 5.5 and has not been changed"} {
		if !strings.Contains(said, want) {
			t.Errorf("the installation does not say %q:\n%s", want, said)
		}
	}
	if after := s.Run(old); after != before {
		t.Errorf("something of 5.5 was changed:\n%s\nbefore:\n%s", after, before)
	}
	for _, gone := range []string{"/etc/grouprise/uwsgi.ini", "/etc/grouprise/templates/README", "/usr/share/grouprise/python-lib", "/usr/share/grouprise/dependencies"} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s of 5.5 is still there", gone)
		}
	}
	if out := s.Run("grouprisectl config"); !strings.Contains(out, "Unsere Stadt") || !strings.Contains(out, "stadt.example") {
		t.Errorf("the configuration of 5.5 is not in force:\n%s", out)
	}
	if out, failed := s.Fails("grouprisectl migrate"); !failed || !strings.Contains(out, "belongs to grouprise 5.5") {
		t.Errorf("the database of 5.5: %s", out)
	}

	// With a database of its own the site opens, behind the site of nginx that was there.
	s.Run("sed -i 's/db.sqlite3/town.sqlite3/' /etc/grouprise/conf.d/800-local.yaml && service grouprise start && service grouprise-tasks start && service grouprise-lmtpd start")
	if out := s.Run("grouprisectl createsuperuser --username anna --email " + annaAddress); !strings.Contains(out, "https://stadt.example/") {
		t.Errorf("the old name of a command: %s", out)
	}
	s.Run("nginx -t && service nginx reload")
	page := func() (status int, header http.Header) {
		r, err := http.Get("http://stadt.example/-/site/hello.txt")
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return r.StatusCode, r.Header
	}
	if status, _ := page(); status != http.StatusOK {
		t.Errorf("a file of the administrator: %d", status)
	}
	s.Run("curl --silent --fail --unix-socket /run/grouprise/http --header 'X-Forwarded-Proto: https' http://stadt.example/stadt/readyz")
	ask := fmt.Sprintf("curl --silent --output /dev/null --dump-header - http://%s/stadt/groups/", "stadt.example")
	s.Run("touch /etc/grouprise/maintenance_mode")
	if out := s.Run(ask); !strings.Contains(out, "503") || !strings.Contains(out, "Retry-After") {
		t.Errorf("while the site is worked on: %s", out)
	}
	s.Run("rm /etc/grouprise/maintenance_mode")
	if out := s.Run(ask); strings.Contains(out, "503") {
		t.Errorf("afterwards: %s", out)
	}
	if after := s.Run(strings.ReplaceAll(old, "etc/grouprise/conf.d/800-local.yaml ", "")); !strings.Contains(before, strings.SplitN(after, "\n", 2)[0]) {
		t.Errorf("the database of 5.5 was changed:\n%s\nbefore:\n%s", after, before)
	}
}
