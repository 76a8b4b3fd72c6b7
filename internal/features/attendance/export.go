package attendance

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
)

// maxListed is how many answers a list holds at most.
const maxListed = 10_000

// organised returns an event and all who have answered for a date of it, for those who may know.
func (r *Attendance) organised(v *site.Visit) (i content.Item, b board, err error) {
	i, o, s, err := r.visited(v, v.Query(community.DateParameter))
	if err != nil {
		return i, b, err
	}
	if !v.Viewer.SignedIn() {
		return i, b, community.PleaseSignIn()
	}
	if !CanSeeNames(s) {
		return i, b, errs.New(errs.Denied, "Only members of the group can see this.")
	}
	b = board{occasion: o, Entity: i.Entity, Standing: s}
	if b.counts, err = count(v.Context(), r.deps.DB, o); err != nil {
		return i, b, err
	}
	b.Names, err = listAttendances(v.Context(), r.deps.DB, o, maxListed)
	return i, b, err
}

// showList is a list to be printed.
func (r *Attendance) showList(v *site.Visit) error {
	i, b, err := r.organised(v)
	if err != nil {
		return err
	}
	facts, err := r.factsOf(v, i, b.occasion)
	if err != nil {
		return err
	}
	p := content.PageBelow(v, i, v.T("Who’s coming"))
	p.Body, p.Wide = listBody(i.Title, facts, b), true
	return v.Show(p)
}

// sendList sends the list as a table for spreadsheets. Addresses are not in it: who gave one gave it to the site.
func (r *Attendance) sendList(v *site.Visit) error {
	i, b, err := r.organised(v)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString("\uFEFF") // spreadsheets take it for UTF-8 by this alone
	table := csv.NewWriter(&out)
	table.UseCRLF = true
	rows := [][]string{{v.T("Name"), v.T("Answer"), v.T("Guests"), v.T("Answered")}}
	for _, a := range b.Names {
		rows = append(rows, []string{harmless(a.Name), answerLabel(v.Context(), a), strconv.Itoa(a.Guests), a.AnsweredAt.In(r.deps.Zone).Format("2006-01-02 15:04")})
	}
	if err := table.WriteAll(rows); err != nil {
		return fmt.Errorf("write the list of event %d: %w", i.ID, err)
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+i.Slug+`.csv"`)
	h.Set("Cache-Control", "no-store")
	v.W.WriteHeader(http.StatusOK)
	_, err = v.W.Write(out.Bytes())
	return err
}

// harmless returns a text that no spreadsheet takes for a formula.
func harmless(text string) string {
	if strings.TrimLeft(text, "=+-@\t\r\n") == text {
		return text
	}
	return "'" + text
}
