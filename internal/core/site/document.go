package site

import (
	"fmt"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/kit/web"
)

// Document is an answer for programs that is no page, such as a feed.
type Document struct {
	Type      string // media type
	Body      []byte
	ChangedAt time.Time     // when it last said something else; zero if nobody knows
	Fresh     time.Duration // for how long programs, and caches on the way, need not ask again
}

// Fetching is how often a visitor may fetch what programs ask for by themselves: far more than all the feed readers and
// calendars of a house do.
func Fetching() web.Limit {
	return web.Limit{Name: "fetch feeds", Count: 3000, Per: time.Hour, Whom: web.PerVisitor}
}

// settled is how old a change must be before its time tells a document from the one before: times have whole seconds.
const settled = 2 * time.Second

// header says what a document is and how long it may be kept.
func (d *Document) header(h http.Header) {
	h.Set("Content-Type", d.Type)
	h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(d.Fresh.Seconds())))
	if !d.ChangedAt.IsZero() && time.Since(d.ChangedAt) > settled {
		h.Set("Last-Modified", d.ChangedAt.UTC().Format(http.TimeFormat))
	}
}

// isUnchangedSince reports whether a document says what it said at a time.
func (d *Document) isUnchangedSince(t time.Time) bool {
	return !d.ChangedAt.IsZero() && !d.ChangedAt.Truncate(time.Second).After(t)
}

// Send answers with a document, or by 304 if whoever asks has it. Where the route is Cached it is kept for others.
func (v *Visit) Send(d Document) error {
	if err := v.save(); err != nil {
		return err
	}
	cache, page := v.site.cache, newPage(d.Body)
	page.document = &d
	if v.cacheKey != "" && len(d.Body) <= maxCachedPage {
		page = cache.add(v.cacheKey, v.changes, page)
	}
	cache.send(v.raw, v.R, page)
	return nil
}
