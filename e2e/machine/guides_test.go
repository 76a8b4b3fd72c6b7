//go:build e2e

package machine_test

import (
	"testing"

	"grouprise.org/grouprise/e2e/machine"
)

// The pages that the machines follow.
const (
	install   = "docs/administrators/by-hand.md"
	packages  = "docs/administrators/install.md"
	databases = "docs/administrators/databases.md"
	webserver = "docs/administrators/webserver.md"
	mails     = "docs/administrators/mail.md"
	backups   = "docs/administrators/backups.md"
	doctor    = "docs/administrators/doctor.md"
)

// prepare gives a test its machine and follows the page for installing there, up to the unit. It returns nil where the
// test has already been run, as machine.Enter does.
func prepare(t *testing.T) *site {
	t.Helper()
	m := machine.Enter(t)
	if m == nil {
		return nil
	}
	m.Follow(install, "the program, its user and its folders", "/etc/grouprise/conf.d/site.yaml", "what is in force, and what is wrong",
		"/etc/systemd/system/grouprise.service")
	return &site{Machine: m, t: t}
}

func TestPostfixNginxAndSQLiteAsTheGuidesSay(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	if s == nil {
		return
	}
	s.Follow(install, "start it now and whenever the machine starts")
	s.lookBeforeTLS()
	s.Follow(webserver, "nginx and a certificate", "/etc/nginx/sites-available/grouprise", "nginx: use the site")
	s.Follow(mails, "Postfix hands the mails of the domain to grouprise", "/etc/aliases", "/etc/postfix/virtual", "compile the tables and start anew")
	s.opens()
	s.begin(s.Do(install, "the first administrator"))
	s.talk()
	s.meetStrangers()
	s.restart()

	// Everything in the wrong order at first: the option before the web server knows what to do.
	file := s.attach()
	s.Follow(webserver, "/etc/grouprise/conf.d/nginx.yaml")
	s.Run("systemctl restart grouprise")
	s.opens()
	s.filesAreSent("the program sends them itself")
	s.getFiles(file)
	s.Follow(webserver, "the web server may read the files", "/etc/nginx/snippets/grouprise-files.conf")
	s.Run("systemctl reload nginx")
	s.filesAreSent("the web server in front sends files")
	s.getFiles(file)
	s.examine()

	s.backup("")
	s.lookAtBackup()
	s.Follow(install, "a new version")
	s.opens()
	s.dress()
	s.restore("SQLite: the database", file)
	s.useSocket("/etc/nginx/sites-available/grouprise", "proxy_pass http://127.0.0.1:8008;", machine.Inline(t, webserver, "proxy_pass http://unix:"), "nginx")
}

func TestEximApacheAndPostgreSQLAsTheGuidesSay(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	if s == nil {
		return
	}
	s.Follow(databases, "PostgreSQL: a user and a database", "/etc/grouprise/conf.d/postgresql.yaml")
	s.Follow(install, "start it now and whenever the machine starts")
	s.Follow(webserver, "Apache and a certificate", "/etc/apache2/sites-available/grouprise.conf", "Apache: use the site")
	s.Follow(mails, "Exim", "/etc/aliases", "/etc/exim4/conf.d/router/250_grouprise", "/etc/exim4/conf.d/transport/30_grouprise", "/etc/exim4/grouprise-rcpt",
		"/etc/exim4/conf.d/main/000_grouprise", "Exim reads it")
	s.opens()
	s.begin(s.Do(install, "the first administrator"))
	s.talk()
	s.meetStrangers()
	s.restart()

	file := s.attach()
	s.Follow(webserver, "/etc/grouprise/conf.d/apache.yaml")
	s.Run("systemctl restart grouprise")
	s.opens()
	s.filesAreSent("the program sends them itself")
	s.getFiles(file)
	s.Follow(webserver, "the module that sends files", "the web server may read the files", "/etc/apache2/conf-available/grouprise-files.conf")
	s.Run("a2enconf grouprise-files && systemctl restart apache2")
	s.filesAreSent("the web server in front sends files")
	s.getFiles(file)

	s.backup("PostgreSQL: the line of the database")
	s.restore("PostgreSQL: the database", file)
	s.useSocket("/etc/apache2/sites-available/grouprise.conf", "ProxyPass / http://127.0.0.1:8008/ retry=0", machine.Inline(t, webserver, "ProxyPass / unix:"), "apache2")
}

func TestAProgramForEachMailLighttpdAndMariaDBAsTheGuidesSay(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	if s == nil {
		return
	}
	s.Follow(databases, "/etc/mysql/mariadb.conf.d/60-grouprise.cnf", "MariaDB: a user and a database", "/etc/grouprise/conf.d/mariadb.yaml")
	s.Follow(install, "start it now and whenever the machine starts")
	s.Follow(webserver, "nginx and a certificate")
	s.Run("systemctl stop nginx")
	s.StartLighttpd(s.Text(webserver, "lighttpd.conf, for the host of the site"))
	// The mail server of somebody else, which brings all mails of the domain into one mailbox.
	s.Run("apt install postfix")
	s.Follow(mails, "/etc/postfix/virtual", "/etc/aliases", "/var/lib/grouprise/.forward", "/etc/grouprise/conf.d/mailbox.yaml")
	s.Run(`echo '@stadt.example grouprise@localhost' >>/etc/postfix/virtual
		postmap /etc/postfix/virtual
		newaliases
		postconf -e 'mydestination = localhost' 'virtual_alias_domains = stadt.example' 'virtual_alias_maps = hash:/etc/postfix/virtual' \
			'recipient_delimiter = +' 'message_size_limit = 52428800' 'mailbox_size_limit = 0'
		systemctl restart postfix`)
	s.opens()
	s.begin(s.Do(install, "the first administrator"))
	s.talk()
	s.strangersAreTold()
	s.restart()
	s.waitForDatabase()

	s.Follow(webserver, "the web server may read the files", "/etc/grouprise/conf.d/lighttpd.yaml")
	file := s.attach()
	s.Run("systemctl restart grouprise")
	s.opens()
	s.filesAreSent("the web server in front sends files")
	s.getFiles(file)

	s.backup("MariaDB: the line of the database")
	s.restore("MariaDB: the database", file)
	s.proveTheSender()
}
