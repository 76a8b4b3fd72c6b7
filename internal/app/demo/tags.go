package demo

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/app/demo/invented"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Featured are the tags that the site of the town suggests.
func Featured() tagging.Featured {
	var all tagging.Featured
	for _, name := range invented.FeaturedTags() {
		all = append(all, tagging.FeaturedTag{Name: name})
	}
	return all
}

// tag gives the tags that the texts say to what they belong to, and their own to the groups.
func (t *town) tag(ctx context.Context, tx *sqldb.Tx) error {
	for _, row := range t.rows.versions {
		text, _ := row[2].(string)
		if !strings.Contains(text, "#") {
			continue
		}
		id, _ := row[0].(int64)
		title, _ := t.rows.contents[id-1][5].(string)
		if err := tagging.NoteItem(ctx, tx, id, title, text); err != nil {
			return err
		}
	}
	ideas := append(invented.CastIdeas(), invented.GroupIdeas()...)
	for _, i := range ideas {
		id, there := t.groupsNamed[i.Name]
		tags, _ := tagging.ParseList(invented.TagsOf(i.Name))
		if !there || len(tags) == 0 {
			continue
		}
		if _, err := tagging.SetGroup(ctx, tx, id, tags); err != nil {
			return err
		}
	}
	return nil
}
