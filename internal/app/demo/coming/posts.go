package coming

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// post is something that stands on the website of a group.
type post struct {
	daysAgo           int
	slug, title, text string
}

func posts() []post {
	return []post{
		{12, "kulissen-aus-pappe", "Kulissen aus Pappe und Licht", "Für das neue Stück bauen wir eine ganze Stadt aus Kartons. Wer Umzugskartons übrig hat: Sie stehen bei uns gut, auch mit Beulen.\n\n- große Kartons\n- Packpapier\n- Lichterketten, gern ohne Stecker"},
		{40, "was-vom-fruehjahr-bleibt", "Was vom Frühjahr bleibt", "Sieben Vorstellungen, ein umgefallener Baum aus Sperrholz und 412 Gäste. Danke an alle, die in der Pause Stühle gerückt haben!"},
		{95, "ein-text-entsteht", "Ein Text entsteht", "Wie schreibt man zu elft ein Stück? Wir haben es mit Zetteln an einer Wäscheleine versucht, und am Ende hing alles richtig herum."},
	}
}

// importPosts lets a group take over what stands on its website.
func importPosts(ctx context.Context, tx *sqldb.Tx, now clock.Time, by Imported) error {
	const website = "https://theater.example.org/"
	id, err := tx.Insert(ctx, `
		INSERT INTO imports (group_id, author_id, kind, address, source, name, public, created_at, tried_at, read_at, succeeded_at, due_at)
		VALUES (?, ?, 'feed', ?, ?, 'Kulisse: Werkstatt', ?, ?, ?, ?, ?, ?)`,
		by.GroupID, by.AuthorID, website, website+"feed/", true, now, now, now, now, clock.At(now.AddDate(100, 0, 0)))
	if err != nil {
		return fmt.Errorf("import a website: %w", err)
	}
	var entityID int64
	if err := tx.Get(ctx, &entityID, `SELECT entity_id FROM "groups" WHERE id = ?`, by.GroupID); err != nil {
		return fmt.Errorf("find the group of a website: %w", err)
	}
	for _, p := range posts() { // a few
		at, address := clock.At(now.AddDate(0, 0, -p.daysAgo)), website+p.slug+"/"
		content, err := tx.Insert(ctx, `
			INSERT INTO contents (kind, entity_id, author_id, slug, title, public, external, published_at) VALUES ('article', ?, ?, ?, ?, ?, ?, ?)`,
			entityID, by.AuthorID, p.slug, p.title, true, true, at)
		if err != nil {
			return fmt.Errorf("take over a post: %w", err)
		}
		_, err = tx.Insert(ctx, `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, ?, ?)`,
			content, by.AuthorID, p.text+"\n\n[Weiterlesen auf theater.example.org](<"+address+">)", at)
		if err != nil {
			return fmt.Errorf("say what a post says: %w", err)
		}
		sum := sha256.Sum256([]byte(address))
		key := hex.EncodeToString(sum[:])
		_, err = tx.Exec(ctx, `INSERT INTO imported_entries (group_id, entry_key, import_id, content_id, fingerprint) VALUES (?, ?, ?, ?, ?)`, by.GroupID, key, id, content, key)
		if err != nil {
			return fmt.Errorf("note an imported post: %w", err)
		}
	}
	return nil
}
