package polls

import (
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	kitform "grouprise.org/grouprise/internal/kit/form"
)

// anchor is the id of the block of a poll on the page of its item.
const anchor = "poll"

// nameField is the field in which somebody who has not signed in gives a name, as in grouprise 5.5.
const nameField = "anonymous"

// optionField returns the name of the field about an option.
func optionField(id int64) string { return "option_" + optionID(id) }

func optionID(id int64) string { return strconv.FormatInt(id, 10) }

// votePath returns where the ballot of a poll goes.
func votePath(i content.Item) string { return i.Path() + "vote/" }

// votesPath returns where all who have voted stand.
func votesPath(contentID int64) string {
	return "/stadt/content/" + strconv.FormatInt(contentID, 10) + "/votes/"
}

// visited returns the poll in the path, if the viewer may read it.
func (r *Polls) visited(v *site.Visit) (p poll, i content.Item, s community.Standing, err error) {
	i, s, err = r.content.Find(v.Context(), r.deps.DB, v.Viewer, v.Path("entity"), v.Path("slug"))
	v.Concerns(site.Subject{Entity: i.Entity, Standing: s})
	if err == nil && i.Kind != kindPoll {
		err = community.ErrNothingHere()
	}
	if err != nil {
		return p, i, s, err
	}
	p, err = getPoll(v.Context(), r.deps.DB, i.ID)
	return p, i, s, err
}

// showVote leads to the poll for those who vote there. Whoever has not signed in votes on a page with a question
// against programs, which the page of the item could not keep for others.
func (r *Polls) showVote(v *site.Visit) error {
	p, i, s, err := r.visited(v)
	if err != nil {
		return err
	}
	if v.Viewer.SignedIn() || p.whyNot(s, i.Public, r.deps.DB.Now()) != nil {
		return v.Redirect(i.Path() + "#" + anchor)
	}
	return r.showBallot(v, nil, p, i, s, ballotForm{}, false)
}

// ballotForm is a ballot as it is sent.
type ballotForm struct {
	Name     string `form:"anonymous" text:"line" label:"Name"`
	Withdraw string `form:"withdraw" text:"line"`
	captcha.Fields

	Ballot ballot
}

// readBallot reads a ballot. What is said to no option is a maybe, as in grouprise 5.5, whose names of fields are
// understood, too.
func readBallot(v *site.Visit, p poll) (f ballotForm, err error) {
	if err := v.Bind(&f); err != nil {
		return f, err
	}
	f.Ballot = ballot{}
	var wrong []errs.FieldError
	for n, o := range p.Options {
		old := "form-" + strconv.Itoa(n) + "-endorse"
		if p.Ranked {
			old = "form-" + strconv.Itoa(n) + "-rank"
		}
		text := kitform.Clean(v.R.PostForm.Get(optionField(o.ID)), kitform.Line)
		if text == "" {
			text = kitform.Clean(v.R.PostForm.Get(old), kitform.Line)
			if rank, err := strconv.Atoi(text); p.Ranked && err == nil {
				text = strconv.Itoa(len(p.Options) + 1 - rank) // there the highest was the best
			}
		}
		value, ok := parseField(p, text)
		if !ok {
			wrong = append(wrong, errs.Field(optionField(o.ID), "Choose one of the options."))
			continue
		}
		if p.Ranked && value == 0 {
			continue
		}
		f.Ballot[o.ID] = value
	}
	return f, errs.Check(wrong...)
}

// parseField reads what a field says to an option.
func parseField(p poll, text string) (value int, ok bool) {
	if p.Ranked {
		if text == "" {
			return 0, true
		}
		value, err := strconv.Atoi(text)
		return value, err == nil && value >= 1 && value <= len(p.Options)
	}
	switch strings.ToLower(text) {
	case "yes", "true":
		return yes, true
	case "no", "false":
		return no, true
	case "", "maybe", "none":
		return maybe, true
	default:
		return 0, false
	}
}

// createVote keeps a ballot. A ballot of somebody whose session has ended is nowhere kept until they have signed in
// again, unlike other forms: that of a secret poll must not lie beside a name.
func (r *Polls) createVote(v *site.Visit) error {
	p, i, s, err := r.visited(v)
	if err == nil {
		err = p.whyNoVoter(s, i.Public, r.deps.DB.Now())
	}
	if errs.Is(err, errs.Unauthenticated) {
		v.Flash(parts.Info, "You were no longer signed in, so nothing has changed. Please sign in and try again.")
		return v.Redirect(community.SignInPath(v.Local(strings.TrimSuffix(strings.TrimSuffix(v.R.URL.Path, "/"), "vote"))))
	}
	if err != nil {
		return err
	}
	f, err := readBallot(v, p)
	if err != nil {
		return r.showBallot(v, err, p, i, s, f, false)
	}
	if f.Withdraw != "" {
		return r.takeBack(v, i)
	}
	answered, err := r.admit(v, f)
	if err != nil {
		return r.showBallot(v, err, p, i, s, f, answered)
	}
	k, err := r.vote(v.Context(), v.Viewer, said{ContentID: i.ID, Ballot: f.Ballot, Name: f.Name})
	if err != nil {
		return r.showBallot(v, err, p, i, s, f, answered)
	}
	return r.showKept(v, k)
}

// takeBack removes the vote of the viewer.
func (r *Polls) takeBack(v *site.Visit, i content.Item) error {
	if !v.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	if err := r.withdraw(v.Context(), v.Viewer, said{ContentID: i.ID}); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your vote has been deleted.")
	return v.Redirect(i.Path() + "#" + anchor)
}

// admit lets a visitor vote whose ballot has nothing wrong: so often, and those who have not signed in under a name and
// after a question that tells them from programs. answered reports whether the answer has been used up.
func (r *Polls) admit(v *site.Visit, f ballotForm) (answered bool, err error) {
	if err := r.checkGuest(v, f); err != nil {
		return false, err
	}
	if err := r.throttle(v); err != nil || v.Viewer.SignedIn() {
		return false, err
	}
	return true, r.deps.Captcha.Redeem(v.Context(), f.Fields)
}

// checkGuest returns what is wrong with what somebody says who has not signed in.
func (r *Polls) checkGuest(v *site.Visit, f ballotForm) error {
	if v.Viewer.SignedIn() {
		return nil
	}
	return errs.Check(append(checkName(f.Name), r.deps.Captcha.Check(v.Lang, f.Fields)...)...)
}

// showKept says that a vote counts. A guest gets the address at which they change it.
func (r *Polls) showKept(v *site.Visit, k kept) error {
	switch {
	case k.Poll.Secret:
		v.Flash(parts.Done, "Your vote has been counted. Nobody learns what you voted for.")
	case !v.Viewer.SignedIn():
		v.Flash(parts.Done, "Your vote has been counted. Bookmark this page if you want to change it later.")
		return v.Redirect(r.ownVotePath(k.VoteID))
	case k.Changed:
		v.Flash(parts.Done, "Your vote has been changed.")
	default:
		v.Flash(parts.Done, "Your vote has been counted. You can change it until voting ends.")
	}
	return v.Redirect(k.Item.Path() + "#" + anchor)
}

// showBallot shows the ballot alone, with what is wrong with it if anything is.
func (r *Polls) showBallot(v *site.Visit, wrong error, p poll, i content.Item, s community.Standing, f ballotForm, answered bool) error {
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		b, err := r.board(v.Context(), r.deps.DB, p, i, s)
		if err != nil {
			return site.Page{}, err
		}
		if !v.Viewer.SignedIn() {
			if b.Challenge, err = r.deps.Captcha.Redraw(v.Lang, f.Fields, !answered); err != nil {
				return site.Page{}, err
			}
		}
		b.Name, b.Errors = f.Name, e
		if f.Ballot != nil {
			b.Own = f.Ballot
		}
		answer := content.PageBelow(v, i, v.T("Vote"))
		answer.Body = ballotBody(b)
		return answer, nil
	})
}

// showVotes shows everybody who has voted.
func (r *Polls) showVotes(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	i, s, err := r.content.Get(v.Context(), r.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: i.Entity, Standing: s})
	if err != nil {
		return err
	}
	p, err := getPoll(v.Context(), r.deps.DB, id)
	if err != nil {
		return err
	}
	b, err := r.wholeBoard(v.Context(), p, i, s, maxListed)
	if err != nil {
		return err
	}
	answer := content.PageBelow(v, i, v.T("Who voted how"))
	answer.Body, answer.Wide = votesBody(b), true
	return v.Show(answer)
}

// maxListed is how many votes that page shows at most.
const maxListed = 10_000
