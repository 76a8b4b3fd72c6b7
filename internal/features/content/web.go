package content

import (
	"cmp"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/web"
)

// teaserWords is how much of a text a card shows.
const teaserWords = 50

// Card is an item in a list.
type Card struct {
	Item
	Teaser     string          // HTML
	Part       templ.Component // what its kind shows; nil for nothing
	Kind       Kind            // named if it has a label
	Home       bool            // it stands on the page of its owner, which need not be named again
	ShowAuthor bool            // the viewer may know who wrote it
	Address    string          // of a part of the item, such as a date of a series; empty is that of the item
}

// Path returns the address that the card leads to.
func (c Card) Path() string { return cmp.Or(c.Address, c.Item.Path()) }

// Cards returns items as cards, their teasers rendered together.
func (c *Content) Cards(v *site.Visit, items []Item) ([]Card, error) {
	cards, err := c.BareCards(v, items)
	if err != nil {
		return nil, err
	}
	shown, err := c.cardParts(v, items)
	for n := range cards {
		cards[n].Part = shown[cards[n].ID]
	}
	return cards, err
}

// BareCards is Cards without what the kinds of the items show on them.
func (c *Content) BareCards(v *site.Visit, items []Item) ([]Card, error) {
	sources := make([]texts.Source, len(items))
	for n, i := range items {
		sources[n] = texts.Source{Text: i.Text, Options: markdown.Options{Preset: markdown.NonInteractive, Words: teaserWords, Prefix: "teaser-" + strconv.FormatInt(i.ID, 10)}, Place: texts.Place{ContentID: i.ID}}
	}
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, sources...)
	if err != nil {
		return nil, err
	}
	cards := make([]Card, len(items))
	for n, i := range items {
		cards[n] = Card{Item: i, Teaser: html[n], ShowAuthor: i.Entity.IsGroup() && v.Viewer.Is(i.Author.OwnerID)}
		if len(c.kinds) > 1 {
			cards[n].Kind, _ = c.kind(i.Kind)
		}
	}
	return cards, nil
}

// label returns what the kind of an item is called.
func (c *Content) label(v *site.Visit, i Item) string {
	if k, ok := c.kind(i.Kind); ok {
		return v.T(string(k.Label))
	}
	return i.Kind
}

// following returns the address of the page behind the last of some items of the kind's list.
func (k Kind) following(v *site.Visit, items []Item, more bool) string {
	return following(v, items, more, k.Order == NextFirst)
}

func following(v *site.Visit, items []Item, more, byDate bool) string {
	if !more || len(items) == 0 {
		return ""
	}
	return v.Older(placeOf(items[len(items)-1], byDate))
}

// Newest returns the address of the first page of a list, if the visitor is on another one.
func Newest(v *site.Visit) string {
	if v.Before().At.IsZero() {
		return ""
	}
	return v.First()
}

// listPage is what the list of a kind shows.
type listPage struct {
	Kind          Kind
	Tag           community.Tag // to which the list is narrowed; the zero value for none
	Cards         []Card
	Past          bool // what is over
	Older, Newest string
	Below         templ.Component // what rooms show below; nil for nothing
}

func (c *Content) showList(v *site.Visit, k Kind) error {
	past := k.Order == NextFirst && v.Query("past") != ""
	f := Filter{Kind: k.Name, Past: past, Before: v.Before()}
	tag, err := c.queriedTag(v, &f)
	if err != nil {
		return err
	}
	items, more, err := c.List(v.Context(), v.Viewer, f)
	if err != nil {
		return err
	}
	cards, err := c.Cards(v, items)
	if err != nil {
		return err
	}
	for n := range cards {
		cards[n].Kind = Kind{} // the page says it
	}
	below, err := v.Blocks(site.ListBelow, site.Subject{})
	if err != nil {
		return err
	}
	title := v.T(string(k.Plural))
	return v.Show(site.Page{
		Title: title, Body: listBody(v, listPage{Kind: k, Tag: tag, Cards: cards, Past: past, Older: k.following(v, items, more), Newest: Newest(v), Below: below}), Canonical: k.ListPath,
		NoIndex: v.Narrowed(), Description: v.T(string(k.About)), Crumbs: v.FromHome(parts.Crumb{Label: title}),
	})
}

func (c *Content) followPermalink(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, s, err := c.Get(v.Context(), c.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	if err != nil {
		return err
	}
	return v.Redirect(v.WithQueryOf(item.Path()))
}

// visited returns the item in the path, if the viewer may read it.
func (c *Content) visited(v *site.Visit) (Item, community.Standing, error) {
	item, s, err := c.Find(v.Context(), c.deps.DB, v.Viewer, v.Path("entity"), v.Path("slug"))
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	return item, s, err
}

type commentForm struct {
	threads.Uploads

	Text      string `form:"text"`
	InReplyTo int64  `form:"in_reply_to"`
}

func (c *Content) showContent(v *site.Visit) error {
	item, s, err := c.visited(v)
	if err != nil {
		return err
	}
	p, err := c.page(v, item, s, commentForm{}, parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(p)
}

// page is the page of an item, with its comments and the form below them.
func (c *Content) page(v *site.Visit, item Item, s community.Standing, f commentForm, e parts.Errors) (site.Page, error) {
	subject := site.Subject{Entity: item.Entity, Standing: s, ContentID: item.ID, ContentKind: item.Kind}
	answered := threads.Answered(v, f.InReplyTo)
	before, err := c.deps.Threads.Before(v, threads.Thread{ContentID: item.ID}, answered)
	if err != nil {
		return site.Page{}, err
	}
	comments, older, err := c.deps.Threads.Comments(v.Context(), c.deps.DB, v.Viewer, item.ID, item.Entity.ID, before)
	if err != nil {
		return site.Page{}, err
	}
	sources := append([]texts.Source{{Text: item.Text, Options: markdown.Options{HeadingLevel: 2, Taken: texts.PageIDs}, Place: texts.Place{ContentID: item.ID}}}, threads.Sources(comments)...)
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, sources...)
	if err != nil {
		return site.Page{}, err
	}
	v.Concerns(subject)
	bodies, err := c.bodies(v, item)
	if err != nil {
		return site.Page{}, err
	}
	d := detail{
		Item: item, Label: c.label(v, item), Body: bodies[item.ID], HTML: html[0], Standing: s,
		CanDelete: CanDelete(s, item.Author.OwnerID, c.deps.DB.Now()),
		Form: threads.Answer{
			Action: item.Path(), Label: v.T("Your comment"), Button: v.T("Comment"), Hint: commentReaders(v, item, s) + " " + subscribersNotified(v, item), Errors: e,
			Readers: commentReadersPath(item.ID), MaxBytes: c.deps.MaxBytes, Archived: !policy.CanAdd(s),
		},
	}
	frame := threads.Frame{Path: item.Path(), Entity: item.Entity, Standing: s, Answer: v.Viewer.SignedIn() && policy.CanAdd(s)}
	if d.Comments, err = c.deps.Threads.Show(v, frame, threads.Thread{ContentID: item.ID}, comments, html[1:], older, before); err != nil {
		return site.Page{}, err
	}
	d.Form.To = threads.Find(comments, answered)
	d.Form.Text = threads.Prefill(v, f.Text, d.Form.To)
	if d.Blocks, err = v.Blocks(site.ContentMain, subject); err != nil {
		return site.Page{}, err
	}
	page := site.Page{
		Title: item.Title, OwnHeading: true, Body: detailBody(d), Entity: &item.Entity, Hidden: !item.Public, Canonical: item.Path(),
		Crumbs: v.FromHome(parts.Crumb{Label: item.Entity.Name, Path: item.Entity.Path()}, parts.Crumb{Label: item.Title}),
	}
	if err := c.introduce(v, item, &page); err != nil {
		return page, err
	}
	if item.Public && policy.CanAdd(s) {
		page.Alternates = []site.Alternate{site.AtomFeed(v.T("Comments on “%s”", item.Title), community.CommentsFeedPath(item.Path()))}
	}
	page.Aside, err = v.Blocks(site.ContentAside, subject)
	return page, err
}

// commentReaders says who reads a comment.
func commentReaders(v *site.Visit, i Item, s community.Standing) string {
	switch {
	case i.Public:
		return v.T("Everyone can read your comment.")
	case s.Owner:
		return v.T("Only you and people who have commented here can read this.")
	default:
		return v.T("Members of “%s” can read your comment, and so can anyone else who has commented here.", i.Entity.Name)
	}
}

// subscribersNotified says who is told of a comment, without asking how many they are: the page is shown more
// often than somebody comments.
func subscribersNotified(v *site.Visit, i Item) string {
	switch {
	case !i.Public:
		return ""
	case i.Entity.IsGroup():
		return v.T("Everyone who subscribes to “%s” will be notified.", i.Entity.Name)
	default:
		return v.T("%s will be notified.", i.Entity.Name)
	}
}

func commentReadersPath(id int64) string {
	return "/stadt/content/" + strconv.FormatInt(id, 10) + "/readers"
}

// showCommentReaders tells a script who will read a comment, and those inside how many people are told of it, when
// somebody begins to write one. From the number others would learn how members want to be told.
func (c *Content) showCommentReaders(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, s, err := c.Get(v.Context(), c.deps.DB, v.Viewer, id)
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	if !s.Inside() {
		return v.ShowPart(parts.Text(commentReaders(v, item, s) + " " + subscribersNotified(v, item)))
	}
	reach, err := c.CommentReach(v.Context(), v.Viewer, item)
	if err != nil {
		return err
	}
	return v.ShowPart(parts.Text(commentReaders(v, item, s) + " " + reach.Sentence(v.Lang)))
}

func (c *Content) createComment(v *site.Visit) error {
	item, s, err := c.visited(v)
	if err != nil {
		return err
	}
	switch {
	case !v.Viewer.SignedIn():
		return community.PleaseSignIn()
	case !policy.CanComment(s, policy.Content{Public: item.Public}, policy.Part{Kept: true}):
		return community.ErrArchived()
	}
	var f commentForm
	id, err := c.readComment(v, item, &f)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return c.page(v, item, s, f, e) })
	}
	v.Flash(parts.Done, "Your comment has been added.")
	return v.Redirect(item.Path() + "#" + community.ContributionAnchor(id))
}

// readComment reads the form below an item and posts the comment in it.
func (c *Content) readComment(v *site.Visit, item Item, f *commentForm) (id int64, err error) {
	if err := v.Bind(f); err != nil {
		return 0, err
	}
	if err := c.throttle(v, threads.Limit()); err != nil {
		return 0, err
	}
	err = c.deps.Threads.Attach(v.Context(), v.Viewer.PersonID, f.Uploads, func(files []media.File) error {
		id, err = c.Comment(v.Context(), v.Viewer, item.ID, f.Text, f.InReplyTo, files...)
		return err
	})
	return id, err
}

// LimitPublishing is how often a person publishes something in an hour.
func LimitPublishing() web.Limit {
	return web.Limit{Name: "publish", Count: 60, Per: time.Hour, Whom: web.PerAccount}
}

// throttle counts what a person writes.
func (c *Content) throttle(v *site.Visit, limit web.Limit) error {
	return c.deps.Limiter.Allow(v.Context(), limit, web.Account(v.Viewer.PersonID))
}

// deletable returns the item in the path, if the viewer may delete it.
func (c *Content) deletable(v *site.Visit) (Item, error) {
	item, s, err := c.visited(v)
	if err != nil {
		return item, err
	}
	if !v.Viewer.SignedIn() {
		return item, community.PleaseSignIn()
	}
	if !CanDelete(s, item.Author.OwnerID, c.deps.DB.Now()) {
		return item, errNotDeletable()
	}
	return item, nil
}

func (c *Content) askDeletion(v *site.Visit) error {
	item, err := c.deletable(v)
	if err != nil {
		return err
	}
	entity := item.Entity
	return v.Show(site.Page{
		Title: v.T("Delete “%s”", item.Title), Hidden: true, Entity: &entity,
		Crumbs: v.FromHome(parts.Crumb{Label: entity.Name, Path: entity.Path()}, parts.Crumb{Label: item.Title, Path: item.Path()}, parts.Crumb{Label: v.T("Delete")}),
		Body: parts.ConfirmForm(parts.Confirmation{
			Question: v.T("Do you want to delete “%s” and all its comments? This can’t be undone.", item.Title),
			Button:   v.T("Delete"), Cancel: item.Path(), Danger: true,
		}),
	})
}

func (c *Content) deleteContent(v *site.Visit) error {
	item, err := c.deletable(v)
	if err != nil {
		return err
	}
	if err := c.Withdraw(v.Context(), v.Viewer, item.ID); err != nil {
		return err
	}
	v.Flash(parts.Done, "“%s” has been deleted.", item.Title)
	return v.Redirect(item.Entity.Path())
}

// PageBelow returns a page about an item that search engines leave out, with the way to it.
func PageBelow(v *site.Visit, i Item, title string) site.Page {
	return site.Page{
		Title: title, Entity: &i.Entity, Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: i.Entity.Name, Path: i.Entity.Path()}, parts.Crumb{Label: i.Title, Path: i.Path()}, parts.Crumb{Label: title}),
	}
}
