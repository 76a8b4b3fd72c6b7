// Package demo invents a town: people, groups, what they write and what they say to each other. It is
// the same town each time, believable enough to look at and large enough to measure with.
//
// It is as uneven as towns are. A quarter of the people belong to its largest group and a fifth of what is
// published stands there, most groups are small, and a few people are in many of them (Zipf's law).
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
			slugs: map[string]bool{}, scores: map[int64]int{}, members: map[int64][]int64{}, belongs: map[membership]bool{},
		}
		t.people()
		t.groups()
		t.rankGroups()
		t.contents()
		t.comments()
		t.conversations()
		t.inboxes()
		return t.rows.insert(ctx, tx)
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
	scores    map[int64]int     // of people
	ranks     []int64           // groups, the largest first
	shares    shares            // of them
	members   map[int64][]int64 // of a group: people
	belongs   map[membership]bool
	published []published

	subscribed []subscription
	rows       rows
}

type (
	membership   struct{ group, person int64 }
	subscription struct{ entity, person int64 }
)

// published is what later comments need to know of a content item.
type published struct {
	group, author int64
	at            clock.Time
	public        bool
}

func pick[T any](t *town, from []T) T { return from[t.rand.IntN(len(from))] }

// unevenly returns a number below n, the low ones more often than the high: of n things in a row, the place k
// is met as often as 1/√k.
func (t *town) unevenly(n int) int {
	at := t.rand.Float64()
	return min(int(at*at*float64(n)), n-1)
}

// someMember returns a member of a group. Some write more than others.
func (t *town) someMember(group int64) int64 {
	members := t.members[group]
	return members[t.unevenly(len(members))]
}

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
func (t *town) entity(kind community.EntityKind, slug, name string) (id int64, score int) {
	id = int64(len(t.rows.entities) + 1)
	t.slugs[slug] = true
	colour, score := t.colour(), t.rand.IntN(400)
	t.rows.entities = append(t.rows.entities, []any{id, kind, slug, strings.ToLower(slug), name, strings.ToLower(name), colour, score})
	return id, score
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
	entity, score := t.entity(community.PersonEntity, slug, name)
	id := int64(len(t.rows.people) + 1)
	t.scores[id] = score
	joined := t.ago(900)
	t.rows.people = append(t.rows.people, []any{id, entity, score, first, last, about, public, t.hash, admin, joined})
	t.rows.addresses = append(t.rows.addresses, []any{id, slug + "@example.org", slug + "@example.org", true, joined})
}

func (t *town) people() {
	t.person("anna", "Anna", "Ahorn", "Ich grabe gern und singe dabei.", true, false)
	t.person("bert", "Bert", "Birke", "Werkzeug verleihe ich, Zeit nicht immer.", true, false)
	t.person("carla", "Carla", "Clematis", "", false, false)
	t.person("demo-admin", "", "", "", true, true)
	for len(t.rows.people) < t.size.People {
		first, last := pick(t, firstNames), pick(t, lastNames)
		about := ""
		if t.rand.IntN(3) == 0 {
			about = pick(t, abouts)
		}
		t.person(t.freeSlug(first+" "+last), first, last, about, t.rand.IntN(4) > 0, false)
	}
}

func (t *town) group(slug, name, description string, closed bool, members ...int64) {
	entity, _ := t.entity(community.GroupEntity, slug, name)
	id := int64(len(t.rows.groups) + 1)
	founded := t.ago(2000)
	t.rows.groups = append(t.rows.groups, []any{id, entity, description, pick(t, places), "", closed, founded.Format(time.DateOnly), members[0], founded, founded})
	t.members[id] = members
	for _, m := range members {
		t.belongs[membership{id, m}] = true
		t.rows.memberships = append(t.rows.memberships, []any{id, m, t.scores[m], m, t.ago(300)})
		t.subscribe(entity, m)
	}
	followers := map[int64]bool{}
	for range t.rand.IntN(len(members) + 3) {
		if p := t.anybody(); !t.belongs[membership{id, p}] && !followers[p] {
			followers[p] = true
			t.subscribe(entity, p)
		}
	}
}

func (t *town) subscribe(entity, person int64) {
	t.subscribed = append(t.subscribed, subscription{entity, person})
	t.rows.subscriptions = append(t.rows.subscriptions, []any{entity, person, t.ago(300)})
}

// anybody returns a person beyond the fixed cast, whose memberships are promised. Some are met more often than others.
func (t *town) anybody() int64 {
	if len(t.rows.people) <= administrator {
		return administrator
	}
	return int64(administrator + 1 + t.unevenly(len(t.rows.people)-administrator))
}

func (t *town) groups() {
	t.group("netzwerkstatt", "Netzwerkstatt", "Wir betreiben diese Seite für alle Gruppen der Stadt. Du hast eine Frage? Schreib uns.", false, administrator)
	t.group("garten", "Garten am Bach", "Ein Gemeinschaftsgarten hinter der alten Mühle. Jeden Samstag ab 10 Uhr, auch ohne Anmeldung.", false, anna, bert)
	t.group("chor", "Chor der Vielen", "Wir singen, was uns gefällt, dienstags um 19 Uhr.", true, anna)
	for n := 0; len(t.rows.groups) < t.size.Groups; n++ {
		g := groupIdeas[n%len(groupIdeas)]
		name := g.name
		if n >= len(groupIdeas) {
			name += " " + pick(t, quarters)
		}
		t.group(t.freeSlug(name), name, g.description, n > 0 && t.rand.IntN(5) == 0, t.someMembers(n+1)...)
	}
}

// someMembers invents who belongs to the group with a rank: a quarter of the people to the largest one.
func (t *town) someMembers(rank int) []int64 {
	others := len(t.rows.people) - administrator
	wanted := min(max(t.size.People/4/rank, 2+t.rand.IntN(6)), others)
	if wanted < 1 {
		return []int64{administrator}
	}
	members := make([]int64, 0, wanted)
	inside := make(map[int64]bool, wanted)
	for len(members) < wanted {
		if p := t.anybody(); !inside[p] {
			inside[p] = true
			members = append(members, p)
		}
	}
	return members
}

// rankGroups says which group is the largest, the second and so on. Those of the fixed cast are like most.
func (t *town) rankGroups() {
	n := len(t.rows.groups)
	for id := int64(chor + 1); id <= int64(n); id++ {
		t.ranks = append(t.ranks, id)
	}
	for _, cast := range []struct {
		id   int64
		rank int
	}{{garten, n / 4}, {chor, n / 3}, {netzwerkstatt, n / 2}} {
		t.ranks = slices.Insert(t.ranks, min(cast.rank, len(t.ranks)), cast.id)
	}
	t.shares = newShares(n)
}

// someGroup returns a group, the large ones more often than the small.
func (t *town) someGroup() int64 { return t.ranks[t.shares.pick(t.rand)] }

// entityOfGroup returns the entity of a group; those of people come first.
func (t *town) entityOfGroup(id int64) int64 { return int64(len(t.rows.people)) + id }

func (t *town) content(group, author int64, title, text string, public, pinned bool, at clock.Time) {
	id := int64(len(t.rows.contents) + 1)
	entity := t.entityOfGroup(group)
	address := slug.Make(title, 40)
	if t.slugs[fmt.Sprint(entity, "/", address)] {
		address = slug.Number(address, int(id), 50)
	}
	t.slugs[fmt.Sprint(entity, "/", address)] = true
	t.rows.contents = append(t.rows.contents, []any{id, "article", entity, author, address, title, public, pinned, at})
	t.rows.versions = append(t.rows.versions, []any{id, author, text, at})
	t.published = append(t.published, published{group, author, at, public})
}

// The groups of the fixed cast.
const (
	netzwerkstatt = iota + 1
	garten
	chor
)

func (t *town) contents() {
	yesterday := clock.At(t.now.Add(-26 * time.Hour))
	t.content(garten, anna, "Erntefest am Bach", "Am Samstag feiern wir **Erntefest**.\n\n- Suppe aus allem, was wächst\n- Musik vom @chor\n- Saatgut zum Tauschen\n\nBringt Teller mit. Wir freuen uns auf alle, die mit uns gegraben haben, und auf alle, die es noch vorhaben.", true, true, yesterday)
	t.content(garten, anna, "Gießplan für den Sommer", "Bitte tragt euch ein: je Woche brauchen wir **zwei Leute**.\n\n| Woche | Wer |\n|---|---|\n| 28 | Anna, Bert |\n| 29 | ? |\n| 30 | ? |\n\nDer Schlüssel zum Schuppen hängt am alten Platz.", false, false, clock.At(t.now.Add(-20*time.Hour)))
	t.content(chor, anna, "Neue Noten", "Die Noten für das Winterkonzert liegen im Probenraum. Alt und Tenor proben am Donnerstag zusätzlich.", false, false, t.ago(10))
	for len(t.rows.contents) < t.size.Contents {
		group := t.someGroup()
		author := t.someMember(group)
		text := []string{pick(t, openings)}
		for range 1 + t.rand.IntN(4) {
			text = append(text, pick(t, paragraphs))
		}
		t.content(group, author, pick(t, titles), strings.Join(append(text, pick(t, closings)), "\n\n"), t.rand.IntN(4) > 0, t.rand.IntN(25) == 0, t.ago(700))
	}
}

func (t *town) contribution(content, conversation, author int64, text string, public, byMail bool, at clock.Time) {
	id := int64(len(t.rows.contributions) + 1)
	t.rows.contributions = append(t.rows.contributions, []any{id, orNull(content), orNull(conversation), author, text, "", public, byMail, at})
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
		content := int64(len(t.rows.contents)) - int64(t.unevenly(len(t.rows.contents)))
		c := t.published[content-1]
		author := t.someMember(c.group)
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
		group := t.someGroup()
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
			who := t.someMember(group)
			if t.rand.IntN(2) == 0 {
				who = author
			}
			latest = clock.At(latest.Add(time.Duration(10+t.rand.IntN(600)) * time.Minute))
			if t.now.Before(latest.Time) {
				latest = t.now
			}
			t.contribution(0, id, who, pick(t, answers), true, t.rand.IntN(2) == 0, latest)
		}
		t.rows.conversations = append(t.rows.conversations, []any{id, t.entityOfGroup(group), author, question.subject, at, latest})
	}
}

// remembered is how many of a group's newest contents its people find in their inbox.
const remembered = 12

// inboxes tells people of the newest contents of the groups that they have subscribed to. They have read of most.
func (t *town) inboxes() {
	newest := map[int64][]int64{} // of an entity
	for id := len(t.published); id > 0; id-- {
		p := t.published[id-1]
		newest[t.entityOfGroup(p.group)] = append(newest[t.entityOfGroup(p.group)], int64(id))
	}
	for entity, contents := range newest {
		slices.SortStableFunc(contents, func(a, b int64) int { return t.published[b-1].at.Compare(t.published[a-1].at.Time) })
		newest[entity] = contents[:min(len(contents), remembered)]
	}
	activities := map[int64]int64{} // of contents
	for _, s := range t.subscribed {
		for n, content := range newest[s.entity] {
			p := t.published[content-1]
			if p.author == s.person || !p.public && !t.belongs[membership{p.group, s.person}] {
				continue
			}
			if activities[content] == 0 {
				activities[content] = int64(len(t.rows.activities) + 1)
				t.rows.activities = append(t.rows.activities, []any{activities[content], community.ContentPublished, p.author, s.entity, content, p.at, p.at})
			}
			var read any
			if n >= 2 {
				read = p.at
			}
			t.rows.inbox = append(t.rows.inbox, []any{s.person, activities[content], content, p.at, read})
		}
	}
}
