package polls

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// shownVotes is how many of those who have voted the page of a poll names.
const shownVotes = 30

// board is what a page shows of a poll.
type board struct {
	poll

	Item     content.Item
	Standing community.Standing
	Now      clock.Time
	End      string // until when people vote, in words
	Rows     []boardRow
	Own      ballot // what the viewer has said; nil if nothing
	OwnID    int64  // of the viewer's vote
	Voted    bool   // the viewer has voted
	Votes    []voterRow
	More     bool // there are more of them
	Events   map[int64]content.Item
	MakePath map[int64]string // where an event is made of an option; empty for those who may not

	Challenge captcha.Challenge // of those who have not signed in
	Name      string            // as it was typed
	Errors    parts.Errors
	Action    string // where the ballot goes
	Guest     string // who changes a vote by a link; "" for others
}

// boardRow is an option as a page shows it.
type boardRow struct {
	standing

	Label  string
	Column []string
}

// voterRow is somebody who has voted.
type voterRow struct {
	vote

	Said ballot
}

// Concealed reports whether nobody may see results yet.
func (b board) Concealed() bool { return b.concealed(b.Now) }

// Ended reports whether nobody can vote any more.
func (b board) Ended() bool { return b.ended(b.Now) }

// CanVote reports whether the viewer may vote now.
func (b board) CanVote() bool {
	return b.whyNot(b.Standing, b.Item.Public, b.Now) == nil && (!b.Secret || !b.Voted)
}

// AsksToSignIn reports whether the viewer could perhaps vote if they signed in.
func (b board) AsksToSignIn() bool {
	return errs.Is(b.whyNot(b.Standing, b.Item.Public, b.Now), errs.Unauthenticated)
}

// Closed reports whether nobody votes, because the poll has ended or the group is archived.
func (b board) Closed() bool { return b.Ended() || !policy.CanAdd(b.Standing) }

// Ballot returns the options in the order in which the ballot has them: that of the poll.
func (b board) Ballot() []boardRow {
	byID := map[int64]boardRow{}
	for _, row := range b.Rows {
		byID[row.ID] = row
	}
	var all []boardRow
	for _, o := range b.Options {
		all = append(all, byID[o.ID])
	}
	return all
}

// board returns what somebody who stands to the entity of a poll like this sees of it.
func (r *Polls) board(ctx context.Context, q sqldb.Querier, p poll, i content.Item, s community.Standing) (b board, err error) {
	printer := lang.From(ctx)
	b = board{poll: p, Item: i, Standing: s, Now: r.deps.DB.Now(), Action: votePath(i)}
	b.End = r.sayEnd(printer, p, b.Now)
	for _, st := range p.standings() {
		b.Rows = append(b.Rows, boardRow{standing: st, Label: r.label(printer, p, st.option), Column: r.column(printer, p, st.option)})
	}
	if b.Concealed() {
		b.Rows = unordered(b)
	}
	return b, r.fillOwn(ctx, q, &b)
}

// unordered returns the options in the order of the poll, without how they stand: the page must not tell.
func unordered(b board) []boardRow {
	all := b.Ballot()
	for n := range all {
		all[n].standing = standing{option: all[n].option}
	}
	return all
}

// fillOwn says what the viewer has said.
func (r *Polls) fillOwn(ctx context.Context, q sqldb.Querier, b *board) (err error) {
	viewer := b.Standing.Viewer
	if !viewer.SignedIn() {
		return nil
	}
	if b.Secret {
		b.Voted, err = hasTurnedOut(ctx, q, b.ContentID, viewer.PersonID)
		return err
	}
	own, err := findVote(ctx, q, b.ContentID, viewer.PersonID)
	if err != nil {
		return err
	}
	b.Own, err = own.ballot()
	b.OwnID, b.Voted = own.ID, own.ID != 0
	return err
}

// wholeBoard is board with those who have voted, as many as a limit says.
func (r *Polls) wholeBoard(ctx context.Context, p poll, i content.Item, s community.Standing, limit int) (board, error) {
	b, err := r.board(ctx, r.deps.DB, p, i, s)
	if err != nil {
		return b, err
	}
	return b, r.fillVotes(ctx, r.deps.DB, &b, limit)
}

// fillVotes says who has voted how, as far as that may be known.
func (r *Polls) fillVotes(ctx context.Context, q sqldb.Querier, b *board, limit int) error {
	if b.Secret || b.Concealed() || b.Tally.Voters == 0 {
		return nil
	}
	votes, err := listVotes(ctx, q, b.ContentID, limit+1)
	if err != nil {
		return err
	}
	if b.More = len(votes) > limit; b.More {
		votes = votes[:limit]
	}
	for _, v := range votes {
		said, err := v.ballot()
		if err != nil {
			return err
		}
		b.Votes = append(b.Votes, voterRow{v, said})
	}
	return nil
}

// fillEvents says which events were made of the dates of a poll, and where others can be.
func (r *Polls) fillEvents(ctx context.Context, b *board) error {
	if !b.Dated || b.Concealed() {
		return nil
	}
	var ids []int64
	for _, o := range b.Options {
		if o.EventID != 0 {
			ids = append(ids, o.EventID)
		}
	}
	if len(ids) > 0 {
		events, err := r.content.Items(ctx, b.Standing.Viewer, ids)
		if err != nil {
			return err
		}
		b.Events = map[int64]content.Item{}
		for _, e := range events {
			b.Events[e.ID] = e
		}
	}
	events, ok := r.content.KindCalled("event")
	if !ok || !policy.CanPublish(b.Standing) || b.Tally.Voters == 0 {
		return nil
	}
	b.MakePath = map[int64]string{}
	for _, o := range b.Options {
		b.MakePath[o.ID] = events.GrowPath(b.Item, optionID(o.ID))
	}
	return nil
}

// showPoll shows a poll below its question.
func (r *Polls) showPoll(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.ContentKind != kindPoll {
		return nil, nil //nolint:nilnil // no block
	}
	i, _, err := r.content.Get(v.Context(), r.deps.DB, v.Viewer, s.ContentID)
	if err != nil {
		return nil, err
	}
	p, err := getPoll(v.Context(), r.deps.DB, s.ContentID)
	if err != nil {
		return nil, err
	}
	b, err := r.wholeBoard(v.Context(), p, i, s.Standing, shownVotes)
	if err != nil {
		return nil, err
	}
	if err := r.fillEvents(v.Context(), &b); err != nil {
		return nil, err
	}
	return pollBlock(b), nil
}

func idsOf(items []content.Item) []int64 {
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	return ids
}

// shownOptions is how many options a card and a mail name.
const shownOptions = 3

// card is what a poll shows in lists.
type card struct {
	board

	Rest int // options that are not shown
}

// cards returns what polls show in lists.
func (r *Polls) cards(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	polls, err := listPolls(v.Context(), q, idsOf(items)...)
	if err != nil {
		return nil, err
	}
	all := map[int64]templ.Component{}
	for _, i := range items {
		p, ok := polls[i.ID]
		if !ok {
			continue
		}
		b, err := r.board(v.Context(), q, p, i, community.Standing{})
		if err != nil {
			return nil, err
		}
		c := card{board: b}
		if len(b.Rows) > shownOptions {
			c.Rows, c.Rest = b.Rows[:shownOptions], len(b.Rows)-shownOptions
		}
		all[i.ID] = cardPart(c)
	}
	return all, nil
}

// mailedOptions is how many options a mail names at most.
const mailedOptions = 10

// facts returns what mails and previews say of polls: what there is to choose from, and until when.
func (r *Polls) facts(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]content.Fact, error) {
	polls, err := listPolls(ctx, q, ids...)
	if err != nil {
		return nil, err
	}
	printer := lang.From(ctx)
	all := map[int64][]content.Fact{}
	for id, p := range polls {
		var labels []string
		for _, o := range p.Options {
			labels = append(labels, r.label(printer, p, o))
		}
		if rest := len(labels) - mailedOptions; rest > 0 {
			labels = append(labels[:mailedOptions], printer.N("1 more", "%d more", rest))
		}
		facts := []content.Fact{{Label: printer.T("Options"), Value: strings.Join(labels, " · ")}}
		if !p.EndsAt.IsZero() {
			facts = append(facts, content.Fact{Label: printer.T("Vote by"), Value: r.deps.Dates.SaySpan(printer, p.Ends, "", p.Zone)})
		}
		if p.Secret {
			facts = append(facts, content.Fact{Label: printer.T("Secret vote"), Value: printer.T("Nobody learns who voted for what.")})
		}
		all[id] = facts
	}
	return all, nil
}

// things returns what the page of a poll says to programs: what there is to choose from. How it stands is for its page.
func (r *Polls) things(v *site.Visit, q sqldb.Querier, i content.Item, w schemaorg.Work) ([]schemaorg.Thing, error) {
	polls, err := listPolls(v.Context(), q, i.ID)
	if err != nil {
		return nil, err
	}
	p := polls[i.ID]
	question := schemaorg.Question{Work: w}
	for _, o := range p.Options {
		question.SuggestedAnswer = append(question.SuggestedAnswer, schemaorg.Answer{Text: r.label(v.Lang, p, o)})
	}
	return []schemaorg.Thing{question}, nil
}
