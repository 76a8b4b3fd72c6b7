package texts

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Place is where a text stands: in a content item, or in a comment or message.
type Place struct {
	ContentID      int64 `db:"content_id"`
	ContributionID int64 `db:"contribution_id"`
	Draft          bool  `db:"-"` // the text is not kept yet; it is to replace the one that stands there
}

// kept is the place of what is kept already.
func (p Place) kept() Place {
	p.Draft = false
	return p
}

// mentioned is a person or group that a text names.
type mentioned struct {
	Place
	ID       int64                `db:"id"`
	Kind     community.EntityKind `db:"kind"`
	Slug     string               `db:"slug"`
	Key      string               `db:"slug_key"`
	Name     string               `db:"name"`
	PersonID int64                `db:"person_id"`
	Public   bool                 `db:"public"`
}

// path returns where the name leads: to the page, or to a message to somebody whose page is not public.
func (m mentioned) path() string {
	if m.Public {
		return community.EntityPath(m.Slug)
	}
	return community.ContactPath(m.PersonID)
}

// localPath is the first segment of a link to a page of the site.
const localPath = `/([A-Za-z0-9_-]{1,150})(?:[/?#)\s]|$)`

// named returns the slugs of everybody whom texts name, or to whose pages they lead.
func (t *Texts) named(said []Source) []string {
	var refs []markdown.Ref
	for _, s := range said {
		if !strings.ContainsAny(s.Text, "@/") {
			continue
		}
		refs = append(refs, markdown.Render(s.Text, markdown.Options{Format: s.Options.Format, Origin: t.origin}).Refs...)
		for _, m := range t.links.FindAllStringSubmatch(s.Text, maxReferences) {
			refs = append(refs, markdown.Ref{Kind: markdown.Mention, Entity: m[1]})
		}
	}
	slugs, _ := wanted(refs)
	return slugs
}

// linksTo returns what finds links to pages of a site in Markdown.
func linksTo(origin string) *regexp.Regexp {
	return regexp.MustCompile(`(?:\]\(|` + regexp.QuoteMeta(origin) + `)` + localPath)
}

// owners are whom names mean that nobody said before: who has them now, or had them before they were free.
const owners = `
		SELECT id, slug_key FROM entities WHERE slug_key IN (?)
		 UNION ALL SELECT entity_id AS id, slug_key FROM former_slugs WHERE slug_key IN (?) AND entity_id IS NOT NULL`

// Bind notes whom the texts of a place mean by each name in them, as they are rendered: who has the name now, or had it
// before. What the place said already keeps its meaning. It belongs into the transaction that keeps the texts.
func (t *Texts) Bind(ctx context.Context, tx *sqldb.Tx, place Place, said ...Source) error {
	slugs := t.named(said)
	if place.ContentID != 0 {
		if err := forget(ctx, tx, place.ContentID, slugs); err != nil {
			return err
		}
	}
	if len(slugs) == 0 {
		return nil
	}
	var found []struct {
		ID  int64  `db:"id"`
		Key string `db:"slug_key"`
	}
	err := tx.Select(ctx, &found, owners+` ORDER BY slug_key, id`, slugs, slugs)
	if err != nil {
		return fmt.Errorf("find who is mentioned: %w", err)
	}
	rows := make([][]any, len(found))
	for i, o := range found {
		rows[i] = []any{sqldb.OrNull(place.ContentID), sqldb.OrNull(place.ContributionID), o.Key, o.ID}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO mentions (content_id, contribution_id, slug_key, entity_id)`, rows); err != nil {
		return fmt.Errorf("note who is mentioned: %w", err)
	}
	return nil
}

// forget removes the names that a content item does not say any more.
func forget(ctx context.Context, tx *sqldb.Tx, contentID int64, said []string) error {
	query, args := `DELETE FROM mentions WHERE content_id = ?`, []any{contentID}
	if len(said) > 0 {
		query, args = query+` AND slug_key NOT IN (?)`, append(args, said)
	}
	if _, err := tx.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("forget who was mentioned: %w", err)
	}
	return nil
}

// findEntities returns whom references name, by the places of the texts and by slug: in texts that are kept whoever was
// meant when they were written, and in others whoever would be if they were kept now.
func findEntities(ctx context.Context, q sqldb.Querier, references map[Place][]markdown.Ref) (map[Place]map[string]mentioned, error) {
	found := map[Place]map[string]mentioned{}
	var contents, contributions []int64
	var unbound []string // names in texts that are not kept
	for place, refs := range references {
		slugs, _ := wanted(refs)
		if len(slugs) == 0 {
			continue
		}
		if place.ContributionID != 0 {
			contributions = append(contributions, place.ContributionID)
		}
		if place.ContentID != 0 {
			contents = append(contents, place.ContentID)
		}
		if place != place.kept() || place == (Place{}) {
			unbound = append(unbound, slugs...)
		}
	}
	if len(unbound) > 0 {
		err := add(ctx, q, found, `0 AS content_id, 0 AS contribution_id, o.slug_key FROM (`+owners+`) o JOIN entities e ON e.id = o.id`, `1 = 1`, unbound, unbound)
		if err != nil {
			return nil, err
		}
	}
	const bound = `COALESCE(m.content_id, 0) AS content_id, COALESCE(m.contribution_id, 0) AS contribution_id, m.slug_key
		  FROM mentions m JOIN entities e ON e.id = m.entity_id`
	if len(contents) > 0 {
		if err := add(ctx, q, found, bound, `m.content_id IN (?)`, contents); err != nil {
			return nil, err
		}
	}
	if len(contributions) > 0 {
		if err := add(ctx, q, found, bound, `m.contribution_id IN (?)`, contributions); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// add adds whom a query finds.
func add(ctx context.Context, q sqldb.Querier, to map[Place]map[string]mentioned, from, condition string, args ...any) error {
	var found []mentioned
	err := q.Select(ctx, &found, `
		SELECT e.id, e.kind, e.slug, e.name, COALESCE(p.id, 0) AS person_id, COALESCE(p.public, TRUE) AS public, `+from+`
		  LEFT JOIN people p ON p.entity_id = e.id WHERE `+condition, args...)
	if err != nil {
		return fmt.Errorf("look up who is mentioned: %w", err)
	}
	for _, m := range found {
		if to[m.Place] == nil {
			to[m.Place] = map[string]mentioned{}
		}
		to[m.Place][m.Key] = m
	}
	return nil
}

// mention is the sign before a name. Who is meant by it elsewhere is nobody of ours.
var mention = regexp.MustCompile(`(^|[^\pL\pN/.\\])@`)

// WithoutReferences returns a text from elsewhere in which nothing refers to people and pictures of ours: it does not know
// them.
func WithoutReferences(text string) string {
	text = mention.ReplaceAllString(text, `$1\@`)
	return strings.ReplaceAll(text, community.PicturesPath, strings.Replace(community.PicturesPath, "-", `\-`, 1))
}
