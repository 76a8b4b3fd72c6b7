package helping

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
)

// eventKind is the kind of content that can need help.
const eventKind = "event"

// block is what the page of an event shows of its list.
type block struct {
	Needs      []Need
	Date       date
	When       string // the date, where the event has several
	Open       bool   // something can still be done for it
	MayTake    bool
	SeesNames  bool
	Organises  bool
	PersonID   int64
	ContentID  int64
	SignInPath string // "" for whoever has signed in
}

// showNeeds shows what an event needs. Where it needs nothing, only whoever organises it sees how to ask for help.
func (h *Helping) showNeeds(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.ContentKind != eventKind {
		return nil, nil //nolint:nilnil // no block
	}
	ctx, db := v.Context(), h.deps.DB
	b := block{ContentID: s.ContentID, PersonID: v.Viewer.PersonID, Organises: CanOrganise(s.Standing), SeesNames: CanSeeNames(s.Standing)}
	needs, err := listNeeds(ctx, db, s.ContentID)
	if err != nil || len(needs) == 0 && !b.Organises {
		return nil, err
	}
	if b.Date, err = findDate(ctx, db, s.ContentID, v.Query(community.DateParameter), db.Now()); err != nil {
		return nil, err
	}
	b.Open = b.Date.open(db.Now())
	if len(needs) == 0 {
		if !b.Open {
			return nil, nil //nolint:nilnil // no block
		}
		return needsBlock(b), nil
	}
	if err := fill(ctx, db, needs, b.Date.ID); err != nil {
		return nil, err
	}
	b.Needs = needs
	if b.Date.Several {
		if b.When, err = h.deps.Dates.SayDate(ctx, db, v.Lang, b.Date.ID); err != nil {
			return nil, err
		}
	}
	if b.MayTake = b.Open && CanTake(s.Standing); b.Open && !b.MayTake {
		b.SignInPath = community.SignInPath(v.R.URL.Path)
	}
	return needsBlock(b), nil
}

// names returns who takes some of a need, in the order in which they took it.
func (n Need) names() string {
	var all []string
	for _, t := range n.Takings {
		name := t.Name
		if t.Amount > 1 {
			name += " (" + strconv.Itoa(t.Amount) + ")"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

// mostOffered is how many of one thing the page offers to take at once.
const mostOffered = 20

// offered returns how many of a need somebody can take, all in all, one after the other.
func (b block) offered(n Need) []parts.Option {
	var all []parts.Option
	for k := 1; k <= min(n.Left()+n.Of(b.PersonID), mostOffered); k++ {
		all = append(all, parts.Option{Value: strconv.Itoa(k), Label: strconv.Itoa(k)})
	}
	return all
}

// listPath returns the address of a page about the list of an event at the date of the block.
func (b block) listPath(page string) string { return pagePath(b.ContentID, page, b.Date) }

func pagePath(contentID int64, page string, d date) string {
	return d.path("/stadt/content/" + strconv.FormatInt(contentID, 10) + "/" + page)
}

// itemPath returns the address of the list on the page of its event.
func itemPath(i content.Item, d date) string { return d.path(i.Path()) + "#help" }

// takingPath returns where the buttons of the block lead.
func (b block) takingPath() string { return pagePath(b.ContentID, "help/", date{}) }

// path returns the address of the event that a link is about.
func (l linked) path() string { return itemPath(l.Item, l.Date) }
