package scores_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/scores"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

const day = 24 * time.Hour

// How long something counts in these tests.
const (
	days   = 100
	window = days * day
)

// utterance is a version, a comment or a message, as the second implementation knows it.
type utterance struct {
	entity, author int64
	at             clock.Time
	version        bool
	shown          bool // it stands on a public item
	open           bool // it is public itself
	gone           bool // it or what it belongs to has been deleted
}

// worth returns what it is worth: the whole days between the beginning of the window and itself.
func (u utterance) worth(now clock.Time) int64 {
	age := u.at.Sub(now.Add(-window))
	if u.gone || age < 0 || age > window {
		return 0
	}
	return int64(age / day)
}

// own returns what it says of how much its author is at home where it was said.
func (u utterance) own(now clock.Time) int64 {
	if u.gone {
		return 0
	}
	worth := []int64{12, 8, 4, 2, 0}
	if u.version {
		worth = []int64{48, 32, 16, 8, 1}
	}
	for n, age := range []int{7, 30, 90, 180} {
		if now.Sub(u.at.Time) <= time.Duration(age)*day {
			return worth[n]
		}
	}
	return worth[4]
}

// randomTown is what somebody has said, and who belongs to what.
type randomTown struct {
	people, groups       []int64         // their entities
	person               map[int64]int64 // people by their entities
	group                map[int64]int64
	members, subscribers map[int64]int // of the entities of groups
	belongs              map[[2]int64]bool
	said                 []utterance
}

// invent fills a database with a random town.
func invent(t *testing.T, db *sqldb.DB, random *rand.Rand, now clock.Time) *randomTown {
	t.Helper()
	w := &randomTown{person: map[int64]int64{}, group: map[int64]int64{}, members: map[int64]int{}, subscribers: map[int64]int{}, belongs: map[[2]int64]bool{}}
	for n := range 6 {
		p := cast.AddPerson(t, db, fmt.Sprint("person-", n))
		w.people, w.person[p.EntityID] = append(w.people, p.EntityID), p.ID
	}
	for n := range 5 {
		g := cast.AddGroup(t, db, fmt.Sprint("gruppe-", n))
		w.groups, w.group[g.EntityID] = append(w.groups, g.EntityID), g.ID
		for _, p := range w.people {
			if random.IntN(5) < n { // the first has no members
				w.members[g.EntityID]++
				w.belongs[[2]int64{g.EntityID, p}] = true
				cast.Join(t, db, g.ID, w.person[p])
			}
			if random.IntN(5) >= n {
				w.subscribers[g.EntityID]++
				cast.Subscribe(t, db, g.EntityID, w.person[p])
			}
		}
	}
	// Times at the edges of the window and of its days, and some in between. Nothing is said in the future, or nearly.
	when := func() clock.Time {
		ago := time.Duration(random.IntN(101)) * day
		switch random.IntN(5) {
		case 0:
			ago += time.Duration(random.IntN(3)-1) * time.Millisecond
		case 1:
			ago = time.Duration([]int{7, 30, 90, 180, 100, 365}[random.IntN(6)])*day + time.Duration(random.IntN(3)-1)*time.Millisecond
		default:
			ago = time.Duration(random.Int64N(int64(200 * day)))
		}
		return clock.At(now.Add(-ago))
	}
	anybody := func() int64 { return w.people[random.IntN(len(w.people))] }
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for n := range 40 {
			owner := slices.Concat(w.groups, w.groups, w.people)[random.IntN(16)]
			public, gone, talk := random.IntN(2) == 0, random.IntN(6) == 0, random.IntN(4) == 0
			deleted := clock.Time{}
			if gone {
				deleted = now
			}
			var id int64
			var err error
			if talk {
				id, err = tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at, deleted_at) VALUES (?, ?, 'x', ?, ?, ?)`,
					owner, w.person[anybody()], now, now, deleted)
			} else {
				id, err = tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, deleted_at) VALUES (?, ?, ?, ?, 'x', ?, ?, ?)`,
					[]string{"article", "event", "gallery", "file", "poll"}[n%5], owner, w.person[anybody()], fmt.Sprint("x-", n), public, now, deleted)
			}
			if err != nil {
				return err
			}
			for revision := range random.IntN(4) {
				if talk {
					break
				}
				u := utterance{entity: owner, author: anybody(), at: when(), version: true, shown: public, open: true, gone: gone}
				w.said = append(w.said, u)
				_, err := tx.Insert(t.Context(), `INSERT INTO versions (content_id, revision, author_id, text, created_at) VALUES (?, ?, ?, 'x', ?)`, id, revision+1, w.person[u.author], u.at)
				if err != nil {
					return err
				}
			}
			for range random.IntN(6) {
				u := utterance{entity: owner, author: anybody(), at: when(), shown: public && !talk, open: talk || random.IntN(3) > 0}
				removed, column := clock.Time{}, "content_id"
				if random.IntN(6) == 0 {
					removed = now
				}
				if talk {
					column = "conversation_id"
				}
				u.gone = gone || !removed.IsZero()
				w.said = append(w.said, u)
				_, err := tx.Insert(t.Context(), `INSERT INTO contributions (`+column+`, author_id, text, cut, public, created_at, deleted_at) VALUES (?, ?, 'x', '', ?, ?, ?)`,
					id, w.person[u.author], u.open, u.at, removed)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// scores returns what the second implementation says of everybody: one thing after another, as the rules stand in words.
func (w *randomTown) scores(now clock.Time) map[int64]int64 {
	all := map[int64]int64{}
	for _, p := range w.people {
		for _, u := range w.said {
			if u.author == p && u.open {
				all[p] += u.worth(now)
			}
		}
	}
	for _, g := range w.groups {
		everything, shown := int64(0), int64(0)
		for _, u := range w.said {
			if u.entity == g {
				everything += u.worth(now)
				if u.shown {
					shown += u.worth(now)
				}
			}
		}
		score := 0.0
		if n := w.members[g]; n > 0 {
			score += float64(everything) * math.Log(float64(n))
		}
		if n := w.subscribers[g]; n > 0 {
			score += 10 * float64(shown) * math.Log(float64(n))
		}
		all[g] = int64(score)
	}
	return all
}

// ownScores returns what the second implementation says of who is at home in which group.
func (w *randomTown) ownScores(now clock.Time) map[[2]int64]int64 {
	all := map[[2]int64]int64{}
	for pair := range w.belongs {
		all[pair] = 0
		for _, u := range w.said {
			if u.entity == pair[0] && u.author == pair[1] {
				all[pair] += u.own(now)
			}
		}
	}
	return all
}

// TestScoresAreWhatTheRulesSay compares the statements with a second implementation, in random towns.
func TestScoresAreWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := clock.Date(2026, time.May, 1, 12, 0)
		db = db.WithClock(func() time.Time { return now.Time })
		random := rand.New(rand.NewPCG(19, 77))
		some := 0
		for n := range 6 {
			empty(t, db)
			w := invent(t, db, random, now)
			room := scores.New(scores.Deps{DB: db, Days: days})
			if _, err := room.Update(t.Context()); err != nil {
				t.Fatal(err)
			}
			for entity, want := range w.scores(now) {
				var got int64
				if err := db.Get(t.Context(), &got, `SELECT score FROM entities WHERE id = ?`, entity); err != nil || got != want {
					t.Errorf("town %d: entity %d has the score %d, want %d (%v)", n, entity, got, want, err)
				}
				if want > 0 {
					some++
				}
			}
			for pair, want := range w.ownScores(now) {
				var got, copied int64
				err := db.Get(t.Context(), &got, `SELECT score FROM memberships WHERE group_id = ? AND person_id = ?`, w.group[pair[0]], w.person[pair[1]])
				if err != nil || got != want {
					t.Errorf("town %d: the member %d has %d in group %d, want %d (%v)", n, pair[1], got, pair[0], want, err)
				}
				err = db.Get(t.Context(), &copied, `
					SELECT COUNT(*) FROM people p JOIN entities e ON e.id = p.entity_id AND e.score = p.score WHERE p.id = ?`, w.person[pair[1]])
				if err != nil || copied != 1 {
					t.Errorf("town %d: the copy of the score of %d differs (%v)", n, pair[1], err)
				}
			}
			if changed, err := room.Update(t.Context()); err != nil || changed != (scores.Changed{}) {
				t.Errorf("town %d: what is right already is written once more: %+v, %v", n, changed, err)
			}
		}
		if some < 20 {
			t.Errorf("only %d scores are more than nothing", some)
		}
	})
}

func empty(t *testing.T, db *sqldb.DB) {
	t.Helper()
	for _, table := range []string{"contributions", "conversations", "versions", "contents", "memberships", "subscriptions", `"groups"`, "people", "entities"} {
		cast.Execute(t, db, `DELETE FROM `+table)
	}
}

// TestScoresFollowTheRulesInWords looks at what can be worked out by hand.
func TestScoresFollowTheRulesInWords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		now := clock.At(cast.Joined().Add(10 * day)) // all that is said was said ten days ago
		db = db.WithClock(func() time.Time { return now.Time })
		score := func(owner community.Entity) (score int64) {
			t.Helper()
			if err := db.Get(t.Context(), &score, `SELECT score FROM entities WHERE id = ?`, owner.ID); err != nil {
				t.Fatal(err)
			}
			return score
		}
		update := func(days int) {
			t.Helper()
			if _, err := scores.New(scores.Deps{DB: db, Days: days}).Update(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		cast.Execute(t, db, `UPDATE entities SET score = 99`)
		update(days)
		if score(c.Garten.Entity()) != 0 || score(c.Anna.Entity()) != 0 {
			t.Error("who has said nothing has a score")
		}
		public := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		cast.Execute(t, db, `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, 'x', ?)`, public, c.Anna.ID, cast.Joined())
		cast.AddContribution(t, db, cast.Contribution{ContentID: public, AuthorID: c.Bert.ID})
		cast.AddContribution(t, db, cast.Contribution{ContentID: public, AuthorID: c.Bert.ID, Internal: true})
		talk := cast.AddConversation(t, db, cast.Conversation{EntityID: c.Garten.EntityID, AuthorID: c.Carla.ID})
		cast.AddContribution(t, db, cast.Contribution{ConversationID: talk, AuthorID: c.Carla.ID})
		own := cast.AddContent(t, db, cast.Content{EntityID: c.Chor.EntityID, AuthorID: c.Anna.ID, Public: true})
		cast.Execute(t, db, `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, 'x', ?)`, own, c.Anna.ID, cast.Joined())
		update(days)
		for name, s := range map[string][2]int64{
			"Garten, with two members and subscribers: 360 ln 2 + 10 · 270 ln 2": {score(c.Garten.Entity()), 2121},
			"Chor, where Anna is alone":               {score(c.Chor.Entity()), 0},
			"Anna, who has published two items":       {score(c.Anna.Entity()), 180},
			"Bert, one of whose comments is internal": {score(c.Bert.Entity()), 90},
			"Carla, who has written a message":        {score(c.Carla.Entity()), 90},
			"Dora, who has said nothing":              {score(c.Dora.Entity()), 0},
		} {
			if s[0] != s[1] {
				t.Errorf("%s: %d, want %d", name, s[0], s[1])
			}
		}
		for _, days := range []int{0, 9, 10} {
			if update(days); score(c.Garten.Entity()) != 0 || score(c.Anna.Entity()) != 0 {
				t.Errorf("what was said ten days ago counts in a window of %d days", days)
			}
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			comments := make([][]any, 4000)
			for n := range comments {
				comments[n] = []any{public, c.Anna.ID, "x", "", cast.Joined()}
			}
			return tx.InsertRows(t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, created_at)`, comments)
		})
		if err != nil {
			t.Fatal(err)
		}
		if update(1_000_000); score(c.Garten.Entity()) != math.MaxInt32 {
			t.Errorf("the score of a window of %d years is %d, and the column holds %d", 1_000_000/365, score(c.Garten.Entity()), math.MaxInt32)
		}
	})
}
