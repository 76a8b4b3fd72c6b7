package inbox

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Path is the address of the inbox.
const Path = "/stadt/activity"

// pageSize is how many entries stand on one page.
const pageSize = 12

// Page is the page on which people read their inbox.
type Page struct {
	DB    *sqldb.DB
	Texts *texts.Texts
	Keep  time.Duration // how long entries are kept
}

// Module returns the page's table of contents.
func (p Page) Module() module.Module {
	return module.Module{
		Name:   "inbox",
		Estate: holdings(),
		Entries: []site.Entry{{Menu: site.WaitingMenu, Order: 10, About: Path, Places: func(v *site.Visit) []site.Place {
			return []site.Place{{Path: Path, Label: v.T("Notifications"), Icon: parts.IconBell, Count: v.Viewer.Unread}}
		}}},
		Blocks: []site.Block{{Spot: site.StartMain, Order: 10, About: "what waits for the viewer", Show: p.showUnread}},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: p.show, SignedIn: true, Query: []string{"before"}},
			{Method: http.MethodPost, Path: Path, Handle: p.markRead, SignedIn: true},
		},
		Sweeps: []module.Sweep{{About: "old notifications", Run: p.removeOld}},
	}
}

// removeOld removes entries that nobody looks for any more.
func (p Page) removeOld(ctx context.Context) error {
	return sqldb.Sweep(ctx, p.DB, sqldb.Removal[int64](ctx, `DELETE FROM inbox_entries WHERE id IN (?)`),
		`SELECT id FROM inbox_entries WHERE created_at <= ? ORDER BY created_at, id`, clock.At(p.DB.Now().Add(-p.Keep)))
}

// entry is one piece of news.
type entry struct {
	ID             int64                  `db:"id"`
	Activity       community.ActivityName `db:"activity"`
	At             clock.Time             `db:"created_at"`
	Read           bool                   `db:"is_read"`
	Title          string                 `db:"title"` // of the item or conversation
	ContentID      int64                  `db:"content_id"`
	ConversationID int64                  `db:"conversation_id"`
	ContributionID int64                  `db:"contribution_id"`
	Text           string                 `db:"text"` // the beginning of the comment or message
	Format         markdown.Format        `db:"format"`
	ApplicationID  int64                  `db:"application_id"` // if the message asks for membership
	Open           bool                   `db:"open"`           // the viewer may answer the application
	Day            string                 `db:"day"`            // of the date of a series that it is about; "" for none

	Entity community.Entity `db:"entity"` // the group or person that it happened in
	Author community.Entity `db:"author"` // of the comment or message; nobody if the entity itself has published something
}

// face returns whoever did it. What a group publishes speaks for the group.
func (e entry) face() community.Entity {
	if e.ContributionID != 0 {
		return e.Author
	}
	return e.Entity
}

// path returns where the news can be read.
func (e entry) path() string {
	switch {
	case e.ContributionID != 0:
		return community.ContributionPath(e.ContentID, e.ConversationID, e.ContributionID)
	case e.ConversationID != 0:
		return community.ConversationPath(e.ConversationID)
	case e.Day != "":
		return community.DatePath(community.ContentPermalink(e.ContentID), e.Day)
	default:
		return community.ContentPermalink(e.ContentID)
	}
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
	args = append([]any{texts.LineSource, v.PersonID}, args...)
	// Which entries these are is found out first: PostgreSQL joins more than eight tables in the order in which they
	// are named, and would do so for all entries of the person.
	if w.Unread {
		where += ` AND i.read_at IS NULL`
	}
	behind, place := w.Before.Behind("i.created_at", "i.id")
	where, args = where+` AND `+behind, append(args, place...)
	err = p.DB.Select(ctx, &entries, `
		SELECT i.id, n.name AS activity, i.created_at, i.read_at IS NOT NULL AS is_read, COALESCE(c.title, t.subject) AS title,
		       COALESCE(i.content_id, 0) AS content_id, COALESCE(i.conversation_id, 0) AS conversation_id,
		       COALESCE(i.contribution_id, 0) AS contribution_id, COALESCE((SELECT d.day FROM event_dates d WHERE d.id = n.date_id), '') AS day, COALESCE(SUBSTR(k.text, 1, ?), '') AS text, COALESCE(k.format, '') AS format,
		       e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug", e.name AS "entity.name", e.colour AS "entity.colour",
		       e.picture AS "entity.picture",
		       COALESCE(a.id, 0) AS "author.id", COALESCE(a.kind, '') AS "author.kind", COALESCE(a.slug, '') AS "author.slug",
		       COALESCE(a.name, '') AS "author.name", COALESCE(a.colour, '') AS "author.colour", COALESCE(a.picture, '') AS "author.picture",
		       COALESCE(w.id, 0) AS application_id, w.id IS NOT NULL AND w.declined_at IS NULL
		         AND EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = w.group_id AND m.person_id = ?)
		         AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = w.group_id AND m.person_id = w.person_id) AS open
		  FROM (SELECT i.id, i.activity_id, i.content_id, i.conversation_id, i.contribution_id, i.created_at, i.read_at FROM inbox_entries i`+joinedThings+where+newestFirst+`) i
		  JOIN activities n ON n.id = i.activity_id`+joinedThings+`
		  JOIN entities e ON e.id = COALESCE(c.entity_id, t.entity_id)
		  LEFT JOIN people p ON p.id = k.author_id LEFT JOIN entities a ON a.id = p.entity_id
		  LEFT JOIN membership_applications w ON w.contribution_id = k.id
		 ORDER BY i.created_at DESC, i.id DESC`, append(args, w.Limit+1)...)
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
	limit := maxSettled
	if v.Viewer.Unread > maxSettled {
		limit = maxUnread // nothing is compared, unless there are fewer than are shown
	}
	entries, more, err := p.list(v.Context(), v.Viewer, wanted{Unread: true, Limit: limit})
	if err != nil {
		return nil, err
	}
	err = p.settle(v, len(entries), more)
	return unreadBlock(p.lines(v, entries[:min(len(entries), maxUnread)], "/"), v.Viewer.Unread), err
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
	b := body{Lines: p.lines(v, entries, Path), Unread: v.Viewer.Unread}
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

// line is an entry as a page shows it.
type line struct {
	entry
	Said string // the first line of the comment or message, or the title of what was published
	Back string // path of the page that it stands on
}

func (p Page) lines(v *site.Visit, entries []entry, back string) []line {
	all := make([]line, len(entries))
	for i, e := range entries {
		all[i] = line{entry: e, Said: e.Title, Back: back}
		switch day, err := time.Parse(time.DateOnly, e.Day); {
		case e.ContributionID != 0:
			all[i].Said = p.Texts.FirstLine(e.Format, e.Text)
		case err == nil:
			all[i].Said = v.T("%[1]s on %[2]s", e.Title, v.Lang.Date(day.Add(12*time.Hour)))
		}
	}
	return all
}

// body is what the page shows.
type body struct {
	Lines         []line
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
	UpTo int64 `form:"up_to"` // 0: whatever there is; scripts of existing sites send nothing
}

func (p Page) markRead(v *site.Visit) error {
	var f readForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if f.UpTo == 0 {
		f.UpTo = math.MaxInt64
	}
	err := p.DB.WriteUnseen(v.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(v.Context(), `UPDATE inbox_entries SET read_at = ? WHERE person_id = ? AND read_at IS NULL AND id <= ?`, tx.Now, v.Viewer.PersonID, f.UpTo)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark the inbox as read: %w", err)
	}
	v.Flash(parts.Done, "All notifications are marked as read.")
	return v.Redirect(Path)
}
