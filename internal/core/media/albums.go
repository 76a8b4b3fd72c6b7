package media

import (
	"strings"

	"grouprise.org/grouprise/internal/community"
)

// Introducing returns a query for the id of the content item whose pictures stand in the head of a group's page, for the
// column of the group's entity: the oldest one that consists of pictures, is public and is pinned. Its kind leads to it in
// an index, past everything else that is pinned.
func Introducing(entityColumn string) string {
	return `SELECT ia.id FROM contents ia
		 WHERE ia.entity_id = ` + entityColumn + ` AND ia.kind = '` + community.KindOfPictures + `' AND ia.pinned = TRUE AND ia.public = TRUE AND ia.album IS NOT NULL AND ia.deleted_at IS NULL
		 ORDER BY ia.published_at, ia.id LIMIT 1`
}

// MarkdownOf returns what shows the first pictures of an album in a text, at most so many.
func MarkdownOf(a community.Album, most int) string {
	var all []string
	for _, p := range a.Pictures[:min(most, len(a.Pictures))] {
		all = append(all, markdown(p.Name, p.Alt))
	}
	return strings.Join(all, "\n\n")
}
