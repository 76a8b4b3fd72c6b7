package threads

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// mutePath is where somebody mutes a thread by a link that only they have.
const mutePath = "/stadt/mute/{container}/{id}/{person}/{key}"

// MuteURL returns the address at which a person mutes a thread. A POST to it needs nothing else; a GET asks first, because
// programs that scan mails follow links.
func (t *Threads) MuteURL(personID int64, th Thread) string {
	container, id := th.address()
	return fmt.Sprintf("%s/stadt/mute/%s/%d/%d/%s/", t.deps.BaseURL, container, id, personID, t.deps.Keys.Of(th.muteLink(personID)))
}

// muteLink is what the key of a link to mute a thread is about.
func (th Thread) muteLink(personID int64) string { return "mute " + th.link(personID) }

// Mute keeps what is said in a thread from reaching a person elsewhere than on the site, or takes that back. Writing there
// does not take it back.
func (t *Threads) Mute(ctx context.Context, personID int64, th Thread, muted bool) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		return notify.Mute(ctx, tx, t.deps.Channels, personID, th.ContentID, th.ConversationID, muted)
	})
}

// Muting is the button below a thread with which somebody mutes it, or takes that back.
type Muting struct {
	Action string // path; empty where there is no button
	Muted  bool
	Talk   bool // the thread is a conversation
}

func (m Muting) label(p *lang.Printer) string {
	switch {
	case m.Talk && m.Muted:
		return p.T("Unmute this conversation")
	case m.Talk:
		return p.T("Mute this conversation")
	case m.Muted:
		return p.T("Unmute these comments")
	default:
		return p.T("Mute these comments")
	}
}

// mutingOf returns the button for the viewer.
func (t *Threads) mutingOf(v *site.Visit, th Thread) (m Muting, err error) {
	if !v.Viewer.SignedIn() {
		return m, nil
	}
	m.Action, m.Talk = th.ownPath()+"muting", th.ConversationID != 0
	m.Muted, err = notify.IsMuted(v.Context(), t.deps.DB, v.Viewer.PersonID, th.ContentID, th.ConversationID)
	return m, err
}

func (t *Threads) muteByButton(v *site.Visit, th Thread) error {
	p, err := t.readableThread(v, th)
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	var f struct {
		Muted bool `form:"muted"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := t.Mute(v.Context(), v.Viewer.PersonID, th, f.Muted); err != nil {
		return err
	}
	if f.Muted {
		v.Flash(parts.Done, "You’ll no longer get emails about what is written here. You’ll still find it in your notifications.")
	} else {
		v.Flash(parts.Done, "You’ll be notified again of what is written here.")
	}
	return v.Redirect(p.path(th))
}

// byMuteLink returns the person and the thread of a link; NotFound if its key does not fit.
func (t *Threads) byMuteLink(v *site.Visit) (personID int64, th Thread, err error) {
	if personID, th, err = addressed(v); err != nil {
		return 0, th, err
	}
	if !t.deps.Keys.Fit(v.Path("key"), th.muteLink(personID)) {
		return 0, th, errIncompleteLink()
	}
	return personID, th, nil
}

func (t *Threads) askToMute(v *site.Visit) error {
	if _, _, err := t.byMuteLink(v); err != nil {
		return err
	}
	title := v.T("Mute this thread")
	return v.Show(site.Page{
		Title: title, Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: title}),
		Body: parts.ConfirmForm(parts.Confirmation{
			Question: v.T("Do you want no more emails about what is written there? You’ll still find it in your notifications on the site."),
			Button:   title, Cancel: "/",
		}),
	})
}

// muteByLink answers the POST of a mail program as well as that of the form, and the same if it comes twice, as leave does.
func (t *Threads) muteByLink(v *site.Visit) error {
	personID, th, err := t.byMuteLink(v)
	if err != nil {
		return err
	}
	if err := t.Mute(v.Context(), personID, th, true); err != nil {
		return err
	}
	title := v.T("The thread is muted")
	return v.Show(site.Page{Title: title, Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: title}), Body: mutedBody()})
}
