package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/lang"
)

// format is the version of the JSON: it is another one only if something that stood there is gone or means something else.
const format = 1

type (
	document struct {
		Format   int             `json:"format"`
		At       string          `json:"at"`
		Severity Severity        `json:"severity"`
		Checks   []documentCheck `json:"checks"`
	}
	documentCheck struct {
		Name     string            `json:"name"`
		Title    string            `json:"title"`
		Severity Severity          `json:"severity"`
		Complete bool              `json:"complete"`
		TookMS   int64             `json:"took_ms"`
		Findings []documentFinding `json:"findings"`
	}
	documentFinding struct {
		Code     string   `json:"code"`
		Subject  string   `json:"subject,omitempty"`
		Severity Severity `json:"severity"`
		Wrong    string   `json:"wrong"`
		Remedy   string   `json:"remedy"`
		Detail   string   `json:"detail,omitempty"`
	}
)

// WriteJSON writes the report for programs: an object with format, at (RFC 3339), severity and checks. Each check has name,
// title, severity, complete, took_ms and findings; each finding code, severity, wrong, remedy, and perhaps subject and
// detail. What has no translation of its own (name, code, subject, severity) stays the same.
func (r Report) WriteJSON(w io.Writer, p *lang.Printer) error {
	d := document{Format: format, At: r.At.UTC().Format(time.RFC3339), Severity: r.Severity(), Checks: []documentCheck{}}
	for _, result := range r.Results {
		c := documentCheck{
			Name: result.Name, Title: p.T(string(result.Title)), Severity: result.Severity(), Complete: result.Complete,
			TookMS: result.Took.Milliseconds(), Findings: []documentFinding{},
		}
		for _, f := range result.Findings {
			c.Findings = append(c.Findings, documentFinding{f.Code, f.Subject, f.Severity, f.Wrong.In(p), f.Remedy.In(p), f.Detail})
		}
		d.Checks = append(d.Checks, c)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// WriteText writes the report for a terminal: a line for each check, and below it what it has found.
func (r Report) WriteText(w io.Writer, p *lang.Printer) error {
	var b strings.Builder
	for _, result := range r.Results {
		fmt.Fprintf(&b, "%-8s %s\n", result.Severity().In(p), p.T(string(result.Title)))
		for _, f := range result.Findings {
			fmt.Fprintf(&b, "         %s: %s\n         → %s\n", f.Severity.In(p), f.Wrong.In(p), f.Remedy.In(p))
			if f.Detail != "" {
				fmt.Fprintf(&b, "         (%s)\n", f.Detail)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
