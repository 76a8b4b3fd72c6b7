package attendance

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// kindOfEvents is the kind of content whose items people come to.
const kindOfEvents = "event"

// shownNames is how many of those who come an event's page names.
const shownNames = 30

// board is what the page of an event shows of who comes.
type board struct {
	occasion
	counts

	Entity   community.Entity
	Standing community.Standing
	Own      attendance // what the viewer has answered; the zero value if nothing
	Ahead    int        // how many parties wait longer than the viewer

	Names   []attendance // of those who have answered, for whom may know them
	More    bool         // there are more of them
	Members []colleague  // for whom the viewer may answer
}

// Left returns how many places are free.
func (b board) Left() int { return max(b.Capacity-b.Coming, 0) }

// Full reports whether whoever wants to come has to wait.
func (b board) Full() bool { return b.Capacity > 0 && b.Left() == 0 }

// day returns the day that addresses about the occasion hold, "" where they need none.
func (b board) day() string {
	if !b.IsSeries || b.forSeries() {
		return ""
	}
	return b.Day
}

// path returns an address about the occasion below that of the attendees.
func (b board) path(below string) string { return withDay(attendeesPath(b.ContentID)+below, b.day()) }

func (r *Attendance) blocks() []site.Block {
	return []site.Block{{Spot: site.ContentMain, Order: 10, About: "who comes to an event", Show: func(v *site.Visit, s site.Subject) (templ.Component, error) {
		if s.ContentKind != kindOfEvents {
			return nil, nil
		}
		o, err := getOccasion(v.Context(), r.deps.DB, s.ContentID, v.Query(community.DateParameter), r.deps.DB.Now())
		if errs.Is(err, errs.NotFound) || err == nil && o.Answers == "" {
			return nil, nil // nobody is asked
		}
		if err != nil {
			return nil, err
		}
		b, err := r.board(v.Context(), r.deps.DB, o, s.Entity, s.Standing)
		if err != nil || o.why() != nil && b.counts == (counts{}) {
			return nil, err
		}
		return boardBlock(b), nil
	}}}
}

// board returns what somebody who stands to the entity of an event in this way sees of who comes.
func (r *Attendance) board(ctx context.Context, q sqldb.Querier, o occasion, e community.Entity, s community.Standing) (b board, err error) {
	b = board{occasion: o, Entity: e, Standing: s}
	if b.counts, err = count(ctx, q, o); err != nil {
		return b, err
	}
	if s.Viewer.SignedIn() {
		if b.Own, b.Ahead, err = ownAnswer(ctx, q, o, s.Viewer.PersonID); err != nil {
			return b, err
		}
	}
	if !CanSeeNames(s) {
		return b, nil
	}
	all, err := listAttendances(ctx, q, o, shownNames+1)
	if err != nil {
		return b, err
	}
	b.Names, b.More = all[:min(len(all), shownNames)], len(all) > shownNames
	if CanAnswerFor(s, r.deps.ByOthers) {
		b.Members, err = listColleagues(ctx, q, e.OwnerID, s.Viewer.PersonID)
	}
	return b, err
}

// ownAnswer returns what a person has answered for an occasion, the zero value if nothing, and how many parties wait
// longer if they wait.
func ownAnswer(ctx context.Context, q sqldb.Querier, o occasion, personID int64) (own attendance, ahead int, err error) {
	all, err := listOwn(ctx, q, o.ContentID, personID, "")
	if err != nil {
		return own, 0, err
	}
	at := slices.IndexFunc(all, func(a attendance) bool { return a.DateID == o.dateID() })
	if at < 0 {
		return own, 0, nil
	}
	own = all[at]
	if own.Waiting {
		ahead, err = countAhead(ctx, q, o, own)
	}
	return own, ahead, err
}
