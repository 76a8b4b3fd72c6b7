// Package doctorctl is the command that examines a site.
package doctorctl

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/locale"
)

// Doctor examines the site.
type Doctor struct {
	JSON     bool   `name:"json" help:"Print what was found as JSON."`
	Language string `default:"en" placeholder:"CODE" help:"The language of what was found: en or de."`
}

// The codes by which the command ends, beside 0 for a site with nothing but hints.
const (
	warned = 3
	broken = 4
)

// Run implements the command. It looks at a site that does not work, too: what keeps it from starting is a finding.
func (c *Doctor) Run(ctx context.Context, p *process.Process) error {
	catalogues, err := lang.Load(locale.FS)
	if err != nil {
		return err
	}
	if all := catalogues.All(); !slices.Contains(all, c.Language) {
		return fmt.Errorf("there is no language %q: --language may be %s", c.Language, strings.Join(all, " or "))
	}
	report, err := examine(ctx, p)
	if err != nil {
		return err
	}
	write := report.WriteText
	if c.JSON {
		write = report.WriteJSON
	}
	if err := write(p.Stdout, catalogues.Printer(catalogues.Match(c.Language), time.Local)); err != nil { //nolint:gosmopolitan // what stands on a terminal is said in its zone
		return err
	}
	switch report.Severity() {
	case doctor.Problem:
		return process.Exit{Code: broken}
	case doctor.Warning:
		return process.Exit{Code: warned}
	}
	return nil
}

// examine runs all checks, or says why there is nothing to check.
func examine(ctx context.Context, p *process.Process) (doctor.Report, error) {
	o, _, err := p.ReadOptions()
	if err != nil {
		return alone(doctor.Found("start.configuration", doctor.Problem,
			doctor.Say(lang.Text("The configuration is not right, and the program doesn’t start.")),
			doctor.Say(lang.Text("Correct what is named below."))).Because(err)), nil
	}
	if err := o.Find(); err != nil {
		return doctor.Report{}, err
	}
	h, err := p.BuildWith(ctx, o, func(*app.House, context.Context) error { return nil })
	if err != nil {
		return alone(doctor.Found("start.failed", doctor.Problem,
			doctor.Say(lang.Text("The program doesn’t start.")),
			doctor.Say(lang.Text("Put right what is named below."))).Because(err)), nil
	}
	report := h.Doctor().Examine(ctx)
	return report, h.Close()
}

// alone returns a report of one finding.
func alone(f doctor.Finding) doctor.Report {
	return doctor.Report{At: clock.At(time.Now()), Results: []doctor.Result{{Name: "start", Title: lang.Text("Start"), Complete: true, Findings: []doctor.Finding{f}}}}
}
