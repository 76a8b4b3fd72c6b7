package app

import (
	"cmp"
	"net"
	"os"
	"path/filepath"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// What the options mean for the parts of the house.

func (o *Options) database() sqldb.Config {
	d := o.Database
	return sqldb.Config{Engine: d.Engine, Path: d.Name, Host: d.Host, Port: d.Port, Name: d.Name, User: d.User, Password: d.Password}
}

func (o *Options) transport() web.Transport { return web.Transport(o.TransportSecurity) }

// baseURL is the site's address without a slash at its end. A site that answers only on this machine is
// addressed by where it listens.
func (o *Options) baseURL() string {
	if o.transport().Encrypted() {
		return "https://" + o.Domain
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err == nil && isLoopback(o.Listen) {
		if host == "127.0.0.1" || host == "::1" {
			host = "localhost"
		}
		return "http://" + net.JoinHostPort(host, port)
	}
	return "http://" + o.Domain
}

func (o *Options) url(path string) string { return o.baseURL() + path }

// maxUpload is how many bytes one uploaded file may have.
func (o *Options) maxUpload() int64 { return int64(cmp.Or(o.MaxUpload, 10)) << 20 }

// openMedia opens the store of uploaded files.
func (o *Options) openMedia() (mediaStore, error) {
	if o.MediaStore == "s3" {
		return media.OpenBucket(media.S3{
			Endpoint: o.S3.Endpoint, Region: o.S3.Region, Bucket: o.S3.Bucket, AccessKey: o.S3.AccessKey, SecretKey: o.S3.SecretKey, Insecure: o.S3.Plain,
		})
	}
	return media.OpenFolder(o.MediaRoot)
}

// sender sends stored files, or leaves that to the web server in front.
func (o *Options) sender() media.Sender { return media.SendThrough(o.DownloadsVia, o.MediaRoot) }

// shownMailDomain is the domain of the groups' addresses if members are shown them.
func (o *Options) shownMailDomain() string {
	if !o.ShowGroupLists {
		return ""
	}
	return o.MailDomain()
}

// never names the people who are told nothing.
func (o *Options) never() []int64 {
	if o.FeedPerson == 0 {
		return nil
	}
	return []int64{int64(o.FeedPerson)}
}

func (o *Options) site(language string, zone *time.Location) site.Config {
	return site.Config{
		Name: o.SiteName, Domain: o.Domain, BaseURL: o.baseURL(), Secret: o.SecretKey, Transport: o.transport(),
		Hosts: o.ExtraAllowedHosts, Loopback: isLoopback(o.Listen), TrustedProxies: o.TrustedNetworks(),
		Policy:   web.Policy{Default: o.ContentSecurity.DefaultSrc, Script: append(o.scriptHashes(), o.ContentSecurity.ScriptSrc...), Connect: o.ContentSecurity.ConnectSrc},
		Language: language, Zone: zone, UploadMax: o.maxUpload(), ThemeColour: o.Branding.ThemeColor, Logo: o.Branding.LogoText,
		Claims: o.Claims, Dress: o.dress(), Operator: o.operator(), Demonstration: o.Demonstration,
	}
}

// submission returns how mails leave. Files of a demonstration lie where the site shows them.
func (o *Options) submission() smtp.Config {
	backend := map[string]smtp.Backend{"folder": smtp.Folder, "console": smtp.Console, "dummy": smtp.None}[o.Submission.Backend]
	return smtp.Config{
		Backend: cmp.Or(backend, smtp.Server), Host: o.Submission.Host, Port: o.Submission.Port, Encryption: smtp.Encryption(o.Submission.Encryption),
		User: o.Submission.User, Password: o.Submission.Password, Hello: o.Domain, Folder: o.outboxFolder(), Output: os.Stdout,
	}
}

// outboxFolder is where mails are kept that do not leave.
func (o *Options) outboxFolder() string { return filepath.Join(o.DataPath, "outbox") }

// demonstrationFile marks a folder of data as that of an invented town.
func (o *Options) demonstrationFile() string { return filepath.Join(o.DataPath, "demonstration") }
