package media_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestWhatSomebodySaysOfTheirPicturesIsExported exports a picture with what its owner says of it in a gallery, and not what
// others say of it in theirs.
func TestWhatSomebodySaysOfTheirPicturesIsExported(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		for n, author := range []cast.Person{c.Anna, c.Bert} {
			id := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: author.ID})
			cast.Execute(t, db, `INSERT INTO images (name, creator_id, created_at) VALUES (?, ?, 1)`, []string{"a.jpg", "b.jpg"}[n], c.Anna.ID)
			cast.Execute(t, db, `INSERT INTO gallery_pictures (content_id, image_id, position, caption, alt) SELECT ?, id, 1, ?, 'Kürbisse' FROM images WHERE name = ?`,
				id, author.Name+" sagt", []string{"a.jpg", "b.jpg"}[n])
		}
		var out bytes.Buffer
		if err := (estate.Document{Owner: estate.Owner{PersonID: c.Anna.ID, EntityID: c.Anna.EntityID}, Holdings: media.Estate()}).Write(t.Context(), db, &out); err != nil {
			t.Fatal(err)
		}
		type saying struct {
			Picture     string `json:"picture"`
			Caption     string `json:"caption"`
			Description string `json:"description"`
		}
		var got struct {
			Pictures []any    `json:"pictures"`
			Said     []saying `json:"gallery_pictures"`
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Pictures) != 2 || !slices.Equal(got.Said, []saying{{"a.jpg", "Anna Ahorn sagt", "Kürbisse"}}) {
			t.Errorf("exported is %s", out.String())
		}
	})
}
