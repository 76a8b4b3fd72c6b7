package content

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

// readersPath is where the forms of all kinds of content ask who will read what is being written.
const readersPath = "/stadt/content/readers"

// readers says who will read what is being written, and how many people are told of it. The zero value
// says that it depends on in whose name it is published.
type readers struct {
	Public, Internal string // sentences; both stand in the form, which shows the one that is chosen
}

// readersFor returns who will read what the viewer publishes for an entity.
func (c *Content) readersFor(v *site.Visit, e community.Entity) (readers, error) {
	public, internal, err := c.PublishReach(v.Context(), v.Viewer, e)
	if err != nil {
		return readers{}, err
	}
	if public.People == 0 && !e.IsGroup() {
		nobody := v.T("Nobody subscribes to your profile: nobody is told.")
		return c.sentences(v, e, nobody, nobody)
	}
	return c.sentences(v, e, public.Sentence(v.Lang), internal.Sentence(v.Lang))
}

// readersOf returns who will read a change of an item.
func (c *Content) readersOf(v *site.Visit, i Item) (readers, error) {
	nobody := v.T("Nobody is told of the change.")
	r, err := c.sentences(v, i.Entity, nobody, nobody)
	if i.Comments > 0 {
		r.Internal += " " + v.T("Those who have commented can read it, too.")
	}
	return r, err
}

func (c *Content) sentences(v *site.Visit, e community.Entity, public, internal string) (readers, error) {
	r := readers{Public: v.T("Everybody can read it, also search engines.") + " " + public}
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
		return v.ShowPart(readersText(readers{}))
	}
	e, err := c.Publisher(v.Context(), v.Viewer, group, own)
	if errs.Is(err, errs.Invalid) {
		return errs.New(errs.Denied, "Only members of the group can write in its name.")
	}
	if err != nil {
		return err
	}
	r, err := c.readersFor(v, e)
	if err != nil {
		return err
	}
	return v.ShowPart(readersText(r))
}
