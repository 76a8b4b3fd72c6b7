// Package demo invents a town: people, groups, what they write and what they say to each other. It is
// the same town each time, believable enough to look at and large enough to measure with.
package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Size says how large the town is. The fixed cast is part of it.
type Size struct{ People, Groups, Contents, Comments, Conversations int }

// ErrNotEmpty says that somebody lives in the town already.
var ErrNotEmpty = errors.New("the database is not empty: a demonstration town needs one of its own")

// Fill fills an empty database. All people have the password whose hash is given.
func Fill(ctx context.Context, db *sqldb.DB, size Size, passwordHash string) error {
	var people int
	if err := db.Get(ctx, &people, `SELECT COUNT(*) FROM people`); err != nil {
		return fmt.Errorf("look into the database: %w", err)
	}
	if people > 0 {
		return ErrNotEmpty
	}
	err := db.Write(ctx, func(tx *sqldb.Tx) error {
		t := &town{
			rand: rand.New(rand.NewPCG(1848, 1919)), now: tx.Now, hash: passwordHash,
			size:  Size{max(size.People, 4), max(size.Groups, 3), max(size.Contents, 2), max(size.Comments, 4), max(size.Conversations, 1)},
			slugs: map[string]bool{}, members: map[int64][]int64{},
		}
		t.people()
		t.groups()
		t.contents()
		t.comments()
		t.conversations()
		return t.insert(ctx, tx)
	})
	if err == nil {
		err = db.Analyze(ctx)
	}
	return err
}

// town is what is invented, row by row.
type town struct {
	rand      *rand.Rand
	now       clock.Time
	hash      string
	size      Size
	slugs     map[string]bool
	members   map[int64][]int64 // of a group: people
	published []published

	entities, persons, addresses, groupRows, memberRows, subscriberRows [][]any
	contentRows, versionRows, conversationRows, contributionRows        [][]any
}

// published is what later comments need to know of a content item.
type published struct {
	group  int64
	at     clock.Time
	public bool
}

func pick[T any](t *town, from []T) T { return from[t.rand.IntN(len(from))] }

// ago returns a point in time up to so many days ago.
func (t *town) ago(days int) clock.Time {
	return clock.At(t.now.Add(-time.Duration(t.rand.IntN(days*24*60)+1) * time.Minute))
}

func (t *town) freeSlug(name string) string {
	base := slug.Make(name, 40)
	free := base
	for n := 2; t.slugs[free]; n++ {
		free = slug.Number(base, n, 40)
	}
	t.slugs[free] = true
	return free
}

func (t *town) colour() string {
	return fmt.Sprintf("#%02x%02x%02x", 40+t.rand.IntN(80), 40+t.rand.IntN(80), 40+t.rand.IntN(80))
}

// entity invents the owner of a slug. The ids of entities are those of people, then those of groups.
func (t *town) entity(kind community.EntityKind, slug, name string) int64 {
	id := int64(len(t.entities) + 1)
	t.slugs[slug] = true
	t.entities = append(t.entities, []any{id, kind, slug, strings.ToLower(slug), name, strings.ToLower(name), t.colour(), t.rand.IntN(400)})
	return id
}

// The fixed cast: their ids are their places here.
const (
	anna = iota + 1
	bert
	carla
	administrator
)

func (t *town) person(slug, first, last, about string, public, admin bool) {
	name := strings.TrimSpace(first + " " + last)
	if name == "" {
		name = slug
	}
	entity := t.entity(community.PersonEntity, slug, name)
	id := int64(len(t.persons) + 1)
	joined := t.ago(900)
	t.persons = append(t.persons, []any{id, entity, first, last, about, public, t.hash, admin, joined})
	t.addresses = append(t.addresses, []any{id, slug + "@example.org", slug + "@example.org", true, joined})
}

func (t *town) people() {
	t.person("anna", "Anna", "Ahorn", "Ich grabe gern und singe dabei.", true, false)
	t.person("bert", "Bert", "Birke", "Werkzeug verleihe ich, Zeit nicht immer.", true, false)
	t.person("carla", "Carla", "Clematis", "", false, false)
	t.person("demo-admin", "", "", "", true, true)
	for len(t.persons) < t.size.People {
		first, last := pick(t, firstNames), pick(t, lastNames)
		about := ""
		if t.rand.IntN(3) == 0 {
			about = pick(t, abouts)
		}
		t.person(t.freeSlug(first+" "+last), first, last, about, t.rand.IntN(4) > 0, false)
	}
}

func (t *town) group(slug, name, description string, closed bool, members ...int64) {
	entity := t.entity(community.GroupEntity, slug, name)
	id := int64(len(t.groupRows) + 1)
	founded := t.ago(2000)
	t.groupRows = append(t.groupRows, []any{id, entity, description, pick(t, places), "", closed, founded.Format(time.DateOnly), members[0], founded, founded})
	t.members[id] = members
	for _, m := range members {
		t.memberRows = append(t.memberRows, []any{id, m, m, t.ago(300)})
		t.subscriberRows = append(t.subscriberRows, []any{entity, m, t.ago(300)})
	}
	followers := map[int64]bool{}
	for range t.rand.IntN(len(t.persons)/8 + 1) {
		if p := t.anybody(); !slices.Contains(members, p) && !followers[p] {
			followers[p] = true
			t.subscriberRows = append(t.subscriberRows, []any{entity, p, t.ago(300)})
		}
	}
}

// anybody returns a person beyond the fixed cast, whose memberships are promised.
func (t *town) anybody() int64 {
	if len(t.persons) <= administrator {
		return administrator
	}
	return int64(administrator + 1 + t.rand.IntN(len(t.persons)-administrator))
}

func (t *town) groups() {
	t.group("netzwerkstatt", "Netzwerkstatt", "Wir betreiben diese Seite für alle Gruppen der Stadt. Du hast eine Frage? Schreib uns.", false, administrator)
	t.group("garten", "Garten am Bach", "Ein Gemeinschaftsgarten hinter der alten Mühle. Jeden Samstag ab 10 Uhr, auch ohne Anmeldung.", false, anna, bert)
	t.group("chor", "Chor der Vielen", "Wir singen, was uns gefällt, dienstags um 19 Uhr.", true, anna)
	for n := 0; len(t.groupRows) < t.size.Groups; n++ {
		g := groupIdeas[n%len(groupIdeas)]
		name := g.name
		if n >= len(groupIdeas) {
			name += " " + pick(t, quarters)
		}
		members := []int64{}
		for range 2 + t.rand.IntN(12) {
			if p := t.anybody(); !slices.Contains(members, p) {
				members = append(members, p)
			}
		}
		t.group(t.freeSlug(name), name, g.description, t.rand.IntN(5) == 0, members...)
	}
}

// entityOfGroup returns the entity of a group; those of people come first.
func (t *town) entityOfGroup(id int64) int64 { return int64(len(t.persons)) + id }

func (t *town) content(group, author int64, title, text string, public, pinned bool, at clock.Time) {
	id := int64(len(t.contentRows) + 1)
	entity := t.entityOfGroup(group)
	address := slug.Make(title, 40)
	if t.slugs[fmt.Sprint(entity, "/", address)] {
		address = slug.Number(address, int(id), 50)
	}
	t.slugs[fmt.Sprint(entity, "/", address)] = true
	t.contentRows = append(t.contentRows, []any{id, "article", entity, author, address, title, public, pinned, at})
	t.versionRows = append(t.versionRows, []any{id, author, text, at})
	t.published = append(t.published, published{group, at, public})
}

const (
	garten = 2
	chor   = 3
)

func (t *town) contents() {
	yesterday := clock.At(t.now.Add(-26 * time.Hour))
	t.content(garten, anna, "Erntefest am Bach", "Am Samstag feiern wir **Erntefest**.\n\n- Suppe aus allem, was wächst\n- Musik vom @chor\n- Saatgut zum Tauschen\n\nBringt Teller mit. Wir freuen uns auf alle, die mit uns gegraben haben, und auf alle, die es noch vorhaben.", true, true, yesterday)
	t.content(garten, anna, "Gießplan für den Sommer", "Bitte tragt euch ein: je Woche brauchen wir **zwei Leute**.\n\n| Woche | Wer |\n|---|---|\n| 28 | Anna, Bert |\n| 29 | ? |\n| 30 | ? |\n\nDer Schlüssel zum Schuppen hängt am alten Platz.", false, false, clock.At(t.now.Add(-20*time.Hour)))
	t.content(chor, anna, "Neue Noten", "Die Noten für das Winterkonzert liegen im Probenraum. Alt und Tenor proben am Donnerstag zusätzlich.", false, false, t.ago(10))
	for len(t.contentRows) < t.size.Contents {
		group := int64(1 + t.rand.IntN(len(t.groupRows)))
		author := pick(t, t.members[group])
		text := []string{pick(t, openings)}
		for range 1 + t.rand.IntN(4) {
			text = append(text, pick(t, paragraphs))
		}
		t.content(group, author, pick(t, titles), strings.Join(append(text, pick(t, closings)), "\n\n"), t.rand.IntN(4) > 0, t.rand.IntN(25) == 0, t.ago(700))
	}
}

func (t *town) contribution(content, conversation, author int64, text string, public, byMail bool, at clock.Time) {
	id := int64(len(t.contributionRows) + 1)
	t.contributionRows = append(t.contributionRows, []any{id, orNull(content), orNull(conversation), author, text, "", public, byMail, at})
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func (t *town) comments() {
	recently := func(hours int) clock.Time { return clock.At(t.now.Add(-time.Duration(hours) * time.Hour)) }
	t.contribution(1, 0, bert, "Ich bringe den großen Topf mit. Wer hat noch einen Kocher?", true, false, recently(22))
	t.contribution(1, 0, carla, "Darf man auch ohne Garten kommen?", true, false, recently(18))
	t.contribution(1, 0, anna, "Ja, unbedingt, @carla.", true, false, recently(17))
	t.contribution(2, 0, bert, "Woche 29 nehme ich, mit meiner Schwester zusammen.", false, true, recently(12))
	for n := 4; n < t.size.Comments; n++ {
		content := int64(1 + t.rand.IntN(len(t.contentRows)))
		c := t.published[content-1]
		author := pick(t, t.members[c.group])
		if c.public && t.rand.IntN(2) == 0 {
			author = t.anybody()
		}
		later := time.Duration(1+t.rand.Int64N(max(int64(t.now.Sub(c.at.Time)/time.Minute), 2))) * time.Minute
		byMail := t.rand.IntN(5) == 0
		t.contribution(content, 0, author, pick(t, remarks), !byMail, byMail, clock.At(c.at.Add(later)))
	}
}

func (t *town) conversations() {
	for n := range t.size.Conversations {
		group := int64(1 + t.rand.IntN(len(t.groupRows)))
		author := t.anybody()
		if n == 0 {
			group, author = garten, carla
		}
		id := int64(n + 1)
		at := t.ago(60)
		question := pick(t, questions)
		t.contribution(0, id, author, question.text, true, false, at)
		latest := at
		for range t.rand.IntN(4) {
			who := pick(t, t.members[group])
			if t.rand.IntN(2) == 0 {
				who = author
			}
			latest = clock.At(latest.Add(time.Duration(10+t.rand.IntN(600)) * time.Minute))
			if t.now.Before(latest.Time) {
				latest = t.now
			}
			t.contribution(0, id, who, pick(t, answers), true, t.rand.IntN(2) == 0, latest)
		}
		t.conversationRows = append(t.conversationRows, []any{id, t.entityOfGroup(group), author, question.subject, at, latest})
	}
}

func (t *town) insert(ctx context.Context, tx *sqldb.Tx) error {
	for _, rows := range []struct {
		insert string
		rows   [][]any
	}{
		{`INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour, score)`, t.entities},
		{`INSERT INTO people (id, entity_id, first_name, last_name, about, public, password, admin, joined_at)`, t.persons},
		{`INSERT INTO email_addresses (person_id, address, address_key, main, verified_at)`, t.addresses},
		{`INSERT INTO "groups" (id, entity_id, description, address, url, closed, founded_on, created_by_id, created_at, changed_at)`, t.groupRows},
		{`INSERT INTO memberships (group_id, person_id, created_by_id, joined_at)`, t.memberRows},
		{`INSERT INTO subscriptions (entity_id, person_id, created_at)`, t.subscriberRows},
		{`INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, pinned, published_at)`, t.contentRows},
		{`INSERT INTO versions (content_id, author_id, text, created_at)`, t.versionRows},
		{`INSERT INTO conversations (id, entity_id, author_id, subject, created_at, latest_at)`, t.conversationRows},
		{`INSERT INTO contributions (id, content_id, conversation_id, author_id, text, cut, public, by_mail, created_at)`, t.contributionRows},
	} {
		if err := tx.InsertRows(ctx, rows.insert, rows.rows); err != nil {
			return fmt.Errorf("fill the town: %w", err)
		}
	}
	for _, table := range []string{"entities", "people", `"groups"`, "contents", "conversations", "contributions"} {
		if err := tx.SyncIDs(ctx, table); err != nil {
			return err
		}
	}
	return nil
}
