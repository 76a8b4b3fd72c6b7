package search

import (
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
)

// joined joins documents d with what they hang on.
const joined = `
	  LEFT JOIN contents c ON c.id = d.content_id
	  LEFT JOIN contributions k ON k.id = d.contribution_id
	  LEFT JOIN conversations v ON v.id = d.conversation_id
	  LEFT JOIN people p ON p.entity_id = d.entity_id`

// ofEntity is the group or person that a document belongs to, or is about.
const ofEntity = `COALESCE(c.entity_id, v.entity_id, d.entity_id)`

// findable returns which documents the viewer finds: a condition on documents d with what they hang on, and its
// arguments. It is made of the rules for lists, which are narrower than those for pages.
func findable(viewer community.Viewer) (condition string, args []any) {
	contents, ofContents := policy.ListableContents("c", viewer)
	// A message is as public as its conversation.
	contributions, ofContributions := policy.ReadableComments("k", "COALESCE(c.entity_id, v.entity_id)", viewer)
	conversations, ofConversations := policy.ReadableConversations("v", viewer)
	condition = fmt.Sprintf(`(d.content_id IS NULL OR %s) AND (d.contribution_id IS NULL OR %s) AND (d.conversation_id IS NULL OR %s)
		AND (p.id IS NULL OR (p.public AND p.active))`, contents, contributions, conversations)
	args = append(args, ofContents...)
	args = append(args, ofContributions...)
	return condition, append(args, ofConversations...)
}

// findableDocument returns a condition on a document by its number: that it fulfils another condition, on documents d with
// what they hang on. It is a question of its own for each document.
func findableDocument(number, condition string) string {
	return `(SELECT ` + condition + ` FROM search_documents d` + joined + ` WHERE d.id = ` + number + `)`
}
