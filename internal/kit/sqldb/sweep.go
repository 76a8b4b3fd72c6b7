package sqldb

import (
	"context"
	"slices"
)

const (
	sweepKeys    = 5000 // that are looked up at once
	sweepPortion = 250  // rows that are removed in one transaction
)

// Sweep removes what a query finds, in small portions: each is a transaction of its own, so that nobody who writes waits
// long, and what is removed stays removed if the sweep is interrupted. find selects one column and ends with an order;
// Sweep adds the limit. remove gets a transaction and some of the keys, and must remove those rows or make the query
// find them no more.
func Sweep[K any](ctx context.Context, db *DB, remove func(tx *Tx, keys []K) error, find string, args ...any) error {
	for {
		var keys []K
		if err := db.Select(ctx, &keys, find+` LIMIT ?`, append(slices.Clone(args), sweepKeys)...); err != nil {
			return err
		}
		for portion := range slices.Chunk(keys, sweepPortion) {
			if err := db.WriteUnseen(ctx, func(tx *Tx) error { return remove(tx, portion) }); err != nil {
				return err
			}
		}
		if len(keys) < sweepKeys {
			return nil
		}
	}
}

// Removal returns what Sweep takes to remove rows by one statement, which has one ? for the keys.
func Removal[K any](ctx context.Context, statement string) func(tx *Tx, keys []K) error {
	return func(tx *Tx, keys []K) error {
		_, err := tx.Exec(ctx, statement, keys)
		return err
	}
}
