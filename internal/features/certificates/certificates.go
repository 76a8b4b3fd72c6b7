// Package certificates is the room of a site that speaks TLS itself, without a web server in front. It gets the certificate
// of the site from an authority that does so automatically (ACME, RFC 8555), and renews it when a third of its time is left.
//
// One job orders, whichever process runs it, and puts what the authority will look for into the database: whichever process
// the authority asks finds it there. The certificate stands there, too, sealed with the secret of the site. Processes that
// answer visitors keep it in memory and look once a minute whether there is a newer one; handshakes ask nobody.
//
// A certificate stays in use until there is another one, even if it has expired. That no other one comes stands in the log,
// in the mails to administrators and on their page.
package certificates

import (
	"cmp"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/kit/acme"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/seal"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	orderJob = "certificates.order"
	// timeout bounds an order: authorities ask from several places of the world, and answer when they have.
	timeout = 10 * time.Minute
)

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Queue   queue.Enqueuer
	Log     *slog.Logger
	Secret  string // of the site: it seals the keys
	Program string // name and version, for the authority
	Enabled bool   // the site speaks TLS itself
	Names   []string
	Options Options
	// Note tells administrators what went wrong.
	Note func(ctx context.Context, area reports.Area, subject, detail string)

	// Order gets a certificate for Names with the key of an account; nil: from the authority of Options.
	Order func(ctx context.Context, account crypto.Signer, c acme.Challenges) (acme.Certificate, error)
}

// Certificates is the room.
type Certificates struct {
	deps Deps
	box  seal.Box

	pair   atomic.Pointer[tls.Certificate] // in use; nil: there is none
	loaded int64                           // id of what pair was read from
	asked  clock.Time                      // when an order was asked for
}

// New returns the room.
func New(d Deps) (*Certificates, error) {
	box, err := seal.New(d.Secret, "keys of certificates")
	if err != nil {
		return nil, err
	}
	c := &Certificates{deps: d, box: box}
	if d.Order == nil {
		c.deps.Order = func(ctx context.Context, account crypto.Signer, ch acme.Challenges) (acme.Certificate, error) {
			a := d.Options.authority(d.Program)
			a.Key = account
			return a.Order(ctx, d.Names, ch)
		}
	}
	return c, nil
}

// Module returns the room's table of contents.
func (c *Certificates) Module() module.Module {
	m := module.Module{
		Name: "certificates",
		Jobs: []queue.Kind{{Name: orderJob, Lane: queue.Urgent, Timeout: timeout, Handle: c.order}},
	}
	if c.deps.Enabled {
		m.Facts = []module.Fact{{Term: lang.Text("Certificate"), Ask: c.describe}}
		m.Cautions = []module.Caution{c.caution}
		m.Sweeps = []module.Sweep{{About: "what an authority for certificates was to be told", Run: c.removeChallenges}}
	}
	return m
}

// state is what is known of the certificate at one moment.
type state struct {
	kept     kept
	troubles troubles
}

func load(ctx context.Context, q sqldb.Querier) (s state, err error) {
	if s.kept, err = newest(ctx, q); err != nil {
		return s, err
	}
	s.troubles, err = failures(ctx, q)
	return s, err
}

// wantedAt returns from when on another certificate is wanted, before pauses after failures.
func (c *Certificates) wantedAt(s state, now clock.Time) clock.Time {
	if s.kept.ID == 0 || s.kept.Names != strings.Join(c.deps.Names, " ") || s.kept.Authority != c.deps.Options.Authority || c.unreadable(s.kept) {
		return now
	}
	return clock.At(s.kept.ExpiresAt.Add(-s.kept.life() / 3))
}

// life is how long a certificate is valid as a whole.
func (k kept) life() time.Duration { return k.ExpiresAt.Sub(k.IssuedAt.Time) }

func (c *Certificates) unreadable(k kept) bool {
	_, err := c.box.Open(k.Private, k.Names)
	return err != nil
}

// Pauses after orders that failed. Let's Encrypt lets a name fail five times an hour, and an order may do so twice.
const (
	firstPause   = 20 * time.Minute
	longestPause = 6 * time.Hour
	// restartPause is enough for whoever has mended something and starts the site anew.
	restartPause = 5 * time.Minute
)

// pause returns how long no order follows failed ones. Certificates that live for days leave less time.
func (s state) pause() time.Duration {
	if s.troubles.Count == 0 {
		return 0
	}
	pause := longestPause
	if s.troubles.Count <= 5 {
		pause = firstPause << (s.troubles.Count - 1)
	}
	if s.kept.ID != 0 {
		pause = min(pause, s.kept.life()/24)
	}
	return min(pause, longestPause)
}

// dueAt returns when the next order should begin. restarted is whether the process has just begun.
func (c *Certificates) dueAt(s state, now clock.Time, restarted bool) clock.Time {
	due, pause := c.wantedAt(s, now), s.pause()
	if restarted {
		pause = min(pause, restartPause)
	}
	if again := clock.At(s.troubles.LastAt.Add(pause)); pause > 0 && again.After(due.Time) {
		return again
	}
	return due
}

// payload is what a job is told.
type payload struct {
	Restarted bool `json:"restarted,omitempty"`
}

// How often processes that answer visitors look what has become of the certificate.
const (
	lookEvery   = time.Minute
	lookWaiting = time.Second      // while another one is wanted
	askEvery    = 30 * time.Second // for an order, while nothing comes of it
)

// Watch keeps the certificate in memory the newest, and has one ordered whenever it is time, until the context ends.
func (c *Certificates) Watch(ctx context.Context) error {
	for restarted := true; ; restarted = false {
		pause, err := c.look(ctx, restarted)
		if err != nil && ctx.Err() == nil {
			c.deps.Log.WarnContext(ctx, "the certificate cannot be looked after", "error", err)
			pause = 10 * time.Second
		}
		if !clock.Pause(ctx, pause) {
			return nil
		}
	}
}

// look reads the certificate, and asks for an order if one is due. It returns when to look again.
func (c *Certificates) look(ctx context.Context, restarted bool) (time.Duration, error) {
	s, err := load(ctx, c.deps.DB)
	if err != nil {
		return 0, err
	}
	if err := c.use(ctx, s.kept); err != nil {
		return 0, err
	}
	now := c.deps.DB.Now()
	wait := c.dueAt(s, now, restarted).Sub(now.Time)
	if wait > 0 {
		return min(wait, lookEvery), nil
	}
	if nothingCame := !s.troubles.LastAt.After(c.asked.Time); nothingCame && now.Sub(c.asked.Time) < askEvery {
		return lookWaiting, nil
	}
	c.asked = now
	return lookWaiting, c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		return c.deps.Queue.Enqueue(ctx, tx, orderJob, payload{Restarted: restarted}, queue.Unique("the site"))
	})
}

// use takes a certificate into memory. One that was sealed with another secret is left where it is: another one is due.
func (c *Certificates) use(ctx context.Context, k kept) error {
	if k.ID == 0 || k.ID == c.loaded {
		return nil
	}
	key, err := c.box.Open(k.Private, k.Names)
	if errors.Is(err, seal.ErrOtherSecret) {
		return nil
	}
	pair, err := acme.Pair([]byte(k.Chain), key)
	if err != nil {
		return err
	}
	c.pair.Store(pair)
	c.loaded, c.asked = k.ID, clock.Time{}
	c.deps.Log.InfoContext(ctx, "a certificate is in use", "names", k.Names, "issuer", issuer(pair), "expires", k.ExpiresAt.UTC().Format(time.RFC3339))
	return nil
}

func issuer(pair *tls.Certificate) string {
	i := pair.Leaf.Issuer
	if len(i.Organization) > 0 {
		return strings.TrimSpace(i.Organization[0] + " " + i.CommonName)
	}
	return i.CommonName
}

// order gets a certificate if one is due still. What goes wrong is noted, and no failure of the job: the next order follows
// by itself.
func (c *Certificates) order(ctx context.Context, job queue.Job) error {
	var p payload
	if err := job.Decode(&p); err != nil {
		return err
	}
	s, err := load(ctx, c.deps.DB)
	now := c.deps.DB.Now()
	if err != nil || c.dueAt(s, now, p.Restarted).After(now.Time) {
		return err // nil: another order has come meanwhile
	}
	account, err := c.accountKey(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	made, err := c.deps.Order(ctx, account, c)
	if err == nil {
		c.deps.Log.InfoContext(ctx, "a certificate has come", "names", c.deps.Names, "authority", c.deps.Options.Authority, "took", time.Since(began).Round(time.Millisecond))
		return c.insert(ctx, made)
	}
	if ctx.Err() != nil {
		return err
	}
	trouble := err.Error()
	c.deps.Log.ErrorContext(ctx, "no certificate has come", "names", c.deps.Names, "authority", c.deps.Options.Authority, "expires", expiry(s.kept), "error", trouble)
	if s.troubles.Count == 0 {
		c.deps.Note(ctx, reports.Certificates, "no certificate could be obtained", trouble)
	}
	return c.insertFailure(ctx, trouble)
}

// expiry says for the log until when the certificate in use is valid.
func expiry(k kept) string {
	if k.ID == 0 {
		return "there is none yet"
	}
	return k.ExpiresAt.UTC().Format(time.RFC3339)
}

// describe says for administrators what browsers get.
func (c *Certificates) describe(ctx context.Context, p *lang.Printer) (string, error) {
	k, err := newest(ctx, c.deps.DB)
	if err != nil || k.ID == 0 {
		return p.T("none yet"), err
	}
	return p.T("valid until %s, for %s", p.DateTime(k.ExpiresAt), strings.ReplaceAll(k.Names, " ", ", ")), nil
}

// caution says what is wrong with the certificate.
func (c *Certificates) caution(ctx context.Context, p *lang.Printer) (string, error) {
	s, err := load(ctx, c.deps.DB)
	if err != nil {
		return "", err
	}
	why := cmp.Or(s.troubles.Last, p.T("nothing has been tried yet. Check that the task runner is running"))
	switch now := c.deps.DB.Now(); {
	case s.kept.ID == 0:
		return p.T("The site has no certificate, so browsers can’t open it: %s", why), nil
	case s.kept.ExpiresAt.Before(now.Time):
		return p.T("The certificate expired on %s, so browsers warn about the site: %s", p.DateTime(s.kept.ExpiresAt), why), nil
	case s.troubles.Count > 0:
		return p.T("The certificate couldn’t be renewed. It is valid until %s. %s", p.DateTime(s.kept.ExpiresAt), s.troubles.Last), nil
	}
	return "", nil
}
