// Package search keeps what people find by searching, and finds it.
//
// Rooms contribute sources: what of theirs can be found, as documents. Whoever changes something calls [Index.Put] in the
// transaction of the change; a source that is added is found without a change here.
//
// # Who finds what
//
// A document hangs on what it belongs to: a content item, a contribution, a conversation, an entity. Who may read all of
// these finds it, by the rules of package policy, in the query itself: what becomes internal, is deleted, or goes to
// another group is found by others from that moment on, whether the document has been written again or not.
//
// # Words
//
// Texts and questions are cut into words and stemmed here (kit/words), so that all databases answer alike. The words
// themselves are kept, too: each with one document that has it. Whoever may read that document knows the word. Compounds
// and corrections are made of words that somebody knows, so that hidden texts do not show in them. If everybody could read
// that document and cannot any more, or if it has lost the word, another one that everybody may read stands for it.
package search

import (
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Source is what a room lets people find.
type Source struct {
	Name  string // of the table, at most 16 characters
	Kinds []Kind // what its documents are
	// Documents returns those of some things, by their ids, in any order. Things that cannot be found have none.
	Documents func(ctx context.Context, q sqldb.Querier, ids []int64) ([]Document, error)
	// Listed returns the ids of the next things after an id, in their order: for the index to be built anew.
	Listed func(ctx context.Context, q sqldb.Querier, after int64, limit int) ([]int64, error)
}

// Kind is what people choose from when they look for one thing only.
type Kind struct {
	Name  string    // in addresses, at most 16 small letters
	Label lang.Text // "Articles"
	One   lang.Text // "Article"
	Own   bool      // everybody finds what they take part in alone, and strangers nothing
}

// Document is one thing that can be found.
type Document struct {
	ID    int64  // of the thing in its source
	Kind  string // one of the source
	Path  string
	Title string
	Under string   // the title of what it stands below, shown if it has none itself
	Names []string // what it is called besides: a short name, tags. Found as if it stood in the title
	Text  string
	Words []string // what it is found by besides: a place, names of files

	Format markdown.Format  // of the text
	At     clock.Time       // when it was written
	By     community.Entity // whose it is
	Public bool             // everybody may read it

	// What it hangs on; 0 for nothing. Who may read all of it may read the document.
	ContentID, ContributionID, ConversationID int64
	EntityID                                  int64 // of a group or person that is found itself
}

// Index is what can be found. A nil index keeps nothing.
type Index struct {
	db      *sqldb.DB
	sources []Source
}

// New returns an index of what Serve will name.
func New(db *sqldb.DB) *Index { return &Index{db: db} }

// Serve names the sources. It is called once, before anything is put or found.
func (x *Index) Serve(sources ...Source) { x.sources = sources }

// Kinds returns what there is to be found, in the order of the sources.
func (x *Index) Kinds() []Kind {
	var all []Kind
	for _, s := range x.sources {
		for _, k := range s.Kinds {
			if !slices.ContainsFunc(all, func(known Kind) bool { return known.Name == k.Name }) {
				all = append(all, k)
			}
		}
	}
	return all
}

// source returns the source of a name; ok is false if the house has none.
func (x *Index) source(name string) (s Source, ok bool) {
	i := slices.IndexFunc(x.sources, func(s Source) bool { return s.Name == name })
	if i < 0 {
		return s, false
	}
	return x.sources[i], true
}

// Put writes the documents of things anew, in the transaction that has changed them. What cannot be found any more is
// taken out.
func (x *Index) Put(ctx context.Context, tx *sqldb.Tx, source string, ids ...int64) error {
	if x == nil || len(ids) == 0 {
		return nil
	}
	s, ok := x.source(source)
	if !ok {
		return nil
	}
	return x.put(ctx, tx, s, ids)
}

func (x *Index) put(ctx context.Context, tx *sqldb.Tx, s Source, ids []int64) error {
	documents, err := s.Documents(ctx, tx, ids)
	if err != nil {
		return fmt.Errorf("read what is to be found of %s: %w", s.Name, err)
	}
	kept, err := lockDocuments(ctx, tx, s.Name, ids)
	if err != nil {
		return err
	}
	var rows []row
	gone := make(map[int64]bool, len(kept))
	hidden := map[int64]bool{} // contents that strangers read no more
	for _, k := range kept {
		gone[k.ID] = true
		if k.ofContent() && k.Public {
			hidden[k.ContentID] = true
		}
	}
	var shown []int64 // contents that strangers read from now on
	for _, d := range documents {
		r := row{document: d, analysis: analyse(d), id: kept[d.ID].ID, known: kept[d.ID].ID != 0}
		delete(gone, r.id)
		if d.Public {
			delete(hidden, d.ContentID)
			if k := kept[d.ID]; k.ofContent() && !k.Public {
				shown = append(shown, d.ContentID)
			}
		}
		rows = append(rows, r)
	}
	shared, err := sharedWords(ctx, tx, kept, hidden)
	if err != nil {
		return err
	}
	if err := markComments(ctx, tx, hidden, shown); err != nil {
		return err
	}
	if err := removeDocuments(ctx, tx, gone); err != nil {
		return err
	}
	if err := number(ctx, tx, s.Name, rows); err != nil {
		return err
	}
	if err := writeDocuments(ctx, tx, s.Name, rows); err != nil {
		return err
	}
	return x.shareAgain(ctx, tx, shared)
}

// portion is how many things are written again in one transaction.
const portion = 200

// Tables returns the tables that hold nothing but what Rebuild writes.
func Tables() []string {
	return []string{"search_documents", "search_slips", sqldb.TermsTable, "search_words"}
}

// Rebuild writes everything anew, in portions, while people go on searching. It calls report after each with how much of
// a source is done.
func (x *Index) Rebuild(ctx context.Context, report func(source string, done int)) error {
	for _, s := range x.sources {
		done := 0
		for after, more := int64(0), true; more; {
			ids, err := s.Listed(ctx, x.db, after, portion)
			if err != nil {
				return fmt.Errorf("list what is to be found of %s: %w", s.Name, err)
			}
			more = len(ids) == portion
			var last int64
			if more {
				last = ids[len(ids)-1]
			}
			err = x.db.Write(ctx, func(tx *sqldb.Tx) error {
				if err := removeOthers(ctx, tx, s.Name, after, last, ids); err != nil {
					return err
				}
				return x.put(ctx, tx, s, ids)
			})
			if err != nil {
				return fmt.Errorf("write what is to be found of %s: %w", s.Name, err)
			}
			after, done = last, done+len(ids)
			report(s.Name, done)
		}
	}
	return x.db.Analyze(ctx)
}
