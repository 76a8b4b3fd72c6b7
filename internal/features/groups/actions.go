package groups

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// perPage is how many groups a page of the list shows.
const perPage = 12

// foundingTries is how often a founding is tried when somebody else takes the same slug at that moment.
const foundingTries = 5

// Found founds a group with a name, and tags with commas between them; its slug is made of the name. Anybody may, also without an account.
// Whoever has signed in becomes its first member: membership reacts to the activity. The same name again within a minute
// is taken for a second click: the group that is there already is returned.
func (r *Groups) Found(ctx context.Context, viewer community.Viewer, name, tagList string) (community.Group, error) {
	tags, wrong, err := r.readTags(ctx, r.deps.DB, tagList)
	if err != nil {
		return community.Group{}, err
	}
	if err := errs.Check(slices.Concat(validateName(name), wrong)...); err != nil {
		return community.Group{}, err
	}
	for try := 1; ; try++ {
		g, err := r.found(ctx, viewer, name, tags)
		if err == nil || try == foundingTries || !errs.Is(err, errs.Conflict) {
			return g, err
		}
	}
}

func (r *Groups) found(ctx context.Context, viewer community.Viewer, name string, tags []community.Tag) (g community.Group, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		// The slug comes first: a group of the same name that took it before is found next, and one that takes it later is a
		// Conflict.
		slug, err := r.deps.Entities.Free(ctx, tx, community.GroupEntity, name)
		if err != nil {
			return err
		}
		g, err = getJustFounded(ctx, tx, viewer.PersonID, name)
		if !errs.Is(err, errs.NotFound) {
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
		if _, err := tagging.SetGroup(ctx, tx, id, tags); err != nil {
			return err
		}
		if g, err = r.Get(ctx, tx, id); err != nil {
			return err
		}
		if err := r.deps.Search.Put(ctx, tx, foundAs, id); err != nil {
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
		tags, wrongTags, err := r.readTags(ctx, tx, p.Tags)
		if err != nil {
			return err
		}
		if err := errs.Check(slices.Concat(p.validate(), wrong, wrongTags)...); err != nil {
			return err
		}
		p.Tags = tagging.FormatList(tags)
		if p == ProfileOf(g) {
			return nil
		}
		if err := r.deps.Entities.Update(ctx, tx, g.EntityID, p.Slug, p.Name); err != nil {
			return err
		}
		if err := updateGroup(ctx, tx, g.ID, p); err != nil {
			return err
		}
		if _, err := tagging.SetGroup(ctx, tx, g.ID, tags); err != nil {
			return err
		}
		if err := r.deps.Search.Put(ctx, tx, foundAs, g.ID); err != nil {
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
	return errs.New(errs.Denied, "Only members of the group can change it.")
}

// Recommendation is what somebody tells others about a group.
type Recommendation struct {
	Group      community.Group
	Recipients string // mail addresses and @names, anyhow separated
	Text       string // of those who have signed in; it arrives word for word
}

// Limits of a recommendation.
const (
	maxRecipients          = 20
	maxAnonymousRecipients = 3
	maxRecommendation      = 5000 // characters
)

// Recommend sends a letter about a group to each recipient by itself and returns how many there are. Anybody may;
// visitors who have not signed in reach fewer people at once, and the letter has neither words of theirs nor links, for
// it goes to whatever address they type. Names of people whom nobody knows are left out. TooMany if somebody has got
// many such letters: then nobody gets one.
func (r *Groups) Recommend(ctx context.Context, viewer community.Viewer, p *lang.Printer, rec Recommendation) (sent int, err error) {
	if err := errs.Check(rec.validate(viewer)...); err != nil {
		return 0, err
	}
	if rec.Group.Archived() {
		return 0, community.ErrArchived()
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		all, err := listRecipients(ctx, tx, rec.Recipients)
		if err != nil {
			return err
		}
		if err := bymail.CountUnasked(ctx, tx, r.deps.Limiter, all...); err != nil {
			return err
		}
		invitation, err := r.invite(ctx, tx, viewer, rec.Group, len(all))
		if err != nil {
			return err
		}
		letter := r.letterRecommendation(viewer, p, rec, invitation)
		for _, to := range all {
			letter.Address = to.Address
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

// listRecipients returns whom a list of addresses and names stands for, each mailbox once.
func listRecipients(ctx context.Context, q sqldb.Querier, typed string) ([]bymail.Unasked, error) {
	addresses, names := parseRecipients(typed)
	for i, name := range names {
		names[i] = strings.ToLower(name)
	}
	known, err := listAddresses(ctx, q, names)
	if err != nil {
		return nil, err
	}
	all := make([]bymail.Unasked, 0, len(addresses)+len(known))
	for _, address := range addresses {
		all = append(all, bymail.Unasked{Typed: address, Address: address})
	}
	for _, k := range known {
		if !slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, k.Address) }) {
			all = append(all, k)
		}
	}
	return all, nil
}

// invite returns the path by which the recipients of a recommendation become members; "" if they cannot right away.
func (r *Groups) invite(ctx context.Context, tx *sqldb.Tx, viewer community.Viewer, g community.Group, recipients int) (path string, err error) {
	if !g.Closed {
		return community.JoinPath(g.Slug), nil
	}
	s, err := policy.Standing(ctx, tx, viewer, g.Entity())
	if err != nil || !s.Member || recipients == 0 || r.deps.Invitations == nil {
		return "", err
	}
	return r.deps.Invitations().Invite(ctx, tx, viewer, g, recipients)
}

// letterRecommendation returns the letter in the language of its sender, but for its address. invitation is the path by
// which the reader becomes a member; "" if there is none.
func (r *Groups) letterRecommendation(viewer community.Viewer, p *lang.Printer, rec Recommendation, invitation string) notify.Letter {
	g := rec.Group
	l := notify.Letter{Kind: "recommendation", Language: p.Language()}
	name := notify.Called(g.Name, g.Slug)
	if !viewer.SignedIn() {
		l.Subject = p.T("A group recommended to you: %s", name)
		l.Intro = p.T("Someone who wasn’t signed in recommends the group “%s” at %s to you. You’ll find it there under the short name “%s”.",
			name, r.deps.SiteName, g.Slug)
		return l
	}
	l.Subject = p.T("%s recommends a group to you: %s", viewer.Name, g.Name)
	l.Intro = p.T("%s (@%s) recommends the group “%s” at %s to you:", viewer.Name, viewer.Slug, g.Name, r.deps.SiteName)
	l.Verbatim = rec.Text
	entity := g.Entity()
	entity.Name, l.Group = name, &entity
	l.Actions = []notify.Action{{Label: p.T("Go to the group"), URL: r.deps.BaseURL + g.Entity().Path(), Primary: invitation == ""}}
	if invitation == "" {
		return l
	}
	l.Subject = p.T("%s invites you to join “%s”", viewer.Name, g.Name)
	l.Intro = p.T("%s (@%s) invites you to join the group “%s” at %s:", viewer.Name, viewer.Slug, g.Name, r.deps.SiteName)
	l.Actions = append([]notify.Action{{Label: p.T("Join the group"), URL: r.deps.BaseURL + invitation, Primary: true}}, l.Actions...)
	if g.Closed {
		l.Note = p.T("With this link you can join without asking. It works for 30 days; please don’t pass it on.")
	}
	return l
}

// validate returns what is wrong with a recommendation of the viewer.
func (rec Recommendation) validate(viewer community.Viewer) []errs.FieldError {
	addresses, names := parseRecipients(rec.Recipients)
	limit := maxRecipients
	if !viewer.SignedIn() {
		limit = maxAnonymousRecipients
	}
	var wrong []errs.FieldError
	switch n := len(addresses) + len(names); {
	case n == 0:
		wrong = append(wrong, errs.Field("recipients", "Enter at least one email address or @name."))
	case n > limit:
		wrong = append(wrong, errs.Field("recipients", "You can invite up to %d people at once.", limit))
	}
	switch {
	case !viewer.SignedIn():
	case !glyph.Visible(rec.Text):
		wrong = append(wrong, errs.Field("text", "Write a few words about the group."))
	case utf8.RuneCountInString(rec.Text) > maxRecommendation:
		wrong = append(wrong, errs.Field("text", "Use at most %d characters for the text.", maxRecommendation))
	}
	return wrong
}

// Query says which groups a list shows.
type Query struct {
	Name     string // part of the name; "" for any
	Mine     bool   // only groups that the viewer is a member of; means nothing for somebody not signed in
	Tag      int64  // only groups with this tag; 0 for any
	Archived bool   // those that are archived, the latest first, instead of the others
	Sort     entities.Sort
	After    paging.Rank // only those that come after it
}

// List is a page of the list of groups.
type List struct {
	Cards []Card
	Last  paging.Rank // of the last card, where the next page begins; zero if there is none
}

// List returns a page of the list of groups, the most active ones first.
func (r *Groups) List(ctx context.Context, q sqldb.Querier, viewer community.Viewer, query Query) (List, error) {
	f := filter{archived: query.Archived, tag: query.Tag, name: query.Name, sort: query.Sort, after: query.After}
	if query.Mine {
		f.member = viewer.PersonID
	}
	cards, err := listCards(ctx, q, viewer, f, perPage+1)
	var list List
	list.Cards, list.Last = paging.Cut(cards, perPage, f.rank)
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

// Mine returns the groups that the viewer is a member of, those first in which they were most active themselves, and
// whether there are more than n.
func (r *Groups) Mine(ctx context.Context, q sqldb.Querier, viewer community.Viewer, n int) (mine []community.Entity, more bool, err error) {
	if !viewer.SignedIn() {
		return nil, false, nil
	}
	mine, err = listMine(ctx, q, viewer.PersonID, n+1)
	if len(mine) > n {
		return mine[:n], true, err
	}
	return mine, false, err
}

// mineShownFirst returns what Mine returns for the first page, and reads it together with all else that is read there for
// the viewer.
func (r *Groups) mineShownFirst(ctx context.Context, q sqldb.Querier, viewer community.Viewer) (mine []community.Entity, more bool, err error) {
	sources := []agenda.Source{mineSource()}
	if r.deps.Agenda != nil {
		sources = r.deps.Agenda()
	}
	items, err := agenda.Read(ctx, q, viewer, r.deps.DB.Now(), sources)
	for _, i := range items {
		if i.Source == mineName {
			mine = append(mine, i.Entity)
		}
	}
	if len(mine) > mineShown {
		return mine[:mineShown], true, err
	}
	return mine, false, err
}

// mineName is the name of the viewer's groups among what is read for the first page.
const mineName = "mine"

// mineSource returns the groups of the viewer: those first in which they were most active themselves, then the most active
// ones. Scores are numbers of 32 bits, so that one number says both.
func mineSource() agenda.Source {
	return agenda.Source{Name: mineName, About: "the groups of the viewer", Query: func(v community.Viewer, _ clock.Time) (string, []any) {
		return `
			SELECT -ge.id AS ref, '' AS title, '' AS detail, ge.id AS entity_id, -(m.score * 4000000000 + ge.score) AS due_at
			  FROM ` + agenda.InMyGroups + ` WHERE m.person_id = ? ORDER BY m.score DESC, ge.score DESC, ge.id DESC LIMIT ?`, []any{v.PersonID, mineShown + 1}
	}}
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
	return getSubject(ctx, q, viewer, countColumns, `e.slug_key = ?`, strings.ToLower(slug))
}

// getSubject returns the group that a condition names; with countColumns also how many take part.
func getSubject(ctx context.Context, q sqldb.Querier, viewer community.Viewer, more, condition string, arg any) (site.Subject, error) {
	found, err := getVisited(ctx, q, viewer, more, condition, arg)
	if err != nil {
		return site.Subject{}, err
	}
	e := found.Entity()
	return site.Subject{
		Entity: e, Standing: found.Standing(viewer, e), Group: &found.Group, Members: found.Members, Subscribers: found.Subscribers,
		GettingStarted: found.GettingStarted, Position: found.position(),
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
