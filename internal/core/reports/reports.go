// Package reports tells those who look after the site what went wrong: by mail, grouped, and once an hour at most.
//
// Whoever notices something notes it. What is alike is one line with a number, and of many different things the rest
// is counted together, so that neither the table nor a mail grows with the trouble.
package reports

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/logs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Area is where something went wrong; it decides who is told.
type Area string

// The areas. What concerns incoming mail goes to the postmaster, everything else to the administrators.
const (
	Errors  Area = "errors"  // what the log calls an error: pages that failed because of a defect, jobs that failed for good
	Mail    Area = "mail"    // incoming mail that could not be handled
	Files   Area = "files"   // files that are gone from the media storage
	Backups Area = "backups" // backups that could not be made

	Certificates Area = "certificates" // certificates that did not come
)

const (
	maxGroups  = 40          // lines of one area that are kept apart
	maxSubject = 150         // characters
	maxDetail  = 500         // characters
	others     = logs.Others // the subject of what came when there were maxGroups already
)

// Config is what Reports stands on.
type Config struct {
	DB         *sqldb.DB
	Log        *slog.Logger // one that is not watched: what cannot be reported is not reported either
	Catalogues *lang.Catalogues
	Zone       *time.Location
	SiteName   fmt.Stringer
	URL        string   // of the page for administrators
	Postmaster string   // gets what concerns incoming mail
	To         []string // get everything else; nobody: the administrators of the site

	Letters *notify.Letters
	// Waiting returns since when the mail waits that has waited longest and was tried in vain; zero if none does.
	Waiting func(ctx context.Context) (clock.Time, error)
	// OnceADay reports whether something may be told that is told once a day.
	OnceADay func(ctx context.Context, what string) bool
}

// Reports notes what went wrong and reports it.
type Reports struct{ Config }

// New returns reports.
func New(c Config) *Reports { return &Reports{c} }

// Note notes that something went wrong. It never fails: what cannot be noted stands in the log.
func (r *Reports) Note(ctx context.Context, area Area, subject, detail string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.noteAll(ctx, area, []logs.Entry{{Name: subject, Detail: detail, Count: 1}}); err != nil {
		r.Log.WarnContext(ctx, "what went wrong cannot be noted for the administrators", "area", area, "subject", subject, "error", err)
	}
}

// soon is after how long errors are written down, so that those that come together are written together.
const soon = 2 * time.Second

// Run writes down the errors of a tally until ctx ends, and then what is left. The error is always nil.
func (r *Reports) Run(ctx context.Context, t *logs.Tally) error {
	return t.Run(ctx, soon, func(ctx context.Context, all []logs.Entry) error {
		err := r.noteAll(ctx, Errors, all)
		if err != nil {
			r.Log.WarnContext(ctx, "errors cannot be noted for the administrators yet", "groups", len(all), "error", err)
		}
		return err
	})
}

// IsOwn reports whether a kind of job is one by which is reported: of its failures nobody is told by mail.
func IsOwn(kind string) bool { return kind == Job || kind == JobMail }

func (r *Reports) noteAll(ctx context.Context, area Area, all []logs.Entry) error {
	return r.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		for _, g := range all {
			if err := note(ctx, tx, area, g); err != nil {
				return err
			}
		}
		return nil
	})
}

// note notes in a transaction that something went wrong, so many times.
func note(ctx context.Context, tx *sqldb.Tx, area Area, g logs.Entry) error {
	subject, detail := shorten(g.Name, maxSubject), shorten(g.Detail, maxDetail)
	counted, err := count(ctx, tx, area, subject, detail, g.Count)
	if err != nil || counted {
		return err
	}
	var groups int
	if err := tx.Get(ctx, &groups, `SELECT COUNT(*) FROM incidents WHERE area = ?`, area); err != nil {
		return fmt.Errorf("count what went wrong: %w", err)
	}
	if groups >= maxGroups {
		subject = others
	}
	isNew, err := tx.InsertNew(ctx, `INSERT INTO incidents (area, subject, detail, count, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)`, area, subject, detail, g.Count, tx.Now, tx.Now)
	if err != nil {
		return fmt.Errorf("note what went wrong: %w", err)
	}
	if !isNew {
		_, err = count(ctx, tx, area, subject, detail, g.Count)
	}
	return err
}

// count counts some more of something that is noted already.
func count(ctx context.Context, tx *sqldb.Tx, area Area, subject, detail string, more int) (counted bool, err error) {
	rows, err := tx.Exec(ctx, `UPDATE incidents SET count = count + ?, detail = ?, last_at = ? WHERE area = ? AND subject = ?`, more, detail, tx.Now, area, subject)
	if err != nil {
		return false, fmt.Errorf("count what went wrong: %w", err)
	}
	return rows > 0, nil
}

func shorten(text string, characters int) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
	if runes := []rune(text); len(runes) > characters {
		return string(runes[:characters-1]) + "…"
	}
	return text
}

// The kinds of the jobs by which is reported: of the one that writes the mails, and of those that send them.
const (
	Job     = "reports.tell"
	JobMail = "reports.mail"
)

// Kind returns the job that reports.
func (r *Reports) Kind() queue.Kind {
	return queue.Kind{Name: Job, Lane: queue.Housekeeping, Handle: func(ctx context.Context, j queue.Job) error { return r.tell(ctx, j) }}
}

// Periodic says when it is reported.
func Periodic() queue.Periodic {
	return queue.Periodic{Name: Job, Kind: Job, Schedule: "7 * * * *", Expires: time.Hour}
}

// incident is a line of a report.
type incident struct {
	ID      int64      `db:"id"`
	Area    Area       `db:"area"`
	Subject string     `db:"subject"`
	Detail  string     `db:"detail"`
	Count   int        `db:"count"`
	LastAt  clock.Time `db:"last_at"`
}

// patience is how long a mail may wait before administrators are told: a mail server that is restarted is no news.
const patience = 4 * time.Hour

// tell writes to everybody whom something concerns, and forgets what they are told, in one transaction with the end of
// the job.
func (r *Reports) tell(ctx context.Context, job queue.Job) error {
	since, err := r.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("look for mails that wait: %w", err)
	}
	if since.IsZero() || r.DB.Now().Sub(since.Time) < patience || !r.OnceADay(ctx, "mails wait") {
		since = clock.Time{}
	}
	return r.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		var all []incident
		if err := tx.SelectLocked(ctx, &all, `SELECT id, area, subject, detail, count, last_at FROM incidents ORDER BY area, last_at DESC, id`); err != nil {
			return fmt.Errorf("read what went wrong: %w", err)
		}
		if err := r.post(ctx, tx, all, since); err != nil {
			return err
		}
		if ids := idsOf(all); len(ids) > 0 {
			if _, err := tx.Exec(ctx, `DELETE FROM incidents WHERE id IN (?)`, ids); err != nil {
				return fmt.Errorf("forget what was told: %w", err)
			}
		}
		return job.Finish(ctx, tx)
	})
}

func idsOf(all []incident) []int64 {
	ids := make([]int64, len(all))
	for i, n := range all {
		ids[i] = n.ID
	}
	return ids
}

// post posts the letters: to the postmaster what concerns incoming mail, to administrators the rest.
func (r *Reports) post(ctx context.Context, tx *sqldb.Tx, all []incident, waiting clock.Time) error {
	ofMail := slices.DeleteFunc(slices.Clone(all), func(n incident) bool { return n.Area != Mail })
	rest := slices.DeleteFunc(slices.Clone(all), func(n incident) bool { return n.Area == Mail })
	if len(ofMail) > 0 {
		p := r.Catalogues.Printer("", r.Zone)
		letter := r.letter(p, r.Postmaster, ofMail)
		letter.Subject = p.T("%s: incoming emails could not be processed", r.SiteName)
		letter.Intro = p.T("The mail server will keep trying these emails for a few days. They failed because of a bug, or because something the site needs is missing; see the log for details.")
		if err := r.Letters.PostAs(ctx, tx, JobMail, letter); err != nil {
			return err
		}
	}
	if len(rest) == 0 && waiting.IsZero() {
		return nil
	}
	return r.Tell(ctx, tx, func(p *lang.Printer) notify.Letter { return r.news(p, rest, waiting) })
}

// Tell posts a letter to everybody who looks after the site, each in their language. compose leaves out the address.
func (r *Reports) Tell(ctx context.Context, tx *sqldb.Tx, compose func(p *lang.Printer) notify.Letter) error {
	to, err := r.administrators(ctx, tx)
	if err != nil {
		return err
	}
	for _, a := range to {
		p := r.Catalogues.Printer(a.Language, r.Zone)
		letter := compose(p)
		letter.Address, letter.Language = a.Address, p.Language()
		if err := r.Letters.PostAs(ctx, tx, JobMail, letter); err != nil {
			return err
		}
	}
	return nil
}

// news returns the letter to somebody who looks after the site.
func (r *Reports) news(p *lang.Printer, all []incident, waiting clock.Time) notify.Letter {
	letter := r.letter(p, "", all)
	letter.Subject = p.T("%s: something went wrong", r.SiteName)
	letter.Intro = p.T("This has happened since the last report. You’ll get at most one report an hour.")
	if !waiting.IsZero() {
		letter.Facts = append([]notify.Fact{{Label: p.T("Emails can’t be sent"), Value: p.T("the oldest has been waiting since %s", p.DateTime(waiting))}}, letter.Facts...)
	}
	letter.Actions = []notify.Action{{Label: p.T("Go to the administration page"), URL: r.URL, Primary: true}}
	return letter
}

// letter returns a letter that lists what went wrong.
func (r *Reports) letter(p *lang.Printer, address string, all []incident) notify.Letter {
	l := notify.Letter{Address: address, Kind: "report", Language: p.Language()}
	for _, n := range all {
		label := n.Subject
		if n.Subject == others {
			label = p.T("Other problems")
		}
		l.Facts = append(l.Facts, notify.Fact{Label: fmt.Sprintf("%d × %s", n.Count, label), Value: n.Detail})
	}
	return l
}

// administrator is somebody who is told.
type administrator struct {
	Address  string `db:"address"`
	Language string `db:"language"`
}

// administrators returns who is told: those whom an option names, or else the administrators of the site.
func (r *Reports) administrators(ctx context.Context, q sqldb.Querier) ([]administrator, error) {
	var all []administrator
	for _, address := range r.To {
		all = append(all, administrator{Address: address})
	}
	if len(all) > 0 {
		return all, nil
	}
	err := q.Select(ctx, &all, `SELECT m.address, p.language FROM people p JOIN email_addresses m ON m.person_id = p.id AND m.main
		WHERE p.admin AND p.active ORDER BY p.id`)
	if err != nil {
		return nil, fmt.Errorf("look for the administrators: %w", err)
	}
	return all, nil
}
