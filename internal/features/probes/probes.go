// Package probes is the room that writes mails to the site itself, and sees whether and how they come back: through the mail
// server that takes the mails of the site, and the one that brings them.
package probes

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/dkim"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Sender   smtp.Sender
	Keys     web.LinkKeys // prove that an address is one of ours
	Domain   string       // of the addresses of the site
	From     string       // the address that mails are sent from
	LeavesBy string       // the mail server that takes them
	Receiver string       // where mails are received: host:port, or unix: and a path
	Kept     bool         // mails do not leave the machine: they are kept in files, printed or thrown away
	// Demonstration says that none is meant to leave.
	Demonstration bool

	Lookup   dkim.Lookup   // asks DNS for keys; nil: signatures are not looked at
	Patience time.Duration // for the way of a mail; zero is a minute
}

// Probes is the room.
type Probes struct{ deps Deps }

// New returns the room.
func New(d Deps) *Probes {
	if d.Patience == 0 {
		d.Patience = time.Minute
	}
	return &Probes{d}
}

// Module returns the room's table of contents.
func (p *Probes) Module() module.Module {
	return module.Module{
		Name:      "probes",
		Mailboxes: []mailin.Mailbox{{About: prefix + "<key>@ sees that mails to ourselves arrive", Match: p.matches, Deliver: p.arrives}},
		Examinations: []doctor.Check{
			{Name: "mail", Title: lang.Text("Emails out and in"), Limit: p.deps.Patience + time.Minute, Run: p.examine},
		},
	}
}

const (
	prefix      = "probe+"
	nonceLength = 10
	purpose     = "probe "
)

// Key returns what stands behind the plus in an address at which a mail with a nonce arrives. The nonce has ten letters or
// digits.
func Key(keys web.LinkKeys, nonce string) string { return nonce + keys.Of(purpose+nonce) }

// nonceIn returns the nonce in a local part, if we have made it.
func (p *Probes) nonceIn(local string) (nonce string, ok bool) {
	local = strings.ToLower(local)
	key, ok := strings.CutPrefix(local, prefix)
	if !ok || len(key) <= nonceLength {
		return "", false
	}
	nonce = key[:nonceLength]
	return nonce, p.deps.Keys.Fit(key[nonceLength:], purpose+nonce)
}

func (p *Probes) matches(_ context.Context, local string) (bool, error) {
	_, ok := p.nonceIn(local)
	return ok, nil
}

// arrives notes what has come of a mail to ourselves: it, or a report about it. What nobody waits for is thrown away.
func (p *Probes) arrives(ctx context.Context, local string, e lmtp.Envelope, message []byte) error {
	nonce, ok := p.nonceIn(local)
	if !ok {
		return errs.New(errs.NotFound, "There is no such address here.")
	}
	m, err := mime.Parse(bytes.NewReader(message), mime.Limits{})
	if err != nil {
		return err
	}
	returned := e.From == "" || m.Auto.Kind == mime.DeliveryReport
	return noteArrived(ctx, p.deps.DB, nonce, returned, message)
}

// examine writes a mail to ourselves and waits until it comes back.
func (p *Probes) examine(ctx context.Context) ([]doctor.Finding, error) {
	if p.deps.Demonstration && p.deps.Kept {
		return nil, nil
	}
	if p.deps.Kept {
		return []doctor.Finding{doctor.Found("mail.kept", doctor.Problem,
			doctor.Say(lang.Text("Emails don’t leave this machine: %s."), p.deps.LeavesBy),
			doctor.Say(lang.Text("Set email_submission.backend to smtp, and email_submission.host to your mail server.")))}, nil
	}
	nonce := strings.ToLower(rand.Text())[:nonceLength]
	if err := insert(ctx, p.deps.DB, nonce); err != nil {
		return nil, err
	}
	found, err := p.sendAndWait(ctx, nonce)
	return found, errors.Join(err, remove(context.WithoutCancel(ctx), p.deps.DB, nonce))
}

func (p *Probes) sendAndWait(ctx context.Context, nonce string) ([]doctor.Finding, error) {
	address := prefix + Key(p.deps.Keys, nonce) + "@" + p.deps.Domain
	message, err := p.compose(address)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	err = p.deps.Sender.Send(limited, smtp.Envelope{From: address, To: []string{address}}, message)
	cancel()
	if err != nil {
		return []doctor.Finding{p.unsent(err)}, nil
	}
	arrived, err := p.await(ctx, nonce)
	switch {
	case err != nil:
		return nil, err
	case arrived.ArrivedAt.IsZero():
		return []doctor.Finding{p.lost(ctx)}, nil
	case arrived.Returned:
		return []doctor.Finding{doctor.Found("mail.returned", doctor.Problem,
			doctor.Say(lang.Text("The mail server couldn’t deliver an email to the site itself, and sent it back.")),
			doctor.Say(lang.Text("The report below says why. Have the mail server hand everything for %s to this program: “grouprise mail-server postfix” and “grouprise mail-server exim” print how."), p.deps.Domain),
		).Because(reason(arrived.Message))}, nil
	}
	return p.signed(ctx, arrived.Message)
}

// compose writes the mail. It says what it is, so that nobody wonders who finds it somewhere.
func (p *Probes) compose(address string) ([]byte, error) {
	to := mime.Address{Addr: address}
	return mime.Draft{
		From: mime.Address{Addr: p.deps.From}, To: []mime.Address{to}, Subject: "grouprise writes to itself",
		MessageID: strings.ToLower(rand.Text()) + "@" + p.deps.Domain, Date: p.deps.DB.Now().Time,
		Header: []mime.Field{{Name: "Auto-Submitted", Value: "auto-generated"}},
		Text:   "With this email, the site finds out whether emails leave and arrive.\n",
	}.Bytes()
}

// unsent says why the mail server does not take a mail.
func (p *Probes) unsent(err error) doctor.Finding {
	if errs.Temporary(err) {
		return doctor.Found("mail.unsent", doctor.Problem,
			doctor.Say(lang.Text("The mail server %s takes no emails from the site."), p.deps.LeavesBy),
			doctor.Say(lang.Text("Make sure that it is running and that email_submission names it, with the right encryption, user and password. Emails wait meanwhile, and are sent later.")),
		).Because(err)
	}
	return doctor.Found("mail.refused", doctor.Problem,
		doctor.Say(lang.Text("The mail server %s refuses an email to the site itself."), p.deps.LeavesBy),
		doctor.Say(lang.Text("Its answer below says why. Have it take everything for %s and hand it to this program: “grouprise mail-server postfix” and “grouprise mail-server exim” print how."), p.deps.Domain),
	).Because(err)
}

// lost says what may keep a mail from arriving that the mail server took.
func (p *Probes) lost(ctx context.Context) doctor.Finding {
	wrong := doctor.Say(lang.Text("An email to the site itself was taken by the mail server and hasn’t arrived within %s."), p.deps.Patience.String())
	if err := greets(ctx, p.deps.Receiver); err != nil {
		return doctor.Found("mail.unreceived", doctor.Problem, wrong,
			doctor.Say(lang.Text("Nobody answers at %s, where the mail server brings emails. Start the program that receives them: “systemctl start grouprise-lmtpd”, “grouprise lmtp” or “grouprise serve”."), p.deps.Receiver)).Because(err)
	}
	return doctor.Found("mail.lost", doctor.Problem, wrong,
		doctor.Say(lang.Text("Look into the log and the queue of the mail server (“mailq”), and whether it hands everything for %s to %s."), p.deps.Domain, p.deps.Receiver))
}

// greets reports whether somebody receives mails at an address.
func greets(ctx context.Context, listen string) error {
	network, address := "tcp", listen
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		network, address = "unix", path
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	greeting := make([]byte, 3)
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second)) // a connection of the net package can
	if _, err := conn.Read(greeting); err != nil {
		return err
	}
	if string(greeting) != "220" {
		return fmt.Errorf("the greeting is %q", greeting)
	}
	return nil
}

// await waits until a mail has arrived, or the patience is over: then nothing has.
func (p *Probes) await(ctx context.Context, nonce string) (probe, error) {
	limited, cancel := context.WithTimeout(ctx, p.deps.Patience)
	defer cancel()
	for {
		found, err := get(ctx, p.deps.DB, nonce)
		if err != nil || !found.ArrivedAt.IsZero() {
			return found, err
		}
		if !clock.Pause(limited, 250*time.Millisecond) {
			return probe{}, ctx.Err()
		}
	}
}

// signed looks at the signatures of a mail as it arrived.
func (p *Probes) signed(ctx context.Context, message []byte) ([]doctor.Finding, error) {
	if p.deps.Lookup == nil {
		return nil, nil
	}
	domains, err := dkim.Verify(ctx, message, p.deps.Lookup)
	sender := dkim.DomainOf(p.deps.From)
	switch {
	case errors.Is(err, dkim.ErrUnsigned):
		return []doctor.Finding{doctor.Found("mail.unsigned", doctor.Warning,
			doctor.Say(lang.Text("Emails are not signed (DKIM): large providers put them into the spam folder, or refuse them.")),
			doctor.Say(lang.Text("“grouprise dkim new” makes a key and prints its DNS record; as soon as that is published, emails are signed.")))}, nil
	case err != nil:
		return []doctor.Finding{doctor.Found("mail.signature", doctor.Problem,
			doctor.Say(lang.Text("The signature of emails (DKIM) doesn’t hold: they look forged.")),
			doctor.Say(lang.Text("Compare the key with its DNS record (“grouprise dkim” shows ours), and make sure that the mail server changes nothing in emails after they have been signed, and that only one program signs."))).Because(err)}, nil
	case !aligned(domains, sender):
		return []doctor.Finding{doctor.Found("mail.signed-by-others", doctor.Warning,
			doctor.Say(lang.Text("Emails are signed by %s, and not by %s, which sends them."), strings.Join(domains, ", "), sender),
			doctor.Say(lang.Text("Have the mail server sign for %s, or “grouprise dkim new”."), sender))}, nil
	}
	return nil, nil
}

// aligned reports whether one of the domains is that of the sender, or above it.
func aligned(domains []string, sender string) bool {
	for _, d := range domains {
		if strings.EqualFold(d, sender) || strings.HasSuffix(strings.ToLower(sender), "."+strings.ToLower(d)) {
			return true
		}
	}
	return false
}

// reason returns what a report says, as one line.
func reason(report []byte) error {
	m, err := mime.Parse(bytes.NewReader(report), mime.Limits{})
	if err != nil {
		return err
	}
	return errors.New(m.Text)
}
