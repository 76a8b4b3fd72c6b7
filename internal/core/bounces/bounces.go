// Package bounces keeps what came back of the mails to people, and says to which addresses none go any more.
//
// A mail leaves with an envelope sender of its own for each address, bounce+<key>@<domain>, to which mail servers report
// what becomes of it. The key is made of the address and a secret: it needs no row of its own, says which address failed
// whatever the report says, and nobody can make one up.
//
// One report that a mailbox is no more sets its address aside. Everything else is counted, shown and forgotten. Whoever
// proves that they read the mailbox has their address back.
package bounces

import (
	"context"
	"errors"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/bounce"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// prefix begins the local parts of envelope senders.
const prefix = "bounce+"

// remembered is how long bounces are counted that set no address aside.
const remembered = 30 * 24 * time.Hour

// Bounces is what came back.
type Bounces struct {
	db     *sqldb.DB
	keys   web.LinkKeys
	domain string
}

// New returns it. secret is the one of the site, domain what stands behind the @ of envelope senders.
func New(db *sqldb.DB, secret, domain string) (*Bounces, error) {
	keys, err := web.NewLinkKeys(secret, "bounce")
	return &Bounces{db: db, keys: keys, domain: domain}, err
}

// Sender returns the envelope sender of mails to an address of somebody.
func (b *Bounces) Sender(addressID int64, address string) string {
	return prefix + strconv.FormatInt(addressID, 36) + "-" + b.keys.Of(about(addressID, address)) + "@" + b.domain
}

// about is what the key of an address is made of. Its number alone would not do: databases give some of them again.
func about(addressID int64, address string) string {
	return strconv.FormatInt(addressID, 10) + " " + mime.Address{Addr: address}.Key()
}

// shape is that of the local part of an envelope sender. No other address of the site looks like it, whatever options say of
// those for replies.
var shape = regexp.MustCompile(`(?i)^bounce\+([1-9a-z][0-9a-z]{0,12})-([a-z2-7]{26})$`)

// Is reports whether the local part of an address is that of an envelope sender, whoever made it up.
func (*Bounces) Is(local string) bool { return shape.MatchString(local) }

// find returns the address whose mails had the envelope sender of a local part; NotFound if there is none.
func (b *Bounces) find(ctx context.Context, q sqldb.Querier, local string) (owned, error) {
	if m := shape.FindStringSubmatch(local); m != nil {
		id, _ := strconv.ParseInt(m[1], 36, 64) // beyond the largest number: nobody has that one
		a, err := getAddress(ctx, q, id)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return a, err
		}
		if err == nil && b.keys.Fit(m[2], about(id, a.Address)) {
			return a, nil
		}
	}
	return owned{}, errs.New(errs.NotFound, "There is no such address here.")
}

// Check returns nil for the local part of an envelope sender that was made here, of an address that there is still. Any
// other is NotFound.
func (b *Bounces) Check(ctx context.Context, q sqldb.Querier, local string) error {
	_, err := b.find(ctx, q, local)
	return err
}

// Take notes what a report says that came to the local part of an envelope sender, and returns what it says. It is
// NotFound, and nothing is noted, if the envelope sender was not made here. isFirst is asked only about a report that
// would count, and says whether it has not been taken before: whoever has one address of ours cannot fill the database.
func (b *Bounces) Take(ctx context.Context, tx *sqldb.Tx, local string, r mime.Report, isFirst func() (bool, error)) (bounce.Kind, error) {
	a, err := b.find(ctx, tx, local)
	if err != nil {
		return "", err
	}
	result := bounce.Of(r, a.Address)
	if result.Kind == bounce.Delivered {
		return result.Kind, forgiveSoft(ctx, tx, a.ID)
	}
	if matters, err := mattersStill(ctx, tx, a.ID, result.Kind); err != nil || !matters {
		return result.Kind, err
	}
	if fresh, err := isFirst(); err != nil || !fresh {
		return bounce.None, err
	}
	return result.Kind, note(ctx, tx, a, result)
}

// Refused notes the error with which a mail server refused a mail to an address while it was sent, and reports whether that
// was the last mail to go there. Errors that are no answer of a mail server, or pass, change nothing.
func (b *Bounces) Refused(ctx context.Context, addressID int64, refusal error) (last bool, err error) {
	reply, answered := errors.AsType[*textproto.Error](refusal)
	if !answered || errs.Temporary(refusal) {
		return false, nil
	}
	result := bounce.Result{Kind: bounce.OfReply(reply.Code, reply.Msg), Answer: strconv.Itoa(reply.Code) + " " + strings.Join(strings.Fields(reply.Msg), " ")}
	err = b.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		a, err := getAddress(ctx, tx, addressID)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, a, result)
	})
	return result.Kind.Hard() && err == nil, err
}

// Label says what came back, as a clause that follows a colon.
func Label(k bounce.Kind) lang.Text {
	switch k {
	case bounce.NoAddress:
		return lang.Text("there is no such mailbox")
	case bounce.NoDomain:
		return lang.Text("the domain doesn’t exist, or doesn’t accept email")
	case bounce.Closed:
		return lang.Text("the mailbox has been closed")
	case bounce.Full:
		return lang.Text("the mailbox is full")
	case bounce.Blocked:
		return lang.Text("the other mail server took it for spam, or its rules refused it")
	case bounce.TooLarge:
		return lang.Text("the email was too large")
	case bounce.Away:
		return lang.Text("the other mail server couldn’t be reached, or was busy")
	case bounce.Forwarded:
		return lang.Text("the address forwards to another one that doesn’t work")
	default:
		return lang.Text("the other mail server didn’t say why")
	}
}
