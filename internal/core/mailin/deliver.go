package mailin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Deliver gives a message its effect for each recipient and returns one error or nil for each, in their
// order. nil means: the effect is committed, or the sender has been told by mail why there is none, or a
// machine wrote what nobody needs to read.
func (in *Intake) Deliver(ctx context.Context, env lmtp.Envelope, raw []byte) []error {
	m, err := in.parse(raw)
	if err != nil {
		return fill(make([]error, len(env.Recipients)), in.counted(resultAccepted, err, len(env.Recipients)))
	}
	return in.deliver(ctx, env, raw, m)
}

// deliver is Deliver for a message that has been read. What the program itself reads is taken first.
func (in *Intake) deliver(ctx context.Context, env lmtp.Envelope, raw []byte, m *mime.Message) []error {
	results := make([]error, len(env.Recipients))
	others, places := in.read(ctx, env, raw, m, results)
	if len(places) == 0 {
		return results
	}
	for n, err := range in.deliverToRooms(ctx, others, raw, m) {
		results[places[n]] = err
	}
	return results
}

func (in *Intake) deliverToRooms(ctx context.Context, env lmtp.Envelope, raw []byte, m *mime.Message) []error {
	results := make([]error, len(env.Recipients))
	all := func(result string, err error) []error { return fill(results, in.counted(result, err, len(results))) }
	switch {
	case env.From == "" || env.From == "<>":
		in.log(ctx, "dropped: an empty sender", env, m)
		return all(resultDropped, nil)
	case m.Auto.Answers() && !m.Auto.ByWords && m.Auto.Kind != mime.Reaction:
		in.log(ctx, "dropped: "+string(m.Auto.Kind), env, m)
		return all(resultDropped, nil)
	case m.Hops > maxHops:
		return all(resultAccepted, errs.New(errs.Invalid, "The message has passed through too many servers. It seems to be going round in circles."))
	}
	d, err := in.sender(ctx, env.From, m)
	if err != nil {
		return all(resultAccepted, err)
	}
	d.message, d.raw = m, raw
	if m.Auto.Kind == mime.Reaction {
		for i, to := range env.Recipients {
			d.to = to
			results[i] = in.counted(resultAccepted, in.react(ctx, env, d), 1)
		}
		return results
	}
	automatic := m.Auto.Answers() || m.Auto.Automatic() && !d.sender.SignedIn()
	if automatic {
		in.log(ctx, "dropped: "+string(m.Auto.Kind), env, m)
	} else if err := in.takeBack(ctx, d); err != nil {
		return fill(results, err)
	}
	for i, to := range env.Recipients {
		d.to = to
		if automatic {
			results[i] = in.counted(resultDropped, in.tellDropped(ctx, d), 1)
		} else {
			results[i] = in.deliverOne(ctx, d)
		}
	}
	return results
}

func fill(results []error, err error) []error {
	for i := range results {
		results[i] = err
	}
	return results
}

func (in *Intake) log(ctx context.Context, what string, env lmtp.Envelope, m *mime.Message) {
	in.Logger.InfoContext(ctx, "mail "+what, "envelope", env.ID, "message_id", m.MessageID, "header", m.Auto.Header)
}

// proof says whether a sender is who they claim to be.
type proof bool

const (
	proven   proof = true
	unproven proof = false
)

// sender returns who wrote the message: an address, whether it is proven, and the person it belongs to
// if there is one. Where a mail server's judgement is believed, it is the address in the From header,
// because that is what DKIM and DMARC vouch for; otherwise it is the envelope sender, without proof asked.
func (in *Intake) sender(ctx context.Context, envelopeFrom string, m *mime.Message) (delivery, error) {
	d := delivery{from: envelopeFrom, proof: proven}
	if in.AuthservID != "" {
		d.proof = proof(mime.Authenticity(m, in.AuthservID, in.OwnHops, envelopeFrom).Result == mime.Pass)
		if len(m.From) == 1 {
			d.from = m.From[0].Addr
		}
	}
	person, known, err := in.FindSender(ctx, in.DB, d.from)
	if errs.Is(err, errs.NotFound) {
		return d, nil
	}
	d.sender, d.known = person, known
	return d, err
}

// delivery is one message on its way to one recipient.
type delivery struct {
	from    string // the address that the message claims: see Intake.sender
	to      string
	sender  community.Viewer // nobody if the address belongs to nobody
	known   bool             // the sender has proven that the address is theirs
	proof   proof
	message *mime.Message
	raw     []byte
}

// deliverOne gives a message its effect for one recipient, once, or refuses it by a letter.
func (in *Intake) deliverOne(ctx context.Context, d delivery) error {
	local, ok := in.local(d.to)
	if !ok {
		return in.counted(resultAccepted, errs.New(errs.NotFound, "This site doesn’t accept email for this domain."), 1)
	}
	if in.isNoReply(local) {
		return in.counted(resultDropped, in.tellDropped(ctx, d), 1)
	}
	if d.sender.SignedIn() && (d.proof == unproven || !d.known) {
		return in.counted(resultHeld, in.hold(ctx, d), 1)
	}
	if err := in.count(ctx, d, local); err != nil {
		return in.counted(resultAccepted, err, 1) // temporary: the mail server brings the message when there is room for it
	}
	err := in.deliverOnce(ctx, d, local, in.isFirst)
	if !refused(err) {
		return in.counted(resultAccepted, err, 1)
	}
	if !d.sender.SignedIn() {
		return in.counted(resultAccepted, err, 1) // the mail server tells the sender, if it believes in them; we do not write to strangers
	}
	return in.counted(resultRefused, in.refuse(ctx, d, err), 1)
}

// count counts a message against the limit of the room that it is for, outside of the transaction of its effect and
// unless it had its effect before.
func (in *Intake) count(ctx context.Context, d delivery, local string) error {
	if !d.sender.SignedIn() {
		return nil
	}
	r, err := in.route(ctx, in.DB, d.message, local)
	limit := in.limit(r)
	if limit.Count == 0 || err != nil {
		return ignoreNotFound(err) // that is for the effect to refuse
	}
	var before int
	err = in.DB.Get(ctx, &before, `SELECT COUNT(*) FROM received_messages WHERE message_hash = ? AND recipient IN (?)`,
		fingerprint(d.message), []string{strings.ToLower(d.to), r.thread.String()})
	if err != nil || before > 0 {
		return err
	}
	return in.Allow(ctx, limit, d.sender.PersonID)
}

func ignoreNotFound(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// refused reports whether an error is final and has a sentence for the sender.
func refused(err error) bool {
	if err == nil {
		return false
	}
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Denied, errs.Unauthenticated, errs.Invalid, errs.Conflict, errs.TooLarge:
		return true
	default:
		return false
	}
}

// firstTime decides in the transaction of an effect whether it is to happen, and makes sure that it happens
// once.
type firstTime func(ctx context.Context, tx *sqldb.Tx, d delivery) (fresh bool, err error)

// deliverOnce runs what the room does with the message, in one transaction with what makes it happen once.
func (in *Intake) deliverOnce(ctx context.Context, d delivery, local string, isFirst firstTime) (err error) {
	incoming, err := in.incoming(ctx, d)
	if err != nil {
		return err
	}
	used := false
	defer func() {
		if !used {
			err = errors.Join(err, in.removeFiles(context.WithoutCancel(ctx), incoming.Attachments))
		}
	}()
	err = in.DB.Write(ctx, func(tx *sqldb.Tx) error {
		used = false
		fresh, err := isFirst(ctx, tx, d)
		if err != nil || !fresh {
			return err
		}
		used, err = in.dispatch(ctx, tx, d, local, incoming)
		return err
	})
	if err != nil {
		used = false
	}
	return err
}

// dispatch gives the message to the thread or the room that it is for. taken is false if it is in the thread already:
// one message to the reply address and to the group is one message.
func (in *Intake) dispatch(ctx context.Context, tx *sqldb.Tx, d delivery, local string, m *Incoming) (taken bool, err error) {
	r, err := in.route(ctx, tx, d.message, local)
	switch {
	case err != nil:
		return false, err
	case r.ownerID == 0 && !d.sender.SignedIn():
		return false, errs.New(errs.Denied, "We don’t know your address %s. You need an account to write to groups by email, but anyone can write on the group’s page.", d.from)
	case r.ownerID != 0 && d.sender.PersonID != r.ownerID:
		return false, errs.New(errs.Denied, "The email you replied to wasn’t sent to %s. Reply from the address that received it, add this address to your account, or sign in and write on the site.", d.from)
	}
	done, err := in.takeCalendars(ctx, tx, r, m)
	switch {
	case err != nil || done:
		return false, err
	case r.thread.IsZero():
		return true, r.room.Deliver(ctx, tx, local, m)
	}
	fresh, err := in.remember(ctx, tx, d.message, r.thread.String())
	if err != nil || !fresh {
		return false, err
	}
	for _, i := range in.obeying[r.thread.Container()] {
		if obeyed, err := i.Obey(ctx, tx, r.thread, m); err != nil || obeyed {
			return false, err // its files are for nobody
		}
	}
	reply, ok := in.replies[r.thread.Container()]
	if !ok {
		return false, fmt.Errorf("nobody takes replies to a %s", r.thread.Container())
	}
	err = reply.Deliver(ctx, tx, r.thread, m)
	if r.ownerID == 0 && (errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied)) {
		err = r.room.Deliver(ctx, tx, local, m) // everybody may write to a group
	}
	return true, err
}

// takeCalendars lets rooms take the calendars of a message, and reports whether one did: nothing else becomes of it.
func (in *Intake) takeCalendars(ctx context.Context, tx *sqldb.Tx, r route, m *Incoming) (done bool, err error) {
	if len(m.Calendars) == 0 {
		return false, nil
	}
	to := Destination{Target: r.thread, Reply: r.ownerID != 0}
	if to.IsZero() {
		to.EntityID = r.entityID
	}
	for _, c := range in.calendars {
		if done, err := c.Take(ctx, tx, to, m); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// isFirst notes that the message reached its recipient. It reports false if it had done so before.
func (in *Intake) isFirst(ctx context.Context, tx *sqldb.Tx, d delivery) (fresh bool, err error) {
	return in.remember(ctx, tx, d.message, strings.ToLower(d.to))
}

// remember notes that a message had its effect at an address or in a thread. It reports false if it had it before.
func (in *Intake) remember(ctx context.Context, tx *sqldb.Tx, m *mime.Message, where string) (fresh bool, err error) {
	return tx.InsertNew(ctx, `INSERT INTO received_messages (message_hash, recipient, received_at) VALUES (?, ?, ?)`, fingerprint(m), where, tx.Now)
}

// fingerprint tells messages apart: by their id, by what they say and bring, and by whose they are. A message id
// alone is not enough: somebody could send another message under an id that they have seen.
func fingerprint(m *mime.Message) string {
	h := sha256.New()
	for _, part := range []string{m.MessageID, m.Header.Get("From"), m.Header.Get("Date"), m.Subject, m.Text, m.Cut} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // a hash takes everything
	}
	for _, a := range m.Attachments { // scanners send every page under the same words and without an id
		_, _ = fmt.Fprintf(h, "%d:%s%d:", len(a.Name), a.Name, len(a.Data))
		_, _ = h.Write(a.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
