//go:build bench

package bench

import (
	"fmt"
	"regexp"
	"strings"
)

// deep is how many pages somebody turns in a list that has no numbers.
const deep = 10

// list is a list that grows with the town, or with its largest group.
type list struct {
	name, path string
	members    bool   // is read by people of the largest group; otherwise by nobody in particular
	far        string // a page far behind, if its address can be known; "turn" turns pages until there
}

// lists are those of the largest group and of the whole town.
func (b *bench) lists() []list {
	id := fmt.Sprint(b.largest.id)
	return []list{
		{name: "directory", path: "/stadt/gestalten/", far: behind("/stadt/gestalten/")},
		{name: "directory, signed in", path: "/stadt/gestalten/", members: true},
		{name: "groups", path: "/stadt/groups/", far: behind("/stadt/groups/")},
		{name: "articles", path: "/stadt/articles/", far: "turn"},
		{name: "start, signed in", path: "/", members: true, far: "turn"},
		{name: "the largest group", path: "/" + b.largest.slug + "/", members: true, far: "turn"},
		{name: "its members", path: "/stadt/groups/" + id + "/members/", members: true, far: behind("/stadt/groups/" + id + "/members/")},
		{name: "its conversations", path: "/stadt/groups/" + id + "/conversations/", members: true, far: "turn"},
		{name: "inbox", path: "/stadt/activity/", members: true, far: "turn"},
		{name: "form of an article there", path: "/" + b.largest.slug + "/articles/add/", members: true},
		{name: "form of an article", path: "/stadt/articles/add/", members: true},
		{name: "the longest thread", path: b.paths(`
			SELECT '/' || e.slug || '/' || c.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id WHERE c.public AND c.slug IS NOT NULL
			 ORDER BY (SELECT COUNT(*) FROM contributions k WHERE k.content_id = c.id) DESC, c.id LIMIT ?`, 1)[0]},
		{name: "the busiest person", path: "/" + b.busiest + "/", members: true},
	}
}

// behind returns the address of a page with nine tenths of a list of the most active before it.
func behind(path string) string { return fmt.Sprintf("%s?after=%d-1", path, topScore/10) }

// measureLists measures each list: alone and with others.
func (b *bench) measureLists() *table {
	b.t.Helper()
	t := &table{
		title:   b.title(fmt.Sprintf("lists read anew by the busiest people, first alone, then by %d at once while five things a second are written", visitors)),
		columns: []string{"list", "statements", "bytes", "p50 ms alone", "CPU ms", "a second"},
	}
	for _, l := range b.lists() {
		b.measureList(t, l.name, l.path, l.members)
		switch l.far {
		case "":
		case "turn":
			b.measureList(t, fmt.Sprintf("%s, page %d", l.name, deep), b.turn(l, deep), l.members)
		default:
			b.measureList(t, l.name+", far behind", l.far, l.members)
		}
	}
	return t
}

func (b *bench) measureList(t *table, name, path string, members bool) {
	b.t.Helper()
	var cookies []string
	if members {
		cookies = b.members
	}
	v := b.as(cookies, []string{path})
	statements, size := b.cost(v)
	alone := b.closedLoop(v, 1)
	stop := b.keepWriting()
	together := b.closedLoop(v, visitors)
	stop()
	t.add([]string{name}, number(float64(statements), 0), number(float64(size), 0), milliseconds(alone.p50).within(15), milliseconds(together.cpu), number(together.rate, 0).from(300))
	b.progress(t)
}

var next = regexp.MustCompile(`<a[^>]*href="([^"]*[?&;]before=[^"]*)"`)

// turn returns the address of a page that is so many pages behind in the list of the busiest member.
func (b *bench) turn(l list, pages int) string {
	b.t.Helper()
	path, cookie := l.path, ""
	if l.members {
		cookie = b.members[0]
	}
	for n := 1; n < pages; n++ {
		found := next.FindSubmatch(b.get(visits{base: b.URL, targets: []target{{path, cookie}}}, 0))
		if found == nil {
			b.t.Logf("%s ends after %d pages", l.name, n)
			break
		}
		path = strings.ReplaceAll(string(found[1]), "&amp;", "&")
	}
	return path
}
