package conversations

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// foundAs is the source of what is found of this room.
const foundAs = "conversation"

// finds returns what people find of conversations: their subjects. Messages are found by themselves.
func finds() []search.Source {
	return []search.Source{{
		Name: foundAs, Documents: documents, Listed: listIDs,
		Kinds: []search.Kind{{Name: "conversation", Label: lang.Text("Conversations"), One: lang.Text("Conversation"), Own: true}},
	}}
}

func documents(ctx context.Context, q sqldb.Querier, ids []int64) ([]search.Document, error) {
	var found []Conversation
	if err := q.Select(ctx, &found, selectConversations+` WHERE v.id IN (?) AND v.deleted_at IS NULL ORDER BY v.id`, ids); err != nil {
		return nil, fmt.Errorf("read conversations to be found: %w", err)
	}
	all := make([]search.Document, len(found))
	for n, c := range found {
		all[n] = search.Document{
			ID: c.ID, Kind: "conversation", Path: community.ConversationPath(c.ID), Title: c.Subject, At: c.CreatedAt, By: c.Entity, ConversationID: c.ID,
		}
	}
	return all, nil
}

func listIDs(ctx context.Context, q sqldb.Querier, after int64, limit int) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM conversations WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?`, after, limit)
	return ids, err
}
