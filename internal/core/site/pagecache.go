package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/web"
)

// Routes that are Cached show the same page to everybody who has not signed in. Such pages are kept in memory until
// something changes in the database, and for a second at most, because other processes may change something, too.
// See docs/decisions/0008-cached-pages.md.

const (
	cachedFor      = time.Second
	maxCachedBytes = 16 << 20  // of all pages, and of what they are compressed to
	maxCachedPages = 4096      // so that small ones do not cost more than their bytes
	maxCachedPage  = 256 << 10 // bytes; a larger page is rendered each time
	maxCacheKey    = 512       // bytes; longer addresses are not cached
)

// cachedPage is a rendered page.
type cachedPage struct {
	changes int64 // in the database, before the page was rendered
	made    clock.Time
	body    []byte
	etag    string

	document *Document // what it is if it is no page

	compress   sync.Once
	compressed []byte // with gzip, once somebody has asked for it; nil if that failed

	kept bool // by the cache, whose lock guards this and the size
	size int  // bytes that count
}

// pageCache keeps the pages that were asked for last.
type pageCache struct {
	changes   func() int64 // nil: nothing is kept
	clock     clock.Clock
	rendering singleflight.Group // a page that many ask for at once is rendered once
	writers   sync.Pool          // of *gzip.Writer, each of which is a megabyte

	mu    sync.Mutex
	pages *simplelru.LRU[string, *cachedPage]
	bytes int // the sum of their sizes
}

func newPageCache(changes func() int64, c clock.Clock) (*pageCache, error) {
	cache := &pageCache{changes: changes, clock: c}
	cache.writers.New = func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}
	var err error
	cache.pages, err = simplelru.NewLRU(maxCachedPages, func(_ string, page *cachedPage) {
		cache.bytes -= page.size
		page.kept = false
	})
	return cache, err
}

// cacheKey returns under which key the answer to a request of a Cached route is kept, or "" if it is nobody else's
// business: the browser has a session or waits for a message. A route that knows nobody answers everybody alike.
func (s *Site) cacheKey(r *http.Request, knownBy Identity) string {
	if s.cache.changes == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	key := "* " + r.URL.RequestURI()
	if knownBy != ByNothing {
		if s.hasCookie(r, web.SessionCookie) || s.hasCookie(r, flashCookie) {
			return ""
		}
		key = s.chooseLanguage(r, "") + " " + r.URL.RequestURI()
	}
	if len(key) > maxCacheKey {
		return ""
	}
	return key
}

func (s *Site) hasCookie(r *http.Request, name string) bool {
	_, err := r.Cookie(web.CookieName(name, s.Secure()))
	return err == nil
}

// get returns the page that is kept under a key, if it is still right.
func (c *pageCache) get(key string) (*cachedPage, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, ok := c.pages.Get(key)
	if !ok || page.changes != c.changes() || c.clock.Now().Sub(page.made.Time) > cachedFor {
		return nil, false
	}
	return page, true
}

// newPage returns a page that is not kept yet.
func newPage(body []byte) *cachedPage {
	sum := sha256.Sum256(body)
	return &cachedPage{body: body, etag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// add keeps a page whose rendering began after so many changes.
func (c *pageCache) add(key string, changes int64, page *cachedPage) *cachedPage {
	page.changes, page.made, page.kept = changes, c.clock.Now(), true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages.Remove(key) // Add would replace the page and not count that
	c.pages.Add(key, page)
	c.count(page, len(key)+len(page.body))
	return page
}

// count adds bytes to a page that is kept, for which the pages that nobody has asked for the longest go. The caller
// holds the lock.
func (c *pageCache) count(page *cachedPage, n int) {
	page.size += n
	c.bytes += n
	for c.bytes > maxCachedBytes {
		c.pages.RemoveOldest()
	}
}

// gzipped returns the page compressed, nil if that is impossible.
func (c *pageCache) gzipped(page *cachedPage) []byte {
	page.compress.Do(func() {
		w, ok := c.writers.Get().(*gzip.Writer)
		if !ok {
			return
		}
		defer c.writers.Put(w)
		var b bytes.Buffer
		w.Reset(&b)
		if _, err := w.Write(page.body); err != nil || w.Close() != nil {
			return
		}
		page.compressed = bytes.Clone(b.Bytes())
		c.mu.Lock()
		defer c.mu.Unlock()
		if page.kept {
			c.count(page, len(page.compressed))
		}
	})
	return page.compressed
}

// send answers with a page, or by 304 if the browser has it.
func (c *pageCache) send(w http.ResponseWriter, r *http.Request, page *cachedPage) {
	h := w.Header()
	if page.document != nil {
		page.document.header(h)
	} else {
		pageHeader(h)
	}
	h.Set("ETag", page.etag)
	if page.isKnown(r) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := page.body
	if web.AcceptsGzip(r) {
		if small := c.gzipped(page); small != nil {
			body = small
			h.Set("Content-Encoding", "gzip")
			h.Add("Vary", "Accept-Encoding")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) //nolint:gosec // a rendered page; and a browser that has gone is nobody's fault
	}
}

// isKnown reports whether whoever asks has the page: by its mark, or by its time where no mark is sent.
func (p *cachedPage) isKnown(r *http.Request) bool {
	marks := r.Header.Get("If-None-Match")
	if marks == "" {
		since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
		return err == nil && p.document != nil && p.document.isUnchangedSince(since)
	}
	for known := range strings.SplitSeq(marks, ",") {
		if known = strings.TrimSpace(known); known == p.etag || known == "*" {
			return true
		}
	}
	return false
}

// onlyDeclared returns a query with nothing but the parameters that a route declares, each once and in the order of the
// declaration. A page, its links and the key under which it is cached depend on no others.
func onlyDeclared(query string, names []string) string {
	if query == "" || len(names) == 0 {
		return ""
	}
	asked, _ := url.ParseQuery(query) // what cannot be read is left out
	var b strings.Builder
	for _, name := range names {
		value := asked.Get(name)
		if value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
	}
	return b.String()
}
