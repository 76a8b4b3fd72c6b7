package events

import (
	"cmp"
	"context"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// PublishForeign publishes an event of another calendar for a group, in the name of one of its members, and tells nobody.
// Nobody can change it here. It returns the id of the content, and Invalid if it cannot be one of our events.
func (r *Events) PublishForeign(ctx context.Context, tx *sqldb.Tx, author community.Viewer, group community.Entity, e Foreign, public bool) (int64, error) {
	return r.content.PublishExternal(ctx, tx, author, content.Draft{Kind: r.Kind().Name, Entity: group, Form: r.foreignForm(e, public)})
}

// ReviseForeign brings an event up to date with its calendar. If it takes place at another time or not at all, those who
// are told of it are told that, unless it is to be quiet.
func (r *Events) ReviseForeign(ctx context.Context, tx *sqldb.Tx, author community.Viewer, contentID int64, e Foreign, public, quiet bool) error {
	f := r.foreignForm(e, public)
	f.actorID, f.quiet = author.PersonID, quiet
	return r.content.ReviseExternal(ctx, tx, author, contentID, f)
}

// CancelForeign says of an event that its calendar does not have any more that it does not take place, and tells those who
// are told of it: somebody counts on it.
func (r *Events) CancelForeign(ctx context.Context, tx *sqldb.Tx, author community.Viewer, contentID int64) error {
	return r.content.ChangeExternal(ctx, tx, author, contentID, func(stored content.Form) content.Form {
		if f, ok := stored.(*form); ok {
			f.external, f.actorID, f.Cancelled = true, author.PersonID, true
		}
		return stored
	})
}

// foreignForm returns the form that says what an event of another calendar says.
func (r *Events) foreignForm(foreign Foreign, public bool) *form {
	e := foreign.main()
	f := &form{
		room: r, foreign: &foreign, external: true,
		Begins: forInput(e.Begins), AllDay: e.AllDay, Zone: cmp.Or(e.Zone, r.deps.Zone.String()), Place: oneLine(e.Place), Cancelled: foreign.Cancelled(),
		Position: e.Position, Repetition: Repetition{Repeats: once},
	}
	if e.Rule != "" {
		f.Repetition = Repetition{Repeats: byRule, Rule: e.Rule}
	}
	if e.Ends != "" {
		f.Ends = forInput(e.Ends)
	}
	if _, ok := parsePosition(f.Position); !ok {
		f.Position = ""
	}
	f.Title, f.Public = oneLine(e.Title), public
	f.Text = texts.WithoutReferences(markdown.FromPlain(plain(e.Text)))
	if address := strings.TrimSpace(e.URL); isLink(address) && !strings.Contains(e.Text, address) {
		f.Text = strings.TrimSpace(f.Text + "\n\n" + address)
	}
	return f
}

// isLink reports whether a text is a web address and nothing else.
func isLink(text string) bool {
	return (strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")) && !strings.ContainsAny(text, " \t\n<>\"'`\\()[]")
}

// plain returns what a description says. Some calendars write HTML where plain text should be.
func plain(text string) string {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "</") && !strings.Contains(lower, "<br") {
		return text
	}
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			b.WriteString(html.UnescapeString(string(z.Raw())))
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch tag := atom.Lookup(name); {
			case tag == atom.Br, tag == atom.P && kind == html.EndTagToken, tag == atom.Div && kind == html.EndTagToken, tag == atom.Li && kind == html.EndTagToken:
				b.WriteByte('\n')
			case tag == atom.Li && kind == html.StartTagToken:
				b.WriteString("- ")
			}
		}
	}
}

// Audience returns who is told of something that happened to an event.
func (r *Events) Audience(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
	return r.content.Audience(ctx, q, e)
}

// Compose returns what a message to somebody about an event says whatever has happened; NotFound or Denied if they may not
// read it.
func (r *Events) Compose(ctx context.Context, q sqldb.Querier, p *lang.Printer, contentID int64, to notify.Recipient) (*notify.Message, error) {
	m, _, err := r.content.Compose(ctx, q, p, contentID, to)
	return m, err
}

// Line is an event in a list of a message.
type Line struct{ Title, URL, When string }

// Lines returns events as lists of messages name them, in the language of the context and in the order of the ids. Who
// reads them must be allowed to.
func (r *Events) Lines(ctx context.Context, q sqldb.Querier, contentIDs []int64) ([]Line, error) {
	found, err := listEvents(ctx, q, contentIDs)
	if err != nil {
		return nil, err
	}
	titles, err := listTitles(ctx, q, contentIDs)
	if err != nil {
		return nil, err
	}
	var all []Line
	for _, id := range contentIDs {
		e, ok := found[id]
		if !ok {
			continue
		}
		s, err := e.span(&r.zones)
		if err != nil {
			return nil, err
		}
		all = append(all, Line{Title: titles[id], URL: r.deps.BaseURL + community.ContentPermalink(id), When: s.sayWhole(lang.From(ctx))})
	}
	return all, nil
}
