package demo

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// rows is what the tables are filled with.
type rows struct {
	entities, people, addresses, groups, memberships, subscriptions     [][]any
	contents, versions, conversations, contributions, activities, inbox [][]any
}

// insert writes all rows. A column that is not named keeps its default.
func (r rows) insert(ctx context.Context, tx *sqldb.Tx) error {
	for _, table := range []struct {
		insert string
		rows   [][]any
	}{
		{`INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour, score)`, r.entities},
		{`INSERT INTO people (id, entity_id, score, first_name, last_name, about, public, password, admin, joined_at)`, r.people},
		{`INSERT INTO email_addresses (person_id, address, address_key, main, verified_at)`, r.addresses},
		{`INSERT INTO "groups" (id, entity_id, description, address, url, closed, founded_on, created_by_id, created_at, changed_at)`, r.groups},
		{`INSERT INTO memberships (group_id, person_id, score, created_by_id, joined_at)`, r.memberships},
		{`INSERT INTO subscriptions (entity_id, person_id, created_at)`, r.subscriptions},
		{`INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, pinned, published_at)`, r.contents},
		{`INSERT INTO versions (content_id, author_id, text, created_at)`, r.versions},
		{`INSERT INTO conversations (id, entity_id, author_id, subject, created_at, latest_at)`, r.conversations},
		{`INSERT INTO contributions (id, content_id, conversation_id, author_id, text, cut, public, by_mail, created_at)`, r.contributions},
		{`INSERT INTO activities (id, name, actor_id, entity_id, content_id, occurred_at, done_at)`, r.activities},
		{`INSERT INTO inbox_entries (person_id, activity_id, content_id, created_at, read_at)`, r.inbox},
	} {
		if err := tx.InsertRows(ctx, table.insert, table.rows); err != nil {
			return fmt.Errorf("fill the town: %w", err)
		}
	}
	for _, table := range []string{"entities", "people", `"groups"`, "contents", "conversations", "contributions", "activities"} {
		if err := tx.SyncIDs(ctx, table); err != nil {
			return err
		}
	}
	return nil
}
