package threads

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// foundAs is the source of what is found of this room.
const foundAs = "contribution"

// finds returns what people find of comments and messages.
func finds() []search.Source {
	return []search.Source{{
		Name: foundAs, Documents: documents, Listed: listIDs,
		Kinds: []search.Kind{
			{Name: "comment", Label: lang.Text("Comments"), One: lang.Text("Comment on a post")},
			{Name: "message", Label: lang.Text("Messages"), One: lang.Text("Message in a conversation"), Own: true},
		},
	}}
}

func documents(ctx context.Context, q sqldb.Querier, ids []int64) ([]search.Document, error) {
	var found []struct {
		ID             int64            `db:"id"`
		ContentID      int64            `db:"content_id"`
		ConversationID int64            `db:"conversation_id"`
		Text           string           `db:"text"`
		Format         markdown.Format  `db:"format"`
		Public         bool             `db:"public"`
		CreatedAt      clock.Time       `db:"created_at"`
		Title          string           `db:"title"`
		Entity         community.Entity `db:"entity"`
	}
	err := q.Select(ctx, &found, `
		SELECT k.id, COALESCE(k.content_id, 0) AS content_id, COALESCE(k.conversation_id, 0) AS conversation_id, k.text, k.format, k.created_at,
		       k.public AND COALESCE(c.public, FALSE) AND c.deleted_at IS NULL AS public, COALESCE(v.subject, c.title) AS title,
		       e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug", e.name AS "entity.name", e.colour AS "entity.colour", e.picture AS "entity.picture"
		  FROM contributions k LEFT JOIN contents c ON c.id = k.content_id LEFT JOIN conversations v ON v.id = k.conversation_id
		  JOIN entities e ON e.id = COALESCE(c.entity_id, v.entity_id)
		 WHERE k.id IN (?) AND k.deleted_at IS NULL ORDER BY k.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read contributions to be found: %w", err)
	}
	files, err := media.FilesOfContributions(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	all := make([]search.Document, len(found))
	for n, k := range found {
		all[n] = search.Document{
			ID: k.ID, Kind: "comment", Path: community.ContributionPath(k.ContentID, k.ConversationID, k.ID), Under: k.Title, Text: k.Text, Format: k.Format,
			At: k.CreatedAt, By: k.Entity, Public: k.Public, ContentID: k.ContentID, ConversationID: k.ConversationID, ContributionID: k.ID,
		}
		if k.ConversationID != 0 {
			all[n].Kind = "message"
		}
		for _, f := range files[k.ID] {
			all[n].Words = append(all[n].Words, f.OriginalName)
		}
	}
	return all, nil
}

func listIDs(ctx context.Context, q sqldb.Querier, after int64, limit int) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM contributions WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?`, after, limit)
	return ids, err
}
