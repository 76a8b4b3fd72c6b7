package content

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// narrowing is what of the items of a group or person somebody wants to see, as the address of its page says. Its first
// three parameters are those of grouprise 5.5.
type narrowing struct {
	Kind  Kind   // without a name for all
	Title string // part of the title
	Order string // "" for the usual one
	Year  int    // in which it was published; 0 for any
}

// maxTitlePart is how many characters of a title somebody looks for.
const maxTitlePart = 100

// narrowingOf returns what the address of a page asks for. What nobody can mean asks for nothing.
func (c *Content) narrowingOf(v *site.Visit) narrowing {
	n := narrowing{Title: v.Query(site.TitleParameter), Order: v.Query(site.OrderParameter)}
	n.Year, _ = strconv.Atoi(v.Query(site.YearParameter))
	if n.Year < 1970 || n.Year > 2999 {
		n.Year = 0
	}
	if runes := []rune(n.Title); len(runes) > maxTitlePart {
		n.Title = string(runes[:maxTitlePart])
	}
	if n.byDate() == NotByDate {
		n.Order = ""
	}
	for _, k := range c.kinds {
		if v.Query(site.KindParameter) == path.Base(k.ListPath) {
			n.Kind = k
		}
	}
	return n
}

// active reports whether it asks for less than everything.
func (n narrowing) active() bool {
	return n.Kind.Name != "" || n.Title != "" || n.Order != "" || n.Year != 0
}

// byDate returns in which order of dates 5.5 would list items.
func (n narrowing) byDate() ByDate {
	switch n.Order {
	case "Veranstaltungsdatum", "content__time":
		return EarliestDate
	case "-Veranstaltungsdatum", "-content__time":
		return LatestDate
	default:
		return NotByDate
	}
}

// apply narrows a filter. Of a kind that has dates it asks for what is to come, unless for a year.
func (n narrowing) apply(f Filter, zone *time.Location) Filter {
	f.Kind, f.Title, f.ByDate = n.Kind.Name, n.Title, n.byDate()
	if n.Kind.Order == NextFirst && n.Year == 0 {
		f.Coming = true
		if f.ByDate == NotByDate {
			f.ByDate = EarliestDate
		}
	}
	if n.Year != 0 {
		f.From, f.To = clock.At(time.Date(n.Year, 1, 1, 0, 0, 0, 0, zone)), clock.At(time.Date(n.Year+1, 1, 1, 0, 0, 0, 0, zone))
	}
	return f
}

// ByDate is an order by when items take place. What has no date is left out.
type ByDate uint8

// The orders by date.
const (
	NotByDate ByDate = iota
	EarliestDate
	LatestDate
)

// titleLike returns the condition that a title holds a part, whatever the case. SQLite knows the cases of ASCII alone: it
// finds a title whose other letters are all small, or all large, as at the beginning of "Übungsabend".
func titleLike(column, part string) (condition string, args []any) {
	large := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, part)
	like := "LOWER(" + column + ") LIKE ? ESCAPE '!'"
	return "(" + like + " OR " + like + ")", []any{"%" + sqldb.EscapeLike(strings.ToLower(part)) + "%", "%" + sqldb.EscapeLike(large) + "%"}
}

// facets are what the items of a group or person can be narrowed by: to the kinds of which there are some, as bits in the
// order of the kinds, and to the years since the first one.
type facets struct {
	Kinds  int64      `db:"facet_kinds"`
	Oldest clock.Time `db:"facet_oldest"`
}

// facetColumns return facets beside the rows of a list, which are found out once.
func (c *Content) facetColumns(v community.Viewer, entityID int64) (columns string, args []any) {
	var terms []string
	for n, k := range c.kinds {
		listable, more := policy.ListableContents("f", v)
		terms = append(terms, fmt.Sprintf(`CASE WHEN EXISTS (SELECT 1 FROM contents f WHERE f.entity_id = ? AND f.kind = ? AND %s) THEN %d ELSE 0 END`, listable, 1<<n))
		args = append(append(args, entityID, k.Name), more...)
	}
	listable, more := policy.ListableContents("f", v)
	return strings.Join(append(terms, "0"), " + ") + ` AS facet_kinds, (SELECT f.published_at FROM contents f WHERE f.entity_id = ? AND ` + listable +
		` ORDER BY f.published_at, f.id LIMIT 1) AS facet_oldest`, append(append(args, entityID), more...)
}

// withFacets returns a query of a list that returns facets beside each row.
func (c *Content) withFacets(v community.Viewer, entityID int64, query string, args []any) (string, []any) {
	columns, more := c.facetColumns(v, entityID)
	return strings.Replace(query, "SELECT ", "SELECT "+columns+", ", 1), append(more, args...)
}

// listNarrowed returns a page of a list with its facets.
func (c *Content) listNarrowed(ctx context.Context, v community.Viewer, f Filter) (items []Item, more bool, by facets, err error) {
	f.Limit = pageSize
	query, args := listQuery(v, f, NewestFirst, c.deps.DB.Now())
	query, args = c.withFacets(v, f.EntityID, query, args)
	var rows []struct {
		Item
		facets
	}
	if err := c.deps.DB.Select(ctx, &rows, query, args...); err != nil {
		return nil, false, by, fmt.Errorf("list what is narrowed: %w", err)
	}
	for _, row := range rows {
		items, by = append(items, row.Item), row.facets
	}
	if more = len(items) > f.Limit; more {
		items = items[:f.Limit]
	}
	if len(rows) == 0 { // none of these, but perhaps others
		columns, args := c.facetColumns(v, f.EntityID)
		if err := c.deps.DB.Get(ctx, &by, `SELECT `+columns, args...); err != nil {
			return nil, false, by, fmt.Errorf("find out by what items can be narrowed: %w", err)
		}
	}
	return items, more, by, nil
}

// narrowed is what the page of a group or person shows of how its items are narrowed.
type narrowed struct {
	narrowing
	Path  string // of the page
	Chips []parts.Chip
	Years []int // the latest first; none where all items are from one
	All   string
	Dates string // where all dates are; "" unless the items have some

	InTown bool // what is new in the groups of the viewer stands above
}

// narrowed returns how the items of a group or person are narrowed, and can be.
func (c *Content) narrowed(v *site.Visit, s site.Subject, n narrowing, by facets) narrowed {
	shown := narrowed{narrowing: n, Path: s.Entity.Path(), All: s.Entity.Path()}
	for i, k := range c.kinds {
		if by.Kinds&(1<<i) != 0 || n.Kind.Name == k.Name {
			shown.Chips = append(shown.Chips, parts.Chip{
				Path: v.Narrow(site.KindParameter, path.Base(k.ListPath)) + newsAnchor, Label: v.T(string(k.Plural)), Current: n.Kind.Name == k.Name,
			})
		}
	}
	if len(shown.Chips) < 2 && n.Kind.Name == "" {
		shown.Chips = nil
	} else {
		all := parts.Chip{Path: v.Narrow(site.KindParameter, "") + newsAnchor, Label: v.T("All"), Current: n.Kind.Name == ""}
		shown.Chips = append([]parts.Chip{all}, shown.Chips...)
	}
	if now, first := c.deps.DB.Now().In(v.Lang.Zone()).Year(), by.Oldest.In(v.Lang.Zone()).Year(); !by.Oldest.IsZero() && first < now {
		for year := now; year >= first; year-- {
			shown.Years = append(shown.Years, year)
		}
	}
	if n.Kind.Order == NextFirst {
		shown.Dates = community.PersonCalendarPath(s.Entity.Slug)
		if s.Entity.IsGroup() {
			shown.Dates = community.GroupCalendarPath(s.Entity.OwnerID)
		}
	}
	return shown
}

// newsAnchor leads to the list on its page.
const newsAnchor = "#news"

// searchable reports whether there is so much that somebody may look for something.
func (n narrowed) searchable(items listed) bool {
	return n.active() || items.Older != "" || items.Newest != "" || len(n.Years) > 0
}
