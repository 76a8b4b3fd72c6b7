package threads

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// sinceParameter names the time up to which the page knows its thread.
const sinceParameter = "since"

// heartbeat is how often a stream without news says that it is still there: proxies close what is silent for a minute.
const heartbeat = 25 * time.Second

// livePath returns the address of the stream of a thread.
func livePath(th Thread) string { return th.ownPath() + "live" }

// ownPath returns what the addresses begin with that are about a thread, whatever it belongs to.
func (th Thread) ownPath() string {
	container, id := th.address()
	return fmt.Sprintf("/stadt/threads/%s/%d/", container, id)
}

// inContent returns the handler of what is asked of the thread of a content item.
func inContent(handle func(*site.Visit, Thread) error) site.Handler {
	return func(v *site.Visit) error {
		id, err := v.ID("id")
		if err != nil {
			return err
		}
		return handle(v, Thread{ContentID: id})
	}
}

// inConversation returns the handler of what is asked of a conversation.
func inConversation(handle func(*site.Visit, Thread) error) site.Handler {
	return func(v *site.Visit) error {
		id, err := v.ID("id")
		if err != nil {
			return err
		}
		return handle(v, Thread{ConversationID: id})
	}
}

// readableThread returns the place of a thread that the viewer may read: NotFound, Denied or Unauthenticated if they may
// not.
func (t *Threads) readableThread(v *site.Visit, th Thread) (place, error) {
	p, err := placeOfThread(v.Context(), t.deps.DB, v.Viewer, th)
	if err != nil {
		return p, err
	}
	return p, p.open(v.Context(), t.deps.DB, v.Viewer)
}

// follow sends a page what is new in its thread, until the page is closed, the session of its reader ends, they may not
// read it any more, or the server stops.
func (t *Threads) follow(v *site.Visit, th Thread) error {
	if _, err := t.readableThread(v, th); err != nil {
		return err
	}
	if v.R.Method != http.MethodGet || !strings.Contains(v.R.Header.Get("Accept"), web.EventStreamType) {
		return errs.New(errs.Invalid, "This address is for pages that stay open.")
	}
	s := &stream{thread: th, owner: web.Network(web.RecordOf(v.Context()).Client)}
	if v.Viewer.SignedIn() {
		s.owner, s.session = web.Account(v.Viewer.PersonID), t.deps.Sessions.Key(v.Context())
	}
	if err := t.hub.join(s); err != nil {
		return err
	}
	defer t.hub.leave(s)
	out, err := web.OpenEventStream(v.W, 2*time.Second+rand.N(4*time.Second)) // pages of a server that starts anew come one by one
	if err != nil {
		return nil // the page has been closed
	}
	_ = t.send(v, s, out) // what ends it, the page sees
	return nil
}

// send writes what happens to a stream until that ends.
func (t *Threads) send(v *site.Visit, s *stream, out *web.EventStream) error {
	missed, err := listMissed(v.Context(), t.deps.DB, s.thread, sinceOf(v))
	if err != nil {
		return err
	}
	if err := t.sendChanges(v, s, out, missed); err != nil {
		return err
	}
	if err := out.Comment("ready"); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat + rand.N(heartbeat/5))
	defer beat.Stop()
	for {
		var err error
		select {
		case <-v.Context().Done():
			return v.Context().Err()
		case <-web.Stopping(v.Context()):
			return nil // the page comes again
		case <-s.ended:
			return out.Send("end", "", nil)
		case <-s.news:
			err = t.sendChanges(v, s, out, s.take())
		case <-beat.C:
			if _, err = t.readableThread(v, s.thread); err == nil {
				err = out.Comment("")
			} else {
				err = giveUp(out, err)
			}
		}
		if err != nil {
			return err
		}
	}
}

// giveUp tells the page not to come again if its reader may not read the thread any more.
func giveUp(out *web.EventStream, err error) error {
	if errs.Is(err, errs.Unavailable) {
		return err
	}
	return errors.Join(out.Send("end", "", nil), err)
}

// sinceOf returns the time up to which the page knows its thread: the id of the last event that it got, or what stands in
// the address.
func sinceOf(v *site.Visit) clock.Time {
	for _, text := range []string{v.R.Header.Get("Last-Event-ID"), v.Query(sinceParameter)} {
		if milliseconds, err := strconv.ParseInt(text, 10, 64); err == nil && milliseconds >= 0 {
			return clock.At(time.UnixMilli(milliseconds))
		}
	}
	return clock.Time{}
}

// news is what a page shows differently from now on.
type news struct {
	Anchor  string `json:"anchor"`
	HTML    string `json:"html"`
	Version int64  `json:"version"`
	Spoken  string `json:"spoken,omitempty"` // of what has just been written
}

// sendChanges sends contributions, each only if the reader of the page may see it now.
func (t *Threads) sendChanges(v *site.Visit, s *stream, out *web.EventStream, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	all, err := t.renderChanges(v, s, ids)
	if errs.Is(err, errs.Denied) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Unauthenticated) {
		return giveUp(out, err)
	}
	if err != nil {
		return err
	}
	for _, n := range all {
		text, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("write what is new: %w", err)
		}
		if err := out.Send("", strconv.FormatInt(n.Version, 10), text); err != nil {
			return err
		}
	}
	return nil
}

// renderChanges returns contributions as a page shows them. A few streams render at once; sending takes as long as the
// connections of their readers do, and holds up nobody.
func (t *Threads) renderChanges(v *site.Visit, s *stream, ids []int64) ([]news, error) {
	select {
	case t.hub.turns <- struct{}{}:
		defer func() { <-t.hub.turns }()
	case <-v.Context().Done():
		return nil, v.Context().Err()
	}
	if s.session != "" {
		alive, err := t.deps.Sessions.Alive(v.Context(), []string{s.session})
		if err != nil {
			return nil, err
		}
		if !alive[s.session] {
			s.end()
			return nil, nil
		}
	}
	p, err := placeOfThread(v.Context(), t.deps.DB, v.Viewer, s.thread)
	if err != nil {
		return nil, err
	}
	standing, err := p.admit(v.Context(), t.deps.DB, v.Viewer)
	if err != nil {
		return nil, err
	}
	list, err := listSome(v.Context(), t.deps.DB, v.Viewer, s.thread, p.EntityID, ids)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	html, err := t.deps.Texts.Render(v.Context(), t.deps.DB, v.Viewer, v.Lang, Sources(list)...)
	if err != nil {
		return nil, err
	}
	f := Frame{Path: p.path(s.thread), Entity: p.entity(), Standing: standing, Answer: v.Viewer.SignedIn() && policy.CanAdd(standing)}
	views, err := t.views(v, f, list, html)
	if err != nil {
		return nil, err
	}
	all := make([]news, len(views))
	for i, c := range views {
		if all[i], err = newsOf(v, c); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func newsOf(v *site.Visit, c View) (news, error) {
	var b bytes.Buffer
	if err := contribution(c).Render(v.Context(), &b); err != nil {
		return news{}, fmt.Errorf("render contribution %d: %w", c.ID, err)
	}
	n := news{Anchor: community.ContributionAnchor(c.ID), HTML: b.String(), Version: c.ChangedAt.UnixMilli()}
	if !c.Removed() && c.EditedAt.IsZero() {
		n.Spoken = v.T("New from %s", c.AuthorName)
	}
	return n, nil
}
