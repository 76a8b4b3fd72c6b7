package polls

import (
	"encoding/json"
	"net/http"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	kitform "grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/lang"
)

// The objects that programs for grouprise 5.5 read and write. The id of a poll is that of its item.

// pollObject is a poll and how it stands. Of one whose results are hidden it has nothing but the options, and of a
// secret one no votes.
type pollObject struct {
	ID        int64          `json:"id"`
	Options   []optionObject `json:"options"`
	LastVoted *clock.Time    `json:"last_voted"`
	Winner    *int64         `json:"options_winner"`
	Ranking   []int64        `json:"options_ranking"`
	Votes     []voteObject   `json:"votes"`
	Counts    []countObject  `json:"vote_counts,omitempty"`

	Voters  int              `json:"voters"`
	Ends    *clock.Time      `json:"ends,omitempty"`
	Secret  bool             `json:"secret"`
	Hidden  bool             `json:"hidden"` // nobody sees results before voting ends
	Captcha *challengeObject `json:"captcha,omitempty"`
}

type optionObject struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}

type voteObject struct {
	Voter        any                 `json:"voter"` // a person, or the name of a guest
	Endorsements []endorsementObject `json:"endorsements,omitempty"`
	Ranking      []int64             `json:"ranking,omitempty"`
}

// endorsementObject is what somebody says to an option: yes, no, or null for maybe.
type endorsementObject struct {
	Option      int64 `json:"option"`
	Endorsement *bool `json:"endorsement"`
}

type countObject struct {
	Option int64   `json:"option"`
	Score  float64 `json:"score"`
	Counts struct {
		Yes   int `json:"yes"`
		Maybe int `json:"maybe"`
		No    int `json:"no"`
	} `json:"counts"`
}

// personObject is somebody who has voted. Whose profile is not public has no address.
type personObject struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Initials string `json:"initials"`
	Avatar   string `json:"avatar,omitempty"`
	Colour   string `json:"avatar_color"`
	URL      string `json:"url,omitempty"`
}

// challengeObject is the question that somebody answers who votes without an account.
type challengeObject struct {
	Question string `json:"question"`
	State    string `json:"captcha_1"`
}

// apiPoll returns the poll whose id is in the path, if the viewer may read it.
func (r *Polls) apiPoll(v *site.Visit) (p poll, i content.Item, s community.Standing, err error) {
	id, err := v.ID("id")
	if err != nil {
		return p, i, s, err
	}
	if i, s, err = r.content.Get(v.Context(), r.deps.DB, v.Viewer, id); err != nil {
		return p, i, s, err
	}
	p, err = getPoll(v.Context(), r.deps.DB, id)
	return p, i, s, err
}

// sendPoll says how a poll stands.
func (r *Polls) sendPoll(v *site.Visit) error {
	p, i, s, err := r.apiPoll(v)
	if err != nil {
		return err
	}
	b, err := r.wholeBoard(v.Context(), p, i, s, maxListed)
	if err != nil {
		return err
	}
	o := r.object(v.Lang, b)
	if !v.Viewer.SignedIn() && b.CanVote() {
		challenge, err := r.deps.Captcha.Draw()
		if err != nil {
			return err
		}
		o.Captcha = &challengeObject{Question: v.T(string(challenge.Question)), State: challenge.State}
	}
	return v.ShowJSON(http.StatusOK, o)
}

// object returns what programs read of a poll.
func (r *Polls) object(p *lang.Printer, b board) pollObject {
	o := pollObject{
		ID: b.ContentID, Voters: b.Tally.Voters, Secret: b.Secret, Hidden: b.Hidden, Options: []optionObject{}, Ranking: []int64{}, Votes: []voteObject{},
	}
	if !b.EndsAt.IsZero() {
		o.Ends = &b.EndsAt
	}
	for _, option := range b.Options {
		o.Options = append(o.Options, optionObject{ID: option.ID, Title: r.label(p, b.poll, option)})
	}
	if b.Concealed() {
		return o
	}
	for _, row := range b.Rows {
		if row.Wins {
			winner := row.ID
			o.Winner = &winner
		}
		if b.Tally.Voters == 0 {
			continue
		}
		o.Ranking = append(o.Ranking, row.ID)
		if !b.Ranked {
			c := countObject{Option: row.ID, Score: float64(row.Score) / worthOfYes}
			c.Counts.Yes, c.Counts.Maybe, c.Counts.No = row.Yes, row.Maybe, row.No
			o.Counts = append(o.Counts, c)
		}
	}
	for _, row := range b.Votes {
		if o.LastVoted == nil || o.LastVoted.Before(row.VotedAt.Time) {
			at := row.VotedAt
			o.LastVoted = &at
		}
		o.Votes = append(o.Votes, r.voteObject(b, row))
	}
	return o
}

func (r *Polls) voteObject(b board, row voterRow) voteObject {
	o := voteObject{Voter: row.Name}
	if row.PersonID != 0 {
		person := personObject{ID: row.PersonID, Name: row.Name, Initials: parts.Initials(community.Entity{Kind: community.PersonEntity, Name: row.Name}), Colour: row.Colour}
		if row.Picture != "" {
			person.Avatar = r.deps.BaseURL + community.PicturePath(row.Picture, community.SmallPicture)
		}
		if row.Public {
			person.URL = r.deps.BaseURL + community.EntityPath(row.Slug)
		}
		o.Voter = person
	}
	if b.Ranked {
		o.Ranking = ranking(b.poll, row.Said)
		return o
	}
	for _, option := range b.Options {
		value, voted := row.Said[option.ID]
		if !voted {
			continue
		}
		e := endorsementObject{Option: option.ID}
		if value != maybe {
			endorses := value == yes
			e.Endorsement = &endorses
		}
		o.Endorsements = append(o.Endorsements, e)
	}
	return o
}

// sentVote is a vote of a program.
type sentVote struct {
	Voter struct {
		Name string `json:"name"` // of somebody who has not signed in; who has is who they are, whatever else is sent
	} `json:"gestalt"`
	Endorsements []endorsementObject `json:"endorsements"`
	Ranking      []int64             `json:"ranking"`
	Answer       string              `json:"captcha_0"`
	State        string              `json:"captcha_1"`
}

// ballot returns what the vote says. The best of a ranking is its first.
func (s sentVote) ballot(p poll) ballot {
	b := ballot{}
	if p.Ranked {
		for n, id := range s.Ranking {
			b[id] = n + 1
		}
		return b
	}
	for _, e := range s.Endorsements {
		switch {
		case e.Endorsement == nil:
			b[e.Option] = maybe
		case *e.Endorsement:
			b[e.Option] = yes
		default:
			b[e.Option] = no
		}
	}
	for _, o := range p.Options { // as on the page
		if _, said := b[o.ID]; !said {
			b[o.ID] = maybe
		}
	}
	return b
}

// takeVote keeps the vote of a program.
func (r *Polls) takeVote(v *site.Visit) error {
	p, i, s, err := r.apiPoll(v)
	if err != nil {
		return err
	}
	if err := p.whyNot(s, i.Public, r.deps.DB.Now()); err != nil {
		return err
	}
	if err := r.throttle(v); err != nil {
		return err
	}
	var sent sentVote
	if err := json.NewDecoder(v.R.Body).Decode(&sent); err != nil {
		return errs.New(errs.Invalid, "The vote can’t be read.").Because(err)
	}
	if p.Ranked && len(sent.Ranking) > len(p.Options) {
		return errs.New(errs.Invalid, "This option isn’t part of the poll any more. Please look at the poll again.")
	}
	f := ballotForm{
		Name: kitform.Clean(sent.Voter.Name, kitform.Line), Ballot: sent.ballot(p),
		Fields: captcha.Fields{Answer: kitform.Clean(sent.Answer, kitform.Line), State: sent.State},
	}
	if err := p.check(f.Ballot); err != nil {
		return err
	}
	if err := r.checkGuest(v, f); err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		if err := r.deps.Captcha.Redeem(v.Context(), f.Fields); err != nil {
			return err
		}
	}
	if _, err := r.vote(v.Context(), v.Viewer, said{ContentID: i.ID, Ballot: f.Ballot, Name: f.Name}); err != nil {
		return err
	}
	v.W.Header().Set("Content-Length", strconv.Itoa(0))
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(http.StatusOK)
	return nil
}
