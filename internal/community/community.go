// Package community holds the nouns that every room shares: people, groups, what they own, who looks
// at it and what happened. It knows no database, no network and no language.
package community

import (
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// EntityKind tells the two owners of a slug in the root of the site apart.
type EntityKind string

// The kinds of entities.
const (
	PersonEntity EntityKind = "person"
	GroupEntity  EntityKind = "group"
)

// Entity is whatever owns a slug below the root of the site: a person or a group. Contents,
// conversations and subscriptions hang on an entity.
type Entity struct {
	ID      int64      `db:"id"`
	Kind    EntityKind `db:"kind"`
	OwnerID int64      `db:"owner_id"` // the person's or the group's own id
	Slug    string     `db:"slug"`
	Name    string     `db:"name"`    // display name; never empty
	Colour  string     `db:"colour"`  // #rrggbb behind the initials where there is no picture
	Picture string     `db:"picture"` // name of the square picture, or empty

	Archived bool `db:"archived"` // a group that is archived, as far as whoever read the entity asked
}

// IsGroup reports whether the entity is a group.
func (e Entity) IsGroup() bool { return e.Kind == GroupEntity }

// Path returns the address of the entity's page.
func (e Entity) Path() string { return EntityPath(e.Slug) }

// Person is somebody with a profile. A person without a password came into being by an e-mail
// address: they subscribed, wrote to a group or were added by a member.
type Person struct {
	ID       int64      `db:"id"`
	EntityID int64      `db:"entity_id"`
	Slug     string     `db:"slug"`
	Name     string     `db:"name"` // display name: first and last name, or else the slug
	Colour   string     `db:"colour"`
	Picture  string     `db:"picture"`
	Cover    string     `db:"cover"` // name of the wide picture above the page, or empty
	About    string     `db:"about"`
	Public   bool       `db:"public"` // the profile page may be seen by everybody
	Active   bool       `db:"active"`
	Admin    bool       `db:"admin"`
	Language string     `db:"language"` // "" means the site's language
	JoinedAt clock.Time `db:"joined_at"`
}

// Group is a group or initiative of the town.
type Group struct {
	ID          int64      `db:"id"`
	EntityID    int64      `db:"entity_id"`
	Slug        string     `db:"slug"`
	Name        string     `db:"name"`
	Colour      string     `db:"colour"`
	Picture     string     `db:"picture"`
	Cover       string     `db:"cover"`       // name of the wide picture above the page, or empty
	Description string     `db:"description"` // at most 200 characters of markdown, links only
	Address     string     `db:"address"`
	URL         string     `db:"url"`
	Closed      bool       `db:"closed"`     // only members add members
	FoundedOn   string     `db:"founded_on"` // YYYY-MM-DD
	CreatedAt   clock.Time `db:"created_at"`
	Tags        Tags       `db:"tags"`
	ArchivedAt  clock.Time `db:"archived_at"` // nothing new comes into it since; zero if it is not archived

	// The pictures by which it introduces itself, and the slug of the item that they are of; nil where there are none, and
	// where nobody visits the group.
	Album     *Album `db:"album"`
	AlbumSlug string `db:"album_slug"`
}

// Archived reports whether the group is archived.
func (g Group) Archived() bool { return !g.ArchivedAt.IsZero() }

// Entity returns the group as the owner of its slug.
func (g Group) Entity() Entity {
	return Entity{
		ID: g.EntityID, Kind: GroupEntity, OwnerID: g.ID, Slug: g.Slug, Name: g.Name, Colour: g.Colour, Picture: g.Picture, Archived: g.Archived(),
	}
}

// Entity returns the person as the owner of their slug.
func (p Person) Entity() Entity {
	return Entity{ID: p.EntityID, Kind: PersonEntity, OwnerID: p.ID, Slug: p.Slug, Name: p.Name, Colour: p.Colour, Picture: p.Picture}
}

// Viewer is whoever looks: at a page, at a mail, at an answer of the bot. The zero value is nobody,
// a visitor who has not signed in.
type Viewer struct {
	PersonID int64  `db:"id"`
	EntityID int64  `db:"entity_id"`
	Slug     string `db:"slug"`
	Name     string `db:"name"`
	Colour   string `db:"colour"`
	Picture  string `db:"picture"`
	Language string `db:"language"`
	Admin    bool   `db:"admin"`
	Unread   int    `db:"unread"` // entries of the inbox that wait to be read

	GettingStarted bool `db:"getting_started"` // some of their first steps are open
	Unreachable    bool `db:"unreachable"`     // emails to their main address have not arrived, and none are sent
}

// Entity returns the viewer as the owner of their slug. Nobody is the zero value.
func (v Viewer) Entity() Entity {
	return Entity{ID: v.EntityID, Kind: PersonEntity, OwnerID: v.PersonID, Slug: v.Slug, Name: v.Name, Colour: v.Colour, Picture: v.Picture}
}

// SignedIn reports whether the viewer is a person.
func (v Viewer) SignedIn() bool { return v.PersonID != 0 }

// PleaseSignIn returns the error for a viewer who has not signed in, where that would help.
func PleaseSignIn() error { return errs.New(errs.Unauthenticated, "Please sign in.") }

// ErrArchived returns the error for whatever is new in a group that is archived.
func ErrArchived() error {
	return errs.New(errs.Denied, "This group is archived: nothing new can be added until a member reactivates it.")
}

// LongestDate is how long something may take that has a date: what has begun earlier than that is over.
const LongestDate = 366 * 24 * time.Hour

// ErrNothingHere returns the error for an address at which there is nothing, or nothing that the viewer may know of.
func ErrNothingHere() error { return errs.New(errs.NotFound, "There is nothing at this address.") }

// ErrGone returns the error for the calendar and the feeds of a group that is archived.
func ErrGone() error {
	return errs.New(errs.Gone, "This group is archived: there is nothing left to subscribe to.")
}

// Is reports whether the viewer is the person.
func (v Viewer) Is(personID int64) bool { return v.PersonID != 0 && v.PersonID == personID }

// Visibility says who may see a content item.
type Visibility bool

// The visibilities. An internal item of a group is for its members, one of a person for that person;
// whoever has written on it keeps seeing it.
const (
	Internal Visibility = false
	Public   Visibility = true
)

// Standing is how a viewer stands to an entity: what every rule about groups and their items asks.
type Standing struct {
	Viewer     Viewer
	Member     bool       // member of the group
	MemberAt   clock.Time // since when; zero if not a member
	Subscribed bool
	Owner      bool // the entity is the viewer's own profile
	Archived   bool // the entity is a group that is archived
}

// Inside reports whether the viewer belongs to the entity: a member of the group, or the owner of the
// profile.
func (s Standing) Inside() bool { return s.Member || s.Owner }
