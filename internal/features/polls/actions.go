package polls

import (
	"context"
	"maps"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// said is what somebody says in a poll.
type said struct {
	ContentID int64
	Ballot    ballot
	// Keeps says that what they have said to other options stays: a mail names one alone.
	Keeps  bool
	Name   string     // of somebody who has not signed in
	VoteID int64      // of the vote that a guest changes, who has proved that it is theirs; 0 for a new one
	At     clock.Time // when it was said; zero is now
}

// kept is what became of it.
type kept struct {
	Item    content.Item
	Poll    poll
	VoteID  int64 // 0 in a secret poll
	Changed bool  // they had voted before
}

// vote keeps what the viewer says, in the place of what they said before. It is Denied or Unauthenticated if they may
// not vote, Conflict if the poll has ended, if it is secret and they have voted, or if they have voted later, and Invalid if the ballot makes no
// sense or somebody has voted under the name.
func (r *Polls) vote(ctx context.Context, v community.Viewer, s said) (k kept, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		k, err = r.voteIn(ctx, tx, v, s)
		return err
	})
	return k, err
}

// voteIn is vote in a transaction.
func (r *Polls) voteIn(ctx context.Context, tx *sqldb.Tx, v community.Viewer, s said) (k kept, err error) {
	if err := content.LockItems(ctx, tx, s.ContentID); err != nil {
		return k, err
	}
	var stands community.Standing
	if k.Item, stands, err = r.content.Get(ctx, tx, v, s.ContentID); err != nil {
		return k, err
	}
	if k.Poll, err = getPoll(ctx, tx, s.ContentID); err != nil {
		return k, err
	}
	if err := k.Poll.whyNot(stands, k.Item.Public, tx.Now); err != nil {
		return k, err
	}
	if k.Poll.Secret {
		return k, castSecret(ctx, tx, &k.Poll, v.PersonID, s.Ballot)
	}
	return k, castOpen(ctx, tx, &k, v.PersonID, s)
}

// castSecret notes that somebody has voted, and adds what they say to the sums: these are two things that nothing ties
// to each other, and neither says when.
func castSecret(ctx context.Context, tx *sqldb.Tx, p *poll, personID int64, b ballot) error {
	if err := p.check(b); err != nil {
		return err
	}
	fresh, err := insertTurnout(ctx, tx, p.ContentID, personID)
	if err != nil {
		return err
	}
	if !fresh {
		return errVotedSecretly()
	}
	p.Tally.Voters++
	p.Tally.add(*p, b, 1)
	return updatePoll(ctx, tx, *p)
}

func errVotedSecretly() error {
	return errs.New(errs.Conflict, "You’ve already voted. This poll is secret, so a vote can’t be changed.")
}

// castOpen keeps what somebody says under their name.
func castOpen(ctx context.Context, tx *sqldb.Tx, k *kept, personID int64, s said) error {
	before, err := ownVote(ctx, tx, s, personID)
	if err != nil {
		return err
	}
	old, err := before.ballot()
	if err != nil {
		return err
	}
	b := s.Ballot
	if s.Keeps {
		b = k.Poll.merged(old, b)
	}
	if err := k.Poll.check(b); err != nil {
		return err
	}
	// Of two who answer at this moment, the one whose turn comes later counts, whichever began first.
	late := !s.At.IsZero() && s.At.Before(tx.Now.Time)
	if !late {
		s.At = tx.Now
	}
	if late && before.VotedAt.After(s.At.Time) {
		return errs.New(errs.Conflict, "You’ve changed your vote since you wrote this. What you said last counts.")
	}
	if k.VoteID, k.Changed = before.ID, before.ID != 0; k.Changed {
		k.Poll.Tally.add(k.Poll, old, -1)
		err = updateVote(ctx, tx, before.ID, b, s.At)
	} else {
		k.Poll.Tally.Voters++
		k.VoteID, err = firstVote(ctx, tx, vote{ContentID: s.ContentID, PersonID: personID, Name: s.Name, VotedAt: s.At}, b)
	}
	if err != nil {
		return err
	}
	k.Poll.Tally.add(k.Poll, b, 1)
	return updatePoll(ctx, tx, k.Poll)
}

// ownVote returns what somebody has said before: the vote of a person, or the one whose link a guest has; the zero
// value if nothing.
func ownVote(ctx context.Context, tx *sqldb.Tx, s said, personID int64) (vote, error) {
	switch {
	case personID != 0:
		return findVote(ctx, tx, s.ContentID, personID)
	case s.VoteID != 0:
		return getVote(ctx, tx, s.VoteID)
	default:
		return vote{}, nil
	}
}

// firstVote keeps the first vote of somebody. A guest needs a name that nobody else has taken.
func firstVote(ctx context.Context, tx *sqldb.Tx, v vote, b ballot) (id int64, err error) {
	if v.PersonID != 0 {
		v.Name = ""
		return insertVote(ctx, tx, v, b)
	}
	if err := errs.Check(checkName(v.Name)...); err != nil {
		return 0, err
	}
	taken, err := nameTaken(ctx, tx, v.ContentID, v.Name)
	if err != nil {
		return 0, err
	}
	if taken {
		return 0, errs.Check(errs.Field(nameField, "Someone called “%s” has already voted. If that wasn’t you, add something to your name.", v.Name))
	}
	return insertVote(ctx, tx, v, b)
}

// merged returns what somebody says who adds something to what they have said. The first place of a ranked poll moves
// the others back.
func (p poll) merged(before, added ballot) ballot {
	b := ballot{}
	maps.Copy(b, before)
	if p.Ranked {
		for id, rank := range added {
			delete(b, id)
			for other := range b {
				if b[other] >= rank && b[other] < len(p.Options) {
					b[other]++
				}
			}
		}
	}
	maps.Copy(b, added)
	return b
}

// withdraw takes back what somebody has said in a poll that is not secret.
func (r *Polls) withdraw(ctx context.Context, v community.Viewer, s said) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := content.LockItems(ctx, tx, s.ContentID); err != nil {
			return err
		}
		item, stands, err := r.content.Get(ctx, tx, v, s.ContentID)
		if err != nil {
			return err
		}
		p, err := getPoll(ctx, tx, s.ContentID)
		if err != nil {
			return err
		}
		if err := p.whyNoVoter(stands, item.Public, tx.Now); err != nil {
			return err
		}
		if p.Secret {
			return errVotedSecretly()
		}
		before, err := ownVote(ctx, tx, s, v.PersonID)
		if err != nil || before.ID == 0 {
			return err
		}
		old, err := before.ballot()
		if err != nil {
			return err
		}
		p.Tally.Voters--
		p.Tally.add(p, old, -1)
		if err := removeVote(ctx, tx, before.ID); err != nil {
			return err
		}
		return updatePoll(ctx, tx, p)
	})
}

// recount counts the ballots of a poll that is not secret anew, because its options have changed. What was said to
// options that are gone is forgotten.
func recount(ctx context.Context, q sqldb.Querier, p *poll) error {
	votes, err := listVotes(ctx, q, p.ContentID, maxCounted)
	if err != nil {
		return err
	}
	p.Tally = tally{Voters: len(votes)}
	for _, v := range votes {
		b, err := v.ballot()
		if err != nil {
			return err
		}
		p.Tally.add(*p, b, 1)
	}
	return nil
}

// maxCounted is how many votes a poll has at most.
const maxCounted = 1_000_000
