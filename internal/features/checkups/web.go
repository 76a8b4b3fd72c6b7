package checkups

import (
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// administration is the page above.
const administration = "/stadt/admin/"

// view is what the page shows.
type view struct {
	EndedAt  clock.Time // zero before the first run
	Waits    bool       // a run has been asked for
	Summary  string
	Severity doctor.Severity
	Sections []section
	Fine     []string // titles of what nothing is wrong with
}

// section is what one check has found.
type section struct {
	Title    string
	Findings []finding
}

type finding struct {
	Level         parts.Level
	Sign          string // the severity in words
	Wrong, Remedy string
	Detail        string
	Since         clock.Time
}

func (c *Checkups) show(v *site.Visit) error {
	known, err := read(v.Context(), c.deps.DB)
	if err != nil {
		return err
	}
	title := v.T("State of the site")
	return v.Show(site.Page{
		Title: title, Body: body(viewOf(v, known)), Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Administration"), Path: administration}, parts.Crumb{Label: title}),
	})
}

// viewOf puts what is known into the language of the viewer.
func viewOf(v *site.Visit, known state) view {
	all := view{EndedAt: known.EndedAt, Waits: known.waits(), Summary: summary(v.Lang, known.Report), Severity: known.Report.Severity()}
	for _, result := range known.Report.Results {
		if len(result.Findings) == 0 {
			all.Fine = append(all.Fine, v.T(string(result.Title)))
			continue
		}
		s := section{Title: v.T(string(result.Title))}
		for _, f := range result.Findings {
			shown := finding{Level: parts.Info, Sign: sign(v.Lang, f.Severity), Wrong: f.Wrong.In(v.Lang), Remedy: f.Remedy.In(v.Lang), Detail: f.Detail, Since: f.Since}
			if f.Severity == doctor.Problem {
				shown.Level = parts.Problem
			}
			s.Findings = append(s.Findings, shown)
		}
		all.Sections = append(all.Sections, s)
	}
	return all
}

// ask has the site examined. The task runner does it, because it takes a minute or two.
func (c *Checkups) ask(v *site.Visit) error {
	if err := c.askFor(v.Context()); err != nil {
		return err
	}
	v.Flash(parts.Done, "The site is being checked. This takes up to two minutes.")
	return v.Redirect(Path)
}
