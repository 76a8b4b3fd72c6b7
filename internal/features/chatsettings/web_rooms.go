package chatsettings

import (
	"net/url"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
)

// groupPathOf returns the address of the page on which members say which chat rooms are those of their group.
func groupPathOf(slug string) string { return groupPath + "/?" + url.Values{"group": {slug}}.Encode() }

// roomPath returns the address that leads to a chat room of a group.
func roomPath(slug string, k chat.Kind) string {
	if k == chat.Private {
		return "/" + slug + "/-/chat/private/"
	}
	return "/" + slug + "/-/chat/public/"
}

// visited returns the group with a slug and how the viewer stands to it.
func (r *Settings) visited(v *site.Visit, slug string) (community.Group, community.Standing, error) {
	g, err := r.deps.Groups.GetBySlug(v.Context(), r.deps.DB, slug)
	if err != nil {
		return g, community.Standing{}, err
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, g.Entity())
	v.Concerns(site.Subject{Entity: g.Entity(), Standing: s, Group: &g})
	return g, s, err
}

// managed returns the group whose rooms are arranged, if the viewer may do that.
func (r *Settings) managed(v *site.Visit) (community.Group, community.Standing, error) {
	g, s, err := r.visited(v, v.Query("group"))
	switch {
	case err != nil, CanManage(s):
		return g, s, err
	case s.Member:
		return g, s, community.ErrArchived()
	default:
		return g, s, errNotMember(v.Viewer)
	}
}

// groupForm says which chat rooms are those of a group, which links stand on its page, and whether the private one answers.
type groupForm struct {
	PublicRoom     string `form:"public_room"     text:"line"`
	PublicVisible  bool   `form:"public_visible"`
	PrivateRoom    string `form:"private_room"    text:"line"`
	PrivateVisible bool   `form:"private_visible"`
	Answers        bool   `form:"answers"`
}

func (f groupForm) arrangements() []Arrangement {
	return []Arrangement{
		{chat.Public, "public_room", f.PublicRoom, f.PublicVisible}, {chat.Private, "private_room", f.PrivateRoom, f.PrivateVisible},
	}
}

func (r *Settings) editGroup(v *site.Visit) error {
	g, _, err := r.managed(v)
	if err != nil {
		return err
	}
	return r.showGroup(v, g, nil, nil)
}

// showGroup shows the chat rooms of a group, with a form that was sent and what is wrong in it.
func (r *Settings) showGroup(v *site.Visit, g community.Group, sent *groupForm, wrong error) error {
	rooms, err := r.deps.Chat.RoomsOf(v.Context(), r.deps.DB, g.Entity())
	if err != nil {
		return err
	}
	answers, err := r.deps.Answers.IsOpen(v.Context(), r.deps.DB, g.EntityID)
	if err != nil {
		return err
	}
	f, trouble := groupForm{PublicVisible: true, PrivateVisible: true, Answers: answers}, false
	for _, room := range rooms {
		switch room.Kind {
		case chat.Public:
			f.PublicRoom, f.PublicVisible = room.RoomID, room.Visible
		case chat.Private:
			f.PrivateRoom, f.PrivateVisible = room.RoomID, room.Visible
		}
		trouble = trouble || room.Problem != ""
	}
	if sent != nil {
		f = *sent
	}
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		return v.ManagePage(g.Entity(), v.T("Chat"), groupBody(groupPathOf(g.Slug), r.deps.Server.User(), trouble, f, e)), nil
	})
}

func (r *Settings) updateGroup(v *site.Visit) error {
	g, s, err := r.managed(v)
	if err != nil {
		return err
	}
	var f groupForm
	if err := v.Bind(&f); err != nil {
		return r.showGroup(v, g, &f, err)
	}
	if err := r.Arrange(v.Context(), g, s, f.arrangements(), f.Answers); err != nil {
		return r.showGroup(v, g, &f, err)
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(groupPathOf(g.Slug))
}

// followRoom leads to a chat room of a group: in the web client of the viewer's own homeserver, as far as that is known.
func (r *Settings) followRoom(v *site.Visit, k chat.Kind) error {
	g, s, err := r.visited(v, v.Path("group"))
	if err != nil {
		return err
	}
	rooms, err := r.deps.Chat.RoomsOf(v.Context(), r.deps.DB, g.Entity())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rooms, func(room chat.Room) bool { return room.Kind == k && room.RoomID != "" })
	if i < 0 {
		return community.ErrNothingHere()
	}
	if k == chat.Private && !s.Member {
		return errNotMember(v.Viewer)
	}
	return r.lead(v, rooms[i].Alias, rooms[i].RoomID)
}

// followFeed leads to the room that is told everything public.
func (r *Settings) followFeed(v *site.Visit) error {
	if len(r.deps.Listeners) == 0 {
		return community.ErrNothingHere()
	}
	return r.lead(v, "", r.deps.Listeners[0])
}

// lead leads to a chat room.
func (r *Settings) lead(v *site.Visit, alias, room string) error {
	domain := r.deps.Domain
	if v.Viewer.SignedIn() {
		own, err := chat.IDOf(v.Context(), r.deps.DB, v.Viewer.PersonID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if own.MatrixID != "" {
			domain = domainOf(own.MatrixID)
		}
	}
	address, err := clientOf(v.Context(), r.deps.DB, domain)
	if err != nil {
		return err
	}
	v.W.Header().Set("Location", addressOf(address, reference(alias, room, r.deps.Domain))) // found by a job, not said by the visitor
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(found)
	return nil
}

// showNoClient says that no web client stands where links of grouprise 5.5 lead.
func (*Settings) showNoClient(v *site.Visit) error {
	title := v.T("Chat")
	return v.Show(site.Page{Title: title, Hidden: true, Body: noClientBody(), Crumbs: v.FromHome(parts.Crumb{Label: title})})
}
