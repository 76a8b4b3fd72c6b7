package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

func found(code string, s doctor.Severity) doctor.Finding {
	return doctor.Found(code, s, doctor.Say("It is %s.", code), doctor.Say("Mend it."))
}

func check(name string, run func(context.Context) ([]doctor.Finding, error)) doctor.Check {
	return doctor.Check{Name: name, Title: lang.Text(name), Limit: 50 * time.Millisecond, Run: run}
}

func codes(all []doctor.Finding) (list []string) {
	for _, f := range all {
		list = append(list, f.Code+" "+f.Severity.String())
	}
	return list
}

func TestACheckThatHangsOrBreaksStopsNoOther(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	defer close(stuck)
	d := doctor.Doctor{Log: slog.New(slog.DiscardHandler), Checks: []doctor.Check{
		check("deaf", func(context.Context) ([]doctor.Finding, error) { <-stuck; return nil, nil }),
		check("slow", func(ctx context.Context) ([]doctor.Finding, error) { <-ctx.Done(); return nil, ctx.Err() }),
		check("broken", func(context.Context) ([]doctor.Finding, error) { panic("defect") }),
		check("failing", func(context.Context) ([]doctor.Finding, error) {
			return []doctor.Finding{found("failing.half", doctor.Hint)}, errors.New("no way")
		}),
		check("fine", func(context.Context) ([]doctor.Finding, error) { return nil, nil }),
		check("wrong", func(context.Context) ([]doctor.Finding, error) {
			return []doctor.Finding{found("wrong.a", doctor.Hint), found("wrong.b", doctor.Problem)}, nil
		}),
	}}
	r := d.Examine(t.Context())
	want := []string{
		"wrong.b problem", "deaf.unanswered warning", "slow.unanswered warning", "broken.unexamined warning", "failing.unexamined warning",
		"failing.half hint", "wrong.a hint",
	}
	if got := codes(r.Findings()); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for _, result := range r.Results {
		if result.Complete != (result.Name == "fine" || result.Name == "wrong") {
			t.Errorf("%s: complete is %t", result.Name, result.Complete)
		}
	}
	if r.Severity() != doctor.Problem || r.Count(doctor.Warning) != 4 {
		t.Errorf("%s, %d warnings", r.Severity(), r.Count(doctor.Warning))
	}
}

func TestOnlyWhatHasChangedIsNews(t *testing.T) {
	t.Parallel()
	monday, tuesday := clock.Date(2026, 11, 30, 6, 0), clock.Date(2026, 12, 1, 6, 0)
	report := func(at clock.Time, complete bool, all ...doctor.Finding) doctor.Report {
		return doctor.Report{At: at, Results: []doctor.Result{{Name: "a", Complete: complete, Findings: all}}}
	}
	days := func(n string) doctor.Finding {
		f := found("a.ends", doctor.Warning)
		f.Wrong.Args = []string{n}
		return f
	}
	for _, c := range []struct {
		what        string
		before, now []doctor.Finding
		incomplete  bool
		fresh, gone []string
	}{
		{what: "nothing, and nothing"},
		{what: "something new", now: []doctor.Finding{found("a.x", doctor.Problem)}, fresh: []string{"a.x problem"}},
		{what: "the same with another number", before: []doctor.Finding{days("5")}, now: []doctor.Finding{days("4")}},
		{what: "worse", before: []doctor.Finding{found("a.x", doctor.Warning)}, now: []doctor.Finding{found("a.x", doctor.Problem)}, fresh: []string{"a.x problem"}, gone: []string{"a.x warning"}},
		{what: "about something else", before: []doctor.Finding{found("a.x", doctor.Problem).About("1")}, now: []doctor.Finding{found("a.x", doctor.Problem).About("1"), found("a.x", doctor.Problem).About("2")}, fresh: []string{"a.x problem"}},
		{what: "mended", before: []doctor.Finding{found("a.x", doctor.Problem)}, gone: []string{"a.x problem"}},
		{what: "a hint", now: []doctor.Finding{found("a.x", doctor.Hint)}},
		{what: "no answer", before: []doctor.Finding{found("a.x", doctor.Problem)}, now: []doctor.Finding{found("a.unanswered", doctor.Warning)}, incomplete: true},
		{what: "an answer again", before: []doctor.Finding{found("a.unanswered", doctor.Warning)}},
	} {
		before, now := report(monday, true, c.before...), report(tuesday, !c.incomplete, c.now...)
		before.Follow(doctor.Report{})
		now.Follow(before)
		fresh, gone := doctor.Changes(before, now)
		if !slices.Equal(codes(fresh), c.fresh) || !slices.Equal(codes(gone), c.gone) {
			t.Errorf("%s: new %q, want %q; gone %q, want %q", c.what, codes(fresh), c.fresh, codes(gone), c.gone)
		}
		for _, f := range now.Findings() {
			known := slices.ContainsFunc(c.before, func(g doctor.Finding) bool {
				return g.Code == f.Code && g.Severity == f.Severity && g.Subject == f.Subject
			})
			if since := f.Since; known && since != monday || !known && since != tuesday {
				t.Errorf("%s: %s is known since %s", c.what, f.Code, since)
			}
		}
	}
}

func TestAReportIsForPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	r := doctor.Report{At: clock.Date(2026, 11, 30, 6, 0), Results: []doctor.Result{
		{Name: "disk", Title: "Disk", Complete: true, Took: 1500 * time.Microsecond},
		{Name: "mail", Title: "Mail", Complete: true, Findings: []doctor.Finding{found("mail.lost", doctor.Problem).About("x").Because(errors.New("550 <no>\nsuch user"))}},
	}}
	var text, document strings.Builder
	if err := errors.Join(r.WriteText(&text, new(lang.Printer)), r.WriteJSON(&document, new(lang.Printer))); err != nil {
		t.Fatal(err)
	}
	if want := "ok       Disk\nproblem  Mail\n         problem: It is mail.lost.\n         → Mend it.\n         (550 <no> such user)\n"; text.String() != want {
		t.Errorf("the text is\n%s\nwant\n%s", text.String(), want)
	}
	text.Reset()
	if err := r.WriteText(&text, localetest.Catalogues(t).Printer("de", time.UTC)); err != nil || !strings.HasPrefix(text.String(), "ok       Disk\nProblem  Mail\n         Problem: ") {
		t.Errorf("in German the text is\n%s%v", text.String(), err)
	}
	const want = `{
  "format": 1,
  "at": "2026-11-30T06:00:00Z",
  "severity": "problem",
  "checks": [
    {
      "name": "disk",
      "title": "Disk",
      "severity": "ok",
      "complete": true,
      "took_ms": 1,
      "findings": []
    },
    {
      "name": "mail",
      "title": "Mail",
      "severity": "problem",
      "complete": true,
      "took_ms": 0,
      "findings": [
        {
          "code": "mail.lost",
          "subject": "x",
          "severity": "problem",
          "wrong": "It is mail.lost.",
          "remedy": "Mend it.",
          "detail": "550 <no> such user"
        }
      ]
    }
  ]
}
`
	if document.String() != want {
		t.Errorf("the JSON is\n%s", document.String())
	}
	kept, err := json.Marshal(r)
	var read doctor.Report
	if err != nil || json.Unmarshal(kept, &read) != nil || read.Severity() != doctor.Problem || read.Findings()[0].Wrong.In(new(lang.Printer)) != "It is mail.lost." {
		t.Errorf("kept as %s: %v", kept, err)
	}
}
