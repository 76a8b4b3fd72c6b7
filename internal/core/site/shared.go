package site

import (
	"bytes"
	"compress/gzip"
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
// second has passed, because other processes may write too. Whoever asks first after that second makes the page anew, and for another one the others
// still get the page that there is. See docs/decisions/0008-shared-pages.md.

const (
	sharedFor   = time.Second
	sharedPages = 512
	maxShared   = 256 << 10 // bytes of a page; a larger one is rendered each time
	maxAddress  = 512       // bytes; longer ones are not kept
)

// sharedPage is a rendered page.
type sharedPage struct {
	changes    int64 // the state of the database before the page was made
	made       clock.Time
	route      string
	body       []byte
	etag       string
	compressed func() []byte // with gzip; nil if that failed
	renewed    atomic.Bool   // somebody makes it anew
}

// shelf keeps shared pages.
type shelf struct {
	changes func() int64
	clock   clock.Clock
	pages   *lru.Cache[string, *sharedPage]
	made    singleflight.Group // a page that many ask for while it is out of date is made once
}

func newShelf(changes func() int64, c clock.Clock) (*shelf, error) {
	pages, err := lru.New[string, *sharedPage](sharedPages)
	return &shelf{changes: changes, clock: c, pages: pages}, err
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
	page, ok := v.site.shelf.find(v.shared)
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
func (s *shelf) find(key string) (*sharedPage, bool) {
	if key == "" {
		return nil, false
	}
	page, ok := s.pages.Get(key)
	if !ok || page.changes != s.changes() {
		return nil, false
	}
	switch age := s.clock.Now().Sub(page.made.Time); {
	case age <= sharedFor:
		return page, true
	case age > 2*sharedFor:
		return nil, false
	default:
		return page, !page.renewed.CompareAndSwap(false, true)
	}
}

// keep keeps a page that was made when the database had a state.
func (s *shelf) keep(key string, changes int64, route string, body []byte) *sharedPage {
	sum := sha256.Sum256(body)
	page := &sharedPage{
		changes: changes, made: s.clock.Now(), route: route, body: bytes.Clone(body),
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
