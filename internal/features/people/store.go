package people

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
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
		       (SELECT COUNT(*) FROM (SELECT 1 FROM inbox_entries i WHERE i.person_id = ? AND i.read_at IS NULL LIMIT ?) u) AS unread`+
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

// Entry is a person in the directory.
type Entry struct {
	community.Person
	Score   int64 `db:"score"`
	Written int   `db:"written"` // versions of content, comments and messages
}

// rank returns the place of the person in the directory.
func (e Entry) rank() paging.Rank { return paging.Rank{Score: e.Score, ID: e.ID} }

// listPublic returns the people whose profile is public, the most active first.
func listPublic(ctx context.Context, q sqldb.Querier, query Query, limit int) ([]Entry, error) {
	from := `people p`
	where, args := query.After.After("p.score", "p.id")
	if query.Name != "" {
		from += ` JOIN entities e ON e.id = p.entity_id`
		where += ` AND e.name_key LIKE ? ESCAPE '!'`
		args = append(args, "%"+sqldb.EscapeLike(entities.NameKey(query.Name))+"%")
	}
	var all []Entry
	// Which ones first, so that nothing is counted for those that are not shown. MariaDB and SQLite use an index for a
	// boolean only where it is compared.
	err := q.Select(ctx, &all, `
		SELECT `+Columns+`, p.score,
		       (SELECT COUNT(*) FROM versions w WHERE w.author_id = p.id) + (SELECT COUNT(*) FROM contributions c WHERE c.author_id = p.id) AS written
		  FROM (SELECT p.id, p.score FROM `+from+`
		         WHERE p.public = TRUE AND p.active = TRUE AND `+where+` ORDER BY p.score DESC, p.id DESC LIMIT ?) found
		  JOIN people p ON p.id = found.id JOIN entities e ON e.id = p.entity_id
		 ORDER BY found.score DESC, found.id DESC`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return all, nil
}

// maxMentions is how many names are offered.
const maxMentions = 8

func findMentions(ctx context.Context, q sqldb.Querier, prefix string) ([]Mention, error) {
	begin := sqldb.EscapeLike(entities.NameKey(prefix)) + "%"
	var found []Mention
	err := q.Select(ctx, &found, `
		SELECT e.slug, e.name FROM entities e LEFT JOIN people p ON p.entity_id = e.id
		 WHERE (e.slug_key LIKE ? ESCAPE '!' OR e.name_key LIKE ? ESCAPE '!' OR e.name_key LIKE ? ESCAPE '!')
		   AND (p.id IS NULL OR p.public AND p.active)
		 ORDER BY e.score DESC, e.id LIMIT ?`, begin, begin, "% "+begin, maxMentions)
	if err != nil {
		return nil, fmt.Errorf("look for names: %w", err)
	}
	return found, nil
}
