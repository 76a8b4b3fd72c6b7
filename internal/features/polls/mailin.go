package polls

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxAnswer is how many bytes an answer may have that is a vote.
const maxAnswer = 100

// voteByMail counts an answer to a mail about a poll that asks one thing, if it is one word: yes, no or maybe.
// Everything else stays a comment. To a secret poll it is neither: a comment would say what nobody is to know.
func (r *Polls) voteByMail(ctx context.Context, tx *sqldb.Tx, t mailin.Target, m *mailin.Incoming) (obeyed bool, err error) {
	line := strings.TrimSpace(m.Text)
	if t.ContributionID != 0 || len(m.Attachments) > 0 || len(line) > maxAnswer {
		return false, nil
	}
	value, ok := parseAnswer(line)
	if !ok {
		return false, nil
	}
	p, err := getPoll(ctx, tx, t.ContentID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil || !p.single() && !p.Secret {
		return false, err
	}
	if p.Secret {
		return true, r.refuse(ctx, tx, m, t.ContentID)
	}
	k, err := r.voteIn(ctx, tx, m.Sender, said{ContentID: t.ContentID, Ballot: ballot{p.Options[0].ID: value}, At: m.SentAt})
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied):
		return false, nil // whoever takes comments says why this is none
	case errs.Is(err, errs.Conflict):
		return true, r.answer(ctx, tx, m, k, mailin.Reason(r.printer(m), err))
	case err != nil:
		return false, err
	}
	return true, r.answer(ctx, tx, m, k, "")
}

func (r *Polls) printer(m *mailin.Incoming) *lang.Printer {
	return r.deps.Catalogues.Printer(m.Sender.Language, r.deps.Zone)
}

// refuse tells the sender of a mail that one votes on the website in a secret poll. What the mail says is kept nowhere.
func (r *Polls) refuse(ctx context.Context, tx *sqldb.Tx, m *mailin.Incoming, contentID int64) error {
	i, _, err := r.content.Get(ctx, tx, m.Sender, contentID)
	if err != nil {
		return err
	}
	return r.answer(ctx, tx, m, kept{Item: i}, r.printer(m).T("This poll is secret, so votes can’t be sent by email. We’ve deleted your email. Please vote on the website."))
}

// answer tells the sender of a mail that their vote counts and how they change it, or why it does not.
func (r *Polls) answer(ctx context.Context, tx *sqldb.Tx, m *mailin.Incoming, k kept, refusal string) error {
	address, err := mainAddress(ctx, tx, m.Sender.PersonID)
	if err != nil || address == "" {
		return err
	}
	p, entity := r.printer(m), k.Item.Entity
	l := notify.Letter{
		Address: address, Name: m.Sender.Name, Kind: "vote", Language: p.Language(), Answering: m.MessageID,
		Actions: []notify.Action{{Label: p.T("Go to the poll"), URL: r.deps.BaseURL + k.Item.Path(), Primary: true}},
	}
	if entity.IsGroup() {
		l.Group = &entity
	}
	if refusal != "" {
		l.Subject, l.Intro = p.T("Not counted: %s", k.Item.Title), refusal
		return r.deps.Letters.Post(ctx, tx, l)
	}
	o := k.Poll.Options[0]
	own, err := findVote(ctx, tx, k.Item.ID, m.Sender.PersonID)
	if err != nil {
		return err
	}
	b, err := own.ballot()
	if err != nil {
		return err
	}
	l.Subject = p.T("Your vote: %s", k.Item.Title)
	l.Intro = p.T("You voted “%[1]s” on “%[2]s”.", sayAnswer(p, false, b, o.ID), k.Item.Title)
	l.Note = p.T("To change your vote, reply to the email about the poll again, or use one of these links.")
	for _, value := range []int{yes, maybe, no} {
		if value != b[o.ID] {
			l.Actions = append(l.Actions, notify.Action{Label: p.T("Change to “%s”", sayAnswer(p, false, ballot{o.ID: value}, o.ID)), URL: r.answerURL(m.Sender.PersonID, o.ID, answerName(value))})
		}
	}
	return r.deps.Letters.Post(ctx, tx, l)
}
