package people

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Columns are those of a community.Person, for rooms that join people p and entities e (see From).
const Columns = `p.id, p.entity_id, e.slug, e.name, e.colour, e.picture, e.cover, p.about, p.public, p.active, p.admin, p.language, p.joined_at`

// From is the join that Columns are read from.
const From = ` FROM people p JOIN entities e ON e.id = p.entity_id `

// getPerson returns the person that a condition names.
func getPerson(ctx context.Context, q sqldb.Querier, condition string, arg any) (community.Person, error) {
	var p community.Person
	err := q.Get(ctx, &p, `SELECT `+Columns+From+`WHERE `+condition, arg)
	if errs.Is(err, errs.NotFound) {
		return p, errNobody()
	}
	if err != nil {
		return p, fmt.Errorf("get a person: %w", err)
	}
	return p, nil
}

// unreadShown bounds the count of what waits in the inbox: nobody reads larger numbers.
const unreadShown = 1000

func getViewer(ctx context.Context, q sqldb.Querier, id int64) (community.Viewer, error) {
	var v community.Viewer
	err := q.Get(ctx, &v, `
		SELECT p.id, p.entity_id, e.slug, e.name, e.colour, e.picture, p.language, p.admin,
		       (SELECT COUNT(*) FROM (SELECT 1 FROM inbox_entries i WHERE i.person_id = ? AND i.read_at IS NULL LIMIT ?) u) AS unread,
		       EXISTS (SELECT 1 FROM onboarding_steps o WHERE o.entity_id = p.entity_id) AS getting_started,
		       EXISTS (SELECT 1 FROM email_addresses m WHERE m.person_id = p.id AND m.main AND `+bounces.SetAside+`) AS unreachable`+
		From+`WHERE p.id = ? AND p.active`, id, unreadShown, id)
	if errs.Is(err, errs.NotFound) {
		return v, errNobody()
	}
	if err != nil {
		return v, fmt.Errorf("get a viewer: %w", err)
	}
	return v, nil
}

func insertPerson(ctx context.Context, tx *sqldb.Tx, entityID int64, d Draft) (id int64, err error) {
	id, err = tx.Insert(ctx, `INSERT INTO people (entity_id, first_name, last_name, about, active, joined_at) VALUES (?, ?, ?, '', ?, ?)`,
		entityID, d.FirstName, d.LastName, !d.Inactive, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("insert a person: %w", err)
	}
	return id, nil
}

// getProfile returns a person's profile as it is edited.
func getProfile(ctx context.Context, q sqldb.Querier, personID int64) (Profile, error) {
	var p Profile
	err := q.Get(ctx, &p, `
		SELECT e.slug, p.first_name, p.last_name, p.about, p.public, p.language
		  FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id = ?`, personID)
	if errs.Is(err, errs.NotFound) {
		return p, errNobody()
	}
	if err != nil {
		return p, fmt.Errorf("get the profile of person %d: %w", personID, err)
	}
	return p, nil
}

func updateLanguage(ctx context.Context, tx *sqldb.Tx, personID int64, language string) error {
	if _, err := tx.Exec(ctx, `UPDATE people SET language = ? WHERE id = ?`, language, personID); err != nil {
		return fmt.Errorf("update the language of person %d: %w", personID, err)
	}
	return nil
}

func updateProfile(ctx context.Context, tx *sqldb.Tx, personID int64, p Profile) error {
	_, err := tx.Exec(ctx, `UPDATE people SET first_name = ?, last_name = ?, about = ?, public = ?, language = ? WHERE id = ?`,
		p.FirstName, p.LastName, p.About, p.Public, p.Language, personID)
	if err != nil {
		return fmt.Errorf("update the profile of person %d: %w", personID, err)
	}
	return nil
}

func updateAdmin(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE people SET admin = ?, active = ? WHERE id = ?`, true, true, personID); err != nil {
		return fmt.Errorf("make person %d an administrator: %w", personID, err)
	}
	return nil
}

func endAdmin(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE people SET admin = ? WHERE id = ?`, false, personID); err != nil {
		return fmt.Errorf("end that person %d is an administrator: %w", personID, err)
	}
	return nil
}

// Entry is a person in the directory.
type Entry struct {
	community.Person
	Score   int64 `db:"score"`
	Written int   `db:"written"` // versions of content, comments and messages
}

// rank returns the place of the person in a directory of an order.
func (e Entry) rank(s entities.Sort) paging.Rank {
	if s == entities.ByName {
		return s.Rank(e.Score, e.EntityID)
	}
	return s.Rank(e.Score, e.ID)
}

// order returns the condition on people p, and their entities e if they are listed by name, that come after the last one
// that was shown, and their order.
func (q Query) order() (after string, args []any, order string) {
	switch q.Sort {
	case entities.ByName:
		after, args = entities.NameAfter(q.After)
		return `e.kind = 'person' AND ` + after, args, ` ORDER BY e.name_key, e.id`
	case entities.Newest:
		if q.After == (paging.Rank{}) {
			return `TRUE`, nil, ` ORDER BY p.id DESC`
		}
		return `p.id < ?`, []any{q.After.ID}, ` ORDER BY p.id DESC`
	default:
		after, args = q.After.After("p.score", "p.id")
		return after, args, ` ORDER BY p.score DESC, p.id DESC`
	}
}

// listPublic returns the people whose profile is public.
func listPublic(ctx context.Context, q sqldb.Querier, query Query, limit int) ([]Entry, error) {
	from := `people p`
	where, args, order := query.order()
	if query.Name != "" || query.Sort == entities.ByName {
		from = `entities e JOIN people p ON p.entity_id = e.id`
	}
	if query.Name != "" {
		where += ` AND ` + entities.NameContains
		args = append(args, entities.NamePattern(query.Name))
	}
	var all []Entry
	// Which ones first, so that nothing is counted for those that are not shown. MariaDB and SQLite use an index for a
	// boolean only where it is compared.
	err := q.Select(ctx, &all, `
		SELECT `+Columns+`, p.score,
		       (SELECT COUNT(*) FROM versions w WHERE w.author_id = p.id) + (SELECT COUNT(*) FROM contributions c WHERE c.author_id = p.id) AS written
		  FROM (SELECT p.id FROM `+from+`
		         WHERE p.public = TRUE AND p.active = TRUE AND `+where+order+` LIMIT ?) found
		  JOIN people p ON p.id = found.id JOIN entities e ON e.id = p.entity_id`+order, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return all, nil
}

// maxMentions is how many names are offered.
const maxMentions = 8

func findMentions(ctx context.Context, q sqldb.Querier, prefix string) ([]Mention, error) {
	from, to := entities.WordsBetween(prefix)
	var found []Mention
	err := q.Select(ctx, &found, `
		SELECT e.slug, e.name
		  FROM (SELECT DISTINCT entity_id FROM name_words WHERE word >= ? AND word < ?) w
		  JOIN entities e ON e.id = w.entity_id LEFT JOIN people p ON p.entity_id = e.id
		 WHERE p.id IS NULL OR p.public AND p.active
		 ORDER BY e.score DESC, e.id LIMIT ?`, from, to, maxMentions)
	if err != nil {
		return nil, fmt.Errorf("look for names: %w", err)
	}
	return found, nil
}
