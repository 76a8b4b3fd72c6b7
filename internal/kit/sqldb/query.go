package sqldb

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
)

// listForm is how an engine takes the list of IN (?).
type listForm uint8

const (
	listPadded listForm = iota // one placeholder each, repeated up to a power of two
	listArray                  // = ANY ($1), an array: one text for every length
	listJSON                   // IN (SELECT value FROM json_each(?)): one text for every length
)

// query is a text taken apart at its placeholders.
type query struct {
	plain        string   // with the engine's placeholders, for calls without lists
	pieces       []string // len(placeholders)+1 texts between the placeholders
	placeholders []placeholder
	bounds       bool // some placeholder bounds the number of rows
	paths        paths
}

// placeholder is one placeholder.
type placeholder struct {
	list bool   // it stands in IN (?)
	not  bool   // it stands in NOT IN (?)
	rows bool   // it stands behind LIMIT or OFFSET
	head string // the piece before it without its end "IN ("
	tail string // the piece after it without its beginning ")"
}

// queryCache remembers texts that were taken apart. Texts are literals of the program, or put together
// from few parts; the bound is for those that are not.
type queryCache struct{ *lru.Cache[string, *query] }

func newQueryCache() *queryCache {
	c, err := lru.New[string, *query](4096)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &queryCache{c}
}

func (p *pools) parse(text, suffix string) *query {
	if suffix != "" {
		text += suffix
	}
	if q, ok := p.queries.Get(text); ok {
		return q
	}
	q := parse(text, p.engine.numbered)
	p.queries.Add(text, q)
	return q
}

var (
	listHead = regexp.MustCompile(`(?i)\s+(NOT\s+)?IN\s*\(\s*$`)
	listTail = regexp.MustCompile(`^\s*\)`)
	rowsHead = regexp.MustCompile(`(?i)\s(LIMIT|OFFSET)\s+$`)
)

func parse(text string, numbered bool) *query {
	q := &query{}
	start := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'' || c == '"':
			// A doubled quote ends one literal and begins the next: the same for our purpose.
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				i = len(text)
				continue
			}
			i += end + 1
		case c == '-' && strings.HasPrefix(text[i:], "--"):
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				end = len(text) - i
			}
			i += end
		case c == '/' && strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i:], "*/")
			if end < 0 {
				end = len(text) - i
			}
			i += end
		case c == '?':
			q.pieces = append(q.pieces, text[start:i])
			start = i + 1
		}
	}
	q.pieces = append(q.pieces, text[start:])
	q.placeholders = make([]placeholder, len(q.pieces)-1)
	for i := range q.placeholders {
		before, after := q.pieces[i], q.pieces[i+1]
		head, tail := listHead.FindStringSubmatchIndex(before), listTail.FindStringIndex(after)
		if head != nil && tail != nil {
			q.placeholders[i] = placeholder{list: true, not: head[2] >= 0, head: before[:head[0]], tail: after[tail[1]:]}
		}
		q.placeholders[i].rows = rowsHead.MatchString(before)
		q.bounds = q.bounds || q.placeholders[i].rows
	}
	q.plain = text
	if numbered {
		var b strings.Builder
		for i, piece := range q.pieces {
			if i > 0 {
				b.WriteByte('$')
				b.WriteString(strconv.Itoa(i))
			}
			b.WriteString(piece)
		}
		q.plain = b.String()
	}
	return q
}

// bound is a query as it is sent.
type bound struct {
	text  string // for the engine
	args  []any  // for the driver
	paths *paths // where its columns belong
}

// bind returns a query with its arguments.
func (p *pools) bind(text, suffix string, args []any) (bound, error) {
	p.asked.Add(1)
	q := p.parse(text, suffix)
	if len(args) != len(q.placeholders) {
		return bound{}, fmt.Errorf("%d arguments for %d placeholders in: %s", len(args), len(q.placeholders), text)
	}
	if q.bounds {
		if written, rest, ok := q.writeBounds(args); ok {
			q, args = p.parse(written, ""), rest
		}
	}
	lists := false
	values := make([]any, len(args))
	for i, arg := range args {
		if isList(arg) {
			if !q.placeholders[i].list {
				return bound{}, fmt.Errorf("argument %d is a list, which only IN (?) takes, in: %s", i+1, text)
			}
			lists = true
			continue
		}
		v, err := value(arg)
		if err != nil {
			return bound{}, fmt.Errorf("argument %d: %w in: %s", i+1, err, text)
		}
		values[i] = v
	}
	if !lists {
		return bound{q.plain, values, &q.paths}, nil
	}
	written, values, err := p.engine.expand(q, args, values)
	return bound{written, values, &q.paths}, err
}

// maxWritten bounds the numbers that are written into a text, and so the number of texts.
const maxWritten = 1024

// writeBounds writes into the text how many rows are wanted. A server that keeps the plan of a statement
// makes it for any number of rows; not knowing that a dozen is meant, PostgreSQL reads whole tables. It
// returns the arguments that are left; ok is false if nothing can be written.
func (q *query) writeBounds(args []any) (text string, rest []any, ok bool) {
	size := 0
	for _, piece := range q.pieces {
		size += len(piece) + 4
	}
	var b strings.Builder
	b.Grow(size)
	rest = make([]any, 0, len(args))
	for i, m := range q.placeholders {
		b.WriteString(q.pieces[i])
		if n, isInt := args[i].(int); m.rows && isInt && n >= 0 && n <= maxWritten {
			b.WriteString(strconv.Itoa(n))
			ok = true
			continue
		}
		b.WriteByte('?')
		rest = append(rest, args[i])
	}
	b.WriteString(q.pieces[len(q.pieces)-1])
	return b.String(), rest, ok
}

// expand builds the text of a query with lists.
func (e *engine) expand(q *query, args, values []any) (string, []any, error) {
	var b strings.Builder
	out := make([]any, 0, len(values)+8)
	put := func(v any) {
		out = append(out, v)
		if e.numbered {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(len(out)))
			return
		}
		b.WriteByte('?')
	}
	// A list replaces "IN (" before and ")" after its placeholder, so the piece between two
	// placeholders may lose both its ends.
	piece := q.pieces[0]
	for i, m := range q.placeholders {
		next := q.pieces[i+1]
		if !isList(args[i]) {
			b.WriteString(piece)
			put(values[i])
			piece = next
			continue
		}
		b.WriteString(piece[:len(piece)-(len(q.pieces[i])-len(m.head))])
		if err := e.writeList(&b, put, args[i], m.not); err != nil {
			return "", nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		piece = m.tail
	}
	b.WriteString(piece)
	return b.String(), out, nil
}

func (e *engine) writeList(b *strings.Builder, put func(any), arg any, not bool) error {
	in, isAny := " IN (", " = ANY ("
	if not {
		in, isAny = " NOT IN (", " <> ALL ("
	}
	uniform := plainList(arg)
	switch {
	case e.list == listArray && uniform != nil:
		b.WriteString(isAny)
		put(uniform)
	case e.list == listJSON && uniform != nil:
		text, err := json.Marshal(uniform)
		if err != nil {
			return err
		}
		b.WriteString(in)
		b.WriteString("SELECT value FROM json_each(")
		put(string(text))
		b.WriteByte(')')
	case reflect.ValueOf(arg).Len() == 0 && e.list == listArray:
		b.WriteString(isAny)
		b.WriteString("'{}'")
	case reflect.ValueOf(arg).Len() == 0:
		b.WriteString(in)
		b.WriteString("SELECT NULL FROM (SELECT 1 AS one) AS no_rows WHERE one = 0")
	default:
		b.WriteString(in)
		list := reflect.ValueOf(arg)
		for i := range Places(list.Len()) {
			if i > 0 {
				b.WriteString(", ")
			}
			v, err := value(list.Index(min(i, list.Len()-1)).Interface())
			if err != nil {
				return err
			}
			put(v)
		}
	}
	b.WriteByte(')')
	return nil
}

// Places returns in how many places of a query n things stand, the last one in all that are left: as many as a power of two, so that
// the server has few texts to plan.
func Places(n int) int { return 1 << bits.Len(uint(n-1)) }

// isList reports whether an argument is a slice of values; bytes and values that know themselves how
// they are stored are not.
func isList(arg any) bool {
	switch arg.(type) {
	case nil, string, int64, int, bool, []byte, float64:
		return false
	case []int64, []string:
		return true
	case driver.Valuer:
		return false
	}
	t := reflect.TypeOf(arg)
	return t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8
}

// plainList returns a list of numbers as []int64 and one of texts as []string; nil for any other.
func plainList(arg any) any {
	v := reflect.ValueOf(arg)
	element := v.Type().Elem()
	if element.Implements(valuer) {
		return nil
	}
	switch element.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		list := make([]int64, v.Len())
		for i := range list {
			list[i] = v.Index(i).Int()
		}
		return list
	case reflect.String:
		list := make([]string, v.Len())
		for i := range list {
			list[i] = clean(v.Index(i).String())
		}
		return list
	default:
		return nil
	}
}

var valuer = reflect.TypeFor[driver.Valuer]()

// value turns an argument into one of the few types that every driver takes.
func value(arg any) (any, error) {
	switch v := arg.(type) {
	case nil, int64, bool, float64:
		return v, nil
	case int:
		return int64(v), nil
	case string:
		return clean(v), nil
	}
	v, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string:
		return clean(v), nil
	case time.Time:
		return nil, fmt.Errorf("a %T is bound, where a clock.Time belongs", arg)
	default:
		return v, nil
	}
}

// clean makes a text fit for every engine: valid UTF-8 without NUL.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}
