package notify

import (
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
)

// Audience is who may be told: queries of people, each with the reason for which they are told. Nothing is read
// before a channel asks whom of them it reaches. The zero value is nobody.
type Audience struct{ circles []circle }

// circle is a query for people who are told for the same reason.
type circle struct {
	reason Reason
	query  string
	args   []any
}

// Among returns the people of a query for a column person_id, which has each of them once. It stands in parentheses in
// larger queries, so it may use any aliases.
func Among(reason Reason, query string, args ...any) Audience {
	return Audience{circles: []circle{{reason: reason, query: query, args: args}}}
}

// Only returns one person.
func Only(reason Reason, personID int64) Audience {
	return Among(reason, `SELECT p.id AS person_id FROM people p WHERE p.id = ?`, personID)
}

// And returns the people of both audiences. Who is in both is told for the reason of the first.
func (a Audience) And(b Audience) Audience {
	return Audience{circles: slices.Concat(a.circles, b.circles)}
}

// Except returns the audience without the people of a query for a column person_id.
func (a Audience) Except(query string, args ...any) Audience {
	rest := Audience{circles: make([]circle, len(a.circles))}
	for i, c := range a.circles {
		c.query = fmt.Sprintf(`SELECT v.person_id FROM (%s) v WHERE NOT EXISTS (SELECT 1 FROM (%s) w WHERE w.person_id = v.person_id)`, c.query, query)
		c.args = slices.Concat(c.args, args)
		rest.circles[i] = c
	}
	return rest
}

// IsEmpty reports whether there is nobody to look for.
func (a Audience) IsEmpty() bool { return len(a.circles) == 0 }

// SQL returns a query for person_id and reason with one row for each person. Circles leave out who is in an
// earlier one, instead of being grouped afterwards: that takes one look into an index for each of the few people whom
// later circles add, and no sorting of thousands.
func (a Audience) SQL() (query string, args []any) {
	var b strings.Builder
	for i, c := range a.circles {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&b, `SELECT x.person_id, '%s' AS reason FROM (%s) x`, c.reason, c.query)
		args = append(args, c.args...)
		word := "WHERE"
		for _, earlier := range a.circles[:i] {
			fmt.Fprintf(&b, ` %s NOT EXISTS (SELECT 1 FROM (%s) y WHERE y.person_id = x.person_id)`, word, earlier.query)
			args = append(args, earlier.args...)
			word = "AND"
		}
	}
	return b.String(), args
}

// channelSet is a set of channels: the bit i stands for Config.Channels[i].
type channelSet int64

func (s channelSet) has(i int) bool { return s&(1<<i) != 0 }

// target is a row of the query that decides who is told.
type target struct {
	PersonID  int64      `db:"person_id"`
	Reason    Reason     `db:"reason"`
	Reachable channelSet `db:"reachable"` // the channels that reach the person
	Silenced  channelSet `db:"silenced"`  // the channels on which the person is not told at once
}

// on reports whether the person is told on a channel.
func (t target) on(i int) bool { return (t.Reachable &^ t.Silenced).has(i) }

// targetsSQL returns the one query that decides who is told of an activity and on which channels: the audience,
// joined by what each channel says of whom it reaches and by the preferences. The fan-out reads its rows and Reach
// counts them.
func (n *Notifier) targetsSQL(notice Notice, e community.Activity, a Audience) (query string, args []any) {
	reachable, args := n.reachableSQL(notice, e)
	silenced := "0"
	if !notice.Always {
		silenced = n.silencedSQL
		if notice.Pressing {
			silenced = n.refusedSQL
		}
		args = append(args, appliesArgs(e, notice.Said)...)
		args = append(args, appliesArgs(e, notice.Said)...)
	}
	audience, more := a.SQL()
	args = append(args, more...)
	query = `
		SELECT a.person_id, a.reason, ` + reachable + ` AS reachable, ` + silenced + ` AS silenced
		  FROM (` + audience + `) a JOIN people p ON p.id = a.person_id WHERE p.active`
	if len(n.config.Never) > 0 {
		query += ` AND p.id NOT IN (?)`
		args = append(args, n.config.Never)
	}
	return query, args
}

// reachableSQL returns the set of the channels on which a notice can reach the person p.
func (n *Notifier) reachableSQL(notice Notice, e community.Activity) (sum string, args []any) {
	sum = "0"
	for i, channel := range n.config.Channels {
		if !notice.uses(channel) {
			continue
		}
		conditions := []string{"(" + channel.Reaches() + ")"}
		for _, other := range n.config.Channels {
			if s, ok := other.(Substitute); ok && s.Replaces() == channel.Name() && notice.uses(other) {
				conditions = append(conditions, "NOT ("+other.Reaches()+")")
			}
		}
		if !channel.ServesActor() {
			conditions = append(conditions, "p.id <> ?")
			args = append(args, e.ActorID)
		}
		sum += fmt.Sprintf(` + CASE WHEN %s THEN %d ELSE 0 END`, strings.Join(conditions, " AND "), 1<<i)
	}
	return sum, args
}

// uses reports whether people may be told on a channel.
func (n Notice) uses(c Channel) bool {
	return n.Channels == nil || slices.Contains(n.Channels, c.Name())
}
