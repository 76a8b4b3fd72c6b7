package imports

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/feed"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
)

// What a group can have of a feed: how many posts, how many of them that bear no date, and how long their titles and texts
// are. What is longer is cut: the rest stands where it comes from.
const (
	maxPosts     = 500
	maxUndated   = 10
	maxPostTitle = 255
	maxPostText  = 50_000
)

// earliest is when the web began: what a feed dates earlier is a mistake.
func earliest() time.Time { return time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC) }

// post is an entry of a feed, and when it was published; zero is when it is read first.
type post struct {
	feed.ReadEntry

	At clock.Time
}

// key returns what stands for the id of an entry, which may be of any length.
func (p post) key() string { return hash(p.Key()) }

// fingerprint returns what tells whether an entry says something else than before. Its date does not matter: some programs
// write down when they were asked.
func (p post) fingerprint() string { return hash(p.Title + "\x00" + p.HTML + "\x00" + p.Link) }

// gatherPosts returns the entries of a feed that a group shows, the earliest first, and how many it does not show although
// they are not ours.
func gatherPosts(f feed.Read, own origin, now clock.Time) (wanted []post, skipped int) {
	known := map[string]bool{}
	var dated, undated []post
	for _, e := range f.Entries {
		p := post{ReadEntry: e}
		switch key := e.Key(); {
		case own.ownsEntry(e):
		case key == "", !p.saysSomething():
			skipped++
		case known[key]:
		case e.Published.Before(earliest()):
			known[key] = true
			undated = append(undated, p)
		default:
			known[key] = true
			p.At = clock.At(e.Published)
			if now.Before(e.Published) {
				p.At = now
			}
			dated = append(dated, p)
		}
	}
	slices.SortStableFunc(dated, func(a, b post) int { return b.At.Compare(a.At.Time) })
	skipped += max(0, len(dated)-maxPosts) + max(0, len(undated)-maxUndated)
	wanted = append(slices.Clip(undated[:min(len(undated), maxUndated)]), dated[:min(len(dated), maxPosts)]...)
	slices.Reverse(wanted)
	return wanted, skipped
}

func (p post) saysSomething() bool {
	return glyph.Visible(p.Title) || glyph.Visible(feed.Words(p.HTML)) || p.Link != ""
}

// title returns what a post is called: as the feed says, or else as its text begins. name is what the feed is called, and
// host the server that it stands on.
func (p post) title(name, host string) string {
	const words = 12
	title := p.Title
	if !glyph.Visible(title) {
		all := strings.Fields(feed.Words(p.HTML))
		if title = strings.Join(all[:min(len(all), words)], " "); len(all) > words {
			title += " …"
		}
	}
	if !glyph.Visible(title) {
		title = cmp.Or(name, host)
	}
	return cut(title, maxPostTitle)
}

// text returns what a post says, in markdown, with the way to where it stands unless the text says that.
func (p post) text(say *lang.Printer) string {
	text := cut(texts.WithoutReferences(mime.Markdown(p.HTML)), maxPostText)
	if text == "" && p.Link == "" {
		return texts.WithoutReferences(markdown.FromPlain(p.Title))
	}
	if p.Link == "" || strings.Contains(text, p.Link) {
		return text
	}
	host := ""
	if u, err := url.Parse(p.Link); err == nil {
		host = u.Hostname()
	}
	address := strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "").Replace(p.Link)
	return strings.TrimSpace(text + "\n\n[" + markdown.FromPlain(say.T("Read on at %s", host)) + "](<" + address + ">)")
}

// cut returns the beginning of a text that is too long, with a sign that it goes on.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:limit-2])) + " …"
}

// holds reports whether an address is one of this site.
func (o origin) holds(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.EqualFold(u.Hostname(), o.host)
}

// ownsEntry reports whether an entry of another feed comes from here, through whatever sites it has come: what two sites
// tell each other would never end otherwise. One that has come through very many sites counts as such.
func (o origin) ownsEntry(e feed.ReadEntry) bool {
	return o.holds(e.Link) || o.holds(e.ID) || slices.Contains(e.Via, o.host) || len(e.Via) >= maxVia || len(strings.Join(e.Via, ",")) > maxViaBytes-maxHost
}

// maxHost is how long the name of a server may be (RFC 1035, 2.3.4).
const maxHost = 255

// viaOf returns through which sites an entry has come: the last of them is where it stands, whose feed is on a host.
func viaOf(e feed.ReadEntry, host string) string {
	for _, address := range []string{e.ID, e.Link} {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			host = u.Hostname()
		}
	}
	all := slices.Clip(e.Via)
	if host = strings.ToLower(host); len(host) <= maxHost && !slices.Contains(all, host) {
		all = append(all, host)
	}
	return strings.Join(all, ",")
}

// postDifferences are what is to be done so that a group shows what a feed says. What a feed does not list any more stays:
// feeds list what is new.
type postDifferences struct {
	Fresh   []post
	Changed []changedPost
}

type changedPost struct {
	post

	ContentID int64
}

// comparePosts returns how a feed differs from what is shown of it. shown are the entries of all feeds of the group.
func comparePosts(wanted []post, shown map[string]entry, importID int64) (d postDifferences) {
	for _, p := range wanted {
		e, known := shown[p.key()]
		switch {
		case !known:
			d.Fresh = append(d.Fresh, p)
		case e.ImportID != importID, e.Deleted, e.Fingerprint == p.fingerprint():
		default:
			d.Changed = append(d.Changed, changedPost{p, e.ContentID})
		}
	}
	return d
}
