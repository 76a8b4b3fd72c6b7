package sitemap

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
)

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	namespace = ` xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n"
)

// sendIndex answers with the addresses of all sitemaps.
func (r *Sitemap) sendIndex(v *site.Visit) error {
	parts, err := r.parts(v.Context())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(xmlHead + "<sitemapindex" + namespace)
	for n := range parts {
		b.WriteString("<sitemap><loc>" + escape(v.URL(strings.Replace(partPath, "{number}", strconv.Itoa(n+1), 1))) + "</loc></sitemap>\n")
	}
	b.WriteString("</sitemapindex>\n")
	return serve(v, b.Bytes())
}

// sendPart answers with one sitemap. Not many are written at once.
func (r *Sitemap) sendPart(v *site.Visit) error {
	number, err := strconv.Atoi(v.Path("number"))
	if err != nil || number < 1 || strconv.Itoa(number) != v.Path("number") {
		return community.ErrNothingHere()
	}
	select {
	case r.writing <- struct{}{}:
		defer func() { <-r.writing }()
	case <-v.Context().Done():
		return v.Context().Err()
	}
	parts, err := r.parts(v.Context())
	if err != nil {
		return err
	}
	if number > len(parts) {
		return community.ErrNothingHere()
	}
	var b bytes.Buffer
	b.WriteString(xmlHead + "<urlset" + namespace)
	err = r.each(v.Context(), parts[number-1], func(p site.SitemapPage) {
		b.WriteString("<url><loc>" + escape(v.URL(p.Path)) + "</loc>")
		if !p.ChangedAt.IsZero() {
			b.WriteString("<lastmod>" + p.ChangedAt.Format(time.RFC3339) + "</lastmod>")
		}
		b.WriteString("</url>\n")
	})
	if err != nil {
		return err
	}
	b.WriteString("</urlset>\n")
	return serve(v, b.Bytes())
}

// escape returns a text for XML.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}

// fresh is for how long programs need not ask again.
const fresh = 5 * time.Minute

// serve answers with XML.
func serve(v *site.Visit, text []byte) error {
	return v.Send(site.Document{Type: "application/xml; charset=utf-8", Body: text, Fresh: fresh})
}

// robots are the addresses that programs of search engines leave alone: forms and what leads to them, what looks
// different for each visitor, and all that a query narrows, turns or sorts, of which there is no end. A date of a series
// has a page of its own. The longest rule that matches counts.
const robots = `User-agent: *
Disallow: /*?
Allow: /*?date=
Disallow: /*/actions/
Disallow: /*/add$
Disallow: /*/add/$
Disallow: /*/request$
Disallow: /*/request/$
Disallow: /stadt/abuse
Disallow: /stadt/activity
Disallow: /stadt/api/
Disallow: /stadt/attendance/
Disallow: /stadt/conversations/
Disallow: /stadt/events/1
Disallow: /stadt/events/2
Disallow: /stadt/events/export
Disallow: /stadt/events/print
Disallow: /stadt/login
Disallow: /stadt/password/
Disallow: /stadt/search
Disallow: /stadt/settings/
Disallow: /stadt/signup
Disallow: /stadt/tags
Disallow: /stadt/threads/
`

// sendRobots tells programs of search engines what to leave alone, and where the sitemaps are.
func sendRobots(v *site.Visit) error {
	text := robots + "\nSitemap: " + v.URL(indexPath) + "\n"
	v.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.W.Header().Set("Cache-Control", "public, max-age=3600")
	_, err := v.W.Write([]byte(text))
	return err
}
