package threads

import "grouprise.org/grouprise/internal/kit/sqldb"

// MaxStreamsOfPerson is how many pages of one person wait for news.
const MaxStreamsOfPerson = maxStreamsOfPerson

// With returns the room on another view of its database, such as one with another clock.
func (t *Threads) With(db *sqldb.DB) *Threads {
	d := t.deps
	d.DB = db
	return New(d)
}

// Widen lets one person have more open pages than people have.
func (t *Threads) Widen(pages int) { t.hub.most.ofPerson = pages }
