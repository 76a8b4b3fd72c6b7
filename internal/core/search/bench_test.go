package search_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// BenchmarkPut shows what being found adds to publishing: an article of 200 words among 20,000, in a transaction of its own,
// beside the same transaction without it.
func BenchmarkPut(b *testing.B) {
	const articles = 20_000
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		b.Run(engine, func(b *testing.B) {
			db := dbtest.Open(b, engine)
			l := newLibrary(b, db)
			random := rand.New(rand.NewPCG(1, 2))
			words := rand.NewZipf(random, 1.3, 8, 40_000)
			write := func(tx *sqldb.Tx) (id int64, err error) {
				var text strings.Builder
				for range 200 {
					fmt.Fprintf(&text, "wort%x ", words.Uint64())
				}
				id, err = tx.Insert(b.Context(), `INSERT INTO contents (kind, entity_id, author_id, title, public, published_at) VALUES ('article', ?, ?, 'x', ?, ?)`,
					l.Garten.EntityID, l.Anna.ID, true, tx.Now)
				l.texts[id] = search.Document{
					ID: id, Kind: "article", Title: fmt.Sprintf("Artikel wort%x", words.Uint64()), Text: text.String(), Public: true, ContentID: id,
					By: community.Entity{ID: l.Garten.EntityID}, At: cast.Joined(),
				}
				return id, err
			}
			change := func(fn func(tx *sqldb.Tx) error) {
				if err := db.Write(b.Context(), fn); err != nil {
					b.Fatal(err)
				}
			}
			const portion = 200
			for range articles / portion {
				change(func(tx *sqldb.Tx) error {
					ids := make([]int64, portion)
					for i := range ids {
						id, err := write(tx)
						if err != nil {
							return err
						}
						ids[i] = id
					}
					return l.Put(b.Context(), tx, "content", ids...)
				})
			}
			if err := db.Analyze(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.Run("found", func(b *testing.B) {
				for b.Loop() {
					change(func(tx *sqldb.Tx) error {
						id, err := write(tx)
						if err != nil {
							return err
						}
						return l.Put(b.Context(), tx, "content", id)
					})
				}
			})
			b.Run("not", func(b *testing.B) {
				for b.Loop() {
					change(func(tx *sqldb.Tx) error {
						_, err := write(tx)
						return err
					})
				}
			})
		})
	}
}
