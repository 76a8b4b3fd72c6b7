package texts

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxMentioned is how many people are told of one text that mentions them.
const maxMentioned = 30

// Mentioning is a text that may mention people who want to know: that of a content item, or of a comment on it.
type Mentioning struct {
	ContentID, ContributionID int64 // the comment, or 0
	ByID                      int64 // who has written it just now
	Text                      string
	Format                    markdown.Format
}

// Mentions returns the names by which a text mentions people and groups, in lower case.
func (t *Texts) Mentions(text string, format markdown.Format) []string {
	if !strings.Contains(text, "@") {
		return nil
	}
	slugs := markdown.Render(text, markdown.Options{Format: format, Origin: t.origin}).Mentions()
	slugs = slugs[:min(len(slugs), maxReferences)]
	for i, s := range slugs {
		slugs[i] = strings.ToLower(s)
	}
	return slugs
}

// Mentioned returns the people whom a text mentions and who have not been told of it, but for who has written it. It belongs
// behind Bind, into the transaction that keeps the text.
func (t *Texts) Mentioned(ctx context.Context, tx *sqldb.Tx, m Mentioning) (people []int64, err error) {
	slugs := t.Mentions(m.Text, m.Format)
	if len(slugs) == 0 {
		return nil, nil
	}
	place, id := "content_id", m.ContentID
	if m.ContributionID != 0 {
		place, id = "contribution_id", m.ContributionID
	}
	err = tx.Select(ctx, &people, `
		SELECT DISTINCT p.id FROM mentions m JOIN people p ON p.entity_id = m.entity_id
		 WHERE m.`+place+` = ? AND m.slug_key IN (?) AND p.active AND p.id <> ? AND NOT EXISTS (
			SELECT 1 FROM mention_notices n WHERE n.content_id = ? AND n.contribution_id = ? AND n.person_id = p.id)
		 ORDER BY p.id LIMIT ?`, id, slugs, m.ByID, m.ContentID, m.ContributionID, maxMentioned)
	if err != nil {
		return nil, fmt.Errorf("find who is mentioned and does not know it: %w", err)
	}
	return people, nil
}

// NoteMentioned notes by which activity people learn that a text mentions them.
func NoteMentioned(ctx context.Context, tx *sqldb.Tx, m Mentioning, people []int64, activityID int64) error {
	rows := make([][]any, len(people))
	for n, id := range people {
		rows[n] = []any{m.ContentID, m.ContributionID, id, activityID}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO mention_notices (content_id, contribution_id, person_id, activity_id)`, rows); err != nil {
		return fmt.Errorf("note who learns of a mention: %w", err)
	}
	return nil
}
