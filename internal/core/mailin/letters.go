package mailin

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// refuse tells the sender by letter why their message had no effect. It is remembered like an effect: the
// same message twice is refused once. An address that gets too many letters is refused by the mail server
// instead, so that nobody can use us to flood somebody whose address they forge.
func (in *Intake) refuse(ctx context.Context, d delivery, reason error) error {
	if err := in.Limit(ctx, d.from); err != nil {
		return reason
	}
	return in.postRefusal(ctx, d, Reason(in.printer(d.sender), reason))
}

// postRefusal sends the letter that a message had no effect, once for each message.
func (in *Intake) postRefusal(ctx context.Context, d delivery, reason string) error {
	p := in.printer(d.sender)
	subject := p.T("Your email was not delivered")
	if in.vouchedFor(d) {
		subject = p.T("Not delivered: %s", subjectOr(p, d.message.Subject))
	}
	return in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		fresh, err := in.isFirst(ctx, tx, d)
		if err != nil || !fresh {
			return err
		}
		return in.Letters.Post(ctx, tx, notify.Letter{
			Address: d.from, Kind: "mail-refused", Language: p.Language(), Answering: d.message.MessageID,
			Subject: subject,
			Intro:   p.T("Your email to %s could not be delivered.", d.to) + " " + reason,
			Actions: []notify.Action{{Label: p.T("Go to the site"), URL: in.BaseURL + "/", Primary: true}},
		})
	})
}

// tellDropped tells somebody we know, once a day at most, that their message had no effect, because its words are those of
// a program or because nobody reads the address: they wait for an answer otherwise. Nobody else hears of it.
func (in *Intake) tellDropped(ctx context.Context, d delivery) error {
	if !d.sender.SignedIn() || d.proof == unproven || !d.known {
		return nil
	}
	p := in.printer(d.sender)
	var reason string
	switch {
	case d.message.Auto.ByWords:
		reason = p.T("It looks like an automatic reply or a delivery report. If you wrote it yourself, send it again with a different subject and a different beginning, or write on the site.")
	case !d.message.Auto.Automatic():
		reason = p.T("Nobody reads emails to this address. Reply to the email you got from the group, write to the group’s address, or write on the site.")
	default:
		return nil
	}
	if err := in.LimitLost(ctx, d.from); err != nil {
		if errs.Is(err, errs.TooMany) {
			return nil
		}
		return err
	}
	return in.postRefusal(ctx, d, reason+" "+p.T("You’ll get this email at most once a day."))
}

// leftOut returns what a text says of files that were too large or too many to be kept; in the language of the site,
// because everybody reads it.
func (in *Intake) leftOut(m *mime.Message) string {
	names := m.Skipped
	if len(names) == 0 {
		return ""
	}
	p := in.Catalogues.Printer("", in.Zone)
	const most = 10
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list = p.T("%s and %d more", list, len(names)-most)
	}
	sentence := "(" + p.T("Left out, because they’re too large or too many: %s", list) + ")"
	if !m.Plain {
		sentence = markdown.FromPlain(sentence)
	}
	return "\n\n" + sentence
}

// Reason returns why a mail was refused, for its sender: an error without a sentence of its own has one for each field
// of the form that the mail stands for.
func Reason(p *lang.Printer, reason error) string {
	e, ok := errors.AsType[*errs.Error](reason)
	if !ok || e.Message == "" && len(e.Fields) == 0 {
		return p.T("The email could not be processed. Please write on the site.")
	}
	if e.Message != "" {
		return p.T(e.Message, e.Args...)
	}
	var sentences []string
	for _, f := range e.Fields {
		sentences = append(sentences, p.T(f.Message, f.Args...))
	}
	return strings.Join(append(sentences, p.T("Please change this and send the email again, or write on the site.")), " ")
}

// hold keeps a message whose sender is not proven, or whose address only somebody else may have entered, and asks the
// person whose address it bears.
func (in *Intake) hold(ctx context.Context, d delivery) error {
	secret := strings.ToLower(rand.Text())
	p := in.printer(d.sender)
	reason := p.T("An email to %s carries your address, but your email provider didn’t confirm that it’s from you.", d.to)
	if d.proof == proven {
		reason = p.T("This is the first email from your address (to %s). Please confirm once that the address is yours.", d.to)
	}
	subject := p.T("Did you send us an email?")
	if in.vouchedFor(d) {
		subject = p.T("Did you write this? %s", subjectOr(p, d.message.Subject))
	}
	if err := in.Limit(ctx, d.from); err != nil {
		return err
	}
	return in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		fresh, err := in.isFirst(ctx, tx, d)
		if err != nil || !fresh {
			return err
		}
		if err := hasRoom(ctx, tx, d); err != nil {
			return err
		}
		_, err = tx.Insert(ctx, `
			INSERT INTO held_messages (secret_hash, person_id, sender, recipient, message, received_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			hashSecret(secret), d.sender.PersonID, d.from, d.to, d.raw, tx.Now, clock.At(tx.Now.AddDate(0, 0, in.heldDays())))
		if err != nil {
			return fmt.Errorf("hold a message: %w", err)
		}
		return in.Letters.Post(ctx, tx, notify.Letter{
			Address: d.from, Name: d.sender.Name, Kind: "mail-held", Language: p.Language(), Answering: d.message.MessageID,
			Subject: subject,
			Intro:   reason,
			Note: p.N("If you wrote it, confirm it and it will be delivered. If not, you don’t have to do anything: it will be deleted after one day.",
				"If you wrote it, confirm it and it will be delivered. If not, you don’t have to do anything: it will be deleted after %d days.", in.heldDays()),
			Actions: []notify.Action{{Label: p.T("Deliver the email"), URL: in.BaseURL + HeldPath(secret), Primary: true}},
		})
	})
}

// heldDays is how many days a message waits for its sender's confirmation.
func (in *Intake) heldDays() int { return cmp.Or(in.HeldDays, 7) }

// What may wait for the confirmation of one person: anybody can claim their address.
const (
	maxHeld      = 20
	maxHeldBytes = 64 << 20
)

// hasRoom returns TooMany if too much waits for a person's confirmation already. The mail server brings the message
// when there is room.
func hasRoom(ctx context.Context, tx *sqldb.Tx, d delivery) error {
	var held struct {
		Count int   `db:"count"`
		Bytes int64 `db:"bytes"`
	}
	err := tx.Get(ctx, &held, `SELECT COUNT(*) AS count, COALESCE(SUM(LENGTH(message)), 0) AS bytes FROM held_messages WHERE person_id = ?`, d.sender.PersonID)
	if err != nil {
		return fmt.Errorf("count the held messages: %w", err)
	}
	if held.Count >= maxHeld || held.Count > 0 && held.Bytes+int64(len(d.raw)) > maxHeldBytes {
		return errs.New(errs.TooMany, "Too many emails from this address are waiting to be confirmed. Confirm them with the links we sent you; emails that aren’t confirmed are deleted after a few days.")
	}
	return nil
}

// HeldPath returns the address where a held message is confirmed.
func HeldPath(secret string) string { return "/stadt/mail/" + secret + "/" }

// Held is a message that waits for its sender's confirmation.
type Held struct {
	ID         int64      `db:"id"`
	PersonID   int64      `db:"person_id"`
	Sender     string     `db:"sender"`
	Recipient  string     `db:"recipient"`
	Message    []byte     `db:"message"`
	ReceivedAt clock.Time `db:"received_at"`
	Subject    string     `db:"-"`
}

// FindHeld returns the message that a secret stands for; NotFound if it was delivered or thrown away.
func (in *Intake) FindHeld(ctx context.Context, secret string) (Held, error) {
	var h Held
	err := in.DB.Get(ctx, &h, `SELECT id, person_id, sender, recipient, message, received_at FROM held_messages WHERE secret_hash = ? AND expires_at > ?`,
		hashSecret(secret), clock.Clock(nil).Now())
	if errs.Is(err, errs.NotFound) {
		return h, errs.New(errs.NotFound, "This email has already been delivered, or it waited too long. If it didn’t arrive, please send it again.")
	}
	if err != nil {
		return h, err
	}
	m, err := in.parse(h.Message)
	if err == nil {
		h.Subject = mime.Shorten(m.Subject, maxSubject)
	}
	return h, err
}

// Release delivers a held message: its sender has confirmed it, and with it that the address is theirs. It returns what
// was held, so that a page can say where it went. Of two who confirm at once, one delivers it.
func (in *Intake) Release(ctx context.Context, secret string) (Held, error) {
	h, err := in.FindHeld(ctx, secret)
	if err != nil {
		return h, err
	}
	m, err := in.parse(h.Message)
	if err != nil {
		return h, err
	}
	sender, known, err := in.FindSender(ctx, in.DB, h.Sender)
	if err != nil {
		return h, err
	}
	if !known {
		// Whatever the room says of the mail: the link came to the mailbox.
		err := in.DB.Write(ctx, func(tx *sqldb.Tx) error { return in.ProveAddress(ctx, tx, sender.PersonID, h.Sender) })
		if err != nil {
			return h, err
		}
	}
	local, _ := in.local(h.Recipient)
	d := delivery{from: h.Sender, to: h.Recipient, sender: sender, known: true, proof: proven, message: m, raw: h.Message}
	return h, in.deliverOnce(ctx, d, local, func(ctx context.Context, tx *sqldb.Tx, _ delivery) (bool, error) {
		removed, err := tx.Exec(ctx, `DELETE FROM held_messages WHERE id = ?`, h.ID)
		return removed > 0, err
	})
}

func (in *Intake) printer(person community.Viewer) *lang.Printer {
	return in.Catalogues.Printer(person.Language, in.Zone)
}

// vouchedFor reports whether a mail server has vouched for the sender, so that a letter may quote the message: everybody
// else could have us send words of theirs to whatever address they claim.
func (in *Intake) vouchedFor(d delivery) bool { return in.AuthservID != "" && d.proof == proven }

func subjectOr(p *lang.Printer, subject string) string {
	if subject == "" {
		return p.T("Message without a subject")
	}
	return subject
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
