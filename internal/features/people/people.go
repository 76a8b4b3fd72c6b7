// Package people is the room of accounts and profiles: who somebody is, how they prove it, which addresses
// are theirs, and what they want to hear of.
//
// # Two kinds of people
//
// Somebody with a password signs in. Somebody without one came into being by an address: they subscribed
// to a group, wrote to one, or were added by a member. Both have a page, memberships and a main address.
//
// # Nobody gets what they do not own
//
// An address belongs to somebody when its mailbox has been proven: by the link in a mail, which is opened
// by GET and followed by POST, so that programs that look into mails confirm nothing. Until then a
// sign-up or a further address is a token and nothing else: it blocks nobody. Whoever signs up with an
// address that takes part without a password takes that account over when the mailbox is proven, and
// not before.
//
// Since two people may sign up with the same address, one of them in bad faith, the link alone is not
// enough: it is followed either in the browser that signed up, or with the password that was chosen there.
//
// No page tells strangers whether an address has an account. The mail that is sent does.
package people

import (
	"context"
	"errors"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Entities   *entities.Entities
	Outbox     *outbox.Outbox
	Letters    *notify.Letters
	Catalogues *lang.Catalogues
	Limiter    *web.Limiter
	Captcha    *captcha.Captcha
	Passwords  *password.Hasher

	SiteName string
	Language string // of the site, "de"
	URL      func(path string) string

	// UnknownPerson is the id of the person who inherits what people wrote who deleted their account. If
	// there is no such person, or they can sign in, a person is created for it.
	UnknownPerson int64

	// Operators is the path where people write to whoever runs the site; empty if nowhere.
	Operators string
}

// People is the room.
type People struct{ deps Deps }

// New returns the room.
func New(d Deps) *People { return &People{deps: d} }

var _ site.Viewers = (*People)(nil)

// Module returns the room's table of contents.
func (p *People) Module() module.Module {
	return module.Module{Name: "people", Routes: p.routes(), Entries: p.entries(), Acts: p.acts(), Blocks: p.blocks()}
}

// Get returns a person; NotFound if there is none.
func (p *People) Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error) {
	return getPerson(ctx, q, `p.id = ?`, id)
}

// GetBySlug returns the person of a slug, whatever its case; NotFound if there is none.
func (p *People) GetBySlug(ctx context.Context, q sqldb.Querier, slug string) (community.Person, error) {
	return getPerson(ctx, q, `e.slug_key = ?`, slugKey(slug))
}

// ParseAddress is the function of that name, for rooms that know this one by an interface.
func (*People) ParseAddress(text string) (address, key string, ok bool) { return ParseAddress(text) }

// FindByAddress returns whose main address, or whose confirmed further address, it is; NotFound if
// nobody's.
func (p *People) FindByAddress(ctx context.Context, q sqldb.Querier, address string) (community.Person, error) {
	_, key, ok := ParseAddress(address)
	if !ok {
		return community.Person{}, errNobody()
	}
	return getPerson(ctx, q, ownsAddress, key)
}

// FindOrCreate returns whose address it is. If it is nobody's, somebody without a password comes into being.
// Verified says that the mailbox has just been proven; the address is confirmed then. It is Invalid
// if the text is no address.
func (p *People) FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error) {
	address, key, ok := ParseAddress(address)
	if !ok {
		return community.Person{}, errs.Check(errs.Field("email", notAnAddress))
	}
	var person community.Person
	// Another process may create the same person, or take the slug, at the same moment.
	for range 3 {
		err := tx.Nested(ctx, func() (err error) {
			person, err = p.findOrInsert(ctx, tx, address, key, verified)
			return err
		})
		if !errs.Is(err, errs.Conflict) {
			return person, err
		}
	}
	return community.Person{}, errs.New(errs.Unavailable, "The site is very busy. Please try again in a moment.")
}

func (p *People) findOrInsert(ctx context.Context, tx *sqldb.Tx, address, key string, verified bool) (community.Person, error) {
	a, err := findAddress(ctx, tx, key)
	switch {
	case errs.Is(err, errs.NotFound):
		return p.insertPerson(ctx, tx, newPerson{Address: address, Verified: verified})
	case err != nil:
		return community.Person{}, err
	case verified && !a.Main && a.VerifiedAt.IsZero():
		// Somebody claims the address who never proved it, and now somebody else has.
		if err := deleteAddress(ctx, tx, a.ID); err != nil {
			return community.Person{}, err
		}
		return p.insertPerson(ctx, tx, newPerson{Address: address, Verified: true})
	case verified:
		if err := verifyAddress(ctx, tx, a.ID); err != nil {
			return community.Person{}, err
		}
	}
	return p.Get(ctx, tx, a.PersonID)
}

// Viewer implements site.Viewers. NotFound means that the person may no longer sign in.
func (p *People) Viewer(ctx context.Context, id int64) (community.Viewer, error) {
	return getViewer(ctx, p.deps.DB, id)
}

// SetLanguage implements site.Viewers: it keeps the language that a person chose.
func (p *People) SetLanguage(ctx context.Context, personID int64, language string) error {
	return p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		return updateLanguage(ctx, tx, personID, language)
	})
}

// insertPerson creates a person under a slug that is made of what is known of them.
func (p *People) insertPerson(ctx context.Context, tx *sqldb.Tx, n newPerson) (community.Person, error) {
	slug := n.Slug
	if slug == "" {
		var err error
		if slug, err = p.freeSlug(ctx, tx, n.FirstName, n.LastName, n.Address); err != nil {
			return community.Person{}, err
		}
	}
	entityID, err := p.deps.Entities.Insert(ctx, tx, community.PersonEntity, slug, displayName(n.FirstName, n.LastName, slug))
	if err != nil {
		return community.Person{}, err
	}
	id, err := insertPerson(ctx, tx, entityID, n)
	if err != nil {
		return community.Person{}, err
	}
	return p.Get(ctx, tx, id)
}

// freeSlug returns the first slug that is neither taken nor reserved, of those that the names and the
// address suggest and of some that nobody has.
func (p *People) freeSlug(ctx context.Context, q sqldb.Querier, first, last, address string) (string, error) {
	for slug := range slugCandidates(first, last, address) {
		wrong, err := p.deps.Entities.Check(ctx, q, slug, community.PersonEntity, 0)
		if err != nil {
			return "", err
		}
		if len(wrong) == 0 {
			return slug, nil
		}
	}
	return "", errors.New("there is no free slug for a new person")
}
