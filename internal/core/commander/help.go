package commander

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/words"
)

// help returns the order to explain the commands that begin with some words.
func (c *Commander) help(prefix []string) Order {
	k := c.commands[0]
	k.Run = func(ctx context.Context, args []string) (Reply, error) {
		if len(args) == 0 {
			return append(Reply{lang.T(ctx, "These are the commands:")}, c.list(ctx, nil)...), nil
		}
		if found := c.list(ctx, args); len(found) > 0 {
			return append(Reply{lang.T(ctx, "These are the commands:")}, found...), nil
		}
		return nil, &Refusal{c.misunderstood(ctx, args)}
	}
	return Order{k, prefix}
}

// list returns the commands that begin with some words, a line each.
func (c *Commander) list(ctx context.Context, prefix []string) (lines Reply) {
	var seen []string
	for _, k := range c.commands {
		begins := strings.HasPrefix(k.Name+" ", strings.ToLower(strings.Join(prefix, " "))+" ")
		if len(prefix) > 0 && !begins || slices.Contains(seen, k.Name) {
			continue
		}
		seen = append(seen, k.Name)
		lines = append(lines, Item(fmt.Sprintf("%s – %s", k.Usage(), lang.T(ctx, string(k.About)))))
	}
	return lines
}

// misunderstood returns what to say of words that are no command: those that may have been meant.
func (c *Commander) misunderstood(ctx context.Context, typed []string) Reply {
	reply := Reply{lang.T(ctx, "There is no such command.")}
	if begun := c.list(ctx, typed[:1]); len(begun) > 0 {
		return append(reply, begun...)
	}
	var near []string
	for _, name := range c.Names() {
		begin := strings.ToLower(strings.Join(typed[:min(len(typed), len(strings.Fields(name)))], " "))
		if words.Distance(begin, name) <= max(1, len(name)/4) || words.Distance(begin, strings.Fields(name)[0]) <= 1 {
			near = append(near, name)
		}
	}
	for _, name := range near {
		reply = append(reply, c.list(ctx, strings.Fields(name))...)
	}
	if len(near) == 0 {
		reply = append(reply, lang.T(ctx, "“help” lists the commands."))
	}
	return reply
}

// Complete returns the names of the commands that a line could become.
func (c *Commander) Complete(begun string) (names []string) {
	begun = strings.ToLower(strings.Join(strings.Fields(begun), " "))
	for _, name := range append(c.Names(), "quit") {
		if strings.HasPrefix(name, begun) {
			names = append(names, name)
		}
	}
	return names
}

// maxNear is how many names are offered, and maxCompared how many are compared.
const (
	maxNear     = 10
	maxCompared = 20000
)

// Near returns those of some names that are most like one that was typed, the most alike first.
func Near(typed string, among []string) []string {
	typed = strings.ToLower(typed)
	distances := map[string]int{}
	var near []string
	for _, name := range among {
		d := words.Distance(typed, strings.ToLower(name))
		if begins := strings.HasPrefix(strings.ToLower(name), typed); !begins && d > max(2, len(typed)/3) {
			continue
		}
		distances[name] = d
		near = append(near, name)
	}
	slices.SortFunc(near, func(a, b string) int { return cmp.Or(distances[a]-distances[b], strings.Compare(a, b)) })
	return near[:min(len(near), maxNear)]
}

// Unknown returns the refusal of a name that nobody has, with those that may have been meant.
func Unknown(ctx context.Context, q sqldb.Querier, kind community.EntityKind, typed string) error {
	var all []string
	if err := q.Select(ctx, &all, `SELECT slug FROM entities WHERE kind = ? ORDER BY slug_key, id LIMIT ?`, kind, maxCompared); err != nil {
		return fmt.Errorf("look for names like %q: %w", typed, err)
	}
	return UnknownAmong(ctx, kind, typed, all)
}

// UnknownAmong is Unknown where only some names could have been meant.
func UnknownAmong(ctx context.Context, kind community.EntityKind, typed string, among []string) error {
	said := lang.T(ctx, "Unknown group: %s", typed)
	if kind == community.PersonEntity {
		said = lang.T(ctx, "Unknown person: %s", typed)
	}
	reply := Reply{said}
	near := Near(typed, among)
	if len(near) > 0 {
		reply = append(reply, lang.T(ctx, "These are similar:"))
	}
	for _, name := range near {
		reply = append(reply, Item(name))
	}
	return &Refusal{reply}
}

// Slug returns the slug that an argument names: it, or the last part of the address of a page.
func Slug(arg string) string {
	arg, _, _ = strings.Cut(arg, "?")
	arg, _, _ = strings.Cut(arg, "#")
	arg = strings.TrimRight(arg, "/")
	return strings.TrimPrefix(arg[strings.LastIndexByte(arg, '/')+1:], "@")
}

// Path returns the path of an address of a site, which may be given without it; false if it is one of another site.
func Path(baseURL, arg string) (path string, ok bool) {
	if strings.HasPrefix(arg, "/") && !strings.HasPrefix(arg, "//") {
		return arg, true
	}
	_, base, _ := strings.Cut(baseURL, "://")
	_, rest, absolute := strings.Cut(arg, "://")
	if !absolute {
		rest = arg
	}
	if path, ok = strings.CutPrefix(rest, base); !ok || !strings.HasPrefix(path, "/") {
		return "", false
	}
	return path, true
}

// Moment returns a point in time as replies show it.
func Moment(ctx context.Context, at lang.Moment) string {
	return at.In(lang.From(ctx).Zone()).Format("2006-01-02 15:04")
}

// Count reads an argument that is a whole number above 0; without one it is usual.
func Count(ctx context.Context, args []string, usual int) (int, error) {
	if len(args) == 0 {
		return usual, nil
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n <= 0 {
		return 0, Refuse(lang.T(ctx, "%s isn’t a whole number above 0.", args[0]))
	}
	return n, nil
}

// ExcerptWords is from how many words an Excerpt is made, which has at most maxExcerpt characters.
const (
	ExcerptWords = 60
	maxExcerpt   = 200
)

// Excerpt returns the beginning of what somebody wrote.
func Excerpt(text string) string {
	if all := []rune(text); len(all) > maxExcerpt {
		return string(all[:maxExcerpt-1]) + "…"
	}
	return text
}
