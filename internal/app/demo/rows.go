package demo

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// rows is what the tables are filled with.
type rows struct {
	entities, words, people, addresses, groups, memberships, subscriptions          [][]any
	contents, versions, conversations, contributions, activities, inbox, reactions  [][]any
	applications, images, imageUses, events, eventDates, galleryPictures, positions [][]any
}

// insert writes all rows. A column that is not named keeps its default.
func (r rows) insert(ctx context.Context, tx *sqldb.Tx) error {
	for _, table := range []struct {
		insert string
		rows   [][]any
	}{
		{`INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour, score, picture, cover)`, r.entities},
		{`INSERT INTO name_words (word, entity_id)`, r.words},
		{`INSERT INTO people (id, entity_id, score, first_name, last_name, about, public, password, admin, joined_at)`, r.people},
		{`INSERT INTO email_addresses (person_id, address, address_key, main, verified_at)`, r.addresses},
		{`INSERT INTO "groups" (id, entity_id, description, address, url, closed, founded_on, created_by_id, created_at, changed_at)`, r.groups},
		{`INSERT INTO memberships (group_id, person_id, created_by_id, joined_at)`, r.memberships},
		{`INSERT INTO subscriptions (entity_id, person_id, created_at)`, r.subscriptions},
		{`INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, pinned, published_at, picture, starts_at, ends_at, album)`, r.contents},
		{`INSERT INTO entity_positions (entity_id, latitude, longitude)`, r.positions},
		{`INSERT INTO events (content_id, place, place_key, position, latitude, longitude, zone, all_day, begins, ends, rule)`, r.events},
		{`INSERT INTO event_dates (content_id, entity_id, day, begins, ends, place, place_key, starts_at, ends_at, cancelled, altered)`, r.eventDates},
		{`INSERT INTO versions (content_id, author_id, text, created_at)`, r.versions},
		{`INSERT INTO conversations (id, entity_id, author_id, subject, created_at, latest_at)`, r.conversations},
		{
			`INSERT INTO contributions (id, content_id, conversation_id, author_id, text, cut, public, by_mail, inside, created_at, changed_at)`,
			r.contributions,
		},
		{`INSERT INTO reactions (contribution_id, kind, person_id, created_at)`, r.reactions},
		{`INSERT INTO membership_applications (group_id, person_id, contribution_id, created_at)`, r.applications},
		{`INSERT INTO images (id, name, bytes, creator_id, created_at)`, r.images},
		{`INSERT INTO image_uses (image_id, content_id)`, r.imageUses},
		{`INSERT INTO gallery_pictures (image_id, content_id, position, caption, alt)`, r.galleryPictures},
		{
			`INSERT INTO activities (id, name, actor_id, entity_id, content_id, conversation_id, contribution_id, occurred_at, done_at)`,
			r.activities,
		},
		{`INSERT INTO inbox_entries (person_id, activity_id, content_id, conversation_id, contribution_id, created_at, read_at)`, r.inbox},
	} {
		if err := tx.InsertRows(ctx, table.insert, table.rows); err != nil {
			return fmt.Errorf("fill the town: %w", err)
		}
	}
	for _, table := range []string{"entities", "people", `"groups"`, "contents", "conversations", "contributions", "images", "activities"} {
		if err := tx.SyncIDs(ctx, table); err != nil {
			return err
		}
	}
	return r.bind(ctx, tx)
}

// bind notes whom the texts name.
func (r rows) bind(ctx context.Context, tx *sqldb.Tx) error {
	t := texts.New(markdown.NewCache(0), "")
	bind := func(id, text any, place func(id int64) texts.Place) error {
		number, _ := id.(int64)
		said, _ := text.(string)
		if !strings.Contains(said, "@") {
			return nil
		}
		return t.Bind(ctx, tx, place(number), texts.Source{Text: said})
	}
	for _, row := range r.versions {
		if err := bind(row[0], row[2], func(id int64) texts.Place { return texts.Place{ContentID: id} }); err != nil {
			return err
		}
	}
	for _, row := range r.contributions {
		if err := bind(row[0], row[4], func(id int64) texts.Place { return texts.Place{ContributionID: id} }); err != nil {
			return err
		}
	}
	return nil
}
