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
	CountPath        string // where a script learns how many people are told; empty if the sentences say so
}

// readersUncounted returns who will read what is published for a group with many subscribers. Of how many people are
// told it only says where to ask: counting thousands takes longer than the rest of the form.
func (c *Content) readersUncounted(v *site.Visit, e community.Entity) (readers, error) {
	members, err := countMembers(v.Context(), c.deps.DB, e.OwnerID)
	if err != nil {
		return readers{}, err
	}
	inside := v.T("Those who subscribe to the group will be notified.")
	if members == 1 {
		inside = v.T("Nobody will be notified.")
	}
	return readers{
		Public:    everybody(v) + " " + v.T("Everyone who subscribes to “%s” will be notified: the preview shows how many.", e.Name),
		Internal:  membersOnly(v, e, members) + " " + inside,
		CountPath: readersPath + "?group=" + e.Slug,
	}, nil
}

// readersFor returns who will read what the viewer publishes for an entity.
func (c *Content) readersFor(v *site.Visit, e community.Entity) (readers, error) {
	public, internal, err := c.PublishReach(v.Context(), v.Viewer, e)
	if err != nil {
		return readers{}, err
	}
	if public.People == 0 && !e.IsGroup() {
		nobody := v.T("Nobody subscribes to your profile, so nobody will be notified.")
		return c.sentences(v, e, nobody, nobody)
	}
	return c.sentences(v, e, public.Sentence(v.Lang), internal.Sentence(v.Lang))
}

// readersOf returns who will read a change of an item.
func (c *Content) readersOf(v *site.Visit, i Item) (readers, error) {
	nobody := v.T("Nobody will be notified of the change.")
	if k, ok := c.kind(i.Kind); ok && k.Changes != "" {
		nobody = v.T(string(k.Changes))
	}
	r, err := c.sentences(v, i.Entity, nobody, nobody)
	if i.Comments > 0 {
		r.Internal += " " + v.T("People who have commented can read it too, even if they’re not members.")
	}
	return r, err
}

func (c *Content) sentences(v *site.Visit, e community.Entity, public, internal string) (readers, error) {
	r := readers{Public: everybody(v) + " " + public}
	if !e.IsGroup() {
		r.Internal = v.T("Only you can read it.") + " " + internal
		return r, nil
	}
	members, err := countMembers(v.Context(), c.deps.DB, e.OwnerID)
	r.Internal = membersOnly(v, e, members) + " " + internal
	return r, err
}

func everybody(v *site.Visit) string { return v.T("Everyone can read it, including search engines.") }

func membersOnly(v *site.Visit, e community.Entity, members int) string {
	return v.Lang.N("Only you can read it: “%[2]s” has no other members.", "Only the %d members of “%s” can read it.", members, members, e.Name)
}

// showReaders tells a script who will read what is published in the name that the form has chosen.
func (c *Content) showReaders(v *site.Visit) error {
	group, own := v.Query("group"), v.Query("as_gestalt") != ""
	if group == "" && !own {
		return v.ShowPart(readersText(readers{}))
	}
	e, err := c.Publisher(v.Context(), v.Viewer, group, own)
	if errs.Is(err, errs.Invalid) {
		return errs.New(errs.Denied, "Only members of the group can post in its name.")
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
