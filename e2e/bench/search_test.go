//go:build bench

package bench

import (
	"fmt"
	"net/url"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// measureSearch measures what people look for in the large town, which has more than 100,000 posts, comments and
// messages: words that stand in most of them, in few, and in none.
func (b *bench) measureSearch() *table {
	b.t.Helper()
	t := &table{
		title:   b.title(fmt.Sprintf("searches of people who have signed in, first alone, then by %d at once, then while five things a second are written", visitors)),
		columns: []string{"search", "statements", "bytes", "p50 ms alone", "CPU ms", "a second", "while things are written", "p95 ms at half of that"},
	}
	for _, s := range []struct{ name, text string }{
		{"a frequent word", "treffen"}, {"two frequent words", "stadt antrag"}, {"a rare word", "klemmbrett"}, {"a slip of the fingers", "wekstatt"}, {"a part of compounds", "garten"},
	} {
		v := b.as(b.people, []string{"/stadt/search/?q=" + url.QueryEscape(s.text)})
		statements, size := b.cost(v)
		alone := b.closedLoop(v, 1)
		together := b.closedLoop(v, visitors)
		stop := b.keepWriting()
		writing := b.closedLoop(v, visitors)
		half := b.fixedRate(v, writing.rate/2)
		stop()
		rate, late := number(together.rate, 0), milliseconds(half.p95)
		if b.DB.Engine == sqldb.SQLite || b.DB.Engine == sqldb.PostgreSQL {
			rate, late = rate.from(200), late.within(30)
		}
		t.add([]string{s.name}, number(float64(statements), 0), number(float64(size), 0), milliseconds(alone.p50), milliseconds(together.cpu), rate, number(writing.rate, 0), late)
		b.progress(t)
	}
	return t
}
