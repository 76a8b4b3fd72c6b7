package site

import (
	"context"

	"grouprise.org/grouprise/internal/kit/clock"
)

// SitemapSource is a room's word on which of its pages search engines should find. What they find, everybody may read.
type SitemapSource struct {
	About string   // one line for the print of the house: "what is published"
	Paths []string // of pages that are always there

	// Last returns the largest key of the other pages; 0 if there are none. Keys are numbers that a page keeps. Nil is a
	// source without other pages.
	Last func(ctx context.Context) (int64, error)
	// List returns the first of the pages whose keys are larger than one and not larger than another, in the order of the
	// keys.
	List func(ctx context.Context, after, upTo int64, limit int) ([]SitemapPage, error)
}

// SitemapPage is a page that search engines should find.
type SitemapPage struct {
	Key       int64
	Path      string
	ChangedAt clock.Time // zero if nobody knows
}
