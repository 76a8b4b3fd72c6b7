package coming

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// question is a poll of the town.
type question struct {
	group, title, text string
	options            []string // none is dates
	hours              int      // since it was published
	ends               int      // in so many days; 0 is never
	internal, ranked   bool
}

func questions() []question {
	return []question{
		{group: "repaircafe", title: "Wann räumen wir den Werkraum auf?", text: "Wir brauchen einen halben Tag und mindestens sechs Leute.", hours: 200, ends: 6},
		{group: "chor", title: "Was singen wir im Sommer?", text: "Bringt alles in eine Reihenfolge, was ihr mögt.", options: []string{"Volkslieder", "Pop", "Kanons", "Etwas Neues"}, hours: 260, ranked: true, internal: true},
		{group: "chor", title: "Singen wir beim Straßenfest?", text: "Eine halbe Stunde am Nachmittag, vor der Mühle.", options: []string{"Ja, wir sind dabei"}, hours: 180},
	}
}

// answers are what a member says, by where they stand in their group and the place of the option.
func answers(member, option int) int {
	return [...]int{2, 1, 0, 2, 0, 1, 2}[(member*3+option*5+member*option)%7]
}

// Polls lets some groups ask their members something, and the members answer.
func Polls(ctx context.Context, tx *sqldb.Tx, now clock.Time) error {
	for _, q := range questions() {
		var group struct {
			ID       int64 `db:"id"`
			EntityID int64 `db:"entity_id"`
		}
		err := tx.Get(ctx, &group, `SELECT g.id, g.entity_id FROM entities e JOIN "groups" g ON g.entity_id = e.id WHERE e.slug = ?`, q.group)
		if errs.Is(err, errs.NotFound) {
			continue // the town is too small for the group
		}
		var people []int64
		if err == nil {
			err = tx.Select(ctx, &people, `SELECT person_id FROM memberships WHERE group_id = ? ORDER BY person_id`, group.ID)
		}
		if err != nil {
			return fmt.Errorf("find who asks “%s”: %w", q.title, err)
		}
		if len(people) == 0 {
			continue
		}
		if err := q.insert(ctx, tx, now, group.EntityID, people); err != nil {
			return fmt.Errorf("ask “%s”: %w", q.title, err)
		}
	}
	return nil
}

// insert publishes a poll of the first of some members, in which all have voted but the last.
func (q question) insert(ctx context.Context, tx *sqldb.Tx, now clock.Time, entityID int64, members []int64) error {
	at := clock.At(now.Add(-time.Duration(q.hours) * time.Hour))
	id, err := tx.Insert(ctx, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, pinned, published_at) VALUES ('poll', ?, ?, ?, ?, ?, FALSE, ?)`,
		entityID, members[0], slug.Make(q.title, 40), q.title, !q.internal, at)
	if err != nil {
		return err
	}
	if _, err := tx.Insert(ctx, `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, ?, ?)`, id, members[0], q.text, at); err != nil {
		return err
	}
	options, err := q.insertOptions(ctx, tx, now, id)
	if err != nil {
		return err
	}
	sums, votes, err := q.count(options, members[:len(members)-1])
	if err != nil {
		return err
	}
	for n := range votes {
		votes[n] = append([]any{id}, append(votes[n], clock.At(at.Add(time.Duration(n+1)*time.Hour)))...)
	}
	if err := tx.InsertRows(ctx, `INSERT INTO poll_votes (content_id, person_id, ballot, voted_at)`, votes); err != nil {
		return err
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return err
	}
	ends, endsAt := "", clock.Time{}
	if q.ends > 0 {
		day := now.AddDate(0, 0, q.ends)
		ends, endsAt = day.Format(time.DateOnly)+"T20:00", clock.At(time.Date(day.Year(), day.Month(), day.Day(), 20, 0, 0, 0, berlin))
	}
	_, err = tx.Exec(ctx, `INSERT INTO polls (content_id, ranked, dated, secret, hidden, zone, ends, ends_at, tally) VALUES (?, ?, ?, ?, ?, 'Europe/Berlin', ?, ?, ?)`,
		id, q.ranked, len(q.options) == 0, false, false, ends, endsAt, sums)
	return err
}

// insertOptions keeps what people choose from: three Saturdays and a Sunday where nothing else is said.
func (q question) insertOptions(ctx context.Context, tx *sqldb.Tx, now clock.Time, id int64) (ids []int64, err error) {
	type option struct{ title, begins, ends string }
	var all []option
	for _, title := range q.options {
		all = append(all, option{title: title})
	}
	if len(q.options) == 0 {
		saturday := now.AddDate(0, 0, 14+int(time.Saturday-now.Weekday()))
		for _, days := range []int{0, 7, 8, 14} {
			day := saturday.AddDate(0, 0, days).Format(time.DateOnly)
			all = append(all, option{begins: day + "T10:00", ends: day + "T15:00"})
		}
	}
	for n, o := range all { // four at most
		option, err := tx.Insert(ctx, `INSERT INTO poll_options (content_id, place, title, begins, ends) VALUES (?, ?, ?, ?, ?)`, id, n+1, o.title, o.begins, o.ends)
		if err != nil {
			return nil, err
		}
		ids = append(ids, option)
	}
	return ids, nil
}

// count lets members vote and returns the sums of their ballots, and the ballots.
func (q question) count(options, members []int64) (sums string, votes [][]any, err error) {
	type counts struct {
		No    int `json:"no,omitempty"`
		Maybe int `json:"maybe,omitempty"`
		Yes   int `json:"yes,omitempty"`
	}
	tally := struct {
		Voters  int                     `json:"voters"`
		Answers map[int64]counts        `json:"answers,omitempty"`
		Duels   map[int64]map[int64]int `json:"duels,omitempty"`
	}{len(members), map[int64]counts{}, map[int64]map[int64]int{}}
	for m, person := range members {
		ballot := map[int64]int{}
		for o, option := range options {
			ballot[option] = answers(m, o)
			c := tally.Answers[option]
			switch {
			case q.ranked:
				ballot[option]++
			case ballot[option] == 0:
				c.No++
			case ballot[option] == 1:
				c.Maybe++
			default:
				c.Yes++
			}
			tally.Answers[option] = c
		}
		for _, a := range options {
			for _, b := range options {
				if !q.ranked || ballot[a] >= ballot[b] {
					continue
				}
				if tally.Duels[a] == nil {
					tally.Duels[a] = map[int64]int{}
				}
				tally.Duels[a][b]++
			}
		}
		text, err := json.Marshal(ballot)
		if err != nil {
			return "", nil, fmt.Errorf("write a ballot: %w", err)
		}
		votes = append(votes, []any{person, string(text)})
	}
	if q.ranked {
		tally.Answers = nil
	} else {
		tally.Duels = nil
	}
	text, err := json.Marshal(tally)
	if err != nil {
		return "", nil, fmt.Errorf("write the sums of a poll: %w", err)
	}
	return string(text), votes, nil
}
