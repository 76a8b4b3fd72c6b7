//go:build e2e && packages

package machine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/machine"
)

// answers are what the questions of the installation are answered with.
func (s *site) answers(webServer string) {
	s.t.Helper()
	s.Run(fmt.Sprintf(`debconf-set-selections <<-END
		postfix postfix/main_mailer_type select Internet Site
		postfix postfix/mailname string stadt.example
		grouprise grouprise/domain string stadt.example
		grouprise grouprise/language select de
		grouprise grouprise/administrator string anna@post.example
		grouprise grouprise/configure-webserver select %s
	END`, webServer))
}

// enterClean gives a test a clean Debian.
func enterClean(t *testing.T) *site {
	t.Helper()
	m := machine.EnterClean(t)
	if m == nil {
		return nil
	}
	return &site{Machine: m, t: t}
}

// installPackages does what the page says, from nothing to a site where somebody has begun.
func (s *site) installPackages() {
	s.t.Helper()
	s.answers("nginx")
	invitation := s.Do(packages, "the program, with a web server and a mail server (step 1)")
	s.Follow(packages, "a certificate (step 8)", "the site with its certificate (step 9)", "nginx reads it (step 10)",
		"Postfix hands the emails of the domain to grouprise (step 11)")
	s.opens()
	s.begin(invitation)
}

func TestPackagesWithNginxAndPostfixAsTheGuideSays(t *testing.T) {
	t.Parallel()
	s := enterClean(t)
	if s == nil {
		return
	}
	s.installPackages()
	s.talk()
	s.meetStrangers()
	file := s.attach()
	s.getFiles(file)
	s.maintains()

	s.Follow(packages, "a new version of the package")
	s.opens()
	s.anna.Get(s.article)
	s.anna.Sees(http.StatusOK, "Ich gieße gern.")
	s.runsAsUnits()
	s.autopkgtest()
	s.goes()
}

func TestPackagesWithApacheEximAndPostgreSQL(t *testing.T) {
	t.Parallel()
	s := enterClean(t)
	if s == nil {
		return
	}
	s.answers("apache2")
	s.Run("apt install postgresql && echo 'grouprise grouprise/database select postgresql' | debconf-set-selections")
	invitation := s.Run("apt install ./grouprise_*_amd64.deb apache2 libapache2-mod-xsendfile exim4-daemon-light")
	s.Run(`certbot certonly --webroot --webroot-path /var/www/html --domain stadt.example --agree-tos --register-unsafely-without-email --deploy-hook "service apache2 reload"
		grouprisectl web-server apache2 --certificate /etc/letsencrypt/live/stadt.example >/etc/apache2/sites-available/grouprise.conf
		service apache2 reload
		grouprisectl mail-server exim | sh`)
	s.opens()
	s.begin(invitation)
	s.talk()
	s.meetStrangers()
	s.getFiles(s.attach())
	s.maintains()
	if got := s.Run("cd / && runuser -u postgres -- psql --quiet --tuples-only --no-align --command 'SELECT count(*) FROM people' grouprise"); got != "2\n" {
		t.Errorf("PostgreSQL has %q people", got)
	}
	s.Run("test ! -e /var/lib/grouprise/grouprise.sqlite3")
}

// maintains makes sure that visitors read what is going on while the site is worked on, and while the program does not run.
func (s *site) maintains() {
	s.t.Helper()
	ask := func() (status int, header http.Header) {
		r, err := http.Get("https://stadt.example/stadt/groups/")
		if err != nil {
			s.t.Fatal(err)
		}
		text := make([]byte, 4096)
		n, _ := r.Body.Read(text)
		_ = r.Body.Close()
		if shown := strings.Contains(string(text[:n]), "Gleich wieder da"); shown != (r.StatusCode == http.StatusServiceUnavailable) {
			s.t.Errorf("%d: %s", r.StatusCode, text[:n])
		}
		return r.StatusCode, r.Header
	}
	for what, undo := range map[string]string{
		"touch /etc/grouprise/maintenance_mode": "rm /etc/grouprise/maintenance_mode",
		"service grouprise stop":                "service grouprise start",
	} {
		s.Run(what)
		if status, header := ask(); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
			s.t.Errorf("%s: %d %v", what, status, header)
		}
		s.Run(undo)
		s.opens()
		if status, _ := ask(); status != http.StatusOK {
			s.t.Errorf("%s: %d", undo, status)
		}
	}
	s.Run("echo hello >/var/lib/grouprise/site-data/hello.txt")
	if got := s.Run("curl --silent --fail https://stadt.example/-/site/hello.txt"); got != "hello\n" {
		s.t.Errorf("a file of the administrator: %q", got)
	}
}

// autopkgtest runs the test that comes with the packages.
func (s *site) autopkgtest() {
	s.t.Helper()
	script, err := os.ReadFile("../../packaging/debian/tests/site")
	if err != nil {
		s.t.Fatal(err)
	}
	s.Run(string(script))
	s.Run("rm /etc/grouprise/conf.d/234-test.yaml /etc/nginx/sites-enabled/grouprise-test")
}

// restarts is how often the services are started anew while people come and mails arrive.
const restarts = 100

// runsAsUnits stops the init scripts, runs the commands of the units, with their sockets, and starts them anew under load: nobody is refused.
func (s *site) runsAsUnits() {
	s.t.Helper()
	web, tasks, lmtp := s.units()
	tasks.Says("WATCHDOG=1")
	s.opens()
	s.Run("runuser -u www-data -- test -r /run/grouprise")
	s.underLoad(func() {
		for range restarts {
			for _, service := range []*machine.Service{web, lmtp} {
				service.Stop()
				service.Start()
			}
		}
	})
	for _, service := range []*machine.Service{lmtp, tasks, web} {
		service.Stop()
		service.Release()
	}
}

// units stops the init scripts, and starts what the units say instead.
func (s *site) units() (web, tasks, lmtp *machine.Service) {
	s.t.Helper()
	s.Run("for service in grouprise-lmtpd grouprise-tasks grouprise; do service $service stop; done")
	web, tasks, lmtp = s.Service("grouprise"), s.Service("grouprise-tasks"), s.Service("grouprise-lmtpd")
	for _, service := range []*machine.Service{web, tasks, lmtp} {
		service.Start()
	}
	return web, tasks, lmtp
}

// underLoad lets people come and mails arrive while something is done, and makes sure that nobody was refused.
func (s *site) underLoad(do func()) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	var visits, mails atomic.Int64
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				if err := visitOnce(); err != nil {
					s.t.Errorf("visit %d: %v", visits.Load(), err)
				}
				visits.Add(1)
			}
		})
		load.Go(func() {
			for ctx.Err() == nil {
				if err := askForRecipient(); err != nil {
					s.t.Errorf("mail %d: %v", mails.Load(), err)
				}
				mails.Add(1)
			}
		})
	}
	do()
	stop()
	load.Wait()
	s.t.Logf("%d visits, %d mails", visits.Load(), mails.Load())
	if visits.Load() < restarts || mails.Load() < restarts {
		s.t.Errorf("%d visits, %d mails: no load", visits.Load(), mails.Load())
	}
}

// patience is how long visitors and mail servers wait for an answer: as long as a slow machine needs to go back to the version of before.
const patience = 5 * time.Minute

// visitOnce comes through a connection of its own, as the web server in front does.
func visitOnce() error {
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", "/run/grouprise/http")
		},
	}}
	r, err := client.Get("http://stadt.example/stadt/healthz")
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return errors.New(r.Status)
	}
	return nil
}

// askForRecipient asks as the mail server does whether an address exists. A session that ends before it has been asked anything is taken up
// anew by mail servers: what counts is that nobody is refused.
func askForRecipient() error {
	conn, err := net.DialTimeout("tcp", "127.0.0.1:1025", patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	answers := bufio.NewReader(conn)
	greeting, err := answers.ReadString('\n')
	if err != nil || !strings.HasPrefix(greeting, "220") && !strings.HasPrefix(greeting, "421") {
		return fmt.Errorf("%q, %w", greeting, err)
	}
	return nil
}

// goes removes the package and then everything, and looks at what is left.
func (s *site) goes() {
	s.t.Helper()
	stays := func(paths ...string) {
		s.t.Helper()
		for _, path := range paths {
			if _, err := os.Stat(path); err != nil {
				s.t.Errorf("it should have stayed: %v", err)
			}
		}
	}
	gone := func(paths ...string) {
		s.t.Helper()
		for _, path := range paths {
			if _, err := os.Lstat(path); err == nil {
				s.t.Errorf("it should be gone: %s", path)
			}
		}
	}
	const database, key, answers = "/var/lib/grouprise/grouprise.sqlite3", "/var/lib/grouprise/secret.key", "/etc/grouprise/conf.d/100-package.yaml"
	s.Run("echo 'site_name: Neustadt' >/etc/grouprise/conf.d/800-local.yaml")
	s.Run("apt-get remove -y -q grouprise && nginx -t")
	stays(database, key, answers, "/etc/nginx/sites-available/grouprise")
	gone("/usr/bin/grouprise", "/usr/sbin/grouprisectl", "/etc/nginx/sites-enabled/grouprise")

	s.Run("apt-get purge -y -q grouprise")
	stays(database, key, "/etc/grouprise/conf.d/800-local.yaml")
	gone(answers, "/etc/grouprise/conf.d/050-defaults.yaml", "/etc/nginx/snippets/grouprise.conf", "/etc/nginx/sites-available/grouprise", "/etc/init.d/grouprise",
		"/var/log/grouprise")

	s.answers("none")
	s.Run("apt-get install -y -q --no-install-recommends ./grouprise_*_amd64.deb && service grouprise stop")
	s.Run("echo 'grouprise grouprise/remove-data boolean true' | debconf-set-selections && apt-get purge -y -q grouprise")
	gone("/var/lib/grouprise", answers)
	if out, failed := s.Fails("getent passwd _grouprise"); !failed {
		s.t.Errorf("the user is still there: %s", out)
	}
}
