package options_test

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
)

var update = flag.Bool("update", false, "write the golden files")

// load reads one file with the text.
func load(t *testing.T, text string, environ ...string) (*options.Options, *config.Settings, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "grouprise.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return options.Load(options.Sources(append(environ, "GROUPRISE_CONFIG="+file)))
}

// nothing reads no file at all.
func nothing(t *testing.T, environ ...string) (*options.Options, *config.Settings) {
	t.Helper()
	from := options.Sources(environ)
	from.Candidates = nil
	o, s, err := options.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	return o, s
}

func TestWithoutConfigurationTheSiteRunsHere(t *testing.T) {
	t.Parallel()
	o, s := nothing(t)
	here, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"domain": o.Domain, "site": o.SiteName, "listen": o.Listen, "data": o.DataPath, "media": o.MediaRoot, "database": o.Database.Name,
		"transport": o.TransportSecurity, "from": o.DefaultFrom, "notices": o.DistinctFrom, "replies": o.ReplyTo, "postmaster": o.Postmaster,
		"mail domain": o.MailDomain(), "lmtp": o.LMTP.Listen,
	}
	want := map[string]string{
		"domain": "example.org", "site": "example.org", "listen": "localhost:8008", "data": here, "media": here + "/media", "database": here + "/grouprise.sqlite3",
		"transport": "disabled", "from": "noreply@example.org", "notices": "noreply+{slug}@example.org", "replies": "reply+{reply_key}@example.org", "postmaster": "postmaster@example.org",
		"mail domain": "example.org", "lmtp": "localhost:1025",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings: %v", s.Warnings)
	}
}

func TestAListenerThatOthersReachIsSecuredUnlessSomebodySaysOtherwise(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"localhost:8008": "disabled", "127.0.0.1:1": "disabled", "[::1]:80": "disabled",
		":8008": "reverse-proxy", "0.0.0.0:80": "reverse-proxy", "192.0.2.1:80": "reverse-proxy", "unix:/run/grouprise.sock": "reverse-proxy",
	} {
		if o, _ := nothing(t, "GROUPRISE_LISTEN="+listen); o.TransportSecurity != want {
			t.Errorf("%s: %s, want %s", listen, o.TransportSecurity, want)
		}
	}
	if o, _, err := load(t, "listen: localhost:8008\n"); err != nil || o.TransportSecurity != "reverse-proxy" {
		t.Errorf("with a file: %s, %v", o.TransportSecurity, err)
	}
	if o, _ := nothing(t, "GROUPRISE_TRANSPORT_SECURITY=reverse-proxy"); o.TransportSecurity != "reverse-proxy" {
		t.Errorf("with a variable: %s", o.TransportSecurity)
	}
}

func TestEveryOptionOfVersion55IsKnown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/complete.yaml")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "hook"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	o, s, err := load(t, strings.ReplaceAll(string(text), "FOLDER", folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range s.Warnings {
		if !strings.Contains(w.Text, "no effect yet") && !strings.Contains(w.Text, "the name is left out") {
			t.Error(w)
		}
	}
	if o.DefaultFrom != "noreply@stadt.example.org" || o.Submission.Port != 587 || o.MailDomain() != "mail.example.org" || len(o.Stylesheets) != 2 || len(o.Scripts) != 2 || o.Geo.Center[0][1] != 8.5 {
		t.Errorf("got %+v", o)
	}
	var shown strings.Builder
	if err := s.Print(&shown); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"correct horse", "battery staple", "syt_secret"} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("the print shows %q", secret)
		}
	}
}

func TestTheEffectiveOptionsArePrintedWithTheirOrigin(t *testing.T) {
	t.Parallel()
	_, s := nothing(t, "GROUPRISE_DATABASE_ENGINE=postgresql", "GROUPRISE_DATABASE_NAME=stadt", "GROUPRISE_DATABASE_PASSWORD=sesame",
		"GROUPRISE_EXTRA_ALLOWED_HOSTS=a.example.org, b.example.org")
	var b strings.Builder
	if err := s.Print(&b); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// How the comments are aligned depends on the length of the folder's name.
	got := regexp.MustCompile(` +# `).ReplaceAllString(strings.ReplaceAll(b.String(), here, "/srv"), "  # ")
	const file = "testdata/config.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test -update writes it):\n%s", file, diff)
	}
}

func TestWhatIsPrintedCanBeLoaded(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, more := range [][]string{nil, {"GROUPRISE_SECRET_KEY=a secret for tests only", "GROUPRISE_SITE_NAME=a: \"b\" # c", "GROUPRISE_CLAIMS=- null"}} {
		first, s := nothing(t, append(more, "GROUPRISE_DATA_PATH="+folder)...)
		var printed strings.Builder
		if err := s.Print(&printed); err != nil {
			t.Fatal(err)
		}
		second, _, err := load(t, printed.String())
		if err != nil {
			t.Fatalf("%v in\n%s", err, printed.String())
		}
		first.SecretKey = ""
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(options.Options{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRetiredOptionsWarnAndNothingElse(t *testing.T) {
	t.Parallel()
	_, s, err := load(t, `
cache_storage: {backend: filesystem, location: /run/x, max_entries: 3}
task_handler: {storage_backend: redis, location: "redis://x"}
debug: true
debug_toolbar_clients: [127.0.0.1]
extra_django_settings_filenames: [/etc/x.py]
database: {engine: postgis, name: x}
`)
	if err != nil {
		t.Fatal(err)
	}
	var options []string
	for _, w := range s.Warnings {
		options = append(options, w.Option)
	}
	want := []string{"cache_storage", "task_handler", "debug", "debug_toolbar_clients", "extra_django_settings_filenames", "database.engine"}
	if diff := cmp.Diff(want, options); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTheLibraryOfSentryWasToldIsWarnedAboutWhereItMeansNothing(t *testing.T) {
	t.Parallel()
	o, s, err := load(t, "sentry: {dsn: 'https://key@sentry.example.org/3', init_options: {Environment: staging, traces_sample_rate: 0.1, debug: true}}")
	if err != nil {
		t.Fatal(err)
	}
	if o.Sentry.Init.Environment != "staging" || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0].Text, "debug, traces_sample_rate") {
		t.Errorf("%+v, warnings %v", o.Sentry, s.Warnings)
	}
}

func TestOnlyTemplatesWithoutEffectAreWarnedAbout(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	warnings := func() []string {
		t.Helper()
		_, s, err := load(t, "template_directories: ["+folder+"]")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, w := range s.Warnings {
			all = append(all, w.Text)
		}
		return all
	}
	for _, name := range []string{"static", "locale", "header.html", ".git"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if all := warnings(); len(all) > 0 {
		t.Errorf("what is read is warned about: %v", all)
	}
	if err := os.Mkdir(filepath.Join(folder, "core"), 0o750); err != nil {
		t.Fatal(err)
	}
	if all := warnings(); len(all) != 1 || !strings.Contains(all[0], filepath.Join(folder, "core")) {
		t.Errorf("what is not read is not warned about: %v", all)
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	// What is missing stands in no line.
	notGiven := map[string]bool{"database.name": true, "email_submission.user": true, "email_submission.password": true, "email_submission.encryption": true}
	for text, option := range map[string]string{
		"domain: example.org:8000":                     "domain",
		"domain: 'two words'":                          "domain",
		"domain: ''":                                   "domain",
		"domain: a..example":                           "domain",
		"domain: .example":                             "domain",
		"domain: xn--ü.example":                        "domain",
		"extra_allowed_hosts: example.net":             "extra_allowed_hosts",
		"extra_allowed_hosts: ['https://example.net']": "extra_allowed_hosts",
		"language_code: german language":               "language_code",
		"time_zone: Europe/Nowhere":                    "time_zone",
		"time_zone: Local":                             "time_zone",
		"s3: {bucket: b}":                              "s3.bucket",
		"backup: {s3: {bucket: a/b}}":                  "backup.s3.bucket",
		"listen: 8008":                                 "listen",
		"listen: localhost":                            "listen",
		"listen: localhost:70000":                      "listen",
		"listen: unix:relative.sock":                   "listen",
		"lmtp: {listen: '1025'}":                       "lmtp.listen",
		"trusted_proxies: [nobody]":                    "trusted_proxies",
		"transport_security: none":                     "transport_security",
		"session_cookie_age: -1":                       "session_cookie_age",
		"session_cookie_age: two weeks":                "session_cookie_age",
		"secret_key: short":                            "secret_key",
		"data_path: /nowhere/at/all":                   "data_path",
		"{file_download_backend: nginx, media_store: s3, s3: {endpoint: s3.example.org, bucket: uploads, access_key: a, secret_key: s}}": "file_download_backend",
		"file_download_backend: iis":                                                "file_download_backend",
		"upload_max_file_size: 10MB":                                                "upload_max_file_size",
		"database: {engine: oracle, name: x}":                                       "database.engine",
		"database: {engine: mysql}":                                                 "database.name",
		"database: {engine: postgresql, name: x, port: 0}":                          "database.port",
		"database: sqlite":                                                          "database",
		"database:":                                                                 "database",
		"email_submission: {backend: sendmail}":                                     "email_submission.backend",
		"email_submission: {encryption: tls}":                                       "email_submission.encryption",
		"email_submission: {port: 65536}":                                           "email_submission.port",
		"email_submission: {user: stadt, password: 1234}":                           "email_submission.password",
		"default_from_email: nobody":                                                "default_from_email",
		"default_distinct_from_email: noreply@example.org":                          "default_distinct_from_email",
		"default_distinct_from_email: 'noreply@{slug}.example.org'":                 "default_distinct_from_email",
		"default_reply_to_email: reply@example.org":                                 "default_reply_to_email",
		"postmaster_email: Root <root@example.org>":                                 "postmaster_email",
		"collector_mailbox_address: mailbox":                                        "collector_mailbox_address",
		"log_recipient_emails: root@example.org":                                    "log_recipient_emails",
		"log: {level: loud}":                                                        "log.level",
		"log: {format: xml}":                                                        "log.format",
		"sentry: {dsn: 'https://sentry.example.org/3'}":                             "sentry.dsn",
		"sentry: {init_options: {sample_rate: 2}}":                                  "sentry.init_options",
		"mailinglist_enabled: yes":                                                  "mailinglist_enabled",
		"operator_group_id: 0":                                                      "operator_group_id",
		"template_directories: [/nowhere/at/all]":                                   "template_directories",
		"stylesheets: [{path: //elsewhere.example.org/x.css}]":                      "stylesheets",
		"stylesheets: [{path: /x.css, colour: red}]":                                "stylesheets",
		"scripts: [{path: /x.js, load: later}]":                                     "scripts",
		"scripts: [{path: /x.js, content: x}]":                                      "scripts",
		"scripts: [{content: x, load: async}]":                                      "scripts",
		"csp: {script_src: ['https://a; default-src *']}":                           "csp.script_src",
		"branding: {theme_color: blue}":                                             "branding.theme_color",
		"geo: {tile_server: {url: 'http://tiles.example.org/{s}/{x}/{y}/{z}'}}":     "geo.tile_server.url",
		"geo: {tile_server: {url: 'https://tiles.example.org/'}}":                   "geo.tile_server.url",
		"geo: {location_selector: {center: [1, 2]}}":                                "geo.location_selector.center",
		"geo: {location_selector: {center: [[91, 2]]}}":                             "geo.location_selector.center",
		"matrix_chat: {public_listener_rooms: [room]}":                              "matrix_chat.public_listener_rooms",
		"matrix_chat: {admin_api_url: 'ftp://x'}":                                   "matrix_chat.admin_api_url",
		"tags: {featured_tag_ids: [0]}":                                             "tags.featured_tag_ids",
		"default_reply_to_email: '{reply_key}@example.org'":                         "default_reply_to_email",
		"default_reply_to_email: 'r{reply_key}@example.org'":                        "default_reply_to_email",
		"default_reply_to_email: 'Bounce+{reply_key}@example.org'":                  "default_reply_to_email",
		"default_reply_to_email: 'r+{reply_key}{reply_key}@example.org'":            "default_reply_to_email",
		"default_distinct_from_email: '{slug}-{slug}@example.org'":                  "default_distinct_from_email",
		"default_from_email: Reply@example.org":                                     "default_from_email",
		"default_distinct_from_email: 'reply+{slug}@example.org'":                   "default_distinct_from_email",
		"metrics: {listen: 'localhost:8008'}":                                       "metrics.listen",
		"email_submission: {user: stadt}":                                           "email_submission.password",
		"email_submission: {password: sesame}":                                      "email_submission.user",
		"email_submission: {host: mail.example.org, user: stadt, password: sesame}": "email_submission.encryption",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, s, err := load(t, "# the second line is wrong\n"+text+"\n")
			if err == nil || !s.Refused(option) || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), "grouprise.yaml:2: "+option+": ") && !notGiven[option] {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNamesOfHostsAreWrittenAsTheyTravel(t *testing.T) {
	t.Parallel()
	o, _, err := load(t, "domain: München.example.\nextra_allowed_hosts: [www.münchen.example, '.münchen.example', münster.example]\nemail_submission: {host: post.münchen.example}\n"+
		"postmaster_email: post@münchen.example\ndefault_from_email: 'Stadt <antwort@münchen.example>'\n")
	if err != nil {
		t.Fatal(err)
	}
	const domain = "xn--mnchen-3ya.example"
	for what, c := range map[string]struct{ got, want string }{
		"the domain":            {o.Domain, domain},
		"the name people read":  {o.SiteName, "München.example"},
		"other hosts":           {strings.Join(o.ExtraAllowedHosts, " "), "www." + domain + " ." + domain + " xn--mnster-3ya.example"},
		"the mail domain":       {o.MailDomain(), domain},
		"the sender":            {o.DefaultFrom, "antwort@" + domain},
		"senders of groups":     {o.DistinctFrom, "noreply+{slug}@" + domain},
		"the postmaster":        {o.Postmaster, "post@" + domain},
		"the mail server":       {o.Submission.Host, "post." + domain},
		"the Matrix homeserver": {o.Matrix.HomeserverURL, "https://" + domain},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", what, c.got, c.want)
		}
	}
	if o, _, err = load(t, "domain: my_host.Example"); err != nil || o.Domain != "my_host.Example" {
		t.Errorf("a name in ASCII: %q, %v", o.Domain, err)
	}
}

func TestWhatLooksLikeAMistakeAndWorksIsTaken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"default_from_email: reply@elsewhere.example",
		"default_reply_to_email: 'reply-{reply_key}@example.org'",
		"default_reply_to_email: '{reply_key}=reply@example.org'",
		"default_distinct_from_email: '{slug}@example.org'",
		"email_submission: {user: stadt, password: sesame}",
		"email_submission: {host: '::1', user: stadt, password: sesame}",
		"email_submission: {host: mail.example.org, encryption: ssl, user: stadt, password: sesame}",
	} {
		if _, _, err := load(t, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestADemonstrationIsOpenToStrangersOnlyOnRequest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "demonstration"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, right := range map[string]bool{
		"listen: localhost:8008": true, "listen: '[::1]:8008'": true,
		"listen: ':8008'": false, "listen: 192.0.2.1:8008": false, "listen: unix:/run/stadt.sock": false,
		"{listen: ':8008', demonstration: {public: true}}": true,
	} {
		_, s, err := load(t, text, "GROUPRISE_DATA_PATH="+folder)
		if (err == nil) != right || s.Refused("listen") == right {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestNobodyTakesTheNameOfASender(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"": {"noreply", "noreply", "reply", "postmaster"},
		"{entity_slug_blacklist: [rathaus], default_from_email: Post@example.org, default_distinct_from_email: 'news+{slug}@example.org'}": {"rathaus", "Post", "news", "reply", "postmaster"},
		"{default_from_email: garten@elsewhere.example, default_distinct_from_email: '{slug}+x@elsewhere.example'}":                        {"reply", "postmaster"},
	} {
		o, _, err := load(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, o.ReservedSlugs()); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestTheSecretKeyIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	keys := make([]string, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			o := options.Options{DataPath: folder, MediaRoot: filepath.Join(folder, "media")}
			if err := o.Prepare(); err != nil {
				t.Error(err)
			}
			keys[i] = o.SecretKey
		})
	}
	group.Wait()
	for _, key := range keys {
		if key != keys[0] || len(key) < 32 {
			t.Fatalf("the processes have the keys %q", keys)
		}
	}
	info, err := os.Stat(filepath.Join(folder, "secret.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "secret.key?*")); len(files) > 0 {
		t.Errorf("drafts are left behind: %v", files)
	}
	given := options.Options{DataPath: folder, MediaRoot: folder, SecretKey: "given by an option"}
	if err := given.Prepare(); err != nil || given.SecretKey != "given by an option" {
		t.Errorf("got %q, %v", given.SecretKey, err)
	}
}

func TestTrustedProxiesAreNetworks(t *testing.T) {
	t.Parallel()
	o, _ := nothing(t, "GROUPRISE_TRUSTED_PROXIES=192.0.2.77/24, 2001:db8::1")
	want := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")}
	got := o.TrustedNetworks()
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
}
