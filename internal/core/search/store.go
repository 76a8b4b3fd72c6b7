package search

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/words"
)

// row is a document that is to be kept.
type row struct {
	analysis

	document Document
	id       int64
	known    bool // a document with this id is there
}

// keptDocument is a document that is there.
type keptDocument struct {
	ID        int64 `db:"id"`
	SourceID  int64 `db:"source_id"`
	ContentID int64 `db:"content_id"` // 0 for none
	Public    bool  `db:"public"`
	Comment   bool  `db:"comment"`
}

// ofContent reports whether a document is about a content item itself.
func (k keptDocument) ofContent() bool { return k.ContentID != 0 && !k.Comment }

// lockDocuments returns the documents of things, by the ids of the things. Nobody else writes them until the transaction ends.
func lockDocuments(ctx context.Context, tx *sqldb.Tx, source string, ids []int64) (map[int64]keptDocument, error) {
	var all []keptDocument
	err := tx.SelectLocked(ctx, &all, `
		SELECT id, source_id, COALESCE(content_id, 0) AS content_id, public, contribution_id IS NOT NULL AS comment
		  FROM search_documents WHERE source = ? AND source_id IN (?) ORDER BY id`, source, ids)
	if err != nil {
		return nil, fmt.Errorf("lock documents of %s: %w", source, err)
	}
	kept := make(map[int64]keptDocument, len(all))
	for _, d := range all {
		kept[d.SourceID] = d
	}
	return kept, nil
}

// markComments notes of the comments on contents whether everybody may read them: they follow what they stand below.
func markComments(ctx context.Context, tx *sqldb.Tx, hidden map[int64]bool, shown []int64) error {
	if len(hidden) > 0 {
		_, err := tx.Exec(ctx, `UPDATE search_documents SET public = FALSE WHERE content_id IN (?) AND contribution_id IS NOT NULL`, slices.Sorted(maps.Keys(hidden)))
		if err != nil {
			return fmt.Errorf("hide the comments on contents: %w", err)
		}
	}
	if len(shown) > 0 {
		_, err := tx.Exec(ctx, `UPDATE search_documents SET public = TRUE WHERE content_id IN (?) AND contribution_id IN (
			SELECT k.id FROM contributions k WHERE k.content_id IN (?) AND k.public)`, shown, shown)
		if err != nil {
			return fmt.Errorf("show the comments on contents: %w", err)
		}
	}
	return nil
}

func removeDocuments(ctx context.Context, tx *sqldb.Tx, ids map[int64]bool) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM search_documents WHERE id IN (?)`, slices.Sorted(maps.Keys(ids))); err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	return nil
}

// removeOthers removes the documents of things between two ids that are not among those that there are; 0 is no upper
// bound.
func removeOthers(ctx context.Context, tx *sqldb.Tx, source string, after, last int64, ids []int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM search_documents WHERE source = ? AND source_id > ? AND (source_id <= ? OR ? = 0) AND source_id NOT IN (?)`,
		source, after, last, last, append([]int64{0}, ids...))
	if err != nil {
		return fmt.Errorf("remove documents of %s: %w", source, err)
	}
	return nil
}

// The bits of the id of a document: the largest tells groups and people from what is written, and the smallest ones what
// was written in the same millisecond.
const (
	entityBit = 1 << 62
	sameBits  = 20
)

// number gives ids to documents that are new.
func number(ctx context.Context, tx *sqldb.Tx, source string, rows []row) error {
	h := fnv.New32a()
	h.Write([]byte(source))
	ids := map[int64]bool{}
	var fresh []*row
	for i := range rows {
		r := &rows[i]
		if r.known {
			continue
		}
		r.id = max(r.document.At.UnixMilli(), 0)<<sameBits | (r.document.ID*7+int64(h.Sum32()))&(1<<sameBits-1)
		if r.document.EntityID != 0 {
			r.id |= entityBit
		}
		for ids[r.id] {
			r.id++
		}
		ids[r.id] = true
		fresh = append(fresh, r)
	}
	if len(fresh) == 0 {
		return nil
	}
	var taken []int64
	if err := tx.Select(ctx, &taken, `SELECT id FROM search_documents WHERE id IN (?)`, slices.Sorted(maps.Keys(ids))); err != nil {
		return fmt.Errorf("look for free numbers: %w", err)
	}
	for _, r := range fresh {
		if !slices.Contains(taken, r.id) {
			continue
		}
		var last int64
		err := tx.Get(ctx, &last, `SELECT MAX(id) FROM search_documents WHERE id >= ? AND id < ?`, r.id, r.id+1<<10)
		if err != nil {
			return fmt.Errorf("look for a free number: %w", err)
		}
		for r.id = last + 1; ids[r.id]; r.id++ {
		}
		ids[r.id] = true
	}
	return nil
}

// writeDocuments keeps documents, their terms and their words.
func writeDocuments(ctx context.Context, tx *sqldb.Tx, source string, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	var fresh [][]any
	var known []int64
	terms := make([]sqldb.Terms, len(rows))
	for i, r := range rows {
		d := r.document
		terms[i] = sqldb.Terms{ID: r.id, Terms: r.terms}
		of := []any{sqldb.OrNull(d.EntityID), sqldb.OrNull(d.ContentID), sqldb.OrNull(d.ConversationID), sqldb.OrNull(d.ContributionID)}
		if !r.known {
			fresh = append(fresh, append([]any{r.id, source, d.ID, d.Kind, r.heading, r.topics, d.Public, d.At}, of...))
			continue
		}
		known = append(known, r.id)
		_, err := tx.Exec(ctx, `
			UPDATE search_documents SET kind = ?, heading = ?, topics = ?, public = ?, written_at = ?, entity_id = ?, content_id = ?, conversation_id = ?, contribution_id = ?
			 WHERE id = ?`, append(append([]any{d.Kind, r.heading, r.topics, d.Public, d.At}, of...), r.id)...)
		if err != nil {
			return fmt.Errorf("update a document of %s: %w", source, err)
		}
	}
	if len(known) > 0 {
		if err := tx.DropTerms(ctx, known); err != nil {
			return fmt.Errorf("drop the terms of documents: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM search_words WHERE document_id IN (?)`, known); err != nil {
			return fmt.Errorf("drop the words of documents: %w", err)
		}
	}
	if len(fresh) > 0 {
		err := tx.InsertRows(ctx, `
			INSERT INTO search_documents (id, source, source_id, kind, heading, topics, public, written_at, entity_id, content_id, conversation_id, contribution_id)`, fresh)
		if err != nil {
			return fmt.Errorf("insert documents of %s: %w", source, err)
		}
	}
	if err := tx.KeepTerms(ctx, terms); err != nil {
		return fmt.Errorf("keep the terms of documents: %w", err)
	}
	return keepWords(ctx, tx, rows)
}

// vouched is a word and the document that it is known by.
type vouched struct {
	word

	document int64
	public   bool
}

// keepWords keeps the words that are not known yet, and those that only internal documents had and everybody may know
// from now on.
func keepWords(ctx context.Context, tx *sqldb.Tx, rows []row) error {
	all := map[string]vouched{}
	for _, r := range rows {
		for _, w := range r.words {
			if known, ok := all[w.key]; !ok || r.document.Public && !known.public {
				all[w.key] = vouched{w, r.id, r.document.Public}
			}
		}
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(all)), 4096) {
		if err := keepSomeWords(ctx, tx, all, part); err != nil {
			return err
		}
	}
	return nil
}

func keepSomeWords(ctx context.Context, tx *sqldb.Tx, all map[string]vouched, keys []string) error {
	var known []struct {
		ID     int64  `db:"id"`
		Word   string `db:"word"`
		Public bool   `db:"public"`
	}
	err := tx.Select(ctx, &known, `SELECT w.id, w.word, d.public FROM search_words w JOIN search_documents d ON d.id = w.document_id WHERE w.word IN (?)`, keys)
	if err != nil {
		return fmt.Errorf("look up words: %w", err)
	}
	fresh := make(map[string]bool, len(keys))
	for _, k := range keys {
		fresh[k] = true
	}
	var internal []int64
	for _, w := range known {
		if all[w.Word].public && !w.Public {
			internal = append(internal, w.ID)
			continue
		}
		delete(fresh, w.Word)
	}
	if len(fresh) == 0 {
		return nil
	}
	if len(internal) > 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM search_words WHERE id IN (?)`, internal); err != nil {
			return fmt.Errorf("remove words: %w", err)
		}
	}
	return insertWords(ctx, tx, all, slices.Sorted(maps.Keys(fresh)))
}

// sharedWord is a word that everybody knows.
type sharedWord struct {
	Word      string `db:"word"`
	Backwards string `db:"stem_backwards"`
}

// sharedWords returns the words that everybody knows by some documents, or by what stands below contents.
func sharedWords(ctx context.Context, tx *sqldb.Tx, documents map[int64]keptDocument, below map[int64]bool) (all []sharedWord, err error) {
	var ids []int64
	for _, k := range documents {
		if k.Public {
			ids = append(ids, k.ID)
		}
	}
	const known = `SELECT w.word, w.stem_backwards FROM search_words w WHERE w.document_id IN `
	if len(ids) > 0 {
		slices.Sort(ids)
		if err := tx.Select(ctx, &all, known+`(?) ORDER BY w.word`, ids); err != nil {
			return nil, fmt.Errorf("read the words of documents: %w", err)
		}
	}
	if len(below) > 0 {
		var more []sharedWord
		err = tx.Select(ctx, &more, known+`(SELECT d.id FROM search_documents d WHERE d.content_id IN (?) AND d.contribution_id IS NOT NULL AND d.public) ORDER BY w.word`,
			slices.Sorted(maps.Keys(below)))
		if err != nil {
			return nil, fmt.Errorf("read the words of comments: %w", err)
		}
		all = append(all, more...)
	}
	return all, nil
}

// In how many documents a word is looked for that has lost its own, for how many words in one transaction and at once, and of how
// many it is looked up at once whether they have. Further words wait until somebody writes them again.
const (
	maxHeirs   = 3
	maxLost    = 512
	heirsOnce  = 32
	lookupOnce = 4096
)

// shareAgain finds words that everybody has known another document that everybody may read, if they have lost theirs.
func (x *Index) shareAgain(ctx context.Context, tx *sqldb.Tx, before []sharedWord) error {
	lost := make(map[string]sharedWord, len(before))
	for _, w := range before {
		lost[w.Word] = w
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(lost)), lookupOnce) {
		var known []string
		err := tx.Select(ctx, &known, `SELECT w.word FROM search_words w JOIN search_documents d ON d.id = w.document_id WHERE w.word IN (?) AND d.public ORDER BY w.word`, part)
		if err != nil {
			return fmt.Errorf("look up words that are shared: %w", err)
		}
		for _, word := range known {
			delete(lost, word)
		}
	}
	all := slices.Sorted(maps.Keys(lost))
	for part := range slices.Chunk(all[:min(len(all), maxLost)], heirsOnce) {
		if err := x.inherit(ctx, tx, lost, part); err != nil {
			return err
		}
	}
	return nil
}

// inherit gives some words to documents that have them and that everybody may read.
func (x *Index) inherit(ctx context.Context, tx *sqldb.Tx, lost map[string]sharedWord, some []string) error {
	condition, of := findable(community.Viewer{})
	var newest []narrowed
	for i := range sqldb.Places(len(some)) {
		key := some[min(i, len(some)-1)]
		query, args := x.db.Newest([][]string{{anywhere + words.Backwards(lost[key].Backwards)}}, findableDocument(sqldb.DocumentHere, condition), of, maxHeirs)
		newest = append(newest, narrowed{fmt.Sprintf(`SELECT id FROM (%s) h%d`, query, len(newest)), args})
	}
	query, args := unite(newest)
	var heirs []hit
	err := tx.Select(ctx, &heirs, `SELECT d.id, d.source, d.source_id, 0 AS total FROM search_documents d WHERE d.id IN (`+query+`) ORDER BY d.id DESC`, args...)
	if err != nil {
		return fmt.Errorf("look for documents that have words: %w", err)
	}
	documents, err := x.documents(ctx, tx, heirs)
	if err != nil {
		return err
	}
	var rows []row
	for _, h := range heirs {
		d, ok := documents[h.ID]
		if !ok {
			continue
		}
		r := row{document: d, analysis: analyse(d), id: h.ID}
		r.words = slices.DeleteFunc(r.words, func(w word) bool { return !slices.Contains(some, w.key) })
		rows = append(rows, r)
	}
	return keepWords(ctx, tx, rows)
}

func insertWords(ctx context.Context, tx *sqldb.Tx, all map[string]vouched, keys []string) error {
	rows := make([][]any, len(keys))
	for i, k := range keys {
		w := all[k]
		rows[i] = []any{w.key, w.written, utf8.RuneCountInString(w.key), words.Backwards(w.key), words.Backwards(w.stem), w.document}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO search_words (word, written, letters, word_backwards, stem_backwards, document_id)`, rows); err != nil {
		return fmt.Errorf("insert words: %w", err)
	}
	var kept []struct {
		ID   int64  `db:"id"`
		Word string `db:"word"`
	}
	if err := tx.Select(ctx, &kept, `SELECT id, word FROM search_words WHERE word IN (?) ORDER BY word`, keys); err != nil {
		return fmt.Errorf("look up new words: %w", err)
	}
	var slips [][]any
	for _, w := range kept {
		for _, s := range words.Slips(w.Word) {
			slips = append(slips, []any{s, w.ID})
		}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO search_slips (slip, word_id)`, slips); err != nil {
		return fmt.Errorf("insert slips of words: %w", err)
	}
	return nil
}
