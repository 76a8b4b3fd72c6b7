package policy

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// insideSQL is the SQL twin of Standing.Inside for the column of an entity: it takes the viewer's
// entity id and person id.
func insideSQL(entityColumn string) string {
	return fmt.Sprintf(`(%[1]s = ? OR %[1]s IN (
		SELECT pg.entity_id FROM memberships pm JOIN "groups" pg ON pg.id = pm.group_id WHERE pm.person_id = ?))`, entityColumn)
}

// ListableContents returns which content items belong into the lists that the viewer sees: a condition on rows of
// contents under an alias, and its arguments. Lists are narrower than pages: having commented opens an internal item,
// but does not list it. So it is the SQL twin of CanReadContent for somebody without a part in the item.
func ListableContents(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND %[1]s.public)", alias), nil
	}
	return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND (%[1]s.public OR %s))", alias, insideSQL(alias+".entity_id")),
		[]any{v.EntityID, v.PersonID}
}

// InternalContents returns which content items belong into lists of what those inside alone may know of items, public ones
// too: a condition on rows of contents under an alias, and its arguments.
func InternalContents(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return "1 = 0", nil
	}
	return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND %[2]s)", alias, insideSQL(alias+".entity_id")), []any{v.EntityID, v.PersonID}
}

// ReadableContents returns the SQL twin of CanReadContent: a condition on rows of contents under an
// alias, and its arguments.
func ReadableContents(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return ListableContents(alias, v)
	}
	return fmt.Sprintf(`(%[1]s.deleted_at IS NULL AND (%[1]s.public OR %[2]s OR EXISTS (
		SELECT 1 FROM contributions pw WHERE pw.content_id = %[1]s.id AND pw.author_id = ? AND %[3]s)))`,
		alias, insideSQL(alias+".entity_id"), KeepsContent("pw")), []any{v.EntityID, v.PersonID, v.PersonID}
}

// KeepsContent returns the condition on rows of contributions under an alias by which a comment keeps a Part in its item
// for its author.
func KeepsContent(alias string) string {
	return fmt.Sprintf(`%[1]s.deleted_at IS NULL AND %[1]s.left_at IS NULL AND %[1]s.inside = FALSE`, alias)
}

// KeepsConversation is KeepsContent for a message and its conversation. One that has been removed with a trace does so,
// too: its author would not see the answers.
func KeepsConversation(alias string) string {
	return fmt.Sprintf(`(%[1]s.deleted_at IS NULL OR %[1]s.removed_by IS NOT NULL) AND %[1]s.left_at IS NULL`, alias)
}

// ReadableComments returns the SQL twin of CanReadComment: a condition on rows of contributions under an
// alias whose content item has the entity in entityColumn.
func ReadableComments(alias, entityColumn string, v community.Viewer) (condition string, args []any) {
	condition, args = TracesOfComments(alias, entityColumn, v)
	return fmt.Sprintf("(%s.deleted_at IS NULL AND %s)", alias, condition), args
}

// TracesOfComments is ReadableComments for CanSeeTrace.
func TracesOfComments(alias, entityColumn string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return alias + ".public", nil
	}
	return fmt.Sprintf("(%[1]s.public OR %[1]s.author_id = ? OR %[2]s)", alias, insideSQL(entityColumn)),
		[]any{v.PersonID, v.EntityID, v.PersonID}
}

// ReadableConversations returns the SQL twin of CanReadConversation: a condition on rows of
// conversations under an alias, and its arguments. Those with a message of the viewer's are read first, because they are
// few; a group may have thousands of which somebody outside may read none. Messages are what belongs to no content.
func ReadableConversations(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return "1 = 0", nil
	}
	return fmt.Sprintf(`(%[1]s.deleted_at IS NULL AND (%[2]s OR %[1]s.id IN (
		SELECT pw.conversation_id FROM contributions pw WHERE pw.author_id = ? AND pw.content_id IS NULL AND %[3]s)))`,
		alias, insideSQL(alias+".entity_id"), KeepsConversation("pw")), []any{v.EntityID, v.PersonID, v.PersonID}
}

// Standing returns how the viewer stands to an entity. Nobody stands in no relation, and whether it is archived is then
// what the entity says itself; that costs no query.
func Standing(ctx context.Context, q sqldb.Querier, v community.Viewer, e community.Entity) (community.Standing, error) {
	if !v.SignedIn() {
		return community.Standing{Viewer: v, Archived: e.Archived}, nil
	}
	var t Ties
	columns, args := TiesTo("e.id", v)
	err := q.Get(ctx, &t, `SELECT `+columns+` FROM entities e WHERE e.id = ?`, append(args, e.ID)...)
	if err != nil {
		return community.Standing{Viewer: v}, fmt.Errorf("look up the standing: %w", err)
	}
	return t.Standing(v, e), nil
}

// CheckCalendar returns Gone if an entity has no calendar for programs any more, because it is a group that is
// archived.
func CheckCalendar(ctx context.Context, q sqldb.Querier, entityID int64) error {
	var archived bool
	if err := q.Get(ctx, &archived, `SELECT archived_at IS NOT NULL FROM entities WHERE id = ?`, entityID); err != nil {
		return fmt.Errorf("look whether entity %d is archived: %w", entityID, err)
	}
	if archived {
		return community.ErrGone()
	}
	return nil
}

// TiesTo returns the columns of Ties of the viewer to the entity in a column, for queries that read the entity too.
func TiesTo(entityColumn string, v community.Viewer) (columns string, args []any) {
	return fmt.Sprintf(`
		(SELECT tm.joined_at FROM memberships tm JOIN "groups" tg ON tg.id = tm.group_id WHERE tg.entity_id = %[1]s AND tm.person_id = ?) AS member_at,
		EXISTS (SELECT 1 FROM subscriptions ts WHERE ts.entity_id = %[1]s AND ts.person_id = ?) AS subscribed,
		EXISTS (SELECT 1 FROM entities ta WHERE ta.id = %[1]s AND ta.archived_at IS NOT NULL) AS archived`, entityColumn),
		[]any{v.PersonID, v.PersonID}
}

// Ties are what ties a person to an entity in the database, and whether it is archived.
type Ties struct {
	MemberAt   clock.Time `db:"member_at"`
	Subscribed bool       `db:"subscribed"`
	Archived   bool       `db:"archived"`
}

// Standing returns how a viewer with these ties to an entity stands to it.
func (t Ties) Standing(v community.Viewer, e community.Entity) community.Standing {
	return community.Standing{
		Viewer: v, Owner: e.Kind == community.PersonEntity && v.EntityID == e.ID,
		Member: !t.MemberAt.IsZero(), MemberAt: t.MemberAt, Subscribed: t.Subscribed, Archived: t.Archived,
	}
}

// pair is a person and an entity.
type pair struct {
	PersonID int64 `db:"person_id"`
	EntityID int64 `db:"entity_id"`
}

// Standings are how some people stand to some entities, read for all of them together. The zero value knows nobody.
type Standings struct {
	people, entities map[int64]bool
	ties             map[pair]Ties
	archived         map[int64]bool // by entity
}

// ReadStandings looks up with one query how each of the people stands to each of the entities.
func ReadStandings(ctx context.Context, q sqldb.Querier, people, entities []int64) (Standings, error) {
	var rows []struct {
		pair
		MemberAt clock.Time `db:"member_at"` // zero for a subscription
		Archived bool       `db:"archived"`  // the row says of the entity that it is archived, and names nobody
	}
	err := q.Select(ctx, &rows, `
		SELECT m.person_id, g.entity_id, m.joined_at AS member_at, FALSE AS archived
		  FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id IN (?) AND m.person_id IN (?)
		 UNION ALL
		SELECT s.person_id, s.entity_id, NULL AS member_at, FALSE AS archived FROM subscriptions s WHERE s.entity_id IN (?) AND s.person_id IN (?)
		 UNION ALL
		SELECT 0 AS person_id, e.id AS entity_id, NULL AS member_at, TRUE AS archived FROM entities e WHERE e.id IN (?) AND e.archived_at IS NOT NULL
		 ORDER BY person_id, entity_id, member_at`, entities, people, entities, people, entities)
	if err != nil {
		return Standings{}, fmt.Errorf("look up the standings: %w", err)
	}
	s := Standings{people: set(people), entities: set(entities), ties: map[pair]Ties{}, archived: map[int64]bool{}}
	for _, row := range rows {
		if row.Archived {
			s.archived[row.EntityID] = true
			continue
		}
		t := s.ties[row.pair]
		if row.MemberAt.IsZero() {
			t.Subscribed = true
		} else {
			t.MemberAt = row.MemberAt
		}
		s.ties[row.pair] = t
	}
	return s, nil
}

// OneMember says of a number that it is a member of an entity, without asking the database: it stands for all who are.
func OneMember(id, entityID int64) Standings {
	return Standings{
		people: map[int64]bool{id: true}, entities: map[int64]bool{entityID: true},
		ties: map[pair]Ties{{PersonID: id, EntityID: entityID}: {MemberAt: clock.At(time.Unix(1, 0))}},
	}
}

func set(ids []int64) map[int64]bool {
	s := make(map[int64]bool, len(ids))
	for _, id := range ids {
		s[id] = true
	}
	return s
}

// Of returns how the viewer stands to an entity. For whom or what was not read it asks the database, as Standing does.
func (s Standings) Of(ctx context.Context, q sqldb.Querier, v community.Viewer, e community.Entity) (community.Standing, error) {
	if !s.people[v.PersonID] || !s.entities[e.ID] {
		return Standing(ctx, q, v, e)
	}
	t := s.ties[pair{PersonID: v.PersonID, EntityID: e.ID}]
	t.Archived = s.archived[e.ID]
	return t.Standing(v, e), nil
}
