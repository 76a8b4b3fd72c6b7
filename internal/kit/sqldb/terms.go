package sqldb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The terms of documents: which of many documents have some terms, the newest ones first. Terms are small letters and
// digits and come from the caller, who has cut texts into words, so that all databases answer alike and no setting of a
// server matters: neither stop words nor the shortest word that counts. A document is a number; the larger, the newer.
//
// SQLite keeps them in a table of FTS5 without content, the others in a table of pairs, which is larger and is read from the
// newest document of a term on: a GIN index of PostgreSQL and the FULLTEXT of MySQL read all matches of a frequent term.

// TermsTable is the table of terms. It is made by a migration, since it stands beside what the documents are:
//
//	SQLite             search_terms USING fts5 (terms), without content; a trigger removes what belongs to no document
//	PostgreSQL, MySQL  search_terms (term, document_id)
const TermsTable = "search_terms"

// DocumentHere stands for the number of a document in a condition for Newest.
const DocumentHere = "{document}"

// termsIndex is what differs in keeping terms.
type termsIndex struct {
	// keep inserts the terms of documents that have none yet.
	keep func(ctx context.Context, tx *Tx, documents []Terms) error
	// document is the column that says whose terms a row has.
	document string
	// newest is what Newest returns.
	newest func(groups [][]string, where string, args []any, limit int) (query string, all []any)
	// first says that of several groups the first finds the documents, and so should be the rarest.
	first bool
}

// Terms are those of one document, each once.
type Terms struct {
	ID    int64
	Terms []string
}

// KeepTerms keeps the terms of documents that have none yet. They go with their documents.
func (tx *Tx) KeepTerms(ctx context.Context, documents []Terms) error {
	return tx.pools.engine.terms.keep(ctx, tx, documents)
}

// DropTerms removes the terms of documents that stay, or get others.
func (tx *Tx) DropTerms(ctx context.Context, documents []int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM search_terms WHERE `+tx.pools.engine.terms.document+` IN (?)`, documents)
	return err
}

// Newest returns a query for the newest documents, as id, that have at least one term of each group and for which a
// condition holds. There is at least one group, and none is empty. The condition names the document as DocumentHere; it is
// asked of one document after the other until there are as many as limit says. It should be one subquery, so that no planner
// thinks of answering it for all documents first.
func (db *DB) Newest(groups [][]string, where string, args []any, limit int) (query string, all []any) {
	return db.engine.terms.newest(groups, where, args, limit)
}

// countedTerms is up to how many documents RarestFirst counts: more are frequent.
const countedTerms = 2000

// RarestFirst puts the groups of terms of some searches into the order in which Newest finds their documents fastest: of those
// that are as rare, the one with the fewest terms comes first. It asks the database once, or not at all.
func (db *DB) RarestFirst(ctx context.Context, searches ...[][]string) error {
	var counts []string
	var args []any
	for n, groups := range searches {
		if !db.engine.terms.first || len(groups) < 2 {
			continue
		}
		for i, g := range groups {
			counts = append(counts, fmt.Sprintf(`SELECT %d AS search, %d AS nth, COUNT(*) AS documents FROM (SELECT document_id FROM search_terms WHERE term IN (?) LIMIT %d) c%d`,
				n, i, countedTerms, len(counts)))
			args = append(args, g)
		}
	}
	if len(counts) == 0 {
		return nil
	}
	type count struct {
		Search    int `db:"search"`
		Nth       int `db:"nth"`
		Documents int `db:"documents"`
	}
	var found []count
	if err := db.Select(ctx, &found, strings.Join(counts, ` UNION ALL `)+` ORDER BY 1, 2`, args...); err != nil {
		return err
	}
	terms := func(c count) int { return len(searches[c.Search][c.Nth]) }
	slices.SortStableFunc(found, func(a, b count) int {
		return cmp.Or(cmp.Compare(a.Search, b.Search), cmp.Compare(a.Documents, b.Documents), cmp.Compare(terms(a), terms(b)))
	})
	ordered := make([][][]string, len(searches))
	for _, c := range found {
		ordered[c.Search] = append(ordered[c.Search], searches[c.Search][c.Nth])
	}
	for n, groups := range ordered {
		copy(searches[n], groups)
	}
	return nil
}

var sqliteTerms = termsIndex{
	document: "rowid",
	keep: func(ctx context.Context, tx *Tx, documents []Terms) error {
		rows := make([][]any, len(documents))
		for i, d := range documents {
			rows[i] = []any{d.ID, strings.Join(d.Terms, " ")}
		}
		return tx.InsertRows(ctx, `INSERT INTO search_terms (rowid, terms)`, rows)
	},
	newest: func(groups [][]string, where string, args []any, limit int) (string, []any) {
		all := make([]string, len(groups))
		for i, group := range groups {
			all[i] = `("` + strings.Join(group, `" OR "`) + `")`
		}
		query := `SELECT rowid AS id FROM search_terms WHERE search_terms MATCH ? AND ` + strings.ReplaceAll(where, DocumentHere, "search_terms.rowid") +
			` ORDER BY rowid DESC LIMIT ` + strconv.Itoa(limit)
		return query, append([]any{strings.Join(all, " AND ")}, args...)
	},
}

var postgresqlTerms = termsIndex{document: "document_id", first: true, keep: keepPairs, newest: newestMerged}

var mysqlTerms = termsIndex{document: "document_id", first: true, keep: keepPairs, newest: newestPairs}

func keepPairs(ctx context.Context, tx *Tx, documents []Terms) error {
	var rows [][]any
	for _, d := range documents {
		for _, t := range d.Terms {
			rows = append(rows, []any{t, d.ID})
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	return tx.InsertRows(ctx, `INSERT INTO search_terms (term, document_id)`, rows)
}

// everyDocument is more than there are: a limit that says to a planner that what it limits is a query of its own.
const everyDocument = ` LIMIT 10000000`

// newestMerged reads the terms of the first group beside each other, each from its newest document on, and looks at each document
// once, whichever of them it has. DISTINCT ON keeps their order, where GROUP BY may read them all first.
func newestMerged(groups [][]string, where string, args []any, limit int) (string, []any) {
	const newest = ` ORDER BY t.document_id DESC`
	walks := make([]string, Places(len(groups[0])))
	all := make([]any, len(walks))
	for i := range walks {
		walks[i] = `(SELECT t.document_id FROM search_terms t WHERE t.term = ?` + newest + everyDocument + `)`
		all[i] = groups[0][min(i, len(groups[0])-1)]
	}
	conditions, values := otherTerms(groups[1:], where, args)
	return `SELECT t.document_id AS id FROM (SELECT DISTINCT ON (t.document_id) t.document_id FROM (` + strings.Join(walks, ` UNION ALL `) + `) t` + newest + everyDocument +
		`) t WHERE 1 = 1` + conditions + newest + ` LIMIT ` + strconv.Itoa(limit), slices.Concat(all, values)
}

// otherTerms returns the conditions on documents t that have a term of the first group: that they have one of each other group, too,
// and what else is asked.
func otherTerms(groups [][]string, where string, args []any) (conditions string, values []any) {
	for _, group := range groups {
		conditions += ` AND (SELECT 1 FROM search_terms u WHERE u.term IN (?) AND u.document_id = t.document_id LIMIT 1) = 1`
		values = append(values, group)
	}
	return conditions + ` AND ` + strings.ReplaceAll(where, DocumentHere, "t.document_id"), append(values, args...)
}

// maxWalks is how many terms of a group newestPairs reads beside each other, each from its newest document on. Of more, all
// documents are put into an order first.
const maxWalks = 3

// newestPairs is newestMerged for servers that make all rows of a UNION before they look at the first: each term has its documents
// looked at by itself.
func newestPairs(groups [][]string, where string, args []any, limit int) (string, []any) {
	conditions, values := otherTerms(groups[1:], where, args)
	newest := ` ORDER BY t.document_id DESC LIMIT ` + strconv.Itoa(limit)
	if len(groups[0]) > maxWalks {
		return `SELECT t.document_id AS id FROM (
			SELECT DISTINCT document_id FROM search_terms WHERE term IN (?) ORDER BY document_id DESC` + everyDocument + `) t WHERE 1 = 1` + conditions + newest,
			append([]any{groups[0]}, values...)
	}
	var walks []string
	var all []any
	for _, term := range groups[0] {
		walks = append(walks, `(SELECT t.document_id FROM search_terms t WHERE t.term = ?`+conditions+newest+`)`)
		all = append(append(all, term), values...)
	}
	return `SELECT t.document_id AS id FROM (` + strings.Join(walks, ` UNION ALL `) + `) t GROUP BY t.document_id` + newest, all
}
