package events

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
)

// Calendar is a calendar that programs synchronise, event by event. Like a feed, it holds what its viewer finds in lists,
// and reaches a year back.
type Calendar struct {
	Viewer   community.Viewer
	EntityID int64 // the group or person whose events it holds; 0 for those of all
	Public   bool  // it holds only what is public
	Prefixed bool  // titles begin with the short name of the group
}

// Holds reports whether the calendar holds an object that its viewer finds in lists.
func (c Calendar) Holds(o Object) bool {
	return (c.EntityID == 0 || c.EntityID == o.EntityID || o.Public && slices.Contains(o.ShownBy, c.EntityID)) && (!c.Public || o.Public)
}

// oldFeed returns the feed of grouprise 5.5 that held the same, whose UIDs events keep.
func (c Calendar) oldFeed() string {
	switch {
	case c.EntityID != 0:
		return oldGroupFeed
	case c.Public:
		return oldSiteFeed
	default:
		return ""
	}
}

// Object is an event, with all its dates, as one item of a calendar. Its ETag changes whenever its text does.
type Object struct {
	ContentID int64
	EntityID  int64
	ShownBy   []int64 // the other groups that show it, too
	Public    bool
	ETag      string
}

// Selection narrows what is read of a calendar. The zero value is all of it.
type Selection struct {
	From, To   time.Time // what takes place in between; zero is without end
	ContentIDs []int64   // only these; nil is all
}

// since returns from when on dates are asked for, of a calendar that reaches back to some point in time.
func (s Selection) since(oldest clock.Time) clock.Time {
	if s.From.After(oldest.Time) {
		return clock.At(s.From)
	}
	return oldest
}

// Objects returns what a calendar holds, in the order of the ids. It does not read the texts of events, which are most of
// what there is to read.
func (r *Events) Objects(ctx context.Context, c Calendar, s Selection) ([]Object, error) {
	found, err := listObjects(ctx, r.deps.DB, c, s, s.since(clock.At(r.now().Add(-feedBack))))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, nil
	}
	showers, err := listShowers(ctx, r.deps.DB, found[0].ContentID, found[len(found)-1].ContentID)
	if err != nil {
		return nil, err
	}
	objects := make([]Object, len(found))
	for n, e := range found {
		tag, err := etag(e)
		if err != nil {
			return nil, err
		}
		objects[n] = Object{ContentID: e.ContentID, EntityID: e.Entity.ID, ShownBy: showers[e.ContentID], Public: e.Public, ETag: tag}
	}
	return objects, nil
}

// writerVersion is part of every ETag. Whoever changes what is written of events makes it another one.
const writerVersion = 1

// etag returns the ETag of an event: a hash of all that its text is made of but the text of its page, whose changes the
// revision counts.
func etag(e feedEvent) (string, error) {
	state, err := json.Marshal([]any{writerVersion, e}) // a text that nobody reads
	if err != nil {
		return "", fmt.Errorf("hash event %d: %w", e.ContentID, err)
	}
	sum := sha256.Sum256(state)
	return `"` + hex.EncodeToString(sum[:16]) + `"`, nil
}

// ObjectTexts returns the texts of those of some events that a calendar holds, by the ids of their contents.
func (r *Events) ObjectTexts(ctx context.Context, c Calendar, contentIDs []int64) (map[int64][]byte, error) {
	found, err := listObjectTexts(ctx, r.deps.DB, c, contentIDs)
	if err != nil {
		return nil, err
	}
	texts := make(map[int64][]byte, len(found))
	for _, e := range found {
		if texts[e.ContentID], err = r.write(feed{Events: []feedEvent{e}, Prefixed: c.Prefixed}); err != nil {
			return nil, err
		}
	}
	return texts, nil
}
