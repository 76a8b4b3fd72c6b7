package mailin

import (
	"context"
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
