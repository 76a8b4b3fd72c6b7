package threads

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Reaction is what somebody says of a contribution with one tap.
type Reaction string

// The reactions.
const (
	Thanks Reaction = "thanks"
	Good   Reaction = "good"
	Idea   Reaction = "idea"
)

// reactions returns all of them, in the order in which they are shown.
func reactions() []Reaction { return []Reaction{Thanks, Good, Idea} }

// known reports whether there is such a reaction.
func (r Reaction) known() bool { return r == Thanks || r == Good || r == Idea }

// label returns the word for a reaction.
func (r Reaction) label(p *lang.Printer) string {
	switch r {
	case Thanks:
		return p.T("Thanks")
	case Good:
		return p.T("Good")
	default:
		return p.T("Good idea")
	}
}

// The emojis that mean something else than that somebody thinks well of something: thanks, an idea, and what none of the
// reactions says.
const (
	thankful    = "❤🧡💛💚💙💜🖤🤍🤎🩷🩵🩶💖💗💕💞💓💘💝💟♥😍🥰😘🤗🙏💐🌷🌹🌸🌻🌺🌼🫶"
	thoughtful  = "💡🤔🧠💭🧐🤯"
	disapproval = "👎😠😡🤬😤😢😭😞😟😔😕🙁☹😖😫😩🥺🤮🤢💩🖕💔😒🙄"
)

// ReactionOf returns the nearest reaction to an emoji. ok is false for those that say the opposite: counting them as
// something else would be a lie.
func ReactionOf(emoji string) (r Reaction, ok bool) {
	sign, size := utf8.DecodeRuneInString(emoji) // what follows the first sign gives it a colour or a gender
	switch {
	case size == 0 || strings.ContainsRune(disapproval, sign):
		return "", false
	case strings.ContainsRune(thankful, sign):
		return Thanks, true
	case strings.ContainsRune(thoughtful, sign):
		return Idea, true
	default:
		return Good, true
	}
}

// React gives a reaction of the viewer to a contribution, or takes it back; what is so already stays so. NotFound, Denied or
// Unauthenticated if they may not.
func (t *Threads) React(ctx context.Context, v community.Viewer, id int64, r Reaction, given bool) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return t.react(ctx, tx, v, id, r, given) })
}

// ReactByMail counts an emoji with which a mail program answers a contribution, as package mailin wants it.
func (t *Threads) ReactByMail(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, emoji string) error {
	r, ok := ReactionOf(emoji)
	if !ok || id == 0 {
		return errs.New(errs.NotFound, "There is nothing that this reaction could be counted for.")
	}
	return t.react(ctx, tx, v, id, r, true)
}

func (t *Threads) react(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, r Reaction, given bool) error {
	l, err := t.locate(ctx, tx, v, id)
	switch {
	case err != nil:
		return err
	case !v.SignedIn():
		return community.PleaseSignIn()
	case !r.known():
		return errs.New(errs.Invalid, "There is no such reaction.")
	case !policy.CanAdd(l.standing):
		return community.ErrArchived()
	case !CanReact(v, l.Contribution):
		return errs.New(errs.Denied, "You can only react to what others have written.")
	}
	changed, err := updateReaction(ctx, tx, id, v.PersonID, r, given)
	if err != nil || !changed {
		return err
	}
	return t.touch(ctx, tx, id)
}

// updateReaction gives or takes back a reaction, and reports whether that changed anything.
func updateReaction(ctx context.Context, tx *sqldb.Tx, id, personID int64, r Reaction, given bool) (changed bool, err error) {
	if given {
		changed, err = tx.InsertNew(ctx, `INSERT INTO reactions (contribution_id, kind, person_id, created_at) VALUES (?, ?, ?, ?)`, id, r, personID, tx.Now)
	} else {
		var rows int64
		rows, err = tx.Exec(ctx, `DELETE FROM reactions WHERE contribution_id = ? AND kind = ? AND person_id = ?`, id, r, personID)
		changed = rows > 0
	}
	if err != nil {
		return false, fmt.Errorf("note a reaction to contribution %d: %w", id, err)
	}
	return changed, nil
}

// namedReacting is how many of those who react alike are named; the others are counted.
const namedReacting = 5

// Reacting is who reacts alike to a contribution.
type Reacting struct {
	Reaction Reaction
	People   int
	Mine     bool
	Names    []string // of the first
}

// listReactions returns how people react to contributions, by their ids.
func listReactions(ctx context.Context, q sqldb.Querier, v community.Viewer, ids []int64) (map[int64]map[Reaction]Reacting, error) {
	var rows []struct {
		ContributionID int64    `db:"contribution_id"`
		Kind           Reaction `db:"kind"`
		People         int      `db:"people"`
		Mine           bool     `db:"mine"`
		Name           string   `db:"name"`
	}
	err := q.Select(ctx, &rows, `
		SELECT x.contribution_id, x.kind, x.people, x.mine > 0 AS mine, x.name FROM (
			SELECT r.contribution_id, r.kind, e.name, COUNT(*) OVER (PARTITION BY r.contribution_id, r.kind) AS people,
			       SUM(CASE WHEN r.person_id = ? THEN 1 ELSE 0 END) OVER (PARTITION BY r.contribution_id, r.kind) AS mine,
			       ROW_NUMBER() OVER (PARTITION BY r.contribution_id, r.kind ORDER BY r.created_at, r.person_id) AS place
			  FROM reactions r JOIN people p ON p.id = r.person_id JOIN entities e ON e.id = p.entity_id WHERE r.contribution_id IN (?)) x
		 WHERE x.place <= ? ORDER BY x.contribution_id, x.kind, x.place`, v.PersonID, ids, namedReacting)
	if err != nil {
		return nil, fmt.Errorf("list reactions: %w", err)
	}
	all := map[int64]map[Reaction]Reacting{}
	for _, row := range rows {
		if all[row.ContributionID] == nil {
			all[row.ContributionID] = map[Reaction]Reacting{}
		}
		r := all[row.ContributionID][row.Kind]
		r.Reaction, r.People, r.Mine, r.Names = row.Kind, row.People, row.Mine, append(r.Names, row.Name)
		all[row.ContributionID][row.Kind] = r
	}
	return all, nil
}

// sentence says who reacts so, for those who may know.
func (r Reacting) sentence(p *lang.Printer) string {
	names := strings.Join(r.Names, ", ")
	if more := r.People - len(r.Names); more > 0 {
		names = p.N("%[2]s and 1 more", "%[2]s and %[1]d more", more, more, names)
	}
	return r.Reaction.label(p) + ": " + names
}
