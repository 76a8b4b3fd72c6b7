package entities

import (
	"context"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
)

// Sort is the order of a list of groups or people, as addresses say it. The zero value is the usual one.
type Sort string

// The orders.
const (
	MostActive Sort = ""
	ByName     Sort = "name"
	Newest     Sort = "newest"
)

// ParseSort reads an order. Whatever else somebody puts into an address is the usual one.
func ParseSort(text string) Sort {
	switch s := Sort(text); s {
	case ByName, Newest:
		return s
	default:
		return MostActive
	}
}

// SortOptions returns all orders for a field of a form, the usual one first.
func SortOptions(ctx context.Context) []parts.Option {
	return []parts.Option{
		{Value: string(MostActive), Label: lang.T(ctx, "Most active first")},
		{Value: string(ByName), Label: lang.T(ctx, "By name")},
		{Value: string(Newest), Label: lang.T(ctx, "Newest first")},
	}
}

// Rank returns the place of an entry in a list of this order.
func (s Sort) Rank(score, id int64) paging.Rank {
	if s != MostActive {
		score = 0
	}
	return paging.Rank{Score: score, ID: id}
}

// NameAfter returns the condition that entities e come after the one of a rank in the order of their names, and then of
// their ids. If it is gone, nothing comes.
func NameAfter(r paging.Rank) (condition string, args []any) {
	if r == (paging.Rank{}) {
		return `TRUE`, nil
	}
	const name = `(SELECT n.name_key FROM entities n WHERE n.id = ?)`
	return `e.name_key >= ` + name + ` AND (e.name_key > ` + name + ` OR e.id > ?)`, []any{r.ID, r.ID, r.ID}
}
