package groups

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// perPage is how many groups a page of the list shows.
const perPage = 12

// foundingTries is how often a founding is tried when somebody else takes the same slug at that moment.
const foundingTries = 5

// Found founds a group with a name; its slug is made of the name. Anybody may, also without an account.
// Whoever has signed in becomes its first member: membership reacts to the activity.
func (r *Groups) Found(ctx context.Context, viewer community.Viewer, name string) (community.Group, error) {
	if err := errs.Check(validateName(name)...); err != nil {
		return community.Group{}, err
	}
	for try := 1; ; try++ {
		g, err := r.found(ctx, viewer, name)
		if err == nil || try == foundingTries || !errs.Is(err, errs.Conflict) {
			return g, err
		}
	}
}

func (r *Groups) found(ctx context.Context, viewer community.Viewer, name string) (g community.Group, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		slug, err := r.deps.Entities.Free(ctx, tx, community.GroupEntity, name)
		if err != nil {
			return err
		}
		entityID, err := r.deps.Entities.Insert(ctx, tx, community.GroupEntity, slug, name)
		if err != nil {
			return err
		}
		id, err := insertGroup(ctx, tx, entityID, viewer.PersonID, r.foundedOn(tx.Now))
		if err != nil {
			return err
		}
		if g, err = r.Get(ctx, tx, id); err != nil {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupFounded, ActorID: viewer.PersonID, EntityID: entityID})
		return err
	})
	if err != nil {
		return community.Group{}, fmt.Errorf("found the group %q: %w", name, err)
	}
	return g, nil
}

// Change changes what a group says about itself. Members may; a profile that is as it was causes no
// activity.
func (r *Groups) Change(ctx context.Context, viewer community.Viewer, groupID int64, p Profile) (g community.Group, err error) {
	p.URL = normalURL(p.URL)
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lockGroup(ctx, tx, groupID); err != nil {
			return err
		}
		if g, err = r.Get(ctx, tx, groupID); err != nil {
			return err
		}
		s, err := policy.Standing(ctx, tx, viewer, g.Entity())
		if err != nil {
			return err
		}
		if !CanChange(s) {
			return errNotMember()
		}
		wrong, err := r.deps.Entities.Check(ctx, tx, p.Slug, community.GroupEntity, g.EntityID)
		if err != nil {
			return err
		}
		if err := errs.Check(slices.Concat(p.validate(), wrong)...); err != nil {
			return err
		}
		if p == ProfileOf(g) {
			return nil
		}
		if err := r.deps.Entities.Update(ctx, tx, g.EntityID, p.Slug, p.Name); err != nil {
			return err
		}
		if err := updateGroup(ctx, tx, g.ID, p); err != nil {
			return err
		}
		if g, err = r.Get(ctx, tx, groupID); err != nil {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupChanged, ActorID: viewer.PersonID, EntityID: g.EntityID})
		return err
	})
	if errs.Is(err, errs.Conflict) { // somebody took the slug since it was checked
		err = errs.Check(errs.Field("slug", "The short name “%s” is taken. Choose another one.", p.Slug))
	}
	if err != nil {
		return community.Group{}, fmt.Errorf("change group %d: %w", groupID, err)
	}
	return g, nil
}

func errNotMember() error {
	return errs.New(errs.Denied, "Only members of the group may change it.")
}

// Recommendation is a text about a group to some people.
type Recommendation struct {
	Recipients string // mail addresses and @names, anyhow separated
	Text       string
	Subject    string // in the sender's language
	Language   string // of the text
	Note       string // below the text; may be empty
}

// Limits of a recommendation.
const (
	maxRecipients          = 20
	maxAnonymousRecipients = 3
	maxRecommendation      = 5000 // characters
)

// Recommend sends a text about a group to each recipient by itself and returns how many there are.
// Anybody may; visitors who have not signed in reach fewer people at once. Names of people whom nobody
// knows are left out.
func (r *Groups) Recommend(ctx context.Context, viewer community.Viewer, rec Recommendation) (sent int, err error) {
	addresses, names := parseRecipients(rec.Recipients)
	limit := maxRecipients
	if !viewer.SignedIn() {
		limit = maxAnonymousRecipients
	}
	if err := errs.Check(validateRecommendation(rec, len(addresses)+len(names), limit)...); err != nil {
		return 0, err
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		keys := make([]string, len(names))
		for i, name := range names {
			keys[i] = strings.ToLower(name)
		}
		more, err := listAddresses(ctx, tx, keys)
		if err != nil {
			return err
		}
		all := slices.Clone(addresses)
		for _, address := range more {
			if !slices.ContainsFunc(all, func(a string) bool { return strings.EqualFold(a, address) }) {
				all = append(all, address)
			}
		}
		for _, address := range all {
			letter := notify.Letter{
				Address: address, Kind: "recommendation", Subject: rec.Subject, Text: rec.Text, Note: rec.Note, Language: rec.Language,
			}
			if err := r.deps.Letters.Post(ctx, tx, letter); err != nil {
				return err
			}
		}
		sent = len(all)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("recommend a group: %w", err)
	}
	return sent, nil
}

func validateRecommendation(rec Recommendation, recipients, limit int) []errs.FieldError {
	var wrong []errs.FieldError
	switch {
	case recipients == 0:
		wrong = append(wrong, errs.Field("recipients", "Enter at least one mail address or @name."))
	case recipients > limit:
		wrong = append(wrong, errs.Field("recipients", "At most %d people can be written to at once.", limit))
	}
	switch n := len([]rune(rec.Text)); {
	case n == 0:
		wrong = append(wrong, errs.Field("text", "Write a few words about the group."))
	case n > maxRecommendation:
		wrong = append(wrong, errs.Field("text", "Use at most %d characters for the text.", maxRecommendation))
	}
	return wrong
}

// Query says which groups a list shows.
type Query struct {
	Name  string      // part of the name; "" for any
	Mine  bool        // only groups that the viewer is a member of; means nothing for somebody not signed in
	After paging.Rank // only those that come after it
}

// List is a page of the list of groups.
type List struct {
	Cards []Card
	Last  paging.Rank // of the last card, where the next page begins; zero if there is none
}

// List returns a page of the list of groups, the most active ones first.
func (r *Groups) List(ctx context.Context, q sqldb.Querier, viewer community.Viewer, query Query) (List, error) {
	f := filter{name: strings.ToLower(query.Name), after: query.After}
	if query.Mine {
		f.member = viewer.PersonID
	}
	cards, err := listCards(ctx, q, viewer, f, perPage+1)
	var list List
	list.Cards, list.Last = paging.Cut(cards, perPage, Card.rank)
	r.renderAbout(list.Cards)
	return list, err
}

func (r *Groups) renderAbout(cards []Card) {
	for i, c := range cards {
		cards[i].About = r.texts.Render(c.Description, markdown.Options{Preset: markdown.NonInteractive})
	}
}

// Top returns the most active groups but one, for the margin of a page.
func (r *Groups) Top(ctx context.Context, exceptGroupID int64) ([]community.Entity, error) {
	all, err := r.top.latest(ctx, r.deps.DB)
	others := make([]community.Entity, 0, top)
	for _, e := range all {
		if e.OwnerID != exceptGroupID && len(others) < top {
			others = append(others, e)
		}
	}
	return others, err
}

// Introduced returns the most active groups with what they say about themselves, for whoever does not know
// them yet.
func (r *Groups) Introduced(ctx context.Context, q sqldb.Querier, viewer community.Viewer, n int) ([]Card, error) {
	cards, err := listCards(ctx, q, viewer, filter{}, n)
	r.renderAbout(cards)
	return cards, err
}

// Mine returns the groups that the viewer is a member of, the most active ones first, and whether there are
// more than n.
func (r *Groups) Mine(ctx context.Context, q sqldb.Querier, viewer community.Viewer, n int) (mine []community.Entity, more bool, err error) {
	mine, err = listMine(ctx, q, viewer.PersonID, n+1)
	if len(mine) > n {
		return mine[:n], true, err
	}
	return mine, false, err
}

// profile is what the page of a group says about it to a viewer.
type profile struct {
	Group       community.Group
	Standing    community.Standing
	Members     int
	Subscribers int
	Mail        string // the group's mail address; "" unless the viewer is a member and there are addresses
	URL         string // absolute address of the group's page
}

// Subject returns the group with a slug, whatever its case, as the subject of a page; NotFound if there is none.
func (r *Groups) Subject(ctx context.Context, q sqldb.Querier, viewer community.Viewer, slug string) (site.Subject, error) {
	found, err := getVisited(ctx, q, viewer, countColumns, `e.slug_key = ?`, strings.ToLower(slug))
	if err != nil {
		return site.Subject{}, err
	}
	e := found.Entity()
	return site.Subject{
		Entity: e, Standing: found.Standing(viewer, e), Group: &found.Group, Members: found.Members, Subscribers: found.Subscribers,
	}, nil
}

// profile returns what the page of a group says about it.
func (r *Groups) profile(s site.Subject) profile {
	p := profile{
		Group: *s.Group, Standing: s.Standing, Members: s.Members, Subscribers: s.Subscribers,
		URL: r.deps.BaseURL + s.Entity.Path(),
	}
	if s.Standing.Member && r.deps.MailDomain != "" {
		p.Mail = s.Group.Slug + "@" + r.deps.MailDomain
	}
	return p
}
