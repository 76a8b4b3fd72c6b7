package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// PageSize is how many documents stand on one page.
const PageSize = 12

// How many documents are put into an order, at most: the newest ones that have all words in their titles, that have all
// words, that have words which begin with them or are made of them, and that have the parts of them. Of each it has to be
// found out whether the viewer may read it: that is what a search for a frequent word costs.
const (
	maxTitled   = 100
	maxSaid     = 10 * PageSize
	maxExtended = 80
	maxParted   = 50
)

// The points of documents: those that have the words in the title stand before those that have them in the text, and
// these before those that have others instead. Of documents with as many points the newest comes first.
const (
	titledPoints   = 100
	saidPoints     = 20
	extendedPoints = 0
	partedPoints   = -20

	wordInTitle   = 10 // a word, for each
	exactInTitle  = 3  // and spelled as it is
	partInTitle   = 30 // a word of the title has all that is asked for as a part
	oftenInText   = 5
	nothingElse   = 15 // the title is the question
	groupOrPerson = 12
)

// Search says what somebody looks for. Zero values ask for everything.
type Search struct {
	Text     string
	Kind     string     // by its name
	EntityID int64      // of the group, or the person, whose it is
	TagID    int64      // of the tag that it has
	Since    clock.Time // when it was written, at the earliest
	ByTime   bool       // the newest first, instead of the likeliest
	Page     int        // the first is 0
}

// Found is a page of what was found.
type Found struct {
	Documents []Document
	Total     int  // how many there are altogether
	More      bool // there are so many that only the newest were put into an order
	Suggested string
	Marks     Marks
}

// Next reports whether there is another page after one.
func (f Found) Next(page int) bool { return (page+1)*PageSize < f.Total }

type hit struct {
	ID       int64  `db:"id"`
	Source   string `db:"source"`
	SourceID int64  `db:"source_id"`
	Total    int    `db:"total"`
}

// Find returns what the viewer finds. Invalid, beside the field q, says what is wrong with the question.
func (x *Index) Find(ctx context.Context, viewer community.Viewer, s Search) (f Found, err error) {
	q, err := parse(s.Text)
	if err != nil || len(q.asked) == 0 {
		return f, err
	}
	w, err := x.widen(ctx, viewer, q)
	if err != nil {
		return f, err
	}
	hits, err := x.list(ctx, viewer, s, q, w)
	if err != nil {
		return f, err
	}
	f.Marks = marks(q, w)
	if len(hits) == 0 {
		if s.Page == 0 {
			f.Suggested, err = x.suggest(ctx, viewer, s, q)
		}
		return f, err
	}
	f.Total = hits[0].Total
	f.More = f.Total >= maxSaid || q.vague() && f.Total >= maxTitled
	documents, err := x.documents(ctx, x.db, hits)
	for _, h := range hits {
		if d, ok := documents[h.ID]; ok {
			f.Documents = append(f.Documents, d)
		}
	}
	return f, err
}

// documents reads what was found, source by source, and returns it by the ids of the hits.
func (x *Index) documents(ctx context.Context, q sqldb.Querier, hits []hit) (map[int64]Document, error) {
	all := make(map[int64]Document, len(hits))
	for _, s := range x.sources {
		var ids []int64
		of := map[int64]int64{} // the ids of the hits, by those of the things
		for _, h := range hits {
			if h.Source == s.Name {
				ids = append(ids, h.SourceID)
				of[h.SourceID] = h.ID
			}
		}
		if len(ids) == 0 {
			continue
		}
		some, err := s.Documents(ctx, q, ids)
		if err != nil {
			return nil, fmt.Errorf("read what was found of %s: %w", s.Name, err)
		}
		for _, d := range some {
			all[of[d.ID]] = d
		}
	}
	return all, nil
}

// narrowed is a part of a query: a text and its arguments.
type narrowed struct {
	text string
	args []any
}

// list returns a page of what is found.
func (x *Index) list(ctx context.Context, viewer community.Viewer, s Search, q question, w widened) (hits []hit, err error) {
	where := s.where(viewer)
	all := q.stages(w)
	terms := make([][][]string, len(all))
	for i, stage := range all {
		if terms[i] = stage.terms; s.Kind != "" {
			terms[i] = append(terms[i], []string{ofKind + s.Kind})
		}
	}
	if err := x.db.RarestFirst(ctx, terms...); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	stages := make([]narrowed, len(all))
	for i, stage := range all {
		newest, args := x.db.Newest(terms[i], findableDocument(sqldb.DocumentHere, where.text), where.args, stage.limit)
		stages[i] = narrowed{fmt.Sprintf(`SELECT id, %d AS points FROM (%s) s%d`, stage.points, newest, i), args}
	}
	order, points := q.order(s.ByTime)
	query, args := unite(stages)
	err = x.db.Select(ctx, &hits, `
		SELECT d.id, d.source, d.source_id, COUNT(*) OVER () AS total
		  FROM (SELECT u.id, MAX(u.points) AS points FROM (`+query+`) u GROUP BY u.id) f JOIN search_documents d ON d.id = f.id
		 ORDER BY `+order+`d.id DESC LIMIT ? OFFSET ?`, slices.Concat(args, points, []any{PageSize, s.Page * PageSize})...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return hits, nil
}

// stage is a way to find documents: what terms they have, how many points that is worth, and how many of them count at most.
type stage struct {
	terms         [][]string
	points, limit int
}

// stages returns the ways to answer a question, those that are likeliest to be meant first.
func (q question) stages(w widened) []stage {
	telling := q.telling()
	all := []stage{{groups(telling, inHeading), titledPoints, maxTitled}}
	if q.vague() {
		return all
	}
	all = append(all, stage{groups(telling, anywhere), saidPoints, maxSaid})
	if wide := w.groups(telling); wide != nil {
		all = append(all, stage{wide, extendedPoints, maxExtended})
	}
	if parts := w.parts(telling); parts != nil {
		all = append(all, stage{parts, partedPoints, maxParted})
	}
	return all
}

func unite(stages []narrowed) (query string, args []any) {
	texts := make([]string, len(stages))
	for i, s := range stages {
		texts[i] = s.text
		args = append(args, s.args...)
	}
	return strings.Join(texts, ` UNION ALL `), args
}

// where returns the condition on what is found.
func (s Search) where(viewer community.Viewer) narrowed {
	condition, args := findable(viewer)
	also := func(more string, values ...any) {
		condition += " AND " + more
		args = append(args, values...)
	}
	if s.Kind != "" {
		also("d.kind = ?", s.Kind)
	}
	if s.EntityID != 0 {
		also(ofEntity+" = ?", s.EntityID)
	}
	if s.TagID != 0 {
		also(`(EXISTS (SELECT 1 FROM content_tags x WHERE x.content_id = d.content_id AND x.tag_id = ?) OR EXISTS (
			SELECT 1 FROM group_tags y JOIN "groups" g ON g.id = y.group_id WHERE g.entity_id = d.entity_id AND y.tag_id = ?))`, s.TagID, s.TagID)
	}
	if !s.Since.IsZero() {
		also("d.written_at >= ?", s.Since)
	}
	return narrowed{condition, args}
}

// order returns the order of documents before that of their age.
func (q question) order(byTime bool) (order string, args []any) {
	if byTime {
		return "d.written_at DESC, ", nil
	}
	order = `f.points`
	also := func(points int, condition string, values ...any) {
		order += fmt.Sprintf(` + CASE WHEN %s THEN %d ELSE 0 END`, condition, points)
		args = append(args, values...)
	}
	telling := q.telling()
	var keys strings.Builder
	for _, a := range telling {
		stem := "% " + a.stems[0] + " %"
		order += fmt.Sprintf(` + CASE WHEN d.heading LIKE ? THEN CASE WHEN d.heading LIKE ? THEN %d ELSE %d END ELSE 0 END`, wordInTitle+exactInTitle, wordInTitle)
		args = append(args, stem, "% "+a.key+" %")
		also(oftenInText, `d.topics LIKE ?`, stem)
		keys.WriteString(a.key + " ")
	}
	also(nothingElse, `f.points >= ? AND d.heading LIKE ?`, titledPoints, " "+keys.String()+"%")
	also(groupOrPerson, `d.entity_id IS NOT NULL AND f.points >= ?`, titledPoints)
	if len(telling) == 1 && utf8.RuneCountInString(telling[0].key) >= minPart {
		also(partInTitle, `f.points < ? AND d.heading LIKE ?`, titledPoints, "%"+telling[0].key+"%")
	}
	return order + " DESC, ", args
}
