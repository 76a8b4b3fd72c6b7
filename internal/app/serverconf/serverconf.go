// Package serverconf writes the configuration of the web server and the mail server in front of a site.
package serverconf

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"grouprise.org/grouprise/internal/app/options"
)

// MaintenanceFile is the file that closes the site while it exists.
const MaintenanceFile = "/etc/grouprise/maintenance_mode"

// offlineFolder is where the packages put the page that visitors see then.
const offlineFolder = "/usr/share/grouprise/offline-website"

// SiteData returns the folder with files of the administrator, which visitors see below /-/site/.
func SiteData(o *options.Options) string { return filepath.Join(o.DataPath, "site-data") }

//go:embed *.conf *.caddyfile *.sh
var files embed.FS

// values are what the templates are filled with.
type values struct {
	Domain, MailDomain            string
	WholeDomain                   bool // all mails of the domain are for the site
	Certificate                   string
	NginxUpstream, ApacheUpstream string
	CaddyUpstream                 string
	Media, SiteData               string
	Offline, Maintenance          string
	Authority                     string // where certificates come from
	MaxBody, MaxMessage           int    // megabytes
	MaxBodyBytes, MaxMessageBytes int64
	LMTP, LMTPHost, LMTPPort      string
	Person                        string // who reads what is written to root; may be empty
}

// plainPath is a path that stands for itself in the configuration of every web server.
var plainPath = regexp.MustCompile(`^/[\pL\pN\pM./_+@=,~:-]*$`)

// WebServer says how the configuration of a web server is written.
type WebServer struct {
	Kind        string // nginx, apache2 or caddy
	Snippet     bool   // only what belongs into the site, for all domains
	Certificate string // folder with fullchain.pem and privkey.pem; empty: there is none yet, and Caddy gets one
}

// Write writes the configuration.
func (s WebServer) Write(w io.Writer, o *options.Options) error {
	v := of(o)
	v.Certificate = s.Certificate
	paths := map[string]string{"media_root": v.Media, "data_path": v.SiteData}
	if s.Certificate != "" {
		paths["--certificate"] = s.Certificate
	}
	if socket, ok := strings.CutPrefix(o.Listen, "unix:"); ok {
		paths["listen"] = socket
	}
	for what, path := range paths {
		if !plainPath.MatchString(path) {
			return fmt.Errorf("%s must be an absolute path of letters, digits and ./_+@=,~:- alone, as %s reads it: %q is none", what, s.Kind, path)
		}
	}
	extension := ".conf"
	if s.Kind == "caddy" {
		extension = ".caddyfile"
	}
	if s.Snippet {
		return write(w, s.Kind+extension, v)
	}
	return write(w, s.Kind+"-site"+extension, v)
}

// WriteAlone writes commands after which a site that the package installed needs no web server in front. The options are
// those of such a site.
func WriteAlone(w io.Writer, o *options.Options) error { return write(w, "none.sh", of(o)) }

// WriteMailServer writes commands that configure postfix or exim.
func WriteMailServer(w io.Writer, kind string, o *options.Options) error {
	if strings.HasPrefix(o.LMTP.Listen, "unix:") {
		return fmt.Errorf("lmtp.listen must be a port, such as 127.0.0.1:1025: %s does not reach a socket from where it runs", kind)
	}
	return write(w, kind+".sh", of(o))
}

func write(w io.Writer, name string, v values) error {
	t, err := template.New(name).Funcs(template.FuncMap{"dir": filepath.Dir, "base": filepath.Base, "shell": inShell}).ParseFS(files, name, "aliases.sh")
	if err != nil {
		return err
	}
	return t.Execute(w, v)
}

// inShell returns a text as one word of a shell.
func inShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// of returns the values for the options in force.
func of(o *options.Options) values {
	v := values{
		Domain: o.Domain, MailDomain: o.MailDomain(), Media: o.MediaRoot, SiteData: SiteData(o),
		Offline: offlineFolder, Maintenance: MaintenanceFile, Authority: o.Certificates.Authority, MaxMessage: o.LMTP.MaxMessageSize, MaxMessageBytes: o.LMTP.MaxBytes(),
		MaxBody: int(MaxBody(o) >> 20), MaxBodyBytes: MaxBody(o),
	}
	v.WholeDomain = strings.EqualFold(v.Domain, v.MailDomain)
	v.LMTPHost, v.LMTPPort = hostPort(o.LMTP.Listen)
	v.LMTP = net.JoinHostPort(v.LMTPHost, v.LMTPPort)
	if path, ok := strings.CutPrefix(o.Listen, "unix:"); ok {
		v.NginxUpstream, v.ApacheUpstream, v.CaddyUpstream = "http://unix:"+path, "unix:"+path+"|http://localhost/", "unix/"+path
	} else {
		v.CaddyUpstream = net.JoinHostPort(hostPort(o.Listen))
		v.NginxUpstream, v.ApacheUpstream = "http://"+v.CaddyUpstream, "http://"+v.CaddyUpstream+"/"
	}
	for _, person := range o.LogRecipients {
		if !strings.HasSuffix(strings.ToLower(person), "@"+strings.ToLower(v.MailDomain)) {
			v.Person = person
			break
		}
	}
	return v
}

// MaxBody is how many bytes a request may have at the web server: a gallery comes in one.
func MaxBody(o *options.Options) int64 { return max(60<<20, 6*o.MaxUploadBytes()) }

// hostPort returns where others on this machine reach a listener. localhost has two addresses, of which one may not answer.
func hostPort(listen string) (host, port string) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || host == "localhost" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return cmp.Or(host, "127.0.0.1"), port
}
