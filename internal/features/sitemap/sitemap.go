// Package sitemap is the room of what search engines are told of the site: which pages there are to find (sitemaps.org),
// and which addresses their programs had better leave alone (RFC 9309).
//
// A site has one index, and a sitemap for the pages that are always there and for each range of keys that a room has given
// away. A sitemap is read by its keys in batches, so that it takes the same memory however large the town is.
package sitemap

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	// Sources returns what the modules of the house want search engines to find.
	Sources func() []site.SitemapSource
}

// Sitemap is the room.
type Sitemap struct {
	deps    Deps
	writing chan struct{} // whoever writes a sitemap holds one of its places
}

// New returns the room.
func New(d Deps) *Sitemap { return &Sitemap{deps: d, writing: make(chan struct{}, 2)} }

// The addresses of the room.
const (
	robotsPath = "/robots.txt"
	indexPath  = "/sitemap.xml"
	partPath   = "/sitemap-{number}.xml"
)

// keysPerPart is how many keys a sitemap spans. It may list 50,000 pages; with fewer it is written sooner.
const keysPerPart = 10_000

// batch is how many pages are read at once.
const batch = 1_000

// Module returns the room's table of contents.
func (r *Sitemap) Module() module.Module {
	return module.Module{
		Name: "sitemap",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: robotsPath, Handle: sendRobots, KnownBy: site.ByNothing},
			{Method: http.MethodGet, Path: indexPath, Handle: r.sendIndex, KnownBy: site.ByNothing, Limit: limit(), Failures: site.AsText},
			{Method: http.MethodGet, Path: partPath, Handle: r.sendPart, KnownBy: site.ByNothing, Limit: limit(), Failures: site.AsText},
		},
	}
}

// limit is how often programs read sitemaps: several times all of those of a large town.
func limit() *web.Limit {
	return &web.Limit{Name: "read sitemaps", Count: 300, Per: time.Hour, Whom: web.PerVisitor}
}

// part is one sitemap: a range of the keys of a source, or, with none, the pages that are always there.
type part struct {
	source *site.SitemapSource
	after  int64
}

// parts returns the sitemaps of the site, in the order of their numbers.
func (r *Sitemap) parts(ctx context.Context) ([]part, error) {
	all := []part{{}}
	sources := r.deps.Sources()
	for n := range sources {
		s := &sources[n]
		if s.Last == nil {
			continue
		}
		last, err := s.Last(ctx)
		if err != nil {
			return nil, err
		}
		for after := int64(0); after < last; after += keysPerPart {
			all = append(all, part{s, after})
		}
	}
	return all, nil
}

// each calls a function for the pages of a sitemap, in their order.
func (r *Sitemap) each(ctx context.Context, p part, do func(site.SitemapPage)) error {
	if p.source == nil {
		for _, s := range r.deps.Sources() {
			for _, path := range s.Paths {
				do(site.SitemapPage{Path: path})
			}
		}
		return nil
	}
	for after, upTo := p.after, p.after+keysPerPart; ; {
		pages, err := p.source.List(ctx, after, upTo, batch)
		if err != nil {
			return err
		}
		for _, page := range pages {
			do(page)
		}
		if len(pages) < batch {
			return nil
		}
		after = pages[len(pages)-1].Key
	}
}
