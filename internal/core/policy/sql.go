package policy

import (
	"context"
	"fmt"

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
// contents under an alias, and its arguments. Lists are narrower than pages: having commented opens an internal item, but
// does not list it. So it is the SQL twin of CanReadContent for somebody without a part in the item.
func ListableContents(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND %[1]s.public)", alias), nil
	}
	return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND (%[1]s.public OR %s))", alias, insideSQL(alias+".entity_id")),
		[]any{v.EntityID, v.PersonID}
}

// ReadableContents returns the SQL twin of CanReadContent: a condition on rows of contents under an
// alias, and its arguments.
func ReadableContents(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return ListableContents(alias, v)
	}
	return fmt.Sprintf(`(%[1]s.deleted_at IS NULL AND (%[1]s.public OR %[2]s OR EXISTS (
		SELECT 1 FROM contributions pw WHERE pw.content_id = %[1]s.id AND pw.author_id = ? AND pw.deleted_at IS NULL)))`,
		alias, insideSQL(alias+".entity_id")), []any{v.EntityID, v.PersonID, v.PersonID}
}

// ReadableComments returns the SQL twin of CanReadComment: a condition on rows of contributions under an
// alias whose content item has the entity in entityColumn.
func ReadableComments(alias, entityColumn string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND %[1]s.public)", alias), nil
	}
	return fmt.Sprintf("(%[1]s.deleted_at IS NULL AND (%[1]s.public OR %[1]s.author_id = ? OR %[2]s))", alias, insideSQL(entityColumn)),
		[]any{v.PersonID, v.EntityID, v.PersonID}
}

// ReadableConversations returns the SQL twin of CanReadConversation: a condition on rows of
// conversations under an alias, and its arguments.
func ReadableConversations(alias string, v community.Viewer) (condition string, args []any) {
	if !v.SignedIn() {
		return "1 = 0", nil
	}
	return fmt.Sprintf(`(%[1]s.deleted_at IS NULL AND (%[2]s OR EXISTS (
		SELECT 1 FROM contributions pw WHERE pw.conversation_id = %[1]s.id AND pw.author_id = ? AND pw.deleted_at IS NULL)))`,
		alias, insideSQL(alias+".entity_id")), []any{v.EntityID, v.PersonID, v.PersonID}
}

// ties are what ties a person to an entity in the database.
type ties struct {
	MemberAt   clock.Time `db:"member_at"`
	Subscribed bool       `db:"subscribed"`
}

// tiesOfOne takes the entity's id and the person's, twice; tiesOfMany the entity's id twice and the people's.
const (
	tiesOfOne  = `SELECT ` + memberAt + `?) AS member_at, ` + subscribed + `?) AS subscribed`
	tiesOfMany = `SELECT p.id, ` + memberAt + `p.id) AS member_at, ` + subscribed + `p.id) AS subscribed FROM people p WHERE p.id IN (?) ORDER BY p.id`

	memberAt   = `(SELECT m.joined_at FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id = ? AND m.person_id = `
	subscribed = `EXISTS (SELECT 1 FROM subscriptions s WHERE s.entity_id = ? AND s.person_id = `
)

// Standing returns how the viewer stands to an entity. Nobody stands in no relation; that costs no query.
func Standing(ctx context.Context, q sqldb.Querier, v community.Viewer, e community.Entity) (community.Standing, error) {
	s := community.Standing{Viewer: v}
	if !v.SignedIn() {
		return s, nil
	}
	s.Owner = e.Kind == community.PersonEntity && v.EntityID == e.ID
	var row ties
	if err := q.Get(ctx, &row, tiesOfOne, e.ID, v.PersonID, e.ID, v.PersonID); err != nil {
		return s, fmt.Errorf("look up the standing: %w", err)
	}
	s.MemberAt, s.Member, s.Subscribed = row.MemberAt, !row.MemberAt.IsZero(), row.Subscribed
	return s, nil
}

// Foresee looks up with one query how people stand to an entity, so that Standing finds it in the memo.
func Foresee(ctx context.Context, m *sqldb.Memo, entityID int64, people []int64) error {
	var rows []struct {
		PersonID int64 `db:"id"`
		ties
	}
	if err := m.Select(ctx, &rows, tiesOfMany, entityID, entityID, people); err != nil {
		return fmt.Errorf("look up the standings: %w", err)
	}
	for _, row := range rows {
		if err := m.Know(&row.ties, tiesOfOne, entityID, row.PersonID, entityID, row.PersonID); err != nil {
			return fmt.Errorf("note a standing: %w", err)
		}
	}
	return nil
}
