package options

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/config/check"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// What the options mean for the parts of the house.

// MaxBytes returns how large a message may be.
func (l LMTP) MaxBytes() int64 { return int64(l.MaxMessageSize) << 20 }

// MediaStore is a store of files that is given back at the end.
type MediaStore interface {
	media.Store
	io.Closer
}

// DatabaseConfig says where the data is.
func (o *Options) DatabaseConfig() sqldb.Config {
	d := o.Database
	return sqldb.Config{Engine: d.Engine, Path: d.Name, Host: d.Host, Port: d.Port, Name: d.Name, User: d.User, Password: d.Password, Observe: o.Observe, Clock: o.Clock}
}

// Transport says who speaks TLS.
func (o *Options) Transport() web.Transport { return web.Transport(o.TransportSecurity) }

// WebAddresses returns where visitors come, by the names of the listeners.
func (o *Options) WebAddresses() map[string]string {
	return o.Certificates.Addresses(o.Transport(), o.Listen)
}

// BaseURL is the site's address without a slash at its end. A site that answers only on this machine is
// addressed by where it listens.
func (o *Options) BaseURL() string {
	if o.Transport().Encrypted() {
		return "https://" + o.Domain
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err == nil && check.Loopback(o.Listen) {
		if host == "127.0.0.1" || host == "::1" {
			host = "localhost"
		}
		return "http://" + net.JoinHostPort(host, port)
	}
	return "http://" + o.Domain
}

// URL returns the absolute address of a path.
func (o *Options) URL(path string) string { return o.BaseURL() + path }

// MaxUploadBytes is how many bytes one uploaded file may have.
func (o *Options) MaxUploadBytes() int64 { return int64(cmp.Or(o.MaxUpload, 10)) << 20 }

// OpenMedia opens the store of uploaded files.
func (o *Options) OpenMedia() (MediaStore, error) {
	if o.MediaStore == "s3" {
		return media.OpenBucket(media.S3{
			Endpoint: o.S3.Endpoint, Region: o.S3.Region, Bucket: o.S3.Bucket, AccessKey: o.S3.AccessKey, SecretKey: o.S3.SecretKey,
			Insecure: o.S3.Plain,
		})
	}
	return media.OpenFolder(o.MediaRoot)
}

// Sender sends stored files, or leaves that to the web server in front.
func (o *Options) Sender() media.Sender { return media.SendThrough(o.DownloadsVia, o.MediaRoot) }

// ShownMailDomain is the domain of the groups' addresses if members are shown them.
func (o *Options) ShownMailDomain() string {
	if !o.ShowGroupLists {
		return ""
	}
	return o.MailDomain()
}

// ReservedSlugs names what nobody may be called: what an administrator reserved, and the mailboxes of the site. A * stands
// for any letters.
func (o *Options) ReservedSlugs() []string {
	all := slices.Clone(o.SlugBlacklist)
	for _, address := range []string{o.DefaultFrom, o.DistinctFrom, o.ReplyTo, o.Postmaster} {
		if parsed, err := mail.ParseAddress(address); err == nil {
			address = parsed.Address
		}
		local, domain, _ := strings.Cut(address, "@")
		if !strings.EqualFold(domain, o.Domain) && !strings.EqualFold(domain, o.MailDomain()) {
			continue
		}
		// Mails to name+anything arrive where those to name do.
		local, _, _ = strings.Cut(local, "+")
		all = append(all, strings.NewReplacer("{slug}", "*", "{reply_key}", "*").Replace(local))
	}
	return all
}

// NeverNotified names the people who are told nothing.
func (o *Options) NeverNotified() []int64 {
	if o.FeedPerson == 0 {
		return nil
	}
	return []int64{int64(o.FeedPerson)}
}

// SiteConfig returns what the administrator decides about pages, in a zone of the site. operator is where the foot of all
// pages leads to.
func (o *Options) SiteConfig(zone *time.Location, operator site.Operator) site.Config {
	return site.Config{
		Name: o.SiteName, Domain: o.Domain, BaseURL: o.BaseURL(), Secret: o.SecretKey, Transport: o.Transport(),
		Hosts: o.ExtraAllowedHosts, Loopback: check.Loopback(o.Listen), TrustedProxies: o.TrustedNetworks(), LogClients: o.Log.Clients,
		Policy: web.Policy{
			Default: o.ContentSecurity.DefaultSrc, Script: append(o.scriptHashes(), o.ContentSecurity.ScriptSrc...),
			Connect: o.ContentSecurity.ConnectSrc,
		},
		Zone: zone, UploadMax: o.MaxUploadBytes(), ThemeColour: o.Branding.ThemeColor, Logo: o.Branding.LogoText,
		Claims: o.Claims, Dress: o.dress(), Operator: operator, Demonstration: o.Demonstration,
	}
}

// SubmissionConfig returns how mails leave. Files of a demonstration lie where the site shows them.
func (o *Options) SubmissionConfig() smtp.Config {
	backend := map[string]smtp.Backend{"folder": smtp.Folder, "console": smtp.Console, "dummy": smtp.None}[o.Submission.Backend]
	return smtp.Config{
		Backend: cmp.Or(backend, smtp.Server), Host: o.Submission.Host, Port: o.Submission.Port,
		Encryption: smtp.Encryption(o.Submission.Encryption),
		User:       o.Submission.User, Password: o.Submission.Password, Hello: o.Domain, Folder: o.OutboxFolder(), Output: os.Stdout,
	}
}

// MailsLeaveBy says for an administrator where mails go.
func (o *Options) MailsLeaveBy() string {
	switch o.Submission.Backend {
	case "smtp":
		return fmt.Sprintf("%s:%d (%s)", o.Submission.Host, o.Submission.Port, o.Submission.Encryption)
	case "folder":
		return o.OutboxFolder()
	default:
		return o.Submission.Backend
	}
}

// OutboxFolder is where mails are kept that do not leave.
func (o *Options) OutboxFolder() string { return filepath.Join(o.DataPath, "outbox") }

// DemonstrationFile marks a folder of data as that of an invented town.
func (o *Options) DemonstrationFile() string { return filepath.Join(o.DataPath, "demonstration") }

// Days returns a number of days as a duration.
func Days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
