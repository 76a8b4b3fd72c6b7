package content

import (
	"context"
	"fmt"
	"maps"
	"mime/multipart"
	"net/url"
	"path"
	"strconv"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Kind is what is particular to one kind of content. Package contenttest has a suite that proves one.
type Kind struct {
	Name      string    // in the database, at most 16 characters
	Label     lang.Text // "Article"
	Plural    lang.Text // "Articles"
	About     lang.Text // what there is, for search engines
	Write     lang.Text // on the button that leads to the form: "Write an article"
	Published lang.Text // said when one has been published; empty says something general
	Empty     lang.Text // said where there is none yet; empty says something general
	Icon      parts.IconName
	ListPath  string // address of all of them, without a slash at the end; the last part stands in other addresses, too
	Order     Order  // of that list
	OwnList   bool   // the module of the kind answers at ListPath

	Changes      lang.Text   // said of who is told of a change; empty is nobody
	TextOptional bool        // an item may do without a text
	Limits       []web.Limit // by which the kind counts changes of its items
	Files        int         // how many files its own fields take, beside the pictures of the text
	Pictorial    bool        // its own fields take pictures: the form has no second field, for those of the text

	// Form returns an empty form. Nil is a kind without fields of its own.
	Form func() Form
	// Body returns what the page of an item shows above the text, and Card what stands below the title in
	// lists, by the ids of the items. Each asks the database once for all of them, if at all. Nil shows nothing.
	Body, Card func(v *site.Visit, q sqldb.Querier, items []Item) (map[int64]templ.Component, error)
	// Query are the parameters of a page's address that Body, and blocks beside it, read.
	Query []string
	// Facts returns what mails, previews, feeds and calendars say beside the title and the text, by id and in
	// the language of the context, which may be that of somebody else than the viewer. Nil says nothing.
	Facts func(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]Fact, error)
	// Attached returns the files that feeds offer beside what an item says, by id. Nil is nothing. Whoever may read an item
	// may have them.
	Attached func(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]Attachment, error)
	// Things returns what the page of a public item says to programs in the words of schema.org, given what content says
	// of works of all kinds. Nil is an article.
	Things func(v *site.Visit, q sqldb.Querier, i Item, w schemaorg.Work) ([]schemaorg.Thing, error)
	// Words returns what items are found by beside their title and text, such as a place, by their ids. Nil is nothing.
	Words func(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]string, error)
	// Seed returns what a form of another kind begins with that is made of a part of an item, such as the event of a date
	// that a poll has found: values by the names of its fields. NotFound if there is no such part. Nil is a kind of whose
	// items nothing is made. Grow is called in the transaction that publishes what was made; whoever does may publish for
	// the entity of both.
	Seed func(ctx context.Context, q sqldb.Querier, from Item, part string) (url.Values, error)
	Grow func(ctx context.Context, tx *sqldb.Tx, from Item, part string, id int64) error
	// Moved is called in the transaction in which items have come to belong to other groups or people. Nil does nothing.
	Moved func(ctx context.Context, tx *sqldb.Tx, ids []int64) error
	// Module returns what the room of the kind contributes beside what content does for it. It is called once. Nil is
	// nothing.
	Module func(c *Content) module.Module
}

// Fact is one labelled line.
type Fact = notify.Fact

// Order is how the list of a kind is ordered.
type Order uint8

// The orders.
const (
	NewestFirst Order = iota // by when they were published
	NextFirst                // by the time that a form gives as a Dated: what is to come, next first; and on another page what is past
)

// Form is what an item of a kind is written with, and what reads, checks and keeps its fields: a pointer to a
// struct that embeds Common and has tags as package form reads them. The fields that it sends are those that
// two people may have changed at once; the label of a field names it then, and no two fields are called alike.
// What Common does for a kind without fields of its own it replaces where it has some.
type Form interface {
	common() *Common
	// Load reads the kind's own fields of an item.
	Load(ctx context.Context, q sqldb.Querier, id int64) error
	// Validate checks the kind's own fields: Invalid names those that are wrong.
	Validate() error
	// Fields shows the kind's own fields, between the title and the text. wrong is what is wrong with the form.
	Fields(v *site.Visit, wrong parts.Errors) templ.Component
	// Save keeps the kind's own fields, of a new item or an existing one, in the transaction of Publish and
	// Revise. It may run again, and keeps then what it kept before.
	Save(ctx context.Context, tx *sqldb.Tx, id int64) error
	// Same reports whether an item of the same title and text, published just before, is what the form says:
	// then it was sent twice, and is not for example another event with this title.
	Same(ctx context.Context, q sqldb.Querier, id int64) (bool, error)
}

// Dated is a Form of a kind that has a time of its own.
type Dated interface {
	// Dates returns when the item begins and ends, after Save; of a series, its next date. Zero times are none.
	Dates() (starts, ends clock.Time)
}

// Pictured is a Form of a kind whose items are shown on cards with another picture than the first of the text. Whoever may
// read the item may see it; the form has made sure that it is for its author to show.
type Pictured interface {
	// CardPicture returns the picture's name, after Save; "" is the first of the text.
	CardPicture() string
}

// Illustrated is a Form of a kind whose items consist of pictures: lists and mails show the first of them, and the oldest
// item of a group that is public and pinned stands in the head of its page.
type Illustrated interface {
	// Album returns the pictures, after Save.
	Album() community.Album
}

// Receiver is a Form that takes files from a browser. It is called as soon as the form has been read, whatever else may
// be wrong with it, so that nobody has to choose a file twice: the form that is shown again has what it kept.
type Receiver interface {
	// Receive keeps the files for somebody. An error that is Invalid is shown beside its field.
	Receive(ctx context.Context, personID int64) error
}

// Merger is a Form with fields that are put together part by part, when two people have changed them at once.
type Merger interface {
	// Merge puts what the other form has made of a field into this one's. base is what there was before, in JSON. It reports
	// whether it could: else both are shown.
	Merge(field, base string, theirs Form) bool
}

// Preparer is a Form that has something to do before the transaction begins, such as keeping files that came
// with it. What it notes in its fields Save then finds.
type Preparer interface {
	// Prepare is called after Validate. An error that is Invalid is shown beside its field.
	Prepare(ctx context.Context, authorID int64) error
}

// Lenient is a Form that reads more of what was sent than its fields say, such as fields of other programs.
type Lenient interface {
	ReadOthers(sent url.Values)
}

// Partial is a Form that may change something of an item that its fields do not say, such as one date of a series: that
// counts as a revision, too.
type Partial interface {
	ChangesPart() bool
}

// Common are the fields that the forms of all kinds have, and the form of a kind that has no others.
type Common struct {
	Title  string `form:"title" text:"line" label:"Title"`
	Text   string `form:"text" label:"Text"`
	Public bool   `form:"public" label:"Public"`
	Pinned bool   `form:"pinned" label:"Pin to the top of the group’s page"`
	Slug   string `form:"slug" text:"line" label:"Short name"`

	Version int    `form:"version"`           // the revision that was changed; 0 is not compared
	Group   string `form:"group" text:"line"` // slug of the group that publishes it
	Own     bool   `form:"as_gestalt"`
	Preview string `form:"preview"`
	From    int64  `form:"from_item"`             // the item that it is made of; 0 for none
	Part    string `form:"from_part" text:"line"` // of that item

	Pictures []*multipart.FileHeader `form:"pictures" label:"Pictures"`
}

var _ Form = (*Common)(nil)

func (c *Common) common() *Common { return c }

// Load implements Form.
func (*Common) Load(context.Context, sqldb.Querier, int64) error { return nil }

// Validate implements Form.
func (*Common) Validate() error { return nil }

// Fields implements Form.
func (*Common) Fields(*site.Visit, parts.Errors) templ.Component { return templ.NopComponent }

// Save implements Form.
func (*Common) Save(context.Context, *sqldb.Tx, int64) error { return nil }

// Same implements Form.
func (*Common) Same(context.Context, sqldb.Querier, int64) (bool, error) { return true, nil }

// form returns an empty form of the kind.
func (k Kind) form() Form {
	if k.Form == nil {
		return &Common{}
	}
	return k.Form()
}

// WritePath returns the address of the form in which an item of the kind is written, in the name of an entity; for the
// empty slug, of the one that asks in whose name.
func (k Kind) WritePath(entitySlug string) string {
	if entitySlug == "" {
		return k.ListPath + "/add/"
	}
	return community.EntityPath(entitySlug) + path.Base(k.ListPath) + "/add/"
}

// query returns the parameters that the list of the kind reads.
func (k Kind) query() []string {
	if k.Order == NextFirst {
		return []string{"before", "past", community.TagParameter}
	}
	return []string{"before", community.TagParameter}
}

// kind returns the kind of a name.
func (c *Content) kind(name string) (k Kind, ok bool) {
	for _, k := range c.kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// load returns the form of an item with what it says now, cleaned as what a browser sends: somebody who changes nothing
// has changed nothing.
func (c *Content) load(ctx context.Context, q sqldb.Querier, k Kind, i Item) (Form, error) {
	f := k.form()
	title, text := form.Clean(i.Title, form.Line), form.Clean(i.Text, form.Lines)
	*f.common() = Common{Title: title, Text: text, Public: i.Public, Pinned: i.Pinned, Slug: i.Slug, Version: i.Revision}
	if err := f.Load(ctx, q, i.ID); err != nil {
		return nil, fmt.Errorf("load the %s %d: %w", k.Name, i.ID, err)
	}
	return f, nil
}

// byKind calls the function of each kind, if it has one, once for the items of that kind, and puts together what these
// return.
func byKind[T any](c *Content, items []Item, of func(Kind) func([]Item) (map[int64]T, error)) (map[int64]T, error) {
	all := map[int64]T{}
	for _, k := range c.kinds {
		ask := of(k)
		if ask == nil {
			continue
		}
		var some []Item
		for _, i := range items {
			if i.Kind == k.Name {
				some = append(some, i)
			}
		}
		if len(some) == 0 {
			continue
		}
		found, err := ask(some)
		if err != nil {
			return nil, fmt.Errorf("ask the kind %s: %w", k.Name, err)
		}
		maps.Copy(all, found)
	}
	return all, nil
}

// Facts returns what mails, previews, feeds and calendars say of items beside their title and text, by id and
// in the language of the context. Whether somebody may read them is for the caller to know.
func (c *Content) Facts(ctx context.Context, q sqldb.Querier, items ...Item) (map[int64][]Fact, error) {
	all, err := c.kindFacts(ctx, q, items)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		if n := i.Album.Count; n > 0 {
			all[i.ID] = append(all[i.ID], Fact{Label: lang.T(ctx, "Pictures"), Value: strconv.Itoa(n)})
		}
	}
	return all, nil
}

// kindFacts returns what the kinds say of items.
func (c *Content) kindFacts(ctx context.Context, q sqldb.Querier, items []Item) (map[int64][]Fact, error) {
	return byKind(c, items, func(k Kind) func([]Item) (map[int64][]Fact, error) {
		if k.Facts == nil {
			return nil
		}
		return func(some []Item) (map[int64][]Fact, error) { return k.Facts(ctx, q, idsOf(some)) }
	})
}

func idsOf(items []Item) []int64 {
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	return ids
}

// bodies returns what kinds show on pages.
func (c *Content) bodies(v *site.Visit, items ...Item) (map[int64]templ.Component, error) {
	return byKind(c, items, func(k Kind) func([]Item) (map[int64]templ.Component, error) { return c.shown(v, k.Body) })
}

// cardParts returns what kinds show on cards.
func (c *Content) cardParts(v *site.Visit, items []Item) (map[int64]templ.Component, error) {
	return byKind(c, items, func(k Kind) func([]Item) (map[int64]templ.Component, error) { return c.shown(v, k.Card) })
}

// shown returns a kind's function for components with its first arguments, nil if there is none.
func (c *Content) shown(v *site.Visit, show func(*site.Visit, sqldb.Querier, []Item) (map[int64]templ.Component, error)) func([]Item) (map[int64]templ.Component, error) {
	if show == nil {
		return nil
	}
	return func(some []Item) (map[int64]templ.Component, error) { return show(v, v.Memo(c.deps.DB), some) }
}
