package mailin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// heldFor is how long a message waits for its sender's confirmation.
const heldFor = 7 * 24 * time.Hour

// refuse tells the sender by letter why their message had no effect. It is remembered like an effect: the
// same message twice is refused once. An address that gets too many letters is refused by the mail server
// instead, so that nobody can use us to flood somebody whose address they forge.
func (in *Intake) refuse(ctx context.Context, d delivery, reason error) error {
	p := in.printer(d.sender)
	if err := in.Limit(ctx, d.from); err != nil {
		return reason
	}
	return in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		fresh, err := in.remember(ctx, tx, d)
		if err != nil || !fresh {
			return err
		}
		return in.Letters.Post(ctx, tx, notify.Letter{
			Address: d.from, Kind: "mail-refused", Language: p.Language(), Answering: d.message.MessageID,
			Subject: p.T("Not delivered: %s", subjectOr(p, d.message.Subject)),
			Intro:   p.T("Your mail to %s could not be delivered.", d.to),
			Note:    Reason(p, reason),
			Actions: []notify.Action{{Label: p.T("Go to the site"), URL: in.BaseURL + "/", Primary: true}},
		})
	})
}

// Reason returns why a mail was refused, for its sender: an error without a sentence of its own has one for each field
// of the form that the mail stands for.
func Reason(p *lang.Printer, reason error) string {
	e, ok := errors.AsType[*errs.Error](reason)
	if !ok || e.Message == "" && len(e.Fields) == 0 {
		return p.T("The mail could not be processed. Please write on the web page.")
	}
	if e.Message != "" {
		return p.T(e.Message, e.Args...)
	}
	var sentences []string
	for _, f := range e.Fields {
		sentences = append(sentences, p.T(f.Message, f.Args...))
	}
	return strings.Join(append(sentences, p.T("Please change this and send the mail again, or write on the web page.")), " ")
}

// hold keeps a message whose sender is not proven, or whose address only somebody else may have entered, and asks the
// person whose address it bears.
func (in *Intake) hold(ctx context.Context, d delivery) error {
	secret := strings.ToLower(rand.Text())
	p := in.printer(d.sender)
	reason := p.T("A mail to %s bears your address, but your mail provider did not vouch for it.", d.to)
	if d.proof == proven {
		reason = p.T("A mail to %s came from your address for the first time. Confirm once that the address is yours.", d.to)
	}
	if err := in.Limit(ctx, d.from); err != nil {
		return err
	}
	return in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		fresh, err := in.remember(ctx, tx, d)
		if err != nil || !fresh {
			return err
		}
		if err := hasRoom(ctx, tx, d); err != nil {
			return err
		}
		_, err = tx.Insert(ctx, `
			INSERT INTO held_messages (secret_hash, person_id, sender, recipient, message, received_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			hashSecret(secret), d.sender.PersonID, d.from, d.to, d.raw, tx.Now, clock.At(tx.Now.Add(heldFor)))
		if err != nil {
			return fmt.Errorf("hold a message: %w", err)
		}
		return in.Letters.Post(ctx, tx, notify.Letter{
			Address: d.from, Name: d.sender.Name, Kind: "mail-held", Language: p.Language(), Answering: d.message.MessageID,
			Subject: p.T("Did you write this? %s", subjectOr(p, d.message.Subject)),
			Intro:   reason,
			Note:    p.T("If you wrote it, confirm it and it is delivered. If not, do nothing: it is thrown away after 7 days."),
			Actions: []notify.Action{{Label: p.T("Deliver the mail"), URL: in.BaseURL + HeldPath(secret), Primary: true}},
		})
	})
}

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
		return errs.New(errs.TooMany, "Too many mails from this address are waiting to be confirmed. Confirm them with the links that you got by mail; what is not confirmed is deleted after 7 days.")
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
		return h, errs.New(errs.NotFound, "This mail has been delivered already, or it waited too long. Please send it again.")
	}
	if err != nil {
		return h, err
	}
	m, err := mime.Parse(bytes.NewReader(h.Message), in.Limits)
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
	m, err := mime.Parse(bytes.NewReader(h.Message), in.Limits)
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

// RemoveExpired throws away held messages that waited too long, and forgets messages that no mail server
// will deliver again.
func (in *Intake) RemoveExpired(ctx context.Context) error {
	return in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM held_messages WHERE expires_at <= ?`, tx.Now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM received_messages WHERE received_at <= ?`, clock.At(tx.Now.AddDate(0, 0, -90)))
		return err
	})
}

func (in *Intake) printer(person community.Viewer) *lang.Printer {
	language := person.Language
	if language == "" {
		language = in.Language
	}
	return in.Catalogues.Printer(language, in.Zone)
}

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
