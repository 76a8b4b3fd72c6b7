// Package people is the room of profiles: who somebody is, what they show of themselves, the directory of those who
// show it to everybody, and the names that complete a mention.
//
// It knows nothing of how people prove who they are: that is the room of accounts. It loads the viewer of every page
// all the same, since all that a viewer has stands in the profile: a name, a picture, a language, and whether the
// profile is active.
package people

import (
	"context"
	"errors"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Entities   *entities.Entities
	Catalogues *lang.Catalogues
	Search     *search.Index
}

// People is the room.
type People struct{ deps Deps }

// New returns the room.
func New(d Deps) *People { return &People{deps: d} }

var _ site.Viewers = (*People)(nil)

// Module returns the room's table of contents.
func (p *People) Module() module.Module {
	return module.Module{
		Name: "people", Routes: p.routes(), Entries: p.entries(), Acts: p.acts(), Blocks: p.blocks(), Steps: steps(), Sitemaps: p.sitemaps(), Finds: finds(), Estate: holdings(),
	}
}

// Get returns a person; NotFound if there is none.
func (p *People) Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error) {
	return getPerson(ctx, q, `p.id = ?`, id)
}

// GetBySlug returns the person of a slug, whatever its case; NotFound if there is none.
func (p *People) GetBySlug(ctx context.Context, q sqldb.Querier, slug string) (community.Person, error) {
	return getPerson(ctx, q, `e.slug_key = ?`, slugKey(slug))
}

// Viewer implements site.Viewers. NotFound means that the person may no longer sign in.
func (p *People) Viewer(ctx context.Context, id int64) (community.Viewer, error) {
	return getViewer(ctx, p.deps.DB, id)
}

// SetLanguage implements site.Viewers: it keeps the language that a person chose.
func (p *People) SetLanguage(ctx context.Context, personID int64, language string) error {
	return p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return p.ChooseLanguage(ctx, tx, personID, language) })
}

// ChooseLanguage is SetLanguage within a transaction.
func (*People) ChooseLanguage(ctx context.Context, tx *sqldb.Tx, personID int64, language string) error {
	return updateLanguage(ctx, tx, personID, language)
}

// Appoint makes a person an administrator, and active if they were not.
func (*People) Appoint(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	return updateAdmin(ctx, tx, personID)
}

// Dismiss makes an administrator an ordinary person again.
func (*People) Dismiss(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	return endAdmin(ctx, tx, personID)
}

// Retire keeps the slug of somebody who deletes their account from others, who would be taken for them.
func (p *People) Retire(ctx context.Context, tx *sqldb.Tx, entityID int64) error {
	return p.deps.Entities.Retire(ctx, tx, entityID)
}

// Draft is what is known of somebody who comes into being.
type Draft struct {
	Slug      string // chosen by the person or an administrator; empty for one that the rest suggests
	FirstName string
	LastName  string
	Address   string // suggests a slug
	Inactive  bool
}

// Create creates a person. A slug that cannot be had is Conflict, and says why.
func (p *People) Create(ctx context.Context, tx *sqldb.Tx, d Draft) (community.Person, error) {
	slug, err := p.slugFor(ctx, tx, d)
	if err != nil {
		return community.Person{}, err
	}
	entityID, err := p.deps.Entities.Insert(ctx, tx, community.PersonEntity, slug, displayName(d.FirstName, d.LastName, slug))
	if err != nil {
		return community.Person{}, err
	}
	id, err := insertPerson(ctx, tx, entityID, d)
	if err != nil {
		return community.Person{}, err
	}
	if err := p.deps.Search.Put(ctx, tx, foundAs, id); err != nil {
		return community.Person{}, err
	}
	return p.Get(ctx, tx, id)
}

// Introduce gives a name to somebody who took part without one.
func (p *People) Introduce(ctx context.Context, tx *sqldb.Tx, person community.Person, name string) error {
	profile, err := getProfile(ctx, tx, person.ID)
	if err != nil || profile.FirstName != "" || profile.LastName != "" || strings.TrimSpace(name) == "" {
		return err
	}
	profile.FirstName, profile.LastName = SplitName(name)
	called := displayName(profile.FirstName, profile.LastName, profile.Slug)
	if err := p.deps.Entities.Update(ctx, tx, person.EntityID, profile.Slug, called); err != nil {
		return err
	}
	return p.keepProfile(ctx, tx, person.ID, profile)
}

// slugFor returns the slug that was chosen, or else a free one.
func (p *People) slugFor(ctx context.Context, q sqldb.Querier, d Draft) (string, error) {
	if d.Slug == "" {
		return p.FreeSlug(ctx, q, d.FirstName, d.LastName, d.Address)
	}
	wrong, err := p.deps.Entities.Check(ctx, q, d.Slug, community.PersonEntity, 0)
	if err == nil && len(wrong) > 0 {
		err = errs.New(errs.Conflict, wrong[0].Message, wrong[0].Args...)
	}
	return d.Slug, err
}

// FreeSlug returns the first slug that is neither taken nor reserved, of those that the hints suggest, the best first,
// and of some that nobody has. A hint is a name or an address.
func (p *People) FreeSlug(ctx context.Context, q sqldb.Querier, hints ...string) (string, error) {
	for slug := range slugCandidates(hints...) {
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
