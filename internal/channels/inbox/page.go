package inbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Path is the address of the inbox.
const Path = "/stadt/activity"

// pageSize is how many entries stand on one page.
const pageSize = 12

// Page is the page on which people read their inbox.
type Page struct{ DB *sqldb.DB }

// Module returns the page's table of contents.
func (p Page) Module() module.Module {
	return module.Module{
		Name:   "inbox",
		Estate: holdings(),
		Entries: []site.Entry{{Menu: site.MyMenu, Order: 20, About: Path, Places: func(v *site.Visit) []site.Place {
			return []site.Place{{Path: Path, Label: v.T("Notifications"), Icon: parts.IconBell, Count: v.Viewer.Unread}}
		}}},
		Blocks: []site.Block{{Spot: site.StartMain, Order: 10, About: "what waits for the viewer", Show: p.showUnread}},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: p.show, SignedIn: true, Query: []string{"before"}},
			{Method: http.MethodPost, Path: Path, Handle: p.markRead, SignedIn: true},
		},
	}
}

// entry is one piece of news.
type entry struct {
	ID             int64                  `db:"id"`
	Activity       community.ActivityName `db:"activity"`
	At             clock.Time             `db:"created_at"`
	Read           bool                   `db:"is_read"`
	Title          string                 `db:"title"` // of the item or conversation
	EntityName     string                 `db:"entity_name"`
	Author         string                 `db:"author"` // of the comment or message
	ContentID      int64                  `db:"content_id"`
	ConversationID int64                  `db:"conversation_id"`
	ContributionID int64                  `db:"contribution_id"`
}

// path returns where the news can be read.
func (e entry) path() string {
	page := community.ContentPermalink(e.ContentID)
	if e.ConversationID != 0 {
		page = community.ConversationPath(e.ConversationID)
	}
	if e.ContributionID != 0 {
		page += "#" + community.ContributionAnchor(e.ContributionID)
	}
	return page
}

// wanted narrows a list of entries.
type wanted struct {
	Unread bool          // only what waits to be read
	Before paging.Cursor // only what is older
	Limit  int
}

// list returns the entries of a person, newest first, as far as they may still read what they are about,
// and whether there are more.
func (p Page) list(ctx context.Context, v community.Viewer, w wanted) (entries []entry, more bool, err error) {
	where, args := readable(v)
	if w.Unread {
		where += ` AND i.read_at IS NULL`
	}
	if !w.Before.At.IsZero() {
		where += ` AND (i.created_at < ? OR i.created_at = ? AND i.id < ?)`
		args = append(args, w.Before.At, w.Before.At, w.Before.ID)
	}
	err = p.DB.Select(ctx, &entries, `
		SELECT i.id, n.name AS activity, i.created_at, i.read_at IS NOT NULL AS is_read, COALESCE(c.title, t.subject) AS title, e.name AS entity_name,
		       COALESCE(a.name, '') AS author, COALESCE(i.content_id, 0) AS content_id, COALESCE(i.conversation_id, 0) AS conversation_id,
		       COALESCE(i.contribution_id, 0) AS contribution_id
		  FROM inbox_entries i JOIN activities n ON n.id = i.activity_id`+joinedThings+`
		  JOIN entities e ON e.id = COALESCE(c.entity_id, t.entity_id)
		  LEFT JOIN people p ON p.id = k.author_id LEFT JOIN entities a ON a.id = p.entity_id`+where+newestFirst, append(args, w.Limit+1)...)
	if err != nil {
		return nil, false, fmt.Errorf("list the entries of the inbox: %w", err)
	}
	if more = len(entries) > w.Limit; more {
		entries = entries[:w.Limit]
	}
	return entries, more, nil
}

// joinedThings are what entries are about.
const joinedThings = `
		  LEFT JOIN contents c ON c.id = i.content_id LEFT JOIN conversations t ON t.id = i.conversation_id
		  LEFT JOIN contributions k ON k.id = i.contribution_id`

// readable is the condition on entries of the viewer that are about something that they may read.
func readable(v community.Viewer) (where string, args []any) {
	contents, args1 := policy.ReadableContents("c", v)
	comments, args2 := policy.ReadableComments("k", "c.entity_id", v)
	talks, args3 := policy.ReadableConversations("t", v)
	where = `
		 WHERE i.person_id = ? AND (i.content_id IS NOT NULL AND ` + contents + ` AND (i.contribution_id IS NULL OR ` + comments + `)
		    OR i.conversation_id IS NOT NULL AND k.deleted_at IS NULL AND ` + talks + `)`
	return where, append(append(append([]any{v.PersonID}, args1...), args2...), args3...)
}

// maxSettled is how many waiting entries are compared with the number of them. Of a larger number nobody sees that it is
// a few too high, and it is compared as soon as enough of them are read.
const maxSettled = 50

// settle corrects how many entries wait for the viewer, given those that can be listed. The number that every page shows
// is counted without asking what the entries are about. Those about something that was removed, or that is not for the
// viewer any more, cannot be listed: they are marked as read, so that the number never promises more than there is.
func (p Page) settle(v *site.Visit, listed int, more bool) error {
	if more || listed == v.Viewer.Unread {
		return nil
	}
	// What arrives meanwhile must not get lost: it may only be missing in the first of the two lists.
	var all []int64
	err := p.DB.Select(v.Context(), &all, `SELECT i.id FROM inbox_entries i WHERE i.person_id = ? AND i.read_at IS NULL`+newestFirst, v.Viewer.PersonID, maxCounted)
	if err != nil {
		return fmt.Errorf("count the entries of the inbox: %w", err)
	}
	waiting, err := p.unread(v, maxCounted)
	if err != nil {
		return err
	}
	v.Viewer.Unread = len(waiting)
	lost := slices.DeleteFunc(all, func(id int64) bool { return slices.Contains(waiting, id) })
	if len(lost) == 0 {
		return nil
	}
	err = p.DB.WriteUnseen(v.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(v.Context(), `UPDATE inbox_entries SET read_at = ? WHERE person_id = ? AND id IN (?)`, tx.Now, v.Viewer.PersonID, lost)
		return err
	})
	if err != nil {
		return fmt.Errorf("settle what cannot be read any more: %w", err)
	}
	return nil
}

// maxCounted is how many entries are looked at when they are counted; nobody reads a thousand.
const maxCounted = 1000

const newestFirst = ` ORDER BY i.created_at DESC, i.id DESC LIMIT ?`

// unread returns the newest entries that can be listed and wait for the viewer.
func (p Page) unread(v *site.Visit, limit int) (ids []int64, err error) {
	where, args := readable(v.Viewer)
	err = p.DB.Select(v.Context(), &ids, `SELECT i.id FROM inbox_entries i`+joinedThings+where+` AND i.read_at IS NULL`+newestFirst, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list what waits in the inbox: %w", err)
	}
	return ids, nil
}

// maxUnread is how many entries stand on the start page.
const maxUnread = 3

// showUnread shows the latest entries that the viewer has not read, and corrects the number of those in the visit.
func (p Page) showUnread(v *site.Visit, _ site.Subject) (templ.Component, error) {
	if !v.Viewer.SignedIn() {
		return nil, nil //nolint:nilnil // no block
	}
	if v.Viewer.Unread == 0 {
		return unreadBlock(nil, 0), nil
	}
	entries, more, err := p.list(v.Context(), v.Viewer, wanted{Unread: true, Limit: maxSettled})
	if err != nil {
		return nil, err
	}
	err = p.settle(v, len(entries), more)
	return unreadBlock(entries[:min(len(entries), maxUnread)], v.Viewer.Unread), err
}

func (p Page) show(v *site.Visit) error {
	if v.Viewer.Unread > 0 {
		waiting, err := p.unread(v, maxSettled+1)
		if err != nil {
			return err
		}
		if err := p.settle(v, len(waiting), len(waiting) > maxSettled); err != nil {
			return err
		}
	}
	entries, more, err := p.list(v.Context(), v.Viewer, wanted{Before: v.Before(), Limit: pageSize})
	if err != nil {
		return err
	}
	b := body{Entries: entries, Unread: v.Viewer.Unread}
	if more {
		last := entries[len(entries)-1]
		b.Older = v.Older(paging.Cursor{At: last.At, ID: last.ID})
	}
	for _, e := range entries {
		b.UpTo = max(b.UpTo, e.ID)
	}
	if !v.Before().At.IsZero() {
		b.Newest = Path
		if b.UpTo, err = p.newest(v); err != nil {
			return err
		}
	}
	return v.Show(site.Page{
		Title: v.T("Notifications"), Body: listBody(b), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Notifications")}),
	})
}

// body is what the page shows.
type body struct {
	Entries       []entry
	Unread        int
	UpTo          int64 // the newest entry that there was: what arrives afterwards stays unread
	Older, Newest string
}

// newest returns the viewer's newest entry, which an older page does not show.
func (p Page) newest(v *site.Visit) (id int64, err error) {
	if err = p.DB.Get(v.Context(), &id, `SELECT COALESCE(MAX(id), 0) FROM inbox_entries WHERE person_id = ?`, v.Viewer.PersonID); err != nil {
		return 0, fmt.Errorf("find the newest entry of the inbox: %w", err)
	}
	return id, nil
}

type readForm struct {
	UpTo int64 `form:"up_to"`
}

func (p Page) markRead(v *site.Visit) error {
	var f readForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	err := p.DB.WriteUnseen(v.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(v.Context(), `UPDATE inbox_entries SET read_at = ? WHERE person_id = ? AND read_at IS NULL AND id <= ?`, tx.Now, v.Viewer.PersonID, f.UpTo)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark the inbox as read: %w", err)
	}
	v.Flash(parts.Done, "All news is marked as read.")
	return v.Redirect(Path)
}
