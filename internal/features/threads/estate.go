package threads

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are what a person wrote and attached. What a mail of theirs quoted is left out of the export: others wrote
// it.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "contributions", Column: "author_id", Fate: estate.Inherited, Export: estate.Pages[exportedContribution]("comments_and_messages", `
			SELECT id, content_id, conversation_id, text, format, public, by_mail, created_at, edited_at, deleted_at FROM contributions
			 WHERE author_id = ? AND id > ? ORDER BY id LIMIT ?`)},
		{Table: "contributions", Column: "removed_by", Fate: estate.Inherited},
		{Table: "reactions", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedReaction]("reactions", `
			SELECT contribution_id, kind, created_at FROM reactions WHERE person_id = ? ORDER BY contribution_id, kind`)},
		{Table: "files", Column: "creator_id", Fate: estate.Inherited, Export: estate.Pages[exportedFile]("files", `
			SELECT id, name, original_name, media_type, size, created_at FROM files WHERE creator_id = ? AND id > ? ORDER BY id LIMIT ?`)},
	}
}

type exportedContribution struct {
	estate.Row

	ContentID      *int64     `db:"content_id"      json:"content_id,omitempty"`
	ConversationID *int64     `db:"conversation_id" json:"conversation_id,omitempty"`
	Text           string     `db:"text"            json:"text"`
	Format         string     `db:"format"          json:"format"`
	Public         bool       `db:"public"          json:"public"`
	ByMail         bool       `db:"by_mail"         json:"by_mail"`
	CreatedAt      clock.Time `db:"created_at"      json:"created_at"`
	EditedAt       clock.Time `db:"edited_at"       json:"edited_at,omitzero"`
	DeletedAt      clock.Time `db:"deleted_at"      json:"deleted_at,omitzero"`
}

type exportedFile struct {
	estate.Row

	Name         string     `db:"name"          json:"name"`
	OriginalName string     `db:"original_name" json:"original_name"`
	MediaType    string     `db:"media_type"    json:"media_type"`
	Size         int64      `db:"size"          json:"size"`
	CreatedAt    clock.Time `db:"created_at"    json:"created_at"`
}

type exportedReaction struct {
	ContributionID int64      `db:"contribution_id" json:"comment_or_message"`
	Kind           string     `db:"kind"            json:"reaction"`
	CreatedAt      clock.Time `db:"created_at"      json:"created_at"`
}
