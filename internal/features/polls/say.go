package polls

import (
	"context"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
)

// label says what an option is.
func (r *Polls) label(p *lang.Printer, q poll, o option) string {
	if !q.Dated {
		return o.Title
	}
	return r.deps.Dates.SaySpan(p, o.Begins, o.Until, q.Zone)
}

// columns says what an option is in the head of a column.
func (r *Polls) column(p *lang.Printer, q poll, o option) []string {
	if !q.Dated {
		return []string{o.Title}
	}
	return r.deps.Dates.SayShort(p, o.Begins)
}

// sayVoters says how many people have voted.
func sayVoters(p *lang.Printer, n int) string {
	if n == 0 {
		return p.T("Nobody has voted yet.")
	}
	return p.N("1 person has voted.", "%d people have voted.", n)
}

// sayStanding says how an option stands: "3 yes, 1 maybe, 2 no".
func sayStanding(p *lang.Printer, ranked bool, s standing) string {
	if ranked {
		return p.T("preferred in %d %% of all comparisons", s.Percent)
	}
	return strings.Join([]string{p.N("1 yes", "%d yes", s.Yes), p.N("1 maybe", "%d maybe", s.Maybe), p.N("1 no", "%d no", s.No)}, ", ")
}

// sayAnswer says what somebody says to an option; "" if nothing.
func sayAnswer(p *lang.Printer, ranked bool, b ballot, id int64) string {
	value, said := b[id]
	switch {
	case !said:
		return ""
	case ranked:
		return strconv.Itoa(value)
	case value == yes:
		return p.T("yes")
	case value == maybe:
		return p.T("maybe")
	default:
		return p.T("no")
	}
}

// sayEnd says until when people vote, or since when not any more; "" for a poll without an end.
func (r *Polls) sayEnd(p *lang.Printer, q poll, now clock.Time) string {
	switch {
	case q.EndsAt.IsZero():
		return ""
	case q.ended(now):
		return p.T("Voting ended: %s.", r.deps.Dates.SaySpan(p, q.Ends, "", q.Zone))
	default:
		return p.T("Voting ends: %s.", r.deps.Dates.SaySpan(p, q.Ends, "", q.Zone))
	}
}

// whoSees says who learns what somebody votes for.
func whoSees(p *lang.Printer, b board) string {
	switch {
	case b.Secret:
		return p.T("Nobody learns what you vote for. Your vote can’t be changed afterwards.")
	case b.Item.Public && b.Concealed():
		return p.T("Once voting ends, everyone who can see this poll sees how you voted. It’s public.")
	case b.Item.Public:
		return p.T("Everyone who can see this poll sees how you voted. It’s public.")
	case b.Concealed():
		return p.T("Once voting ends, everyone who can see this poll sees how you voted. It’s internal.")
	default:
		return p.T("Everyone who can see this poll sees how you voted. It’s internal.")
	}
}

// answerLabel is an answer on its button.
func answerLabel(ctx context.Context, value int) string {
	switch value {
	case yes:
		return lang.T(ctx, "Yes")
	case maybe:
		return lang.T(ctx, "Maybe")
	default:
		return lang.T(ctx, "No")
	}
}

// chosen returns what is chosen for an option on the ballot: what somebody has said, or maybe.
func chosen(b ballot, id int64) int {
	if value, said := b[id]; said {
		return value
	}
	return maybe
}

// rankText returns the place that somebody has given to an option.
func rankText(b ballot, id int64) string {
	if b[id] == 0 {
		return ""
	}
	return strconv.Itoa(b[id])
}

// sign is an answer as a single sign.
func sign(value int) string {
	switch value {
	case yes:
		return "✓"
	case maybe:
		return "?"
	default:
		return "✗"
	}
}

// linkLabel says on its button what a link in a mail does.
func linkLabel(ctx context.Context, l linked) string {
	if l.Poll.Ranked {
		return lang.T(ctx, "Make it my first choice")
	}
	switch l.Value {
	case yes:
		return lang.T(ctx, "Vote yes")
	case maybe:
		return lang.T(ctx, "Vote maybe")
	default:
		return lang.T(ctx, "Vote no")
	}
}

// rowLabel names a row of the form.
func rowLabel(ctx context.Context, n int) string { return lang.T(ctx, "Option %d", n+1) }
