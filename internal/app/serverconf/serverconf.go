// Package serverconf writes the configuration of the web server and the mail server in front of a site.
package serverconf

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"text/template"

	"grouprise.org/grouprise/internal/app/options"
)

// What the packages and the guides put where.
const (
	offlineFolder   = "/usr/share/grouprise/offline-website"
	maintenanceFile = "/etc/grouprise/maintenance_mode"
)

//go:embed *.conf *.sh
var files embed.FS

// values are what the templates are filled with.
type values struct {
	Domain, MailDomain            string
	WholeDomain                   bool // all mails of the domain are for the site
	Certificate                   string
	NginxUpstream, ApacheUpstream string
	Media, SiteData               string
	Offline, Maintenance          string
	MaxBody, MaxMessage           int // megabytes
	MaxBodyBytes, MaxMessageBytes int64
	LMTP, LMTPHost, LMTPPort      string
	Person                        string // who reads what is written to root; may be empty
}

// WebServer says how the configuration of a web server is written.
type WebServer struct {
	Kind        string // nginx or apache2
	Snippet     bool   // only what belongs into the site, for all domains
	Certificate string // folder with fullchain.pem and privkey.pem; empty: there is none yet
}

// Write writes the configuration.
func (s WebServer) Write(w io.Writer, o *options.Options) error {
	v := of(o)
	v.Certificate = s.Certificate
	if s.Snippet {
		return write(w, s.Kind+".conf", v)
	}
	return write(w, s.Kind+"-site.conf", v)
}

// WriteMailServer writes commands that configure postfix or exim.
func WriteMailServer(w io.Writer, kind string, o *options.Options) error {
	if strings.HasPrefix(o.LMTP.Listen, "unix:") {
		return fmt.Errorf("lmtp.listen must be a port, such as 127.0.0.1:1025: %s does not reach a socket from where it runs", kind)
	}
	return write(w, kind+".sh", of(o))
}

func write(w io.Writer, name string, v values) error {
	t, err := template.ParseFS(files, name, "aliases.sh")
	if err != nil {
		return err
	}
	return t.Execute(w, v)
}

// of returns the values for the options in force.
func of(o *options.Options) values {
	v := values{
		Domain: o.Domain, MailDomain: o.MailDomain(), Media: o.MediaRoot, SiteData: filepath.Join(o.DataPath, "site-data"),
		Offline: offlineFolder, Maintenance: maintenanceFile, MaxMessage: o.LMTP.MaxMessageSize, MaxMessageBytes: o.LMTP.MaxBytes(),
		MaxBody: int(MaxBody(o) >> 20), MaxBodyBytes: MaxBody(o),
	}
	v.WholeDomain = strings.EqualFold(v.Domain, v.MailDomain)
	v.LMTPHost, v.LMTPPort = hostPort(o.LMTP.Listen)
	v.LMTP = net.JoinHostPort(v.LMTPHost, v.LMTPPort)
	if path, ok := strings.CutPrefix(o.Listen, "unix:"); ok {
		v.NginxUpstream, v.ApacheUpstream = "http://unix:"+path, "unix:"+path+"|http://localhost/"
	} else {
		address := "http://" + net.JoinHostPort(hostPort(o.Listen))
		v.NginxUpstream, v.ApacheUpstream = address, address+"/"
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
