// Package doctor examines a running site and says what is wrong with it, in words and with a remedy.
//
// Rooms contribute checks. Each looks at one part of the site, changes nothing that anybody sees, and has a limit of time
// of its own. All run side by side, so that one that hangs or breaks keeps no other from its answer.
//
// Findings are kept as sentences that have not been translated yet: the same run is read in all languages.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/attempt"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Severity says how bad something is. The zero value says that nothing is wrong.
type Severity int

// The severities, the mildest first.
const (
	Fine    Severity = iota
	Hint             // it works, and could be better
	Warning          // it works for now, or not for everybody
	Problem          // it does not work
)

var severities = []lang.Text{"ok", "hint", "warning", "problem"}

func (s Severity) text() lang.Text {
	if s < Fine || s > Problem {
		return severities[Problem]
	}
	return severities[s]
}

// String returns the name of the severity, as it stands in JSON.
func (s Severity) String() string { return string(s.text()) }

// In says a severity to people; String and the texts that programs read are always English.
func (s Severity) In(p *lang.Printer) string { return p.T(string(s.text())) }

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	n := slices.Index(severities, lang.Text(text))
	if n < 0 {
		return fmt.Errorf("there is no severity %q", text)
	}
	*s = Severity(n)
	return nil
}

// Sentence is a text that is translated later. Its verbs are all %s.
type Sentence struct {
	Text lang.Text `json:"text"`
	Args []string  `json:"args,omitempty"`
}

// Say returns a sentence.
func Say(text lang.Text, args ...string) Sentence { return Sentence{text, args} }

// In returns the sentence in the language of a printer.
func (s Sentence) In(p *lang.Printer) string {
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		args[i] = a
	}
	return p.T(string(s.Text), args...)
}

// Finding is something that is wrong.
type Finding struct {
	Code     string     `json:"code"`              // tells it from others and stays the same: "backups.old"
	Subject  string     `json:"subject,omitempty"` // what it is about, where a code can be found several times
	Severity Severity   `json:"severity"`
	Wrong    Sentence   `json:"wrong"`
	Remedy   Sentence   `json:"remedy"`
	Detail   string     `json:"detail,omitempty"` // what another program or the system said, in its own words
	Since    clock.Time `json:"since,omitzero"`   // when it was found first
}

// same reports whether two findings are about the same: what changes from day to day, such as a number, does not count.
func (f Finding) same(g Finding) bool {
	return f.Code == g.Code && f.Subject == g.Subject && f.Severity == g.Severity
}

// Check examines one part of the site.
type Check struct {
	Name  string // stands in JSON and in the database, and stays the same: "backups"
	Title lang.Text
	Limit time.Duration // after which it is given up; zero is 20 seconds
	// Run returns what is wrong, nothing if all is well. It must end with its context, be harmless while others use the site,
	// and may run in several processes at once. An error says that nothing could be found out.
	Run func(ctx context.Context) ([]Finding, error)
}

// usualLimit is how long a check may take that says nothing else.
const usualLimit = 20 * time.Second

// grace is how long a check is waited for that does not heed the end of its context.
const grace = time.Second

// Doctor runs checks.
type Doctor struct {
	Checks []Check
	Log    *slog.Logger
	Clock  clock.Clock // nil is the system's
}

// Examine runs all checks side by side and returns what they have found, in the order of the checks. It returns at the
// latest a moment after the longest of their limits.
func (d Doctor) Examine(ctx context.Context) Report {
	r := Report{At: d.Clock.Now(), Results: make([]Result, len(d.Checks))}
	var all sync.WaitGroup
	for i, c := range d.Checks {
		all.Go(func() { r.Results[i] = d.run(ctx, c) })
	}
	all.Wait()
	return r
}

// run runs one check, and gives it up if it goes on after its limit.
func (d Doctor) run(ctx context.Context, c Check) Result {
	limit, began := cmp.Or(c.Limit, usualLimit), time.Now()
	found, err := attempt.Within(ctx, limit, grace, c.Run)
	if defect, broke := errors.AsType[*attempt.Panic](err); broke {
		d.Log.ErrorContext(ctx, "a check of the site broke", "check", c.Name, "defect", defect.Defect, "stack", string(defect.Stack))
	}
	switch _, late := errors.AsType[*attempt.Overdue](err); {
	case late:
		found = append(found, overdue(c, limit))
	case err != nil:
		found = append(found, unexamined(c, err))
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return Result{Name: c.Name, Title: c.Title, Findings: found, Complete: err == nil, Took: time.Since(began).Round(time.Millisecond)}
}

// overdue says that a check was given up.
func overdue(c Check, limit time.Duration) Finding {
	return Found(c.Name+".unanswered", Warning, Say(lang.Text("This could not be checked: there was no answer within %s."), limit.String()),
		Say(lang.Text("Run the check again. If it stays like this, something that the site needs hangs: see the log, and whether the machine is overloaded.")))
}

// unexamined says that a check failed.
func unexamined(c Check, reason error) Finding {
	return Found(c.Name+".unexamined", Warning, Say(lang.Text("This could not be checked.")),
		Say(lang.Text("Put right what else is reported here, then run the check again."))).Because(reason)
}

// Result is what one check has found.
type Result struct {
	Name     string        `json:"name"`
	Title    lang.Text     `json:"title"`
	Took     time.Duration `json:"took"`
	Complete bool          `json:"complete"` // else something may be wrong that was not found
	Findings []Finding     `json:"findings,omitempty"`
}

// Severity returns that of the worst finding.
func (r Result) Severity() (worst Severity) {
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Report is what one run has found.
type Report struct {
	At      clock.Time `json:"at"`
	Results []Result   `json:"results"`
}

// Findings returns all findings, the worst first.
func (r Report) Findings() (all []Finding) {
	for _, result := range r.Results {
		all = append(all, result.Findings...)
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}

// Severity returns that of the worst finding.
func (r Report) Severity() (worst Severity) {
	for _, result := range r.Results {
		worst = max(worst, result.Severity())
	}
	return worst
}

// Count returns how many findings have a severity.
func (r Report) Count(s Severity) (n int) {
	for _, f := range r.Findings() {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Follow takes over from an earlier report since when something is known, and what a check had found then that could not
// be completed now: no answer does not mean that all is well again.
func (r *Report) Follow(earlier Report) {
	before := earlier.Findings()
	for i := range r.Results {
		result := &r.Results[i]
		if !result.Complete {
			for _, old := range earlier.of(result.Name) {
				if !slices.ContainsFunc(result.Findings, old.same) && !isAboutCheck(result.Name, old) {
					result.Findings = append(result.Findings, old)
				}
			}
		}
		for k := range result.Findings {
			f := &result.Findings[k]
			f.Since = r.At
			if n := slices.IndexFunc(before, f.same); n >= 0 && !before[n].Since.IsZero() {
				f.Since = before[n].Since
			}
		}
	}
}

func (r Report) of(check string) []Finding {
	for _, result := range r.Results {
		if result.Name == check {
			return result.Findings
		}
	}
	return nil
}

// isAboutCheck reports whether a finding says that its check could not be completed.
func isAboutCheck(check string, f Finding) bool {
	return f.Code == check+".unanswered" || f.Code == check+".unexamined"
}

// Changes returns what has become worse or is new in a report, and what is gone from it, beside an earlier one. Hints and
// checks that could not be completed are no news.
func Changes(earlier, now Report) (fresh, gone []Finding) {
	return news(earlier, now), news(now, earlier)
}

// news returns what one report says that another one does not.
func news(known, report Report) (all []Finding) {
	there := known.Findings()
	for _, result := range report.Results {
		for _, f := range result.Findings {
			if f.Severity > Hint && !isAboutCheck(result.Name, f) && !slices.ContainsFunc(there, f.same) {
				all = append(all, f)
			}
		}
	}
	return all
}

// Found returns a finding.
func Found(code string, s Severity, wrong, remedy Sentence) Finding {
	return Finding{Code: code, Severity: s, Wrong: wrong, Remedy: remedy}
}

// maxDetail is how long the words of others may be, in characters.
const maxDetail = 400

// Because returns the finding with what another program or the system said.
func (f Finding) Because(err error) Finding {
	if err == nil {
		return f
	}
	words := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "�")), " "))
	f.Detail = string(words[:min(len(words), maxDetail)])
	return f
}

// About returns the finding with what it is about.
func (f Finding) About(subject string) Finding {
	f.Subject = subject
	return f
}
