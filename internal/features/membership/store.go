package membership

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// insertMembership makes a person a member and reports whether they were none before.
func insertMembership(ctx context.Context, tx *sqldb.Tx, groupID, personID, byID int64) (inserted bool, err error) {
	var by any
	if byID != 0 {
		by = byID
	}
	inserted, err = tx.InsertNew(ctx, `
		INSERT INTO memberships (group_id, person_id, created_by_id, joined_at) VALUES (?, ?, ?, ?)`, groupID, personID, by, tx.Now)
	if err != nil {
		return false, fmt.Errorf("insert a membership: %w", err)
	}
	return inserted, nil
}

// deleteMembership ends a membership and reports whether there was one.
func deleteMembership(ctx context.Context, tx *sqldb.Tx, groupID, personID int64) (deleted bool, err error) {
	rows, err := tx.Exec(ctx, `DELETE FROM memberships WHERE group_id = ? AND person_id = ?`, groupID, personID)
	if err != nil {
		return false, fmt.Errorf("delete a membership: %w", err)
	}
	return rows > 0, nil
}

// lockOpenness reads whether a group is closed or archived, so that nobody closes or archives it before the transaction
// ends.
func lockOpenness(ctx context.Context, tx *sqldb.Tx, g *community.Group) error {
	var now struct {
		Closed     bool       `db:"closed"`
		ArchivedAt clock.Time `db:"archived_at"`
	}
	err := tx.GetLocked(ctx, &now, `SELECT g.closed, e.archived_at FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE g.id = ?`, g.ID)
	if err != nil {
		return fmt.Errorf("lock group %d: %w", g.ID, err)
	}
	g.Closed, g.ArchivedAt = now.Closed, now.ArchivedAt
	return nil
}

func isMember(ctx context.Context, q sqldb.Querier, groupID, personID int64) (bool, error) {
	var member bool
	err := q.Get(ctx, &member, `SELECT EXISTS (SELECT 1 FROM memberships WHERE group_id = ? AND person_id = ?)`, groupID, personID)
	if err != nil {
		return false, fmt.Errorf("look up a membership: %w", err)
	}
	return member, nil
}

// Member is a person in the list of members.
type Member struct {
	community.Entity
	Public       bool       `db:"public"`
	JoinedAt     clock.Time `db:"joined_at"`
	MembershipID int64      `db:"membership_id"`
	Score        int64      `db:"score"` // how active they are in the group
}

// publicPath returns where the member's name leads: to their profile, or nowhere if that is private.
func (m Member) publicPath() string {
	if m.Public {
		return m.Path()
	}
	return ""
}

// rank returns the place of the member in the list.
func (m Member) rank() paging.Rank { return paging.Rank{Score: m.Score, ID: m.MembershipID} }

// listMembers returns members of a group, those first who are most active there.
func listMembers(ctx context.Context, q sqldb.Querier, groupID int64, query Query, limit int) ([]Member, error) {
	where, args := query.After.After("m.score", "m.id")
	from, args := `memberships m`, append([]any{groupID}, args...)
	if query.Name != "" {
		from += ` JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id`
		where += ` AND ` + entities.NameContains
		args = append(args, entities.NamePattern(query.Name))
	}
	var members []Member
	// Which ones first, and then what they look like: the index gives their order only as long as nothing else is joined.
	err := q.Select(ctx, &members, `
		SELECT e.id, e.kind, p.id AS owner_id, e.slug, e.name, e.colour, e.picture, p.public, found.joined_at, found.id AS membership_id, found.score
		  FROM (SELECT m.id, m.person_id, m.score, m.joined_at FROM `+from+`
		         WHERE m.group_id = ? AND `+where+` ORDER BY m.score DESC, m.id DESC LIMIT ?) found
		  JOIN people p ON p.id = found.person_id JOIN entities e ON e.id = p.entity_id
		 ORDER BY found.score DESC, found.id DESC`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return members, nil
}

func countMembers(ctx context.Context, q sqldb.Querier, groupID int64) (n int, err error) {
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM memberships WHERE group_id = ?`, groupID); err != nil {
		return 0, fmt.Errorf("count members: %w", err)
	}
	return n, nil
}

const selectMembers = `SELECT m.person_id FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id = ?`

// addedMember returns who was added to a group, unless they have left it again.
func addedMember(e community.Activity) notify.Audience {
	return notify.Among(notify.Addressed, selectMembers+` AND m.person_id = ?`, e.EntityID, e.PersonID)
}

// membersBeside returns the members of a group to which somebody was added; nobody if they have left it again.
func membersBeside(e community.Activity) notify.Audience {
	return notify.Among(notify.Member, selectMembers+` AND EXISTS (SELECT 1 FROM memberships a WHERE a.group_id = m.group_id AND a.person_id = ?)`,
		e.EntityID, e.PersonID)
}

// Application is somebody's wish to belong to a closed group. It came with a message.
type Application struct {
	ID             int64  `db:"id"`
	GroupID        int64  `db:"group_id"`
	PersonID       int64  `db:"person_id"`
	Name           string `db:"name"`            // of the applicant
	ContributionID int64  `db:"contribution_id"` // the message; 0 if it is gone
	ConversationID int64  `db:"conversation_id"` // 0 if it is gone
	Member         bool   `db:"member"`          // the applicant belongs to the group by now
	Declined       bool   `db:"declined"`
}

// Open reports whether nobody has answered the application.
func (a Application) Open() bool { return !a.Member && !a.Declined }

const selectApplications = `
	SELECT a.id, a.group_id, a.person_id, e.name, COALESCE(a.contribution_id, 0) AS contribution_id, COALESCE(c.conversation_id, 0) AS conversation_id,
	       EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = a.group_id AND m.person_id = a.person_id) AS member, a.declined_at IS NOT NULL AS declined
	  FROM membership_applications a JOIN people p ON p.id = a.person_id JOIN entities e ON e.id = p.entity_id
	  LEFT JOIN contributions c ON c.id = a.contribution_id`

// countApplications counts those that nobody has answered.
const countApplications = `SELECT COUNT(*) FROM membership_applications a WHERE a.declined_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = a.group_id AND m.person_id = a.person_id)`

func getApplication(ctx context.Context, q sqldb.Querier, id int64) (Application, error) {
	var a Application
	if err := q.Get(ctx, &a, selectApplications+` WHERE a.id = ?`, id); err != nil {
		return a, fmt.Errorf("get application %d: %w", id, err)
	}
	return a, nil
}

func listApplications(ctx context.Context, q sqldb.Querier, conversationID int64) ([]Application, error) {
	var all []Application
	if err := q.Select(ctx, &all, selectApplications+` WHERE c.conversation_id = ? ORDER BY a.id`, conversationID); err != nil {
		return nil, fmt.Errorf("list the applications in conversation %d: %w", conversationID, err)
	}
	return all, nil
}

func insertApplication(ctx context.Context, tx *sqldb.Tx, groupID, personID, contributionID int64) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO membership_applications (group_id, person_id, contribution_id, created_at) VALUES (?, ?, ?, ?)`,
		groupID, personID, contributionID, tx.Now)
	if errs.Is(err, errs.Conflict) {
		return 0, errs.New(errs.Conflict, "This message is already a request to join.").Because(err)
	}
	if err != nil {
		return 0, fmt.Errorf("insert an application: %w", err)
	}
	return id, nil
}

// lockApplication makes members who answer the same application at once wait for each other.
func lockApplication(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if err := tx.GetLocked(ctx, new(int64), `SELECT id FROM membership_applications WHERE id = ?`, id); err != nil {
		return fmt.Errorf("lock application %d: %w", id, err)
	}
	return nil
}

func markDeclined(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE membership_applications SET declined_at = ? WHERE id = ?`, tx.Now, id); err != nil {
		return fmt.Errorf("mark application %d as declined: %w", id, err)
	}
	return nil
}

func isAdmin(ctx context.Context, q sqldb.Querier, personID int64) (bool, error) {
	var admin bool
	if err := q.Get(ctx, &admin, `SELECT admin FROM people WHERE id = ?`, personID); err != nil {
		return false, fmt.Errorf("look up an administrator: %w", err)
	}
	return admin, nil
}
