package serverconf_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/serverconf"
	"grouprise.org/grouprise/internal/kit/config"
)

func load(t *testing.T, environ ...string) *options.Options {
	t.Helper()
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: append(environ, "GROUPRISE_DATA_PATH="+t.TempDir(), "GROUPRISE_DOMAIN=stadt.example")})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestWebServersAreConfiguredForTheOptionsInForce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		server  serverconf.WebServer
		listen  string
		has     []string
		without string
	}{
		{serverconf.WebServer{Kind: "nginx", Snippet: true}, "unix:/run/grouprise/http", []string{"proxy_pass http://unix:/run/grouprise/http;", "client_max_body_size 60m;", "Retry-After"}, "stadt.example"},
		{serverconf.WebServer{Kind: "nginx", Snippet: true}, "localhost:8008", []string{"proxy_pass http://127.0.0.1:8008;"}, "localhost"},
		{serverconf.WebServer{Kind: "nginx"}, "localhost:8008", []string{"server_name stadt.example;", "include snippets/grouprise.conf;"}, "443"},
		{serverconf.WebServer{Kind: "nginx", Certificate: "/etc/tls"}, "localhost:8008", []string{"ssl_certificate     /etc/tls/fullchain.pem;", "return 301 https"}, "--certificate FOLDER"},
		{serverconf.WebServer{Kind: "apache2", Snippet: true}, "unix:/run/grouprise/http", []string{"ProxyPass / unix:/run/grouprise/http|http://localhost/ retry=0"}, "stadt.example"},
		{serverconf.WebServer{Kind: "apache2", Snippet: true}, "0.0.0.0:80", []string{"ProxyPass / http://127.0.0.1:80/ retry=0"}, "0.0.0.0"},
		{serverconf.WebServer{Kind: "apache2", Certificate: "/etc/tls"}, "localhost:8008", []string{"SSLCertificateFile    /etc/tls/fullchain.pem", "RedirectMatch"}, "--certificate FOLDER"},
		{serverconf.WebServer{Kind: "caddy", Snippet: true}, "unix:/run/grouprise/http", []string{"reverse_proxy unix//run/grouprise/http {", "try_files /maintenance_mode", "Retry-After"}, "stadt.example"},
		{serverconf.WebServer{Kind: "caddy", Snippet: true}, "localhost:8008", []string{"reverse_proxy 127.0.0.1:8008 {"}, "localhost"},
		{serverconf.WebServer{Kind: "caddy"}, "localhost:8008", []string{"stadt.example {", "import /etc/caddy/grouprise.caddyfile"}, "tls "},
		{serverconf.WebServer{Kind: "caddy", Certificate: "/etc/tls"}, "localhost:8008", []string{"tls /etc/tls/fullchain.pem /etc/tls/privkey.pem"}, "--certificate FOLDER"},
	} {
		var out strings.Builder
		if err := c.server.Write(&out, load(t, "GROUPRISE_LISTEN="+c.listen)); err != nil {
			t.Errorf("%+v: %v", c.server, err)
		}
		for _, line := range c.has {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%+v on %s lacks %q:\n%s", c.server, c.listen, line, out.String())
			}
		}
		if strings.Contains(out.String(), c.without) {
			t.Errorf("%+v on %s has %q:\n%s", c.server, c.listen, c.without, out.String())
		}
	}
}

func TestPathsThatAWebServerWouldMisreadAreRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"nginx", "apache2", "caddy"} {
		for _, folder := range []string{"relative", "/two words", "/a;b", "/o'clock", "/a\n}", "/{$x}"} {
			var out strings.Builder
			err := serverconf.WebServer{Kind: kind, Certificate: folder}.Write(&out, load(t))
			if err == nil || !strings.Contains(err.Error(), "--certificate must be an absolute path") || out.Len() > 0 {
				t.Errorf("%s, %q: %v\n%s", kind, folder, err, out.String())
			}
		}
		var out strings.Builder
		err := serverconf.WebServer{Kind: kind, Snippet: true}.Write(&out, load(t, "GROUPRISE_LISTEN=unix:/run/two words"))
		if err == nil || !strings.Contains(err.Error(), "listen must be") || out.Len() > 0 {
			t.Errorf("%s: %v\n%s", kind, err, out.String())
		}
	}
}

func TestASiteWithoutAWebServerListensWhereBrowsersLook(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := serverconf.WriteAlone(&out, load(t, "GROUPRISE_CERTIFICATES_AUTHORITY=https://acme.example/directory")); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"transport_security: integrated\n", "ListenStream=443\n", "ListenStream=80\n", "https://acme.example/directory", "systemctl restart grouprise.socket"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is missing in\n%s", line, out.String())
		}
	}
}

func TestMailServersLookAtTheMailDomain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environ      []string
		has, without string
	}{
		{nil, "postconf -e 'mydestination = localhost'", "groups."},
		{[]string{"GROUPRISE_DEFAULT_REPLY_TO_EMAIL=reply+{reply_key}@groups.stadt.example"}, "add virtual_mailbox_domains groups.stadt.example", "mydestination"},
		{[]string{"GROUPRISE_LOG_RECIPIENT_EMAILS=o'brien@post.example"}, `echo 'root: o'\''brien@post.example' >>/etc/aliases`, "root: you@"},
		{[]string{"GROUPRISE_LOG_RECIPIENT_EMAILS=a@stadt.example,b@post.example"}, "root: b@post.example", "root: a@"},
	} {
		var out strings.Builder
		if err := serverconf.WriteMailServer(&out, "postfix", load(t, c.environ...)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), c.has) || strings.Contains(out.String(), c.without) {
			t.Errorf("%v wants %q and not %q:\n%s", c.environ, c.has, c.without, out.String())
		}
	}
	var out strings.Builder
	if err := serverconf.WriteMailServer(&out, "exim", load(t, "GROUPRISE_LMTP_LISTEN=unix:/run/grouprise/lmtp")); err == nil || out.Len() > 0 {
		t.Errorf("a socket: %v, %s", err, out.String())
	}
}
