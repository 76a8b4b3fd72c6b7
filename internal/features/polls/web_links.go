package polls

import (
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
)

// The answer in a link to an option of a ranked poll puts it into the first place.
const firstPlace = "first"

// answerURL returns the absolute address by which a person says something to an option.
func (r *Polls) answerURL(personID, optionID int64, answer string) string {
	return fmt.Sprintf("%s/stadt/polls/answers/%d/%d/%s/%s/", r.deps.BaseURL, optionID, personID, answer, r.deps.Keys.Of(aboutAnswer(personID, optionID, answer)))
}

// aboutAnswer is what the key of such a link is made of.
func aboutAnswer(personID, optionID int64, answer string) string {
	return fmt.Sprintf("poll: person %d option %d %s", personID, optionID, answer)
}

// ownVotePath returns the address at which a guest changes a vote.
func (r *Polls) ownVotePath(id int64) string {
	return fmt.Sprintf("/stadt/polls/votes/%d/%s/", id, r.deps.Keys.Of(aboutVote(id)))
}

func aboutVote(id int64) string { return fmt.Sprintf("poll: vote %d", id) }

// linked is what the link in a mail is about.
type linked struct {
	Item   content.Item
	Poll   poll
	Option option
	Label  string
	Viewer community.Viewer
	Answer string
	Value  int
	Open   bool   // it can still be voted
	Said   string // what the person says to the option now
}

// byKey returns what a link is about, read in the name of whoever got the mail; NotFound if its key does not fit.
func (r *Polls) byKey(v *site.Visit) (l linked, err error) {
	optionID, err := v.ID("option")
	if err != nil {
		return l, err
	}
	personID, err := v.ID("person")
	if err != nil {
		return l, err
	}
	l.Answer = v.Path("answer")
	if !r.deps.Keys.Fit(v.Path("key"), aboutAnswer(personID, optionID, l.Answer)) {
		return l, errs.New(errs.NotFound, "This link isn’t complete. Please copy it from the email again.")
	}
	contentID, err := pollOf(v.Context(), r.deps.DB, optionID)
	if err != nil {
		return l, err
	}
	if l.Viewer, err = getViewer(v.Context(), r.deps.DB, personID); err != nil {
		return l, err
	}
	return l, r.fillLinked(v, &l, contentID, optionID)
}

func (r *Polls) fillLinked(v *site.Visit, l *linked, contentID, optionID int64) (err error) {
	ctx, db := v.Context(), r.deps.DB
	var s community.Standing
	if l.Item, s, err = r.content.Get(ctx, db, l.Viewer, contentID); err != nil {
		return err
	}
	if l.Poll, err = getPoll(ctx, db, contentID); err != nil {
		return err
	}
	at := slices.IndexFunc(l.Poll.Options, func(o option) bool { return o.ID == optionID })
	var ok bool
	if l.Value, ok = linkValue(l.Poll, l.Answer); at < 0 || !ok || l.Poll.Secret {
		return community.ErrNothingHere()
	}
	l.Option = l.Poll.Options[at]
	l.Label = r.label(v.Lang, l.Poll, l.Option)
	l.Open = l.Poll.whyNot(s, l.Item.Public, db.Now()) == nil
	own, err := findVote(ctx, db, contentID, l.Viewer.PersonID)
	if err != nil {
		return err
	}
	b, err := own.ballot()
	l.Said = sayAnswer(v.Lang, l.Poll.Ranked, b, optionID)
	return err
}

// linkValue returns what a link says to its option.
func linkValue(p poll, answer string) (value int, ok bool) {
	if p.Ranked {
		return 1, answer == firstPlace
	}
	return answerValue(answer)
}

// askToVote is the page behind the link: what is said, and one button. Programs that scan mails follow links.
func (r *Polls) askToVote(v *site.Visit) error {
	l, err := r.byKey(v)
	if err != nil {
		return err
	}
	answer := site.Page{
		Title: l.Item.Title, Hidden: true, Body: linkedBody(l),
		Crumbs: v.FromHome(parts.Crumb{Label: l.Item.Entity.Name, Path: l.Item.Entity.Path()}, parts.Crumb{Label: v.T("Vote")}),
	}
	return v.Show(answer)
}

// voteByLink votes. Who has signed in does not matter.
func (r *Polls) voteByLink(v *site.Visit) error {
	l, err := r.byKey(v)
	if err != nil {
		return err
	}
	if _, err := r.vote(v.Context(), l.Viewer, said{ContentID: l.Item.ID, Ballot: ballot{l.Option.ID: l.Value}, Keeps: true}); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your vote has been counted. You can change it until voting ends.")
	return v.Redirect(v.R.URL.Path)
}

// visitedOwn returns the vote of a guest whose link it is, with its poll.
func (r *Polls) visitedOwn(v *site.Visit) (own vote, p poll, i content.Item, s community.Standing, err error) {
	id, err := v.ID("id")
	if err != nil {
		return own, p, i, s, err
	}
	own, err = r.guestVote(v.Context(), id, v.Path("key"))
	if err != nil {
		return own, p, i, s, err
	}
	// Whoever has signed in, the link says no more than everybody may know.
	i, s, err = r.content.Get(v.Context(), r.deps.DB, community.Viewer{}, own.ContentID)
	if errs.Is(err, errs.Unauthenticated) {
		err = errs.New(errs.NotFound, "This poll isn’t public any more.")
	}
	if err != nil {
		return own, p, i, s, err
	}
	p, err = getPoll(v.Context(), r.deps.DB, i.ID)
	return own, p, i, s, err
}

func (r *Polls) guestVote(ctx context.Context, id int64, key string) (vote, error) {
	own, err := getVote(ctx, r.deps.DB, id)
	if errs.Is(err, errs.NotFound) || err == nil && (own.PersonID != 0 || own.Name == "" || !r.deps.Keys.Fit(key, aboutVote(id))) {
		return own, errs.New(errs.NotFound, "This vote has been deleted, or the link isn’t complete.")
	}
	return own, err
}

// showOwn is where a guest changes a vote or takes it back.
func (r *Polls) showOwn(v *site.Visit) error {
	own, p, i, s, err := r.visitedOwn(v)
	if err != nil {
		return err
	}
	b, err := own.ballot()
	if err != nil {
		return err
	}
	return r.showOwnBallot(v, nil, own, p, i, s, b)
}

func (r *Polls) showOwnBallot(v *site.Visit, wrong error, own vote, p poll, i content.Item, s community.Standing, said ballot) error {
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		b, err := r.board(v.Context(), r.deps.DB, p, i, s)
		if err != nil {
			return site.Page{}, err
		}
		b.Own, b.Voted, b.Errors, b.Guest, b.Action = said, true, e, own.Name, r.ownVotePath(own.ID)
		answer := content.PageBelow(v, i, v.T("Your vote"))
		answer.Body = ballotBody(b)
		return answer, nil
	})
}

func (r *Polls) updateOwn(v *site.Visit) error {
	own, p, i, s, err := r.visitedOwn(v)
	if err != nil {
		return err
	}
	f, err := readBallot(v, p)
	change := said{ContentID: i.ID, VoteID: own.ID, Name: own.Name, Ballot: f.Ballot}
	if err == nil && f.Withdraw != "" {
		if err := r.withdraw(v.Context(), community.Viewer{}, change); err != nil {
			return err
		}
		v.Flash(parts.Done, "Your vote has been deleted.")
		return v.Redirect(i.Path())
	}
	if err == nil {
		_, err = r.vote(v.Context(), community.Viewer{}, change)
	}
	if err != nil {
		return r.showOwnBallot(v, err, own, p, i, s, f.Ballot)
	}
	v.Flash(parts.Done, "Your vote has been changed.")
	return v.Redirect(r.ownVotePath(own.ID))
}
