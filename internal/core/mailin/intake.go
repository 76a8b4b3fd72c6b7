package mailin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// maxHops is how many Received headers a message may have before it is taken for a loop (RFC 5321,
// section 6.3, asks for 100 at least; no real message comes near).
const maxHops = 100

// Config is what an Intake stands on.
type Config struct {
	DB         *sqldb.DB
	Media      media.Store
	Letters    *notify.Letters
	Catalogues *lang.Catalogues
	Zone       *time.Location
	Logger     *slog.Logger

	Domain      string // the part of our addresses after the @
	ReplyPrefix string // what stands before a reply key: "reply+"
	ReplySuffix string // what stands between a reply key and the @
	NoReply     []string
	BaseURL     string // of the site, without a slash at its end

	// AuthservID names the mail server whose Authentication-Results are believed (RFC 8601). If it is
	// empty, the envelope sender is believed without proof.
	AuthservID string
	// OwnHops is how many Received headers our own mail servers add; zero means one.
	OwnHops int
	Limits  mime.Limits
	// HeldDays is how long a message waits for its sender's confirmation; zero means 7 days.
	HeldDays int

	// Bounces takes what mail servers report of our own mails.
	Bounces *bounces.Bounces

	// Limit bounds how many letters an address gets in answer to its mails: TooMany beyond it.
	Limit func(ctx context.Context, address string) error
	// LimitLost bounds how often an address is told that its mails were dropped: TooMany beyond it.
	LimitLost func(ctx context.Context, address string) error
	// Allow counts what a person sends: TooMany beyond the limit.
	Allow func(ctx context.Context, limit web.Limit, personID int64) error
	// FindSender returns the person who owns an address, whatever its case, and whether they have proven that they read
	// its mailbox: until then it may be somebody else who entered it. NotFound if nobody owns it. The person is
	// Unreachable if no mails go to this address, because they came back.
	FindSender func(ctx context.Context, q sqldb.Querier, address string) (person community.Viewer, proven bool, err error)
	// ProveAddress notes that a person reads the mailbox of an address, if it is theirs.
	ProveAddress func(ctx context.Context, tx *sqldb.Tx, personID int64, address string) error
}

// Intake is the door for mail. It implements the handler of the LMTP server; the command that reads one
// message from standard input uses it as well.
type Intake struct {
	Config
	addresses []Address
	replies   map[Container]Reply
	obeying   map[Container][]Instruction
	calendars []Calendars
	mailboxes []Mailbox
	personal  *personalKeys
	received  *prometheus.CounterVec
}

var _ lmtp.Handler = (*Intake)(nil)

// New returns an intake, which takes nothing before Serve.
func New(c Config) *Intake {
	return &Intake{Config: c, replies: map[Container]Reply{}, obeying: map[Container][]Instruction{}, received: newReceived()}
}

// Serve says for which addresses and replies there are rooms, and at which paths of the site, each with a wildcard at its
// end, keys stand in links. It must be called before the first mail comes: the house is built before it opens.
func (in *Intake) Serve(addresses []Address, replies []Reply, keyPaths []string) (err error) {
	in.addresses = addresses
	for _, r := range replies {
		in.replies[r.Container] = r
	}
	in.personal, err = newPersonalKeys(keyPaths, in.ReplyPrefix, in.ReplySuffix, in.Domain)
	return err
}

// Understand adds what replies may say instead of something to be added to their container. It must be called before the
// first mail comes.
func (in *Intake) Understand(instructions ...Instruction) {
	for _, i := range instructions {
		in.obeying[i.Container] = append(in.obeying[i.Container], i)
	}
}

// TakeCalendars says which rooms take the calendars that mails bring; the first one that does has it. Like Serve, it
// must be called before the first mail comes.
func (in *Intake) TakeCalendars(all ...Calendars) { in.calendars = all }

// Recipient reports whether an address is ours: nil, or NotFound with a sentence for the mail server.
// Who writes does not matter here, because mail servers ask in their own name whether an address exists
// before they take a mail for it.
func (in *Intake) Recipient(ctx context.Context, _, to string) error {
	err := in.recipient(ctx, to)
	if errs.Is(err, errs.NotFound) {
		in.received.WithLabelValues(resultUnknown).Inc()
	}
	return err
}

func (in *Intake) recipient(ctx context.Context, to string) error {
	local, ok := in.local(to)
	if !ok {
		return errs.New(errs.NotFound, "This site doesn’t accept email for this domain.")
	}
	if in.Bounces.Is(local) {
		return in.Bounces.Check(ctx, in.DB, local)
	}
	if in.isNoReply(local) {
		return nil
	}
	if box, err := in.mailbox(ctx, local); box != nil || err != nil {
		return err
	}
	if key, isReply := in.replyKey(local); isReply {
		_, _, err := replyTarget(ctx, in.DB, key)
		return err
	}
	_, _, err := in.room(ctx, in.DB, local)
	return err
}

// local returns the part before the @ of an address in our domain.
func (in *Intake) local(address string) (string, bool) {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || strings.Contains(domain, "@") || !strings.EqualFold(domain, in.Domain) {
		return "", false
	}
	return local, true
}

// replyKey returns the key in the local part of a reply address. The case of what stands around the key
// does not matter.
func (in *Intake) replyKey(local string) (string, bool) {
	if len(local) <= len(in.ReplyPrefix)+len(in.ReplySuffix) {
		return "", false
	}
	end := len(local) - len(in.ReplySuffix)
	if !strings.EqualFold(local[:len(in.ReplyPrefix)], in.ReplyPrefix) || !strings.EqualFold(local[end:], in.ReplySuffix) {
		return "", false
	}
	return local[len(in.ReplyPrefix):end], true
}

// isNoReply reports whether the local part is one that our mails are sent from. Mail servers return
// undeliverable mails to it; nobody reads them.
func (in *Intake) isNoReply(local string) bool {
	for _, address := range in.NoReply {
		own, _, _ := strings.Cut(address, "@")
		base, _, _ := strings.Cut(own, "+")
		name, _, _ := strings.Cut(local, "+")
		if strings.EqualFold(base, name) {
			return true
		}
	}
	return false
}

// room returns the address family that answers for a local part, and whose address it is.
func (in *Intake) room(ctx context.Context, q sqldb.Querier, local string) (a Address, entityID int64, err error) {
	for _, a := range in.addresses {
		entityID, err := a.Match(ctx, q, local)
		if entityID != 0 || err != nil {
			return a, entityID, err
		}
	}
	return Address{}, 0, errs.New(errs.NotFound, "There is no such address here.")
}

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
