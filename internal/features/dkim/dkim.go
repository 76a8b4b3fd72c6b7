// Package dkim is the room that has mails signed, so that large mail providers believe where they come from.
//
// Nothing is to be switched on: whoever runs the site makes a key and publishes its DNS record. As soon as DNS shows the
// record, the key signs; as long as it does not, signatures would only look forged, and nothing is signed. A second key
// takes over from the first in the same way.
package dkim

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/dkim"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/seal"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	checkJob = "dkim.check"
	schedule = "37 * * * *"
	expires  = 30 * time.Minute
)

// remembered is how long keys are used that were read, before they are read again.
const remembered = time.Minute

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Log    *slog.Logger
	Secret string // of the site: it seals the keys
	From   string // the address that mails are sent from

	Lookup dkim.Lookup // nil: DNS, as this machine asks it
}

// DKIM is the room.
type DKIM struct {
	deps   Deps
	box    seal.Box
	domain string // that mails are sent from

	mu     sync.Mutex
	key    dkim.Key // that signs; the zero value is none
	readAt clock.Time
}

// New returns the room.
func New(d Deps) (*DKIM, error) {
	box, err := seal.New(d.Secret, "keys of DKIM")
	if err != nil {
		return nil, err
	}
	if d.Lookup == nil {
		d.Lookup = net.DefaultResolver.LookupTXT
	}
	return &DKIM{deps: d, box: box, domain: dkim.DomainOf(d.From)}, nil
}

// Module returns the room's table of contents.
func (d *DKIM) Module() module.Module {
	return module.Module{
		Name: "dkim",
		Jobs: []queue.Kind{{Name: checkJob, Lane: queue.Housekeeping, Handle: func(ctx context.Context, _ queue.Job) error {
			return d.Check(ctx)
		}}},
		Periodics: []queue.Periodic{{Name: checkJob, Kind: checkJob, Schedule: schedule, Expires: expires}},
		Facts:     []module.Fact{{Term: lang.Text("Signature of emails (DKIM)"), Ask: d.describe}},

		Examinations: []doctor.Check{{Name: "dkim", Title: lang.Text("Keys of emails (DKIM)"), Run: d.examine}},
	}
}

// describe says for administrators which key signs.
func (d *DKIM) describe(ctx context.Context, p *lang.Printer) (string, error) {
	keys, err := d.Keys(ctx)
	switch {
	case err != nil:
		return "", err
	case len(keys) == 0:
		return p.T("none by this program"), nil
	}
	for _, k := range keys {
		if k.Signs {
			return p.T("key %s of %s", k.Selector, k.Domain), nil
		}
	}
	if keys[0].Lost {
		return p.T("none: key %s was sealed with another secret_key", keys[0].Selector), nil
	}
	if keys[0].Elsewhere {
		return p.T("none: key %s is of another domain, %s", keys[0].Selector, keys[0].Domain), nil
	}
	return p.T("none: DNS does not show %s", keys[0].RecordName()), nil
}

// examine says why none of the keys signs. A site without a key may have its mail server sign.
func (d *DKIM) examine(ctx context.Context) ([]doctor.Finding, error) {
	keys, err := d.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(keys, func(k Key) bool { return k.Signs }) {
		return nil, nil
	}
	var found []doctor.Finding
	for _, k := range keys {
		if k.Lost {
			found = append(found, doctor.Found("dkim.lost", doctor.Warning,
				doctor.Say(lang.Text("The key %s can’t sign emails: it was sealed with another secret_key."), k.Selector),
				doctor.Say(lang.Text("Set the former secret_key again, or “grouprise dkim remove %s” and “grouprise dkim new”."), k.Selector)).About(k.Selector))
			continue
		}
		if k.Elsewhere {
			found = append(found, doctor.Found("dkim.elsewhere", doctor.Problem,
				doctor.Say(lang.Text("Emails are not signed: the key %s is of another domain, %s."), k.Selector, k.Domain),
				doctor.Say(lang.Text("“grouprise dkim new” makes one for the domain that emails are sent from now. Then “grouprise dkim remove %s”."), k.Selector)).About(k.Selector))
			continue
		}
		record, err := k.Record()
		if err != nil {
			return found, err
		}
		found = append(found, doctor.Found("dkim.unpublished", doctor.Problem,
			doctor.Say(lang.Text("Emails are not signed: DNS doesn’t show the record of the key %s."), k.Selector),
			doctor.Say(lang.Text("Publish a TXT record %s: %s"), k.RecordName(), record)).About(k.Selector))
	}
	return found, nil
}

// Sender returns a sender that signs what another one sends.
func (d *DKIM) Sender(next smtp.Sender) smtp.Sender { return signing{Sender: next, by: d} }

type signing struct {
	smtp.Sender
	by *DKIM
}

// Send implements smtp.Sender. A mail that cannot be signed leaves without a signature: it still arrives at most people.
func (s signing) Send(ctx context.Context, e smtp.Envelope, message []byte) error {
	key, err := s.by.signingKey(ctx)
	if err == nil && key.Domain != "" && key.Domain == dkim.SenderDomain(message) {
		var signed []byte
		if signed, err = key.Sign(message); err == nil {
			message = signed
		}
	}
	if err != nil {
		s.by.deps.Log.WarnContext(ctx, "a mail is not signed", "error", err)
	}
	return s.Sender.Send(ctx, e, message)
}

// signingKey returns the key that signs, the zero value if none does.
func (d *DKIM) signingKey(ctx context.Context) (dkim.Key, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.deps.DB.Now()
	if !d.readAt.IsZero() && now.Sub(d.readAt.Time) < remembered {
		return d.key, nil
	}
	keys, err := d.Keys(ctx)
	if err != nil {
		return d.key, err
	}
	d.key, d.readAt = dkim.Key{}, now
	for _, k := range keys {
		if k.Signs {
			d.key = k.Key
		}
	}
	return d.key, nil
}

// Make makes a key for the domain that mails are sent from. Its selector says when it was made.
func (d *DKIM) Make(ctx context.Context) (Key, error) {
	now := d.deps.DB.Now()
	made, err := dkim.Generate(d.domain, "g"+now.UTC().Format("20060102150405"))
	if err != nil {
		return Key{}, err
	}
	err = d.insert(ctx, made, now)
	if errs.Is(err, errs.Conflict) {
		return Key{}, fmt.Errorf("the key %s has been made in this second: use it, or make another one in a moment", made.Selector)
	}
	return Key{Key: made, CreatedAt: now}, err
}

// Check asks DNS which keys it shows. A key whose record is gone does not sign any more.
func (d *DKIM) Check(ctx context.Context) error {
	keys, err := d.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Lost {
			continue
		}
		shown, err := k.Published(ctx, d.deps.Lookup)
		if err != nil {
			return fmt.Errorf("ask DNS for the keys of DKIM: %w", err)
		}
		if shown != k.PublishedAt.IsZero() {
			continue
		}
		d.deps.Log.InfoContext(ctx, "a key for signing mails has been looked up", "record", k.RecordName(), "shown", shown)
		if err := d.notePublished(ctx, k.Selector, shown); err != nil {
			return err
		}
	}
	d.mu.Lock()
	d.readAt = clock.Time{}
	d.mu.Unlock()
	return nil
}
