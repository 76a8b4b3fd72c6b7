package content

import (
	"cmp"
	"context"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
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
	Teaser string // HTML
	Home   bool   // it stands on the page of its owner, which need not be named again
	Author bool   // the viewer may know who wrote it
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
	cards := make([]Card, len(items))
	for n, i := range items {
		cards[n] = Card{Item: i, Teaser: html[n], Author: i.EntityKind == community.PersonEntity || v.Viewer.Is(i.AuthorID)}
	}
	return cards, nil
}

// List returns what the viewer may find in lists, newest first, and whether there is more.
func (c *Content) List(ctx context.Context, v community.Viewer, f Filter) (items []Item, more bool, err error) {
	return list(ctx, c.deps.DB, v, f)
}

// Render renders texts for the viewer.
func (c *Content) Render(v *site.Visit, sources ...texts.Source) ([]string, error) {
	return c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, sources...)
}

// KindLabel returns what a kind of content is called.
func (c *Content) KindLabel(v *site.Visit, kind string) string {
	if k, ok := c.kinds[kind]; ok {
		return v.T(string(k.Label))
	}
	return kind
}

// Older returns the address of the page behind the last of some items.
func Older(v *site.Visit, items []Item, more bool) string {
	if !more || len(items) == 0 {
		return ""
	}
	last := items[len(items)-1]
	return v.Older(paging.Cursor{At: last.PublishedAt, ID: last.ID})
}

// Newest returns the address of the first page of a list, if the visitor is on another one.
func Newest(v *site.Visit) string {
	if v.Before().At.IsZero() {
		return ""
	}
	return v.R.URL.Path
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
	comments, older, err := c.deps.Threads.Comments(v.Context(), c.deps.DB, v.Viewer, item.ID, item.EntityID, v.Before())
	if err != nil {
		return site.Page{}, err
	}
	sources := append([]texts.Source{{Text: item.Text, Options: markdown.Options{HeadingLevel: 2, Prefix: "content"}}}, threads.Sources(comments)...)
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, sources...)
	if err != nil {
		return site.Page{}, err
	}
	d := detail{
		Item: item, Kind: c.KindLabel(v, item.Kind), HTML: html[0], Standing: s, Comments: threads.Views(v, item.Path(), comments, html[1:], v.Viewer.SignedIn(), item.Entity().IsGroup()),
		Newest: Newest(v), CanDelete: CanDelete(s, item.AuthorID, clock.At(time.Now())),
		Form: threads.Answer{
			Action: item.Path(), Label: v.T("Your comment"), Button: v.T("Comment"), Hint: commentReaders(v, item, s) + " " + subscribersTold(v, item), Text: f.Text, Errors: e,
			Readers: commentReadersPath(item.ID),
		},
	}
	if older {
		d.Older = v.Older(paging.Cursor{At: comments[0].CreatedAt, ID: comments[0].ID})
	}
	d.Form.To, _ = threads.Answering(v, comments)
	entity := item.Entity()
	page := site.Page{
		Title: item.Title, OwnHeading: true, Body: detailBody(d), Entity: &entity, Hidden: !item.Public, Canonical: item.Path(),
		Crumbs: v.FromHome(parts.Crumb{Label: entity.Name, Path: entity.Path()}, parts.Crumb{Label: item.Title}),
	}
	if item.Public {
		page.Description = c.deps.Texts.Summary(item.Text, teaserWords)
		page.Picture = community.PreviewPicturePath(cmp.Or(media.FirstIn(item.Text), item.EntityPicture))
	}
	page.Aside, err = v.Blocks(site.ContentAside, site.Subject{Entity: entity, Standing: s})
	return page, err
}

// commentReaders says who reads a comment.
func commentReaders(v *site.Visit, i Item, s community.Standing) string {
	switch {
	case i.Public:
		return v.T("Everybody can read your comment.")
	case s.Owner:
		return v.T("Only you and those who have commented can read this.")
	default:
		return v.T("Members of “%s” and those who have commented can read your comment.", i.EntityName)
	}
}

// subscribersTold says who is told of a comment, without asking how many they are: the page is shown more
// often than somebody comments.
func subscribersTold(v *site.Visit, i Item) string {
	switch {
	case !i.Public:
		return ""
	case i.EntityKind == community.GroupEntity:
		return v.T("Those who subscribe to “%s” are told of it.", i.EntityName)
	default:
		return v.T("%s is told of it.", i.EntityName)
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
	var id int64
	err = v.Bind(&f)
	if err == nil {
		err = c.throttle(v, "comment", 120)
	}
	if err == nil {
		id, err = c.Comment(v.Context(), v.Viewer, item.ID, f.Text, f.InReplyTo)
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return c.page(v, item, s, f, e) })
	}
	v.Flash(parts.Done, "Your comment stands below.")
	return v.Redirect(item.Path() + "#" + community.ContributionAnchor(id))
}

// ReadersPath is where the forms of all kinds of content ask who will read what is being written.
const ReadersPath = "/stadt/content/readers"

// Readers says who will read what is being written, and how many people are told of it. The zero value
// says that it depends on in whose name it is published.
type Readers struct {
	Public, Internal string // sentences; both stand in the form, which shows the one that is chosen
}

// Readers returns who will read what the viewer publishes for an entity.
func (c *Content) Readers(v *site.Visit, e community.Entity) (Readers, error) {
	var told [2]string
	for i, public := range []bool{true, false} {
		reach, err := c.PublishReach(v.Context(), v.Viewer, e, public)
		if err != nil {
			return Readers{}, err
		}
		told[i] = reach.Sentence(v.Lang)
		if reach.People == 0 && !e.IsGroup() {
			told[i] = v.T("Nobody subscribes to your profile: nobody is told.")
		}
	}
	return c.readers(v, e, told[0], told[1])
}

// ReadersOf returns who will read a change of an item.
func (c *Content) ReadersOf(v *site.Visit, i Item) (Readers, error) {
	told := v.T("Nobody is told of the change.")
	r, err := c.readers(v, i.Entity(), told, told)
	if i.Comments > 0 {
		r.Internal += " " + v.T("Those who have commented can read it, too.")
	}
	return r, err
}

func (c *Content) readers(v *site.Visit, e community.Entity, public, internal string) (Readers, error) {
	r := Readers{Public: v.T("Everybody can read it, also search engines.") + " " + public}
	if !e.IsGroup() {
		r.Internal = v.T("Only you can read it.") + " " + internal
		return r, nil
	}
	members, err := countMembers(v.Context(), c.deps.DB, e.OwnerID)
	r.Internal = v.Lang.N("Only you can read it: “%[2]s” has no other members.", "Only the %d members of “%s” can read it.", members, members, e.Name) + " " + internal
	return r, err
}

// showReaders tells a script who will read what is published in the name that the form has chosen.
func (c *Content) showReaders(v *site.Visit) error {
	group, own := v.Query("group"), v.Query("as_gestalt") != ""
	if group == "" && !own {
		return v.ShowPart(readersText(Readers{}))
	}
	e, err := c.Publisher(v.Context(), v.Viewer, group, own)
	if errs.Is(err, errs.Invalid) {
		return errs.New(errs.Denied, "Only members of the group can write in its name.")
	}
	if err != nil {
		return err
	}
	r, err := c.Readers(v, e)
	if err != nil {
		return err
	}
	return v.ShowPart(readersText(r))
}

// throttle counts what a person writes in an hour.
func (c *Content) throttle(v *site.Visit, what string, count int) error {
	return c.deps.Limiter.Allow(v.Context(), web.Limit{Name: what, Count: count, Per: time.Hour}, "person "+strconv.FormatInt(v.Viewer.PersonID, 10))
}

// maxPictures is how many pictures one form takes.
const maxPictures = 4

// FormBytes is how large a form with pictures may be.
func (c *Content) FormBytes() int64 { return maxPictures*c.deps.MaxBytes + 1<<20 }

// AddPictures keeps the pictures that came with a form, under the field of that name, and returns the text
// with what shows them at its end.
func (c *Content) AddPictures(v *site.Visit, field, text string, files []*multipart.FileHeader) (string, error) {
	for _, f := range files {
		name, err := c.deps.Pictures.Upload(v.Context(), v.Viewer.PersonID, field, f)
		if err != nil {
			return text, err
		}
		text += "\n\n" + media.Markdown(name, f.Filename)
	}
	return strings.TrimSpace(text), nil
}

// Throttle counts what a person publishes in an hour.
func (c *Content) Throttle(v *site.Visit) error { return c.throttle(v, "publish", 60) }

// editable returns the item in the path and its kind, if the viewer may change it.
func (c *Content) editable(v *site.Visit) (Item, Kind, error) {
	item, s, err := c.visited(v)
	if err != nil {
		return item, Kind{}, err
	}
	if !CanEdit(s) {
		return item, Kind{}, notMember(v.Viewer)
	}
	k, ok := c.kinds[item.Kind]
	if !ok {
		return item, k, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return item, k, nil
}

func (c *Content) editContent(v *site.Visit) error {
	item, k, err := c.editable(v)
	if err != nil {
		return err
	}
	return k.Edit(v, item)
}

func (c *Content) updateContent(v *site.Visit) error {
	item, k, err := c.editable(v)
	if err != nil {
		return err
	}
	return k.Update(v, item)
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
	if !CanDelete(s, item.AuthorID, clock.At(time.Now())) {
		return item, errNotDeletable()
	}
	return item, nil
}

func (c *Content) askDeletion(v *site.Visit) error {
	item, err := c.deletable(v)
	if err != nil {
		return err
	}
	entity := item.Entity()
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
	return v.Redirect(item.Entity().Path())
}
