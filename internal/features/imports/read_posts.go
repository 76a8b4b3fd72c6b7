package imports

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/feed"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// followFeed lets the group show what a feed says, and returns the import with what is to be kept of it. The document is
// the feed, or the page of a website that names it.
func (r *Imports) followFeed(ctx context.Context, i Import, d *fetch.Document) (Import, error) {
	found, err := parse(d)
	if errors.Is(err, feed.ErrNoFeed) {
		if d, err = r.discover(ctx, i, d); err != nil {
			return i, err
		}
		i.Source = d.Address
		found, err = parse(d)
	}
	switch {
	case errors.Is(err, feed.ErrNoFeed):
		return i, i.noFeed()
	case errors.Is(err, feed.ErrTooLarge):
		return i, &fetch.Error{Problem: fetch.TooLarge}
	case err != nil:
		return i, &fetch.Error{Problem: fetch.Unreadable}
	}
	now := r.deps.DB.Now()
	shown, err := listEntries(ctx, r.deps.DB, i.GroupID)
	if err != nil {
		return i, err
	}
	wanted, skipped := gatherPosts(found, r.origin(), now)
	wrong, err := r.applyPosts(ctx, i, comparePosts(wanted, shown, i.ID), found.Title)
	if err != nil {
		return i, err
	}
	return i.readNow(d, found.Title, skipped+wrong, now), nil
}

func parse(d *fetch.Document) (feed.Read, error) {
	address, err := url.Parse(d.Address)
	if err != nil {
		return feed.Read{}, fmt.Errorf("%w: %w", feed.ErrNoFeed, err)
	}
	return feed.Parse(d.Body, address)
}

// noFeed says that there is no feed where one was, or where one was hoped for.
func (i Import) noFeed() *fetch.Error {
	if i.ReadAt.IsZero() {
		return &fetch.Error{Problem: nothing}
	}
	return &fetch.Error{Problem: notFeed}
}

// discover gets the feed that a page names.
func (r *Imports) discover(ctx context.Context, i Import, page *fetch.Document) (*fetch.Document, error) {
	base, err := url.Parse(page.Address)
	if err != nil {
		return nil, i.noFeed()
	}
	named, ok := feed.Find(page.Body, base)
	if !ok || len(named) > maxAddress {
		return nil, i.noFeed()
	}
	address, err := fetch.Parse(named)
	if err != nil {
		return nil, err
	}
	if r.origin().holds(address) {
		return nil, &fetch.Error{Problem: ownFeed}
	}
	d, err := r.fetcher.Get(ctx, fetch.Request{Address: address, Accept: "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"})
	if err != nil {
		return nil, err
	}
	d.Address = address // where it is asked for again, wherever that leads by then
	return d, nil
}

// applyPosts publishes and changes, each post in a transaction of its own, so that nobody who writes waits long. It returns
// how many posts cannot be ours. name is what the feed calls itself.
func (r *Imports) applyPosts(ctx context.Context, i Import, d postDifferences, name string) (wrong int, err error) {
	author := community.Viewer{PersonID: i.AuthorID}
	group, err := r.deps.Groups.Get(ctx, r.deps.DB, i.GroupID)
	if err != nil {
		return 0, err
	}
	for _, p := range d.Fresh {
		err := r.step(ctx, i, func(tx *sqldb.Tx, i Import) error {
			draft := content.Draft{Kind: r.deps.Articles, Entity: group.Entity(), Form: r.postForm(p, i, name), PublishedAt: p.At}
			id, err := r.deps.Content.PublishExternal(ctx, tx, author, draft)
			if err != nil {
				return err
			}
			return insertEntry(ctx, tx, i, entry{Key: p.key(), ContentID: id, Fingerprint: p.fingerprint(), Via: viaOf(p.ReadEntry, i.host())}, !i.SucceededAt.IsZero())
		})
		if wrong, err = count(wrong, err); err != nil {
			return wrong, err
		}
	}
	for _, c := range d.Changed {
		err := r.step(ctx, i, func(tx *sqldb.Tx, i Import) error {
			if err := r.deps.Content.ReviseExternal(ctx, tx, author, c.ContentID, r.postForm(c.post, i, name)); err != nil {
				return err
			}
			return updateEntry(ctx, tx, c.ContentID, c.fingerprint())
		})
		if wrong, err = count(wrong, err); err != nil {
			return wrong, err
		}
	}
	return wrong, nil
}

// postForm returns the form that says what an entry of a feed says.
func (r *Imports) postForm(p post, i Import, name string) *content.Common {
	return &content.Common{Title: p.title(name, i.host()), Text: p.text(r.deps.Printer()), Public: i.Public}
}
