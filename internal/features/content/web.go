package content

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
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
}

// Cards returns items as cards, their teasers rendered together.
func (c *Content) Cards(v *site.Visit, items []Item) ([]Card, error) {
	sources := make([]texts.Source, len(items))
	for n, i := range items {
		sources[n] = texts.Source{Text: i.Text, Options: markdown.Options{Preset: markdown.NonInteractive, Words: teaserWords, Prefix: "teaser-" + strconv.FormatInt(i.ID, 10)}}
	}
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, sources...)
	if err != nil {
		return nil, err
	}
	shown, err := c.cardParts(v, items)
	if err != nil {
		return nil, err
	}
	cards := make([]Card, len(items))
	for n, i := range items {
		cards[n] = Card{Item: i, Teaser: html[n], Part: shown[i.ID], ShowAuthor: i.Entity.IsGroup() && v.Viewer.Is(i.Author.OwnerID)}
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

// Older returns the address of the page behind the last of some items, newest first.
func Older(v *site.Visit, items []Item, more bool) string { return Kind{}.following(v, items, more) }

// following returns the address of the page behind the last of some items of the kind's list.
func (k Kind) following(v *site.Visit, items []Item, more bool) string {
	if !more || len(items) == 0 {
		return ""
	}
	return v.Older(k.place(items[len(items)-1]))
}

// Newest returns the address of the first page of a list, if the visitor is on another one.
func Newest(v *site.Visit) string {
	if v.Before().At.IsZero() {
		return ""
	}
	return v.R.URL.Path
}

// listPage is what the list of a kind shows.
type listPage struct {
	Kind          Kind
	Cards         []Card
	Past          bool // what is over
	Older, Newest string
}

func (c *Content) showList(v *site.Visit, k Kind) error {
	past := k.Order == NextFirst && v.Query("past") != ""
	items, more, err := c.List(v.Context(), v.Viewer, Filter{Kind: k.Name, Past: past, Before: v.Before()})
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
	title := v.T(string(k.Plural))
	return v.Show(site.Page{
		Title: title, Body: listBody(v, listPage{Kind: k, Cards: cards, Past: past, Older: k.following(v, items, more), Newest: Newest(v)}), Canonical: k.ListPath,
		Description: v.T(string(k.About)), Crumbs: v.FromHome(parts.Crumb{Label: title}),
	})
}

func (c *Content) followPermalink(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, _, err := c.Get(v.Context(), c.deps.DB, v.Viewer, id)
	if err != nil {
		return err
	}
	path := item.Path()
	if reply := v.Query("reply"); reply != "" {
		path += "?reply=" + reply
	}
	return v.Redirect(path)
}

// visited returns the item in the path, if the viewer may read it.
func (c *Content) visited(v *site.Visit) (Item, community.Standing, error) {
	return c.Find(v.Context(), c.deps.DB, v.Viewer, v.Path("entity"), v.Path("slug"))
}

type commentForm struct {
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
	comments, older, err := c.deps.Threads.Comments(v.Context(), c.deps.DB, v.Viewer, item.ID, item.Entity.ID, v.Before())
	if err != nil {
		return site.Page{}, err
	}
	sources := append([]texts.Source{{Text: item.Text, Options: markdown.Options{HeadingLevel: 2, Prefix: "content"}}}, threads.Sources(comments)...)
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, sources...)
	if err != nil {
		return site.Page{}, err
	}
	bodies, err := c.bodies(v, item)
	if err != nil {
		return site.Page{}, err
	}
	d := detail{
		Item: item, Label: c.label(v, item), Body: bodies[item.ID], HTML: html[0], Standing: s,
		Comments: threads.Views(v, item.Path(), comments, html[1:], v.Viewer.SignedIn(), item.Entity.IsGroup()),
		Newest:   Newest(v), CanDelete: CanDelete(s, item.Author.OwnerID, clock.At(time.Now())),
		Form: threads.Answer{
			Action: item.Path(), Label: v.T("Your comment"), Button: v.T("Comment"), Hint: commentReaders(v, item, s) + " " + subscribersNotified(v, item), Text: f.Text, Errors: e,
			Readers: commentReadersPath(item.ID),
		},
	}
	if older {
		d.Older = v.Older(paging.Cursor{At: comments[0].CreatedAt, ID: comments[0].ID})
	}
	d.Form.To, _ = threads.Answering(v, comments)
	page := site.Page{
		Title: item.Title, OwnHeading: true, Body: detailBody(d), Entity: &item.Entity, Hidden: !item.Public, Canonical: item.Path(),
		Crumbs: v.FromHome(parts.Crumb{Label: item.Entity.Name, Path: item.Entity.Path()}, parts.Crumb{Label: item.Title}),
	}
	if item.Public {
		if page.Description, err = c.describe(v, item); err != nil {
			return page, err
		}
		page.Picture = community.PreviewPicturePath(cmp.Or(item.Picture, item.Entity.Picture))
	}
	page.Aside, err = v.Blocks(site.ContentAside, site.Subject{Entity: item.Entity, Standing: s})
	return page, err
}

// describe returns what search engines and messengers show of an item: its facts, and the beginning of its text.
func (c *Content) describe(v *site.Visit, item Item) (string, error) {
	facts, err := c.Facts(v.Context(), c.deps.DB, item)
	if err != nil {
		return "", err
	}
	var said []string
	for _, f := range facts[item.ID] {
		said = append(said, f.Label+": "+f.Value)
	}
	if summary := c.deps.Texts.Summary(item.Text, teaserWords); summary != "" {
		said = append(said, summary)
	}
	return strings.Join(said, " · "), nil
}

// commentReaders says who reads a comment.
func commentReaders(v *site.Visit, i Item, s community.Standing) string {
	switch {
	case i.Public:
		return v.T("Everybody can read your comment.")
	case s.Owner:
		return v.T("Only you and those who have commented can read this.")
	default:
		return v.T("Members of “%s” and those who have commented can read your comment.", i.Entity.Name)
	}
}

// subscribersNotified says who is told of a comment, without asking how many they are: the page is shown more
// often than somebody comments.
func subscribersNotified(v *site.Visit, i Item) string {
	switch {
	case !i.Public:
		return ""
	case i.Entity.IsGroup():
		return v.T("Those who subscribe to “%s” are told of it.", i.Entity.Name)
	default:
		return v.T("%s is told of it.", i.Entity.Name)
	}
}

func commentReadersPath(id int64) string {
	return "/stadt/content/" + strconv.FormatInt(id, 10) + "/readers"
}

// showCommentReaders tells a script who will read a comment and how many people are told of it, when
// somebody begins to write one.
func (c *Content) showCommentReaders(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, s, err := c.Get(v.Context(), c.deps.DB, v.Viewer, id)
	if err != nil {
		return err
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
	if !policy.CanComment(s, policy.Content{Public: item.Public}, policy.Part{Wrote: true}) {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	var f commentForm
	id, err := c.readComment(v, item, &f)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return c.page(v, item, s, f, e) })
	}
	v.Flash(parts.Done, "Your comment stands below.")
	return v.Redirect(item.Path() + "#" + community.ContributionAnchor(id))
}

// readComment reads the form below an item and posts the comment in it.
func (c *Content) readComment(v *site.Visit, item Item, f *commentForm) (id int64, err error) {
	if err := v.Bind(f); err != nil {
		return 0, err
	}
	if err := c.throttle(v, "comment", 120); err != nil {
		return 0, err
	}
	return c.Comment(v.Context(), v.Viewer, item.ID, f.Text, f.InReplyTo)
}

// limitTo is how often a person does something in an hour, whether on the web or by mail.
func limitTo(what string, count int) web.Limit {
	return web.Limit{Name: what, Count: count, Per: time.Hour}
}

// throttle counts what a person writes in an hour.
func (c *Content) throttle(v *site.Visit, what string, count int) error {
	return c.deps.Limiter.Allow(v.Context(), limitTo(what, count), "person "+strconv.FormatInt(v.Viewer.PersonID, 10))
}

// deletable returns the item in the path, if the viewer may delete it.
func (c *Content) deletable(v *site.Visit) (Item, error) {
	item, s, err := c.visited(v)
	if err != nil {
		return item, err
	}
	if !v.Viewer.SignedIn() {
		return item, errs.New(errs.Unauthenticated, "Please sign in.")
	}
	if !CanDelete(s, item.Author.OwnerID, clock.At(time.Now())) {
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
			Question: v.T("Do you want to delete “%s” with all its comments? It cannot be brought back.", item.Title),
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
