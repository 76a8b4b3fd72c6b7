package helping

import (
	"context"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// wish is how many of a need somebody wants to take at a date, all in all: a second click asks for nothing more.
type wish struct {
	NeedID, DateID int64
	Amount         int        // 0 gives back
	At             clock.Time // when a mail was written that says so; zero is now
}

// taken is what became of a wish.
type taken struct {
	Item   content.Item
	Need   Need
	Date   date
	Amount int  // fewer than were asked for if others have taken the rest
	Newer  bool // nothing, because of what the viewer has said since the mail was written
}

// takeSome gives the viewer as many of a need as they wish and as are left. NotFound if there is no such need or date; Denied
// or Unauthenticated if it is not for them; Conflict if nothing is left, the date is over or cancelled, or the viewer has
// changed later what they take.
func (h *Helping) takeSome(ctx context.Context, v community.Viewer, w wish) (got taken, err error) {
	err = h.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		got, err = h.take(ctx, tx, v, w)
		return err
	})
	return got, err
}

func (h *Helping) take(ctx context.Context, tx *sqldb.Tx, v community.Viewer, w wish) (got taken, err error) {
	if got.Need, err = lockNeed(ctx, tx, w.NeedID); err != nil {
		return got, err
	}
	var s community.Standing
	if got.Item, s, err = h.deps.Content.Get(ctx, tx, v, got.Need.ContentID); err != nil {
		return got, err
	}
	if got.Date, err = getDate(ctx, tx, w.DateID); err != nil {
		return got, err
	}
	switch {
	case got.Date.ContentID != got.Need.ContentID:
		return got, community.ErrNothingHere()
	case !CanTake(s):
		return got, community.PleaseSignIn()
	case !got.Date.open(tx.Now):
		return got, errs.New(errs.Conflict, "This event is over or has been cancelled.")
	}
	// Of two who say it at this moment, the one whose turn comes later counts, whichever began first.
	if late := !w.At.IsZero() && w.At.Before(tx.Now.Time); !late {
		w.At = tx.Now
	} else if got.Newer, err = changedAfter(ctx, tx, w, v.PersonID); err != nil {
		return got, err
	}
	if got.Newer {
		return got, errs.New(errs.Conflict, "You’ve changed what you take since you wrote this. What you said last counts.")
	}
	others, err := takenByOthers(ctx, tx, w.NeedID, w.DateID, v.PersonID)
	if err != nil {
		return got, err
	}
	got.Amount = max(0, min(w.Amount, got.Need.Wanted-others))
	if w.Amount > 0 && got.Amount == 0 {
		return got, errs.New(errs.Conflict, "Someone else was faster: “%s” is already taken. Thank you anyway.", got.Need.Title)
	}
	w.Amount = got.Amount
	return got, setTaking(ctx, tx, w, v.PersonID)
}

// organised returns an event whose list the viewer may write.
func (h *Helping) organised(ctx context.Context, q sqldb.Querier, v community.Viewer, contentID int64) (content.Item, community.Standing, error) {
	item, s, err := h.deps.Content.Get(ctx, q, v, contentID)
	if err != nil {
		return item, s, err
	}
	switch {
	case !s.Viewer.SignedIn():
		return item, s, community.PleaseSignIn()
	case !CanOrganise(s):
		return item, s, errs.New(errs.Denied, "Only members of the group can change this.")
	}
	return item, s, nil
}

// Save changes the list of an event. Those who are told of it are so once, when it is made.
func (h *Helping) Save(ctx context.Context, v community.Viewer, contentID int64, drafts []draft) error {
	return h.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lockList(ctx, tx, contentID); err != nil {
			return err
		}
		item, _, err := h.organised(ctx, tx, v, contentID)
		if err != nil {
			return err
		}
		next, err := findDate(ctx, tx, contentID, "", tx.Now)
		if err != nil {
			return err
		}
		most, err := mostTaken(ctx, tx, contentID, tx.Now)
		if err != nil {
			return err
		}
		if err := validate(drafts, most); err != nil {
			return err
		}
		if err := saveList(ctx, tx, contentID, drafts); err != nil || !saysSomething(drafts) || !next.open(tx.Now) {
			return err
		}
		first, err := noteAsked(ctx, tx, contentID)
		if err != nil || !first {
			return err
		}
		_, err = h.deps.Outbox.Record(ctx, tx, community.Activity{
			Name: community.HelpAsked, ActorID: v.PersonID, EntityID: item.Entity.ID, ContentID: contentID,
		})
		return err
	})
}

// saysSomething reports whether some of the drafts are no empty lines.
func saysSomething(drafts []draft) bool {
	return slices.ContainsFunc(drafts, func(d draft) bool { return d.Title != "" })
}

func (h *Helping) reactions() []outbox.Reaction {
	return []outbox.Reaction{{
		Activity: community.MembershipEnded, Does: "gives back what the former member has taken at internal events that they no longer read",
		Run: func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
			return giveBackInternal(ctx, tx, e.PersonID, e.EntityID)
		},
	}, {
		Activity: community.EventSplit, Does: "takes the list along, and who helps at its dates",
		Run: func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
			d, err := getDate(ctx, tx, e.DateID)
			if err != nil {
				return err
			}
			return splitList(ctx, tx, e.ContentID, d.ContentID)
		},
	}}
}
