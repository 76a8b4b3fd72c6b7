// Package health says what of the site as a whole is looked at when it is examined: what no room alone answers for.
package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/serverconf"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/doctor/local"
	"grouprise.org/grouprise/internal/core/doctor/mailcheck"
	"grouprise.org/grouprise/internal/core/doctor/webfront"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/probes"
	"grouprise.org/grouprise/internal/kit/config/check"
	"grouprise.org/grouprise/internal/kit/dkim"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the checks stand on.
type Deps struct {
	Options   *options.Options
	DB        *sqldb.DB
	Media     media.Store
	Queue     *queue.Queue
	Downloads *media.Probe

	// Outside is what the site is looked at through; the zero value is the machine's own.
	Outside Outside
}

// Outside is the world around the site, which tests replace.
type Outside struct {
	Resolver mailcheck.Resolver
	Front    func(*webfront.Front)
	Mail     func(*mailcheck.Mail)
	Machine  func(*local.Machine)
	Patience time.Duration // for a mail to ourselves
	Client   *http.Client  // asks for files
}

// Health holds the checks of the site as a whole.
type Health struct {
	deps  Deps
	front webfront.Front
	keys  web.LinkKeys // of mails to ourselves
}

// New returns the checks.
func New(d Deps) (*Health, error) {
	mirror, err := web.NewLinkKeys(d.Options.SecretKey, "mirror")
	if err != nil {
		return nil, err
	}
	keys, err := web.NewLinkKeys(d.Options.SecretKey, "mails to ourselves")
	if err != nil {
		return nil, err
	}
	o := d.Options
	h := &Health{deps: d, keys: keys, front: webfront.Front{
		BaseURL: o.BaseURL(), Transport: o.Transport(), TrustedProxies: o.TrustedNetworks(), Key: mirror.Of("mirror"),
		MaxFile: o.MaxUploadBytes() + 1<<20, MaxRequest: serverconf.MaxBody(o), Clock: func() time.Time { return d.DB.Now().Time },
	}}
	if d.Outside.Front != nil {
		d.Outside.Front(&h.front)
	}
	if h.deps.Outside.Resolver == nil {
		h.deps.Outside.Resolver = net.DefaultResolver
	}
	return h, nil
}

// Keys returns what proves that an address is one for mails to ourselves.
func (h *Health) Keys() web.LinkKeys { return h.keys }

// Lookup returns what asks DNS for the keys of signatures; nil for a site that is for one machine.
func (h *Health) Lookup() dkim.Lookup {
	if !h.public() {
		return nil
	}
	return h.deps.Outside.Resolver.LookupTXT
}

// public reports whether the site is there for others than this machine.
func (h *Health) public() bool { return h.deps.Options.Transport().Encrypted() }

// Senders says that everybody may write in the name of others.
func (h *Health) Senders() doctor.Check {
	return doctor.Check{Name: "senders", Title: lang.Text("Senders of incoming emails"), Run: func(context.Context) ([]doctor.Finding, error) {
		if h.deps.Options.IncomingMail.AuthservID != "" {
			return nil, nil
		}
		return []doctor.Finding{doctor.Found("senders.unchecked", doctor.Warning,
			doctor.Say(lang.Text("Senders are not checked: anyone who knows a member’s address can write in their name.")),
			doctor.Say(lang.Text("Have your mail server check DKIM, SPF and DMARC, and name it in the option incoming_mail.authserv_id.")))}, nil
	}}
}

// Module returns what the site as a whole contributes.
func (h *Health) Module() module.Module {
	all := []doctor.Check{
		{Name: "database", Title: lang.Text("Database"), Limit: time.Minute, Run: h.database},
		{Name: "media", Title: lang.Text("Uploaded files"), Run: h.media},
		{Name: "queue", Title: lang.Text("Background tasks"), Run: h.queue},
	}
	all = append(append(all, h.machine().Checks()...), h.Senders())
	all = append(all, h.front.Checks()...)
	if h.public() {
		all = append(all, doctor.Check{Name: "downloads", Title: lang.Text("Protected downloads"), Limit: time.Minute, Run: h.downloads})
		all = append(all, h.mail().Checks()...)
	}
	return module.Module{
		Name: "health", Examinations: all, Cautions: []module.Caution{module.CautionOf(h.Senders())},
		Routes: []site.Route{{
			Method: http.MethodGet, Path: webfront.MirrorPath, KnownBy: site.ByNothing, Everywhere: true, Query: []string{webfront.KeyParameter}, Failures: site.AsText,
			Handle: func(v *site.Visit) error { return h.front.Show(v.W, v.R) },
		}},
	}
}

// mail returns what others see of the mail of the site.
func (h *Health) mail() mailcheck.Mail {
	o := h.deps.Options
	// The mail server of a domain may stand beside the site.
	fetcher := fetch.New(fetch.Config{Timeout: 15 * time.Second, MaxBytes: 64 << 10, Allowed: anywhere})
	m := mailcheck.Mail{
		Resolver: h.deps.Outside.Resolver, Domain: o.MailDomain(), Sender: dkim.DomainOf(o.DefaultFrom), Key: probes.Key(h.keys, "mailserver"),
		Own: o.Submission.Backend == "smtp" && check.Loopback(net.JoinHostPort(o.Submission.Host, "0")), Fetch: fetcher.Get,
	}
	if h.deps.Outside.Mail != nil {
		h.deps.Outside.Mail(&m)
	}
	return m
}

// machine returns what the site has on this machine.
func (h *Health) machine() local.Machine {
	o := h.deps.Options
	m := local.Machine{
		Folders: []string{o.DataPath}, Data: o.DataPath, Clock: h.front.Clock, Elsewhere: h.front.Time,
		Files: []local.Secret{{Path: o.SecretFile()}},
	}
	if o.MediaStore == "folder" {
		m.Folders = append(m.Folders, o.MediaRoot)
	}
	if o.Backup.S3.Bucket == "" && o.Backup.Schedule != "" {
		m.Folders = append(m.Folders, o.BackupPath)
	}
	m.Folders = append(m.Folders, os.TempDir())
	if filepath.IsAbs(o.Database.Name) { // it is a file
		m.Files = append(m.Files, local.Secret{Path: o.Database.Name})
	}
	for file, secrets := range o.Settings().SecretFiles() {
		m.Files = append(m.Files, local.Secret{Path: file, Options: secrets})
	}
	if h.deps.Outside.Machine != nil {
		h.deps.Outside.Machine(&m)
	}
	return m
}

// media writes a small file and removes it.
func (h *Health) media(ctx context.Context) ([]doctor.Finding, error) {
	err := h.deps.Media.Ping(ctx)
	if err == nil {
		return nil, nil
	}
	o := h.deps.Options
	remedy := doctor.Say(lang.Text("Make sure that the folder is there and that the user of the site may write to it: “chown -R _grouprise: %s” with the package."), o.MediaRoot)
	where := o.MediaRoot
	if o.MediaStore != "folder" {
		where = o.S3.Endpoint + "/" + o.S3.Bucket
		remedy = doctor.Say(lang.Text("Make sure that the store answers, that the bucket is there, and that the options s3.* hold a key that may read and write."))
	}
	return []doctor.Finding{doctor.Found("media.unwritable", doctor.Problem,
		doctor.Say(lang.Text("Files can’t be uploaded: %s can’t be written to."), where), remedy).Because(cmp.Or(errors.Unwrap(err), err))}, nil
}

// downloads looks whether the web server sends files as it is told to, and only then.
func (h *Health) downloads(ctx context.Context) (found []doctor.Finding, err error) {
	p := *h.deps.Downloads
	if h.deps.Outside.Client != nil {
		p.Client = h.deps.Outside.Client
	}
	if p.Needed() {
		if err := p.Ask(ctx); err != nil {
			found = append(found, doctor.Found("downloads.unsent", doctor.Warning,
				doctor.Say(lang.Text("The web server doesn’t send files, as file_download_backend says: the program does it itself, which is slower.")),
				doctor.Say(lang.Text("“grouprise web-server nginx” and “grouprise web-server apache2” print what the web server needs. Or set file_download_backend to none."))).Because(err))
		}
	}
	if h.deps.Options.MediaStore != "folder" {
		return found, nil
	}
	path, err := p.Exposed(ctx)
	if err == nil && path != "" {
		found = append(found, doctor.Found("downloads.exposed", doctor.Problem,
			doctor.Say(lang.Text("The web server sends all uploaded files to anybody, internal ones too: below %s."), path),
			doctor.Say(lang.Text("nginx: the location needs “internal;”. Apache: remove the Alias to the folder. “grouprise web-server nginx” prints what is right."))))
	}
	return found, err
}

// queue looks whether jobs are run, and at those that failed for good.
func (h *Health) queue(ctx context.Context) (found []doctor.Finding, err error) {
	const patience = 20 * time.Minute
	kinds, err := h.deps.Queue.CountsByKind(ctx)
	if err != nil {
		return nil, err
	}
	due, err := h.deps.Queue.Overdue(ctx)
	if err != nil {
		return nil, err
	}
	all := queue.Total(kinds)
	if since := all.Oldest; !since.IsZero() && (due.IsZero() || since.Before(due.Time)) {
		due = since
	}
	if waited := h.deps.DB.Now().Sub(due.Time); !due.IsZero() && waited > patience {
		found = append(found, doctor.Found("queue.stuck", doctor.Problem,
			doctor.Say(lang.Text("Background tasks are not being done: the oldest has been waiting for %s. Emails and notifications wait with it."), waited.Round(time.Minute).String()),
			doctor.Say(lang.Text("Start the task runner: “systemctl start grouprise-tasks”, “grouprise worker” or “grouprise serve”."))))
	}
	if all.Dead == 0 {
		return found, nil
	}
	var lines []string
	for _, k := range kinds {
		if k.Dead > 0 {
			lines = append(lines, fmt.Sprintf("%d × %s", k.Dead, k.Kind))
		}
	}
	return append(found, doctor.Found("queue.failed", doctor.Warning,
		doctor.Say(lang.Text("Background tasks have failed for good: %s."), strings.Join(lines, ", ")),
		doctor.Say(lang.Text("The administration page says why, where they can be tried again or discarded; so does “grouprise jobs retry KIND”.")))), nil
}
