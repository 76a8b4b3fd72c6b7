// Package demo invents a town: people, groups, what they write and what they say to each other. It is
// the same town each time, believable enough to look at and large enough to measure with.
//
// It is as uneven as towns are. A quarter of the people belong to its largest group and a fifth of what is
// published stands there, most groups are small, and a few people are in many of them (Zipf's law).
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/demo/coming"
	"grouprise.org/grouprise/internal/app/demo/invented"
	"grouprise.org/grouprise/internal/app/demo/places"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Size says how large the town is. The fixed cast is part of it.
type Size struct{ People, Groups, Contents, Comments, Conversations, Events int }

// Password is what everybody in the town signs in with.
const Password = "demo"

// ErrNotEmpty says that somebody lives in the town already.
var ErrNotEmpty = errors.New("the database is not empty: a demonstration town needs one of its own")

// Fill fills an empty database. All people have the password whose hash is given. Pictures are drawn if there is
// somebody to keep them. more is done in the town when it stands.
func Fill(ctx context.Context, db *sqldb.DB, keeper Keeper, size Size, passwordHash string, more ...func(context.Context) error) error {
	var people int
	if err := db.Get(ctx, &people, `SELECT COUNT(*) FROM people`); err != nil {
		return fmt.Errorf("look into the database: %w", err)
	}
	if people > 0 {
		return ErrNotEmpty
	}
	t := &town{
		rand: rand.New(rand.NewPCG(1848, 1919)), now: db.Now(), hash: passwordHash, size: size.atLeastTheCast(),
		slugs: map[string]bool{}, named: map[string]int64{}, groupsNamed: map[string]int64{},
		members: map[int64][]int64{}, belongs: map[membership]bool{}, hasSubscribed: map[subscription]bool{},
	}
	t.people()
	t.groups()
	t.rankGroups()
	t.contents()
	if err := t.dates(); err != nil {
		return err
	}
	t.comments()
	t.conversations()
	t.inboxes()
	drawn, err := t.draw(ctx, keeper)
	if err != nil {
		return err
	}
	if err := db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := t.rows.insert(ctx, tx); err != nil {
			return err
		}
		if err := coming.Help(ctx, tx, t.now); err != nil {
			return err
		}
		if err := coming.Polls(ctx, tx, t.now); err != nil {
			return err
		}
		if err := coming.Import(ctx, tx, t.now, t.imported); err != nil {
			return err
		}
		if err := coming.Fill(ctx, tx, coming.Town{Rand: t.rand, Now: t.now, Members: t.members}); err != nil {
			return err
		}
		return t.tag(ctx, tx)
	}); err != nil {
		if keeper != nil {
			err = errors.Join(err, keeper.Erase(context.WithoutCancel(ctx), drawn))
		}
		return err
	}
	for _, fill := range more {
		if err := fill(ctx); err != nil {
			return err
		}
	}
	return db.Analyze(ctx)
}

// atLeastTheCast returns a size that has room for those who are in every town.
func (s Size) atLeastTheCast() Size {
	return Size{max(s.People, administrator+len(invented.Neighbours())), max(s.Groups, len(invented.CastIdeas())), s.Contents, s.Comments, s.Conversations, s.Events}
}

// town is what is invented, row by row.
type town struct {
	rand        *rand.Rand
	now         clock.Time
	hash        string
	size        Size
	slugs       map[string]bool
	named       map[string]int64  // people by their first names
	groupsNamed map[string]int64  // by their whole names
	voices      []invented.Voice  // of groups
	ranks       []int64           // groups, the largest first
	shares      invented.Shares   // of them
	members     map[int64][]int64 // of a group: people
	belongs     map[membership]bool
	published   []published
	imported    []coming.Imported

	subscribed    []subscription
	hasSubscribed map[subscription]bool
	notices       []notice
	portraits     []portrait
	groupPictures []groupPictures
	illustrations []illustration
	rows          rows
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
	voice         invented.Voice
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

// entity invents the owner of a slug. The ids of entities are those of people, then those of groups.
func (t *town) entity(kind community.EntityKind, slug, name, colour string) (id int64, score int) {
	id = int64(len(t.rows.entities) + 1)
	t.slugs[slug] = true
	score = t.rand.IntN(400)
	t.rows.entities = append(t.rows.entities,
		[]any{id, kind, slug, strings.ToLower(slug), name, entities.NameKey(name), colour, score, "", ""})
	t.rows.words = append(t.rows.words, entities.WordRows(id, slug, name)...)
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
	entity, score := t.entity(community.PersonEntity, slug, name, pick(t, community.Colours()))
	id := int64(len(t.rows.people) + 1)
	if _, taken := t.named[first]; !taken {
		t.named[cmp.Or(first, slug)] = id
	}
	joined := t.ago(900)
	t.rows.people = append(t.rows.people, []any{id, entity, score, first, last, about, public, t.hash, admin, joined})
	t.rows.addresses = append(t.rows.addresses, []any{id, slug + "@example.org", slug + "@example.org", true, joined})
}

func (t *town) people() {
	t.person("anna", "Anna", "Ahorn", "Ich grabe gern und singe dabei.", true, false)
	t.person("bert", "Bert", "Birke", "Werkzeug verleihe ich, Zeit nicht immer.", true, false)
	t.person("carla", "Carla", "Clematis", "", false, false)
	t.person("demo-admin", "", "", "", true, true)
	for n, face := range invented.CastFaces() {
		t.portraits = append(t.portraits, portrait{int64(n + 1), face})
	}
	for _, n := range invented.Neighbours() {
		t.person(t.freeSlug(n.First+" "+n.Last), n.First, n.Last, n.About, true, false)
		t.portraits = append(t.portraits, portrait{int64(len(t.rows.people)), n.Face})
	}
	for len(t.rows.people) < t.size.People {
		first, last := pick(t, invented.FirstNames()), pick(t, invented.LastNames())
		about := ""
		if t.rand.IntN(3) == 0 {
			about = pick(t, invented.Abouts())
		}
		t.person(t.freeSlug(first+" "+last), first, last, about, t.rand.IntN(4) > 0, false)
	}
}

func (t *town) group(slug string, i invented.Idea, members ...int64) {
	colour := fmt.Sprintf("#%06x", i.Accent)
	if i.Scene == "" {
		colour = pick(t, community.Colours())
	}
	entity, _ := t.entity(community.GroupEntity, slug, i.Name, colour)
	id := int64(len(t.rows.groups) + 1)
	founded := t.ago(2000)
	t.groupsNamed[i.Name] = id
	t.rows.groups = append(t.rows.groups,
		[]any{id, entity, i.Description, i.Place, "", i.Closed, founded.Format(time.DateOnly), members[0], founded, founded})
	t.voices = append(t.voices, invented.VoiceOf(i.English))
	if p, known := places.Of(i.Place); known {
		t.rows.positions = append(t.rows.positions, []any{entity, p.Latitude, p.Longitude})
	}
	if i.Scene != "" {
		t.groupPictures = append(t.groupPictures, groupPictures{entity, members[0], i})
	}
	for _, m := range members {
		t.join(id, m)
	}
	for range t.rand.IntN(len(members) + 3) {
		if p := t.anybody(); !t.belongs[membership{id, p}] {
			t.subscribe(entity, p)
		}
	}
}

// join makes a person a member of a group and a subscriber to it, once.
func (t *town) join(group, person int64) {
	if t.belongs[membership{group, person}] {
		return
	}
	t.belongs[membership{group, person}] = true
	t.members[group] = append(t.members[group], person)
	t.rows.memberships = append(t.rows.memberships, []any{group, person, person, t.ago(300)})
	t.subscribe(t.entityOfGroup(group), person)
}

func (t *town) subscribe(entity, person int64) {
	if t.hasSubscribed[subscription{entity, person}] {
		return
	}
	t.hasSubscribed[subscription{entity, person}] = true
	t.subscribed = append(t.subscribed, subscription{entity, person})
	t.rows.subscriptions = append(t.rows.subscriptions, []any{entity, person, t.ago(300)})
}

// The groups of the fixed cast.
const (
	netzwerkstatt = iota + 1
	garten
	chor
)

// anybody returns a person beyond the fixed cast, whose memberships are promised. Some are met more often than others.
func (t *town) anybody() int64 {
	if len(t.rows.people) <= administrator {
		return administrator
	}
	return int64(administrator + 1 + t.unevenly(len(t.rows.people)-administrator))
}

func (t *town) groups() {
	t.group("netzwerkstatt", invented.CastIdeas()[0], administrator)
	t.group("garten", invented.CastIdeas()[1], append([]int64{anna, bert},
		t.byName("Hatice", "Wanda", "Samira", "Georg", "Frieda", "Malik", "Amara", "Jakob", "Nora")...)...)
	t.group("chor", invented.CastIdeas()[2], append([]int64{anna},
		t.byName("Samira", "Viktor", "Ulla", "Yusuf", "Lale", "Mehmet", "Thea", "Daria", "Rosa", "Igor", "Esra", "Grace", "Kofi")...)...)
	for n := 0; len(t.rows.groups) < t.size.Groups; n++ {
		i, least := invented.GroupIdeas()[n%len(invented.GroupIdeas())], 7+t.rand.IntN(12)
		if n >= len(invented.GroupIdeas()) {
			least = 2 + t.rand.IntN(6)
			i = invented.Idea{
				Name: i.Name + " " + pick(t, invented.Quarters()), Description: i.Description, Place: i.Place,
				Closed: t.rand.IntN(5) == 0, English: i.English,
			}
		}
		t.group(t.freeSlug(i.Name), i, t.someMembers(n+1, least)...)
	}
}

// byName returns people by their first names.
func (t *town) byName(names ...string) []int64 {
	ids := make([]int64, len(names))
	for i, name := range names {
		ids[i] = t.named[name]
	}
	return ids
}

// someMembers invents who belongs to the group with a rank: a quarter of the people to the largest one, and at least so
// many to each.
func (t *town) someMembers(rank, least int) []int64 {
	others := len(t.rows.people) - administrator
	wanted := min(max(t.size.People/4/rank, least), others)
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
	t.shares = invented.NewShares(n)
}

// someGroup returns a group, the large ones more often than the small.
func (t *town) someGroup() int64 { return t.ranks[t.shares.Pick(t.rand)] }

// entityOfGroup returns the entity of a group; those of people come first.
func (t *town) entityOfGroup(id int64) int64 { return int64(len(t.rows.people)) + id }
