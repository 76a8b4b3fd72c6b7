package accounts

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Get returns a person; NotFound if there is none. Rooms that find people by their addresses need both.
func (r *Accounts) Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error) {
	return r.deps.People.Get(ctx, q, id)
}

// ParseAddress is the function of that name, for rooms that know this one by an interface.
func (*Accounts) ParseAddress(text string) (address, key string, ok bool) { return ParseAddress(text) }

// FindByAddress returns whose main address, or whose confirmed further address, it is; NotFound if
// nobody's.
func (r *Accounts) FindByAddress(ctx context.Context, q sqldb.Querier, address string) (community.Person, error) {
	_, key, ok := ParseAddress(address)
	if !ok {
		return community.Person{}, errNobody()
	}
	owner, err := getAccount(ctx, q, ownsAddress, key)
	return owner.Person, err
}

// FindSender returns who writes a mail with an address of theirs, and whether they have proven the mailbox; NotFound if
// nobody does who takes part. Unreachable says it of this address.
func (r *Accounts) FindSender(ctx context.Context, q sqldb.Querier, address string) (sender community.Viewer, proven bool, err error) {
	p, err := r.FindByAddress(ctx, q, address)
	if err != nil {
		return sender, false, err
	}
	if !p.Active {
		return sender, false, errNobody()
	}
	_, key, _ := ParseAddress(address)
	a, err := findAddress(ctx, q, key)
	return community.Viewer{
		PersonID: p.ID, EntityID: p.EntityID, Slug: p.Slug, Name: p.Name, Colour: p.Colour, Picture: p.Picture, Language: p.Language, Admin: p.Admin,
		Unreachable: !a.SetAsideAt.IsZero(),
	}, !a.VerifiedAt.IsZero(), err
}

// ProveAddress notes that a person reads the mailbox of an address, if it is still theirs.
func (r *Accounts) ProveAddress(ctx context.Context, tx *sqldb.Tx, personID int64, address string) error {
	_, key, _ := ParseAddress(address)
	return r.proveAddress(ctx, tx, personID, key)
}

// FindOrCreate returns whose address it is. If it is nobody's, somebody without a password comes into being.
// Verified says that the mailbox has just been proven; the address is confirmed then. It is Invalid
// if the text is no address.
func (r *Accounts) FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error) {
	return r.findOrCreate(ctx, tx, people.Draft{Address: address}, verified)
}

func (r *Accounts) findOrCreate(ctx context.Context, tx *sqldb.Tx, draft people.Draft, verified bool) (community.Person, error) {
	address, key, ok := ParseAddress(draft.Address)
	if !ok {
		return community.Person{}, errs.Check(errs.Field("email", notAnAddress))
	}
	draft.Address = address
	var person community.Person
	// Another process may create the same person, or take the slug, at the same moment.
	for range 3 {
		err := tx.Nested(ctx, func() (err error) {
			person, err = r.findOrInsert(ctx, tx, draft, key, verified)
			return err
		})
		if !errs.Is(err, errs.Conflict) {
			return person, err
		}
	}
	return community.Person{}, errs.New(errs.Unavailable, "The site is very busy. Please try again in a moment.")
}

func (r *Accounts) findOrInsert(ctx context.Context, tx *sqldb.Tx, d people.Draft, key string, verified bool) (community.Person, error) {
	a, err := findAddress(ctx, tx, key)
	switch {
	case errs.Is(err, errs.NotFound):
		return r.insertPerson(ctx, tx, d, verified)
	case err != nil:
		return community.Person{}, err
	case verified && !a.Main && a.VerifiedAt.IsZero():
		// Somebody claims the address who never proved it, and now somebody else has.
		if err := deleteAddress(ctx, tx, a.ID); err != nil {
			return community.Person{}, err
		}
		return r.insertPerson(ctx, tx, d, true)
	case verified:
		if err := verifyAddress(ctx, tx, a.ID); err != nil {
			return community.Person{}, err
		}
	}
	return r.Get(ctx, tx, a.PersonID)
}

// insertPerson creates a person whose main address it is.
func (r *Accounts) insertPerson(ctx context.Context, tx *sqldb.Tx, d people.Draft, verified bool) (community.Person, error) {
	person, err := r.deps.People.Create(ctx, tx, d)
	if err != nil {
		return person, err
	}
	return person, insertAddress(ctx, tx, person.ID, d.Address, true, verified)
}
