package attendance

import (
	"context"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// tokenKind is the kind of the tokens in these links.
const tokenKind = "attend"

// pending is what such a link stands for.
type pending struct {
	ContentID int64  `json:"content"`
	DateID    int64  `json:"date"` // 0 for a whole series
	Name      string `json:"name"`
	Language  string `json:"language"`
	Guests    int    `json:"guests"`
}

// sendLink sends the letter with the link that keeps an answer. It goes to whatever address was typed.
func (r *Attendance) sendLink(ctx context.Context, i content.Item, o occasion, f requestForm, language string) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		to, err := r.deps.ByMail.Addressee(ctx, tx, f.Address, language)
		if err != nil {
			return err
		}
		title := notify.Called(i.Title, i.Slug)
		return r.deps.ByMail.Send(ctx, tx, to, bymail.Letter{
			Kind: "confirm-attendance", Subject: to.Lang.T("Please confirm: %s", title), Group: notify.GroupCalled(i.Entity),
			Intro:  to.Lang.T("Someone (probably you) would like to come to “%s” and entered this email address at %s.", title, r.deps.SiteName),
			Button: to.Lang.T("I’m coming"), Path: confirmPath, Token: tokens.Token{Kind: tokenKind, EntityID: i.Entity.ID},
			Data: pending{ContentID: i.ID, DateID: o.dateID(), Name: f.Name, Language: to.Lang.Language(), Guests: f.Guests},
		})
	})
}

// publicItem returns an event that everybody may read, whoever has signed in: an answer by mail says no more than that.
func (r *Attendance) publicItem(ctx context.Context, q sqldb.Querier, id int64) (content.Item, error) {
	i, _, err := r.deps.Content.Get(ctx, q, community.Viewer{}, id)
	if errs.Is(err, errs.Unauthenticated) {
		err = errs.New(errs.NotFound, "This event isn’t public any more.")
	}
	return i, err
}

// redeem keeps the answer that a link stands for, and sends the one by which it is changed.
func (r *Attendance) redeem(ctx context.Context, secret string) (kept attendance, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenKind, secret)
		if err != nil {
			return err
		}
		var p pending
		if err := t.Decode(&p); err != nil {
			return err
		}
		if _, err := r.publicItem(ctx, tx, p.ContentID); err != nil {
			return err
		}
		kept, err = r.answerByMail(ctx, tx, Given{
			ContentID: p.ContentID, DateID: p.DateID, Address: t.Address, Name: p.Name, Language: p.Language, Answer: Yes, Guests: p.Guests,
		})
		return err
	})
	return kept, err
}

// answerByMail keeps an answer by an address and tells whoever reads the mailbox, who may have an account there.
func (r *Attendance) answerByMail(ctx context.Context, tx *sqldb.Tx, g Given) (attendance, error) {
	if err := r.Answer(ctx, tx, g); err != nil {
		return attendance{}, err
	}
	who, err := r.identify(ctx, tx, g)
	if err != nil {
		return who, err
	}
	own, err := listOwn(ctx, tx, g.ContentID, who.PersonID, who.AddressKey)
	if err != nil {
		return who, err
	}
	at := slices.IndexFunc(own, func(a attendance) bool { return a.DateID == g.DateID })
	if at < 0 {
		return who, errs.New(errs.NotFound, "This answer has been deleted.")
	}
	return own[at], r.post(ctx, tx, own[at:at+1], sayKept, kept{})
}

// changeByMail changes the answer of somebody without an account to a public event.
func (r *Attendance) changeByMail(ctx context.Context, a attendance, answer Answer, guests int) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := r.publicItem(ctx, tx, a.ContentID); err != nil {
			return err
		}
		return r.Answer(ctx, tx, Given{
			ContentID: a.ContentID, DateID: a.DateID, Address: a.Address, Name: a.Name, Language: a.Language, Answer: answer, Guests: guests,
		})
	})
}

// withdrawByMail deletes an answer of somebody without an account, and with it the address.
func (r *Attendance) withdrawByMail(ctx context.Context, a attendance) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return r.withdraw(ctx, tx, []attendance{a}) })
}
