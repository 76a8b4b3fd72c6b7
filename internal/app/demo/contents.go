package demo

import (
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/demo/invented"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

func (t *town) content(group, author int64, title, text string, public, pinned bool, at clock.Time) (id int64) {
	id = int64(len(t.rows.contents) + 1)
	entity := t.entityOfGroup(group)
	address := slug.Make(title, 40)
	if t.slugs[fmt.Sprint(entity, "/", address)] {
		address = slug.Number(address, int(id), 50)
	}
	t.slugs[fmt.Sprint(entity, "/", address)] = true
	t.rows.contents = append(t.rows.contents, []any{id, "article", entity, author, address, title, public, pinned, at, "", clock.Time{}, clock.Time{}, nil})
	t.rows.versions = append(t.rows.versions, []any{id, author, text, at})
	t.published = append(t.published, published{group, author, at, public, t.voices[group-1]})
	return id
}

// hoursAgo returns a point in time so many hours ago, and some minutes that differ from one to the next.
func (t *town) hoursAgo(hours int) clock.Time {
	return clock.At(t.now.Add(-time.Duration(hours)*time.Hour - time.Duration(hours*7%53)*time.Minute))
}

// contents publishes what was written by hand, and then whatever is missing. The latter is older.
func (t *town) contents() {
	for _, s := range invented.Stories() {
		group := t.groupsNamed[s.Group]
		if group == 0 {
			continue // the town is too small for it
		}
		author := t.named[s.Author]
		t.join(group, author)
		id := t.content(group, author, s.Title, s.Text, !s.Internal, s.Pinned, t.hoursAgo(s.Hours))
		if s.Picture != nil {
			p := *s.Picture
			p.Accent = accentOf(s.Group)
			t.illustrations = append(t.illustrations, illustration{id, author, p, s.Shows})
		}
		for _, r := range s.Comments {
			t.comment(id, s, r)
		}
	}
	for len(t.rows.contents) < t.size.Contents {
		group := t.someGroup()
		author, v := t.someMember(group), t.voices[group-1]
		text := []string{pick(t, v.Openings)}
		said := t.rand.IntN(len(v.Paragraphs))
		for n := range 1 + t.rand.IntN(3) { // none of them twice
			text = append(text, v.Paragraphs[(said+n)%len(v.Paragraphs)])
		}
		at := clock.At(t.ago(700).Add(-10 * 24 * time.Hour))
		title := pick(t, v.Titles)
		text = append(text, pick(t, v.Closings))
		t.content(group, author, title, strings.Join(text, "\n\n"), t.rand.IntN(4) > 0, t.rand.IntN(25) == 0, at)
	}
}

// comment adds a comment that was written by hand, and notifies those of the cast whom it concerns.
func (t *town) comment(content int64, s invented.Story, r invented.Reply) {
	p, author := t.published[content-1], t.named[r.Author]
	if s.Internal {
		t.join(p.group, author)
	}
	at := t.hoursAgo(r.Hours)
	id := t.contribution(p.group, content, 0, author, r.Text, !r.Internal, r.ByMail, at)
	if !s.Internal && !r.Internal {
		t.react(id, author, at)
	}
	t.notifyCast(p.group, notice{comment: id, content: content, actor: author, at: at, read: r.Hours > 10})
}

// react lets one or two of the cast react to a comment, each in their own way.
func (t *town) react(comment, author int64, at clock.Time) {
	kinds := []string{"thanks", "good", "idea"}
	for n, person := range []int64{anna, bert, carla} {
		if person != author && (comment+int64(n))%3 != 0 {
			t.rows.reactions = append(t.rows.reactions, []any{comment, kinds[(comment+int64(2*n))%3], person, at})
		}
	}
}

func (t *town) contribution(group, content, conversation, author int64, text string, public, byMail bool, at clock.Time) (id int64) {
	id = int64(len(t.rows.contributions) + 1)
	inside := group != 0 && t.belongs[membership{group, author}]
	t.rows.contributions = append(t.rows.contributions, []any{
		id, sqldb.OrNull(content), sqldb.OrNull(conversation), author, text, "", public, byMail, inside, at, at,
	})
	return id
}

// comments adds what is missing to those that were written by hand.
func (t *town) comments() {
	for len(t.rows.contributions) < t.size.Comments {
		content := int64(len(t.rows.contents)) - int64(t.unevenly(len(t.rows.contents)))
		c := t.published[content-1]
		author := t.someMember(c.group)
		if c.public && t.rand.IntN(2) == 0 {
			author = t.anybody()
		}
		later := time.Duration(1+t.rand.Int64N(max(int64(t.now.Sub(c.at.Time)/time.Minute), 2))) * time.Minute
		byMail := t.rand.IntN(5) == 0
		t.contribution(c.group, content, 0, author, pick(t, c.voice.Remarks), !byMail, byMail, clock.At(c.at.Add(later)))
	}
}

// conversations begins with those that were written by hand.
func (t *town) conversations() {
	for _, c := range invented.Talks() {
		if group, person := t.groupsNamed[c.With], t.named[c.With]; group != 0 || person != 0 {
			t.talk(c, group, person)
		}
	}
	for len(t.rows.conversations) < t.size.Conversations {
		group := t.someGroup()
		author, v := t.anybody(), t.voices[group-1]
		id := int64(len(t.rows.conversations) + 1)
		at := t.ago(60)
		question := pick(t, v.Questions)
		t.contribution(group, 0, id, author, question.Text, true, false, at)
		latest := at
		for range t.rand.IntN(4) {
			who := t.someMember(group)
			if t.rand.IntN(2) == 0 {
				who = author
			}
			latest = clock.At(latest.Add(time.Duration(10+t.rand.IntN(600)) * time.Minute))
			if t.now.Before(latest.Time) {
				latest = t.now
			}
			t.contribution(group, 0, id, who, pick(t, v.Answers), true, t.rand.IntN(2) == 0, latest)
		}
		t.rows.conversations = append(t.rows.conversations, []any{id, t.entityOfGroup(group), author, question.Subject, at, latest})
	}
}

// talk adds a conversation that was written by hand: with a group, or else with a person.
func (t *town) talk(c invented.Talk, group, person int64) {
	id, entity := int64(len(t.rows.conversations)+1), person // the entities of people have their ids
	if group != 0 {
		entity = t.entityOfGroup(group)
	}
	var latest clock.Time
	for n, m := range c.Messages {
		author := t.named[m.Author]
		latest = t.hoursAgo(m.Hours)
		message := t.contribution(group, 0, id, author, m.Text, true, m.ByMail, latest)
		if n == 0 && c.Applies {
			t.rows.applications = append(t.rows.applications, []any{group, author, message, latest})
		}
		posted := notice{comment: message, conversation: id, actor: author, at: latest, read: n < len(c.Messages)-1}
		if group != 0 {
			t.notifyCast(group, posted)
		} else if author != person {
			t.notify(person, entity, posted)
		}
	}
	first := c.Messages[0]
	t.rows.conversations = append(t.rows.conversations, []any{id, entity, t.named[first.Author], c.Subject, t.hoursAgo(first.Hours), latest})
}
