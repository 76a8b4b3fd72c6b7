package mailin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
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

// maxSubject is the longest subject in characters; longer ones are cut.
const maxSubject = 255

// Config is what an Intake stands on.
type Config struct {
	DB         *sqldb.DB
	Media      media.Store
	Letters    *notify.Letters
	Catalogues *lang.Catalogues
	Zone       *time.Location
	Language   string // of the site, for senders we do not know
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

	// Limit bounds how many letters an address gets in answer to its mails: TooMany beyond it.
	Limit func(ctx context.Context, address string) error
	// Allow counts what a person sends: TooMany beyond the limit.
	Allow func(ctx context.Context, limit web.Limit, personID int64) error
	// FindSender returns the person who owns an address, whatever its case, and whether they have proven that they read
	// its mailbox: until then it may be somebody else who entered it. NotFound if nobody owns it.
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
}

var _ lmtp.Handler = (*Intake)(nil)

// New returns an intake, which takes nothing before Serve.
func New(c Config) *Intake { return &Intake{Config: c, replies: map[Container]Reply{}} }

// Serve says for which addresses and replies there are rooms. It must be called before the first mail comes: the house
// is built before it opens.
func (in *Intake) Serve(addresses []Address, replies []Reply) {
	in.addresses = append(in.addresses, addresses...)
	for _, r := range replies {
		in.replies[r.Container] = r
	}
}

// Recipient reports whether an address is ours: nil, or NotFound with a sentence for the mail server.
// Who writes does not matter here, because mail servers ask in their own name whether an address exists
// before they take a mail for it.
func (in *Intake) Recipient(ctx context.Context, _, to string) error {
	local, ok := in.local(to)
	if !ok {
		return errs.New(errs.NotFound, "This site does not receive mail for this domain.")
	}
	if in.isNoReply(local) {
		return nil
	}
	if key, isReply := in.replyKey(local); isReply {
		_, _, err := replyTarget(ctx, in.DB, key)
		return err
	}
	_, err := in.room(ctx, in.DB, local)
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

// room returns the address family that answers for a local part.
func (in *Intake) room(ctx context.Context, q sqldb.Querier, local string) (Address, error) {
	for _, a := range in.addresses {
		matches, err := a.Match(ctx, q, local)
		if err != nil {
			return a, err
		}
		if matches {
			return a, nil
		}
	}
	return Address{}, errs.New(errs.NotFound, "There is no such address here.")
}

// Deliver gives a message its effect for each recipient and returns one error or nil for each, in their
// order. nil means: the effect is committed, or the sender has been told by mail why there is none, or a
// machine wrote what nobody needs to read.
func (in *Intake) Deliver(ctx context.Context, env lmtp.Envelope, raw []byte) []error {
	results := make([]error, len(env.Recipients))
	m, err := mime.Parse(bytes.NewReader(raw), in.Limits)
	switch {
	case err != nil:
		return fill(results, err)
	case env.From == "" || env.From == "<>":
		in.log(ctx, "dropped: an empty sender", env, m)
		return results
	case m.Auto.Answers():
		in.log(ctx, "dropped: "+string(m.Auto.Kind), env, m)
		return results
	case m.Hops > maxHops:
		return fill(results, errs.New(errs.Invalid, "The message has passed through too many servers. It seems to go round in circles."))
	}
	d, err := in.sender(ctx, env.From, m)
	if err != nil {
		return fill(results, err)
	}
	if m.Auto.Automatic() && !d.sender.SignedIn() {
		in.log(ctx, "dropped: "+string(m.Auto.Kind), env, m)
		return results
	}
	d.message, d.raw = m, raw
	for i, to := range env.Recipients {
		d.to = to
		results[i] = in.deliverOne(ctx, d)
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
		return errs.New(errs.NotFound, "This site does not receive mail for this domain.")
	}
	if in.isNoReply(local) {
		return nil
	}
	if d.sender.SignedIn() && (d.proof == unproven || !d.known) {
		return in.hold(ctx, d)
	}
	if err := in.count(ctx, d, local); err != nil {
		return err // temporary: the mail server brings the message when there is room for it
	}
	err := in.deliverOnce(ctx, d, local, in.remember)
	if !refused(err) {
		return err
	}
	if !d.sender.SignedIn() {
		return err // the mail server tells the sender, if it believes in them; we do not write to strangers
	}
	return in.refuse(ctx, d, err)
}

// count counts a message against the limit of the room that it is for, outside of the transaction of its effect and
// unless it had its effect before.
func (in *Intake) count(ctx context.Context, d delivery, local string) error {
	if !d.sender.SignedIn() {
		return nil
	}
	limit, err := in.limit(ctx, local)
	if limit.Count == 0 || err != nil {
		return err
	}
	var before int
	err = in.DB.Get(ctx, &before, `SELECT COUNT(*) FROM received_messages WHERE message_hash = ? AND recipient = ?`, fingerprint(d.message), strings.ToLower(d.to))
	if err != nil || before > 0 {
		return err
	}
	return in.Allow(ctx, limit, d.sender.PersonID)
}

// limit returns the limit of the room that answers for a local part; none if that is for the effect to refuse.
func (in *Intake) limit(ctx context.Context, local string) (limit web.Limit, err error) {
	if key, isReply := in.replyKey(local); isReply {
		_, target, err := replyTarget(ctx, in.DB, key)
		limit = in.replies[target.container()].Limit
		return limit, ignoreNotFound(err)
	}
	room, err := in.room(ctx, in.DB, local)
	return room.Limit, ignoreNotFound(err)
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
		if err := in.dispatch(ctx, tx, d, local, incoming); err != nil {
			return err
		}
		used = true
		return nil
	})
	if err != nil {
		used = false
	}
	return err
}

// dispatch gives the message to the room that answers for the address.
func (in *Intake) dispatch(ctx context.Context, tx *sqldb.Tx, d delivery, local string, m *Incoming) error {
	key, isReply := in.replyKey(local)
	if !isReply {
		room, err := in.room(ctx, tx, local)
		if err != nil {
			return err
		}
		if !d.sender.SignedIn() {
			return errs.New(errs.Denied, "We do not know your address %s. Only people who are signed up can write to groups by mail; everybody can write on the web page of the group.", d.from)
		}
		return room.Deliver(ctx, tx, local, m)
	}
	owner, target, err := replyTarget(ctx, tx, key)
	if err != nil {
		return err
	}
	if d.sender.PersonID != owner {
		return errs.New(errs.Denied, "The address that you answered belongs to somebody else than %s. Answer from the address that received the mail, add this address to your account, or sign in and write on the web page.", d.from)
	}
	container := target.container()
	reply, ok := in.replies[container]
	if !ok {
		return fmt.Errorf("nobody takes replies to a %s", container)
	}
	return reply.Deliver(ctx, tx, target, m)
}

// remember notes that the message reached the recipient. It reports false if it had done so before.
func (in *Intake) remember(ctx context.Context, tx *sqldb.Tx, d delivery) (fresh bool, err error) {
	return tx.InsertNew(ctx, `INSERT INTO received_messages (message_hash, recipient, received_at) VALUES (?, ?, ?)`,
		fingerprint(d.message), strings.ToLower(d.to), tx.Now)
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

// incoming stores the attachments and returns what the room gets.
func (in *Intake) incoming(ctx context.Context, d delivery) (*Incoming, error) {
	m := d.message
	incoming := &Incoming{
		Sender: d.sender, Recipient: d.to, Subject: mime.Shorten(m.Subject, maxSubject), Text: m.Text, Cut: m.Cut,
		SentAt: clock.At(m.Date), MessageID: m.MessageID, InReplyTo: slices.Concat(m.InReplyTo, m.References),
	}
	if m.Date.IsZero() {
		incoming.SentAt = clock.Clock(nil).Now()
	}
	if !d.sender.SignedIn() {
		return incoming, nil // will be refused: nothing is kept
	}
	if !says(incoming.Text) && len(m.Attachments) == 0 {
		if !says(m.Subject) || answerSubject.MatchString(m.Subject) {
			return incoming, errs.New(errs.Invalid, "The mail has neither a text nor attachments. Write something and send it again.")
		}
		incoming.Text = incoming.Subject // "Today's meeting is off!", and nothing below it
	}
	for _, a := range m.Attachments {
		f := media.File{Name: media.NewName(a.Name), OriginalName: mime.Shorten(a.Name, 255), MediaType: mime.Shorten(a.MediaType, 150), CreatorID: d.sender.PersonID}
		size, err := in.Media.Put(ctx, f.Name, bytes.NewReader(a.Data))
		if err != nil {
			return incoming, errors.Join(fmt.Errorf("store an attachment: %w", err), in.removeFiles(ctx, incoming.Attachments))
		}
		f.Size = size
		incoming.Attachments = append(incoming.Attachments, f)
	}
	return incoming, nil
}

func says(text string) bool { return strings.TrimSpace(text) != "" }

// answerSubject begins the subject of an answer, which the program wrote.
var answerSubject = regexp.MustCompile(`(?i)^\s*(?:re|aw|antw|sv|odp|r)\s*:`)

func (in *Intake) removeFiles(ctx context.Context, files []media.File) error {
	var problems error
	for _, f := range files {
		problems = errors.Join(problems, in.Media.Remove(ctx, f.Name))
	}
	return problems
}
