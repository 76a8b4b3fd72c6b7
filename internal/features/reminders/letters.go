package reminders

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// remindStrangers reminds those who come to some dates without an account. Of what is not public any more they learn
// nothing.
func (r *Reminders) remindStrangers(ctx context.Context, dates []nearDate) error {
	byID := map[int64]nearDate{}
	var ids []int64
	for _, d := range dates {
		if d.Public {
			byID[d.ID] = d
			ids = append(ids, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	strangers, err := r.deps.Attendance.StrangersComingAt(ctx, r.deps.DB, ids)
	if err != nil || len(strangers) == 0 {
		return err
	}
	before, err := listRemindedStrangers(ctx, r.deps.DB, ids)
	if err != nil {
		return err
	}
	q := sqldb.NewMemo(r.deps.DB) // they are reminded of the same dates
	var rows [][]any
	var letters []notify.Letter
	for _, s := range strangers {
		if before[answerAt{DateID: s.DateID, AttendanceID: s.ID}] {
			continue
		}
		d := byID[s.DateID]
		l, err := r.letter(ctx, q, d, s)
		if err != nil {
			return err
		}
		rows, letters = append(rows, []any{d.ID, s.ID, d.StartsAt}), append(letters, l)
	}
	if len(letters) == 0 {
		return nil
	}
	err = r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if err := tx.InsertRows(ctx, `INSERT INTO reminded_strangers (date_id, attendance_id, starts_at)`, rows); err != nil {
			return err
		}
		return r.deps.Letters.PostAll(ctx, tx, letters)
	})
	if errs.Is(err, errs.Conflict) {
		return nil // another process has just reminded them
	}
	return err
}

// letter returns the reminder of a date for somebody who comes without an account.
func (r *Reminders) letter(ctx context.Context, q sqldb.Querier, d nearDate, s attendance.Stranger) (notify.Letter, error) {
	p := r.deps.Catalogues.Printer(s.Language, r.deps.Zone)
	facts, err := r.deps.Dates.DateFacts(lang.With(ctx, p), q, d.ID)
	l := notify.Letter{
		Address: s.Address, Name: s.Name, Kind: "reminder", Language: p.Language(),
		Facts: facts[d.ID],
		Note:  p.T("You get this email because you said that you’re coming."),
		Actions: []notify.Action{
			{Label: p.T("Go to the event"), URL: r.deps.BaseURL + datePath(d), Primary: true}, {Label: p.T("Change your answer"), URL: s.URL},
		},
	}
	l.Subject, l.Intro = r.say(p, d)
	return l, err
}

// datePath returns the address of a date.
func datePath(d nearDate) string {
	if d.Several {
		return community.DatePath(community.ContentPermalink(d.ContentID), d.Day)
	}
	return community.ContentPermalink(d.ContentID)
}

// say says how near a date is.
func (r *Reminders) say(p *lang.Printer, d nearDate) (subject, intro string) {
	switch near(d.StartsAt, d.AllDay, d.Begins, r.deps.DB.Now(), r.deps.Zone) {
	case today:
		return p.T("Today: %s", d.Title), p.T("“%s” takes place today.", d.Title)
	case tomorrow:
		return p.T("Tomorrow: %s", d.Title), p.T("“%s” takes place tomorrow.", d.Title)
	default:
		return p.T("Coming up: %s", d.Title), p.T("“%s” takes place soon.", d.Title)
	}
}
