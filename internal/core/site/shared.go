package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/web"
)

// Pages of routes marked as Shared look the same to everybody who has not signed in, and the same each time to
// one person. They are kept in memory as long as nothing changes in the database: no transaction of this process has ended since, and no more than a
// second has passed, because other processes may write too, or ten if the database says that none has. Whoever asks first after that makes the page
// anew, and for one second more the others still get the page that there is. See docs/decisions/0008-shared-pages.md.

const (
	sharedFor   = time.Second
	sharedMost  = 10 * time.Second // if nothing has changed; a page may show what day it is
	sharedPages = 512
	maxShared   = 256 << 10 // bytes of a page; a larger one is rendered each time
	maxAddress  = 512       // bytes; longer ones are not kept
)

// sharedPage is a rendered page.
type sharedPage struct {
	state      state // of the database before the page was made
	made       clock.Time
	route      string
	body       []byte
	etag       string
	compressed func() []byte // with gzip; nil if that failed
	renewed    atomic.Bool   // somebody makes it anew
}

// state is what is known of the database.
type state struct {
	changes  int64  // of this process
	snapshot string // of all processes, no older than a second; empty if nobody can tell
}

// shelf keeps shared pages.
type shelf struct {
	changes  func() int64
	snapshot func(context.Context) (string, error)
	clock    clock.Clock
	pages    *lru.Cache[string, *sharedPage]
	made     singleflight.Group // a page that many ask for while it is out of date is made once

	last    atomic.Pointer[look]
	looking atomic.Bool
}

// look is what the database said of its state, and when.
type look struct {
	at       clock.Time
	snapshot string
}

func newShelf(changes func() int64, snapshot func(context.Context) (string, error), c clock.Clock) (*shelf, error) {
	pages, err := lru.New[string, *sharedPage](sharedPages)
	s := &shelf{changes: changes, snapshot: snapshot, clock: c, pages: pages}
	s.last.Store(&look{})
	return s, err
}

// state returns what is known of the database now.
func (s *shelf) state(ctx context.Context) state {
	return state{changes: s.changes(), snapshot: s.look(ctx)}
}

// look returns the database's state, for which it is asked once a second at most. Whoever comes while somebody asks gets the last one.
func (s *shelf) look(ctx context.Context) string {
	now := s.clock.Now()
	if s.snapshot != nil && now.Sub(s.last.Load().at.Time) > sharedFor && s.looking.CompareAndSwap(false, true) {
		snapshot, err := s.snapshot(ctx)
		if err != nil {
			snapshot = "" // nobody can tell
		}
		s.last.Store(&look{at: now, snapshot: snapshot})
		s.looking.Store(false)
	}
	return s.last.Load().snapshot
}

// sharedKey returns under which key the answer to a request may be kept, or "" if it is nobody else's
// business: the browser has a session or waits for a message.
func (s *Site) sharedKey(r *http.Request) string {
	if !s.keeps(r) {
		return ""
	}
	if s.hasCookie(r, web.SessionCookie) || s.hasCookie(r, flashCookie) {
		return ""
	}
	return s.chooseLanguage(r, "") + " " + r.URL.RequestURI()
}

// showKept answers with the page that was made for the viewer before, if there is one that is still right. A
// visitor who waits for a message has just changed something, perhaps in another process: they get a new page.
func (v *Visit) showKept() bool {
	if !v.Viewer.SignedIn() || !v.site.keeps(v.R) || v.site.hasCookie(v.R, flashCookie) {
		return false
	}
	v.shared = strconv.FormatInt(v.Viewer.PersonID, 10) + " " + v.Lang.Language() + " " + v.R.URL.RequestURI()
	return v.sendKept()
}

// sendKept answers with the page that is kept under the visit's key, if there is one that is right.
func (v *Visit) sendKept() bool {
	page, ok := v.site.shelf.find(v.Context(), v.shared)
	if !ok || v.save() != nil {
		return false
	}
	page.send(v.raw, v.R)
	return true
}

// keeps reports whether the answer to a request may be kept at all.
func (s *Site) keeps(r *http.Request) bool {
	return s.shelf.changes != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) && len(r.URL.RequestURI()) <= maxAddress
}

func (s *Site) hasCookie(r *http.Request, name string) bool {
	_, err := r.Cookie(web.CookieName(name, s.Secure()))
	return err == nil
}

// find returns the page that is kept under a key, if it is still right and not the asker's to be made anew.
func (s *shelf) find(ctx context.Context, key string) (*sharedPage, bool) {
	if key == "" {
		return nil, false
	}
	page, ok := s.pages.Get(key)
	if !ok || page.state.changes != s.changes() {
		return nil, false
	}
	age, most := s.clock.Now().Sub(page.made.Time), sharedFor
	if age > most && page.state.snapshot != "" && page.state.snapshot == s.look(ctx) {
		most = sharedMost
	}
	switch {
	case age <= most:
		return page, true
	case age > most+sharedFor:
		return nil, false
	default:
		return page, !page.renewed.CompareAndSwap(false, true)
	}
}

// keep keeps a page that was made when the database had a state.
func (s *shelf) keep(key string, made state, route string, body []byte) *sharedPage {
	sum := sha256.Sum256(body)
	page := &sharedPage{
		state: made, made: s.clock.Now(), route: route, body: bytes.Clone(body),
		etag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}
	page.compressed = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(page.body); err != nil || w.Close() != nil {
			return nil
		}
		return b.Bytes()
	})
	s.pages.Add(key, page)
	return page
}

// send answers with the page, or by 304 if the browser has it.
func (p *sharedPage) send(w http.ResponseWriter, r *http.Request) {
	web.RecordOf(r.Context()).Route = p.route
	h := w.Header()
	pageHeader(h)
	h.Set("ETag", p.etag)
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if known = strings.TrimSpace(known); known == p.etag || known == "*" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := p.body
	if web.AcceptsGzip(r) {
		if small := p.compressed(); small != nil {
			body = small
			h.Set("Content-Encoding", "gzip")
			h.Add("Vary", "Accept-Encoding")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that has gone is nobody's fault
	}
}
