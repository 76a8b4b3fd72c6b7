package accounts

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

func limitAddresses() web.Limit {
	return web.Limit{Name: "manage addresses", Count: 10, Per: time.Minute, Whom: web.PerAccount}
}

// resendAfter is how long somebody waits before another mail goes to an address that they want to add.
const resendAfter = 3 * time.Minute

// maxAddresses is how many addresses somebody may have, the waiting ones included.
const maxAddresses = 20

// Addresses is what the page of e-mail addresses shows.
type Addresses struct {
	Own     []Address // the main one first
	Pending []Pending
}

// ListAddresses returns the addresses of a person and those that wait for their confirmation.
func (r *Accounts) ListAddresses(ctx context.Context, personID int64) (Addresses, error) {
	own, err := listAddresses(ctx, r.deps.DB, personID)
	if err != nil {
		return Addresses{}, err
	}
	pending, err := listPending(ctx, r.deps.DB, personID, r.deps.DB.Now())
	if err != nil {
		return Addresses{}, err
	}
	return Addresses{Own: own, Pending: unconfirmed(own, pending)}, nil
}

// unconfirmed leaves out what waits for a confirmation and stands among the own addresses already.
func unconfirmed(own []Address, pending []Pending) []Pending {
	var rest []Pending
	for _, w := range pending {
		if !containsKey(own, w.Key) {
			rest = append(rest, w)
		}
	}
	return rest
}

func containsKey(own []Address, key string) bool {
	_, ok := byKey(own, key)
	return ok
}

func byKey(own []Address, key string) (Address, bool) {
	for _, a := range own {
		if a.Key == key {
			return a, true
		}
	}
	return Address{}, false
}

// AddAddress sends a link to an address that the person wants to add. Until it is followed the address
// is nobody's. If it is somebody's already, the mail says so, and nothing else does. Whoever signed in a while ago
// must prove that it is still them: an address is a way to a new password.
func (r *Accounts) AddAddress(ctx context.Context, v community.Viewer, text string, proof Proof) error {
	address, key, ok := ParseAddress(text)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	if err := r.deps.Limiter.Allow(ctx, limitAddresses(), web.Account(v.PersonID)); err != nil {
		return err
	}
	all, err := r.ListAddresses(ctx, v.PersonID)
	switch {
	case err != nil:
		return err
	case containsKey(all.Own, key):
		return errs.Check(errs.Field("email", "You’ve already added this address."))
	case len(all.Own)+len(all.Pending) >= maxAddresses:
		return errs.Check(errs.Field("email", "You can’t have more than %d addresses. Remove one first.", maxAddresses))
	}
	if err := r.reauthenticate(ctx, v.PersonID, proof); err != nil {
		return err
	}
	if err := r.allowLetter(ctx, key); err != nil {
		return err
	}
	return r.sendConfirmation(ctx, v.PersonID, address, key)
}

// addressData is what the token of a further address keeps.
type addressData struct {
	Address string `json:"address"` // as it was typed
}

// sendConfirmation sends the link that adds or confirms an address.
func (r *Accounts) sendConfirmation(ctx context.Context, personID int64, address, key string) error {
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		person, err := r.Get(ctx, tx, personID)
		if err != nil {
			return err
		}
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenAddress, PersonID: personID, Address: key}, addressData{Address: address}, linkLifetime)
		if err != nil {
			return err
		}
		owner, err := getAccount(ctx, tx, ownsAddress, key)
		switch {
		case err == nil && owner.ID != personID:
			return r.deps.Letters.Post(ctx, tx, r.letterAddressTaken(r.printerOf(owner.Person), address, owner.Person))
		case err != nil && !errs.Is(err, errs.NotFound):
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.letterConfirmAddress(r.printerOf(person), address, person, secret))
	})
	if err != nil {
		return fmt.Errorf("send the confirmation of an address: %w", err)
	}
	return nil
}

// ResendConfirmation sends the link for an address once more, if the last one was sent a while ago and the address
// still waits, or emails to it have not arrived; otherwise nothing happens.
func (r *Accounts) ResendConfirmation(ctx context.Context, v community.Viewer, text string) error {
	address, key, ok := ParseAddress(text)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	if err := r.deps.Limiter.Allow(ctx, limitAddresses(), web.Account(v.PersonID)); err != nil {
		return err
	}
	own, err := listAddresses(ctx, r.deps.DB, v.PersonID)
	if err != nil {
		return err
	}
	pending, err := listPending(ctx, r.deps.DB, v.PersonID, r.deps.DB.Now())
	if err != nil {
		return err
	}
	mine, waits := byKey(own, key)
	waits = waits && (mine.VerifiedAt.IsZero() || !mine.SetAsideAt.IsZero())
	for _, w := range pending {
		if w.Key == key {
			if r.deps.DB.Now().Sub(w.CreatedAt.Time) < resendAfter {
				return nil
			}
			waits = true
		}
	}
	if !waits {
		return nil
	}
	if err := r.allowLetter(ctx, key); err != nil {
		return err
	}
	return r.sendConfirmation(ctx, v.PersonID, address, key)
}

// ConfirmAddress gives an address to the person who asked for it, now that the mailbox is proven. It is
// Conflict if somebody else has proven it meanwhile. The first address of somebody is their main one.
func (r *Accounts) ConfirmAddress(ctx context.Context, secret string) (community.Person, error) {
	var person community.Person
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenAddress, secret)
		if err != nil {
			return err
		}
		if person, err = r.Get(ctx, tx, t.PersonID); err != nil {
			return err
		}
		if !person.Active {
			return errInactive()
		}
		var data addressData
		if err := t.Decode(&data); err != nil {
			return err
		}
		if added, err := r.takeAddress(ctx, tx, person.ID, data.Address); err != nil || !added {
			return err
		}
		return r.endLinksAndTell(ctx, tx, person.ID, func(p *lang.Printer, a account) notify.Letter {
			return r.letterAddressAdded(p, a.Address, data.Address, a.Person)
		})
	})
	if err != nil {
		return community.Person{}, fmt.Errorf("confirm an address: %w", err)
	}
	return person, nil
}

// endLinksAndTell ends all links of a person, whose addresses have changed, and sends their main address a letter.
func (r *Accounts) endLinksAndTell(ctx context.Context, tx *sqldb.Tx, personID int64, letter func(*lang.Printer, account) notify.Letter) error {
	if err := deleteAllLinks(ctx, tx, personID); err != nil {
		return err
	}
	a, err := getAccount(ctx, tx, `p.id = ?`, personID)
	if err != nil || a.Address == "" {
		return err
	}
	return r.deps.Letters.Post(ctx, tx, letter(r.printerOf(a.Person), a))
}

// takeAddress writes a proven address to a person, and reports whether it was not theirs before.
func (r *Accounts) takeAddress(ctx context.Context, tx *sqldb.Tx, personID int64, address string) (added bool, err error) {
	own, err := listAddresses(ctx, tx, personID)
	if err != nil {
		return false, err
	}
	_, key, _ := ParseAddress(address)
	a, err := findAddress(ctx, tx, key)
	switch {
	case errs.Is(err, errs.NotFound):
		return true, insertAddress(ctx, tx, personID, address, len(own) == 0, true)
	case err != nil:
		return false, err
	case a.PersonID == personID:
		return a.VerifiedAt.IsZero(), verifyAddress(ctx, tx, a.ID)
	case a.Main || !a.VerifiedAt.IsZero():
		return false, errs.New(errs.Conflict, "This address belongs to another account. Sign in there and remove it first, or delete that account.")
	}
	// Somebody claims it who never proved it.
	if err := deleteAddress(ctx, tx, a.ID); err != nil {
		return false, err
	}
	return true, insertAddress(ctx, tx, personID, address, len(own) == 0, true)
}

// MakeMain makes a confirmed address the one that mails are sent to. A mail to this one and the one before says so, in
// case it was somebody else.
func (r *Accounts) MakeMain(ctx context.Context, v community.Viewer, text string) error {
	_, key, _ := ParseAddress(text)
	if err := r.deps.Limiter.Allow(ctx, limitAddresses(), web.Account(v.PersonID)); err != nil {
		return err
	}
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := getAccount(ctx, tx, `p.id = ?`, v.PersonID)
		if err != nil {
			return err
		}
		own, err := listAddresses(ctx, tx, v.PersonID)
		if err != nil {
			return err
		}
		a, ok := byKey(own, key)
		switch {
		case !ok:
			return errs.New(errs.Invalid, "This address isn’t one of yours. Add it first.")
		case a.VerifiedAt.IsZero():
			return errs.New(errs.Invalid, "Confirm this address first: open the link in the email.")
		case !a.SetAsideAt.IsZero():
			return errs.New(errs.Invalid, "Emails to this address don’t arrive. Confirm it again first.")
		case a.Main:
			return nil
		}
		if err := updateMainAddress(ctx, tx, v.PersonID, a.ID); err != nil {
			return err
		}
		err = r.endLinksAndTell(ctx, tx, v.PersonID, func(p *lang.Printer, now account) notify.Letter {
			return r.letterMainChanged(p, now.Address, now.Address, now.Person)
		})
		if err != nil || before.Address == "" {
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.letterMainChanged(r.printerOf(before.Person), before.Address, a.Address, before.Person))
	})
}

// RemoveAddress removes an address, or gives up one that waits for its confirmation. The main one stays.
func (r *Accounts) RemoveAddress(ctx context.Context, v community.Viewer, text string) error {
	_, key, _ := ParseAddress(text)
	if err := r.deps.Limiter.Allow(ctx, limitAddresses(), web.Account(v.PersonID)); err != nil {
		return err
	}
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		own, err := listAddresses(ctx, tx, v.PersonID)
		if err != nil {
			return err
		}
		a, ok := byKey(own, key)
		if ok && a.Main {
			return errs.New(errs.Invalid, "This is your main address, where your emails go. Choose another main address first.")
		}
		if !ok {
			return deleteLinksOf(ctx, tx, v.PersonID, tokenAddress, key)
		}
		if err := deleteAddress(ctx, tx, a.ID); err != nil {
			return err
		}
		// Links to this mailbox, which somebody else may read one day, end with it.
		return r.endLinksAndTell(ctx, tx, v.PersonID, func(p *lang.Printer, now account) notify.Letter {
			return r.letterAddressRemoved(p, now.Address, a.Address, now.Person)
		})
	})
}
