package helping

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxAnswer is how many bytes an answer may have that names something, and maxAnswerWords how many words.
const (
	maxAnswer      = 200
	maxAnswerWords = 20
)

// takeByMail takes what an answer to a mail about an event names, if it is one line that names one thing of its list and
// nothing else. Everything else stays a comment.
func (h *Helping) takeByMail(ctx context.Context, tx *sqldb.Tx, t mailin.Target, m *mailin.Incoming) (obeyed bool, err error) {
	line := strings.TrimSpace(m.Text)
	if t.ContributionID != 0 || len(m.Attachments) > 0 || len(line) > maxAnswer || strings.Contains(line, "\n") {
		return false, nil
	}
	needs, err := listNeeds(ctx, tx, t.ContentID)
	if err != nil || len(needs) == 0 {
		return false, err
	}
	d, err := findDate(ctx, tx, t.ContentID, "", tx.Now)
	if err != nil || !d.open(tx.Now) {
		return false, err
	}
	if err := fill(ctx, tx, needs, d.ID); err != nil {
		return false, err
	}
	a, ok := read(needs, m.Sender.PersonID, h.deps.Texts.SummaryOf(m.Format, line, maxAnswerWords))
	if !ok {
		return false, nil
	}
	got, err := h.take(ctx, tx, m.Sender, wish{NeedID: a.Need.ID, DateID: d.ID, Amount: a.Amount, At: m.SentAt})
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied):
		return false, nil // whoever takes comments says why this is none
	case errs.Is(err, errs.Conflict):
		return true, h.confirm(ctx, tx, m, a, got, mailin.Reason(h.printer(m), err))
	case err != nil:
		return false, err
	}
	return true, h.confirm(ctx, tx, m, a, got, "")
}

func (h *Helping) printer(m *mailin.Incoming) *lang.Printer {
	return h.deps.Catalogues.Printer(m.Sender.Language, h.deps.Zone)
}

// confirm tells the sender of a mail what they have taken, or why nothing.
func (h *Helping) confirm(ctx context.Context, tx *sqldb.Tx, m *mailin.Incoming, a answer, got taken, refusal string) error {
	address, err := mainAddress(ctx, tx, m.Sender.PersonID)
	if err != nil || address == "" {
		return err
	}
	p := h.printer(m)
	facts, err := h.deps.Dates.DateFacts(lang.With(ctx, p), tx, got.Date.ID)
	if err != nil {
		return err
	}
	l := notify.Letter{
		Address: address, Name: m.Sender.Name, Kind: "help", Language: p.Language(), Answering: m.MessageID,
		Group:   notify.GroupCalled(got.Item.Entity),
		Facts:   facts[got.Date.ID],
		Actions: []notify.Action{{Label: p.T("See the whole list"), URL: h.deps.BaseURL + itemPath(got.Item, got.Date), Primary: true}},
	}
	if refusal != "" {
		l.Subject, l.Intro = p.T("Already taken: %s", a.Need.Title), refusal
		if got.Newer {
			l.Subject = p.T("Not counted: %s", a.Need.Title)
		}
		return h.deps.Letters.Post(ctx, tx, l)
	}
	l.Subject = p.T("Thank you: %s", sayAmount(p, got.Amount, a.Need.Title))
	l.Intro = p.T("You’ve taken “%s” for “%s”.", sayAmount(p, got.Amount, a.Need.Title), got.Item.Title)
	if got.Amount < a.Amount {
		l.Intro += " " + p.T("No more of it was needed.")
	}
	l.Actions = append(l.Actions, notify.Action{Label: p.T("Give it back"), URL: h.linkURL(m.Sender.PersonID, a.Need.ID, got.Date.ID)})
	return h.deps.Letters.Post(ctx, tx, l)
}
