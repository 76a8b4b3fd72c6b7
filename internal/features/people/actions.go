package people

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Profile is what somebody says of themselves.
type Profile struct {
	Slug      string `db:"slug"`
	FirstName string `db:"first_name"`
	LastName  string `db:"last_name"`
	About     string `db:"about"`
	Public    bool   `db:"public"`
	Language  string `db:"language"` // "" is the site's
}

// Profile returns a person's profile as it is edited.
func (p *People) Profile(ctx context.Context, personID int64) (Profile, error) {
	return getProfile(ctx, p.deps.DB, personID)
}

// UpdateProfile changes the viewer's own profile.
func (p *People) UpdateProfile(ctx context.Context, v community.Viewer, profile Profile) error {
	err := p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		wrong, err := p.deps.Entities.Check(ctx, tx, profile.Slug, community.PersonEntity, v.EntityID)
		if err != nil {
			return err
		}
		if err := errs.Check(append(wrong, checkProfile(profile, p.deps.Catalogues.Languages())...)...); err != nil {
			return err
		}
		name := displayName(profile.FirstName, profile.LastName, profile.Slug)
		if err := p.deps.Entities.Update(ctx, tx, v.EntityID, profile.Slug, name); err != nil {
			return err
		}
		return p.keepProfile(ctx, tx, v.PersonID, profile)
	})
	if errs.Is(err, errs.Conflict) {
		return errs.Check(errs.Field("slug", "The short name “%s” is taken. Choose another one.", profile.Slug))
	}
	if err != nil {
		return fmt.Errorf("update a profile: %w", err)
	}
	return nil
}

// keepProfile keeps what somebody says of themselves, and what they are found by.
func (p *People) keepProfile(ctx context.Context, tx *sqldb.Tx, personID int64, profile Profile) error {
	if err := updateProfile(ctx, tx, personID, profile); err != nil {
		return err
	}
	return p.deps.Search.Put(ctx, tx, foundAs, personID)
}

// perPage is how many people a page of the directory shows.
const perPage = 12

// Query says whom the directory shows.
type Query struct {
	Name  string // part of the name; "" for any
	Sort  entities.Sort
	After paging.Rank // only those that come after it
}

// Directory returns a page of the people whose profile is public, and the rank of the last of them if another page
// follows.
func (p *People) Directory(ctx context.Context, q sqldb.Querier, query Query) (entries []Entry, last paging.Rank, err error) {
	entries, err = listPublic(ctx, q, query, perPage+1)
	entries, last = paging.Cut(entries, perPage, func(e Entry) paging.Rank { return e.rank(query.Sort) })
	return entries, last, err
}

// Mention is somebody who can be named in a text.
type Mention struct {
	Slug string `db:"slug" json:"slug"`
	Name string `db:"name" json:"name"`
}

// Mentions returns the groups and the people with a public page whose short name begins with a prefix, or
// one of whose names does, the most active ones first; an empty prefix finds nobody.
func (p *People) Mentions(ctx context.Context, q sqldb.Querier, prefix string) ([]Mention, error) {
	if prefix == "" {
		return nil, nil
	}
	return findMentions(ctx, q, prefix)
}
