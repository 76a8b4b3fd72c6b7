package helping

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Lines returns what a list of lines says, in one.
func Lines(text string) string {
	var all []string
	for _, d := range parseLines(text) {
		all = append(all, fmt.Sprintf("%d %s", d.Wanted, d.Title))
	}
	return strings.Join(all, "|")
}

// Reads returns what a line of a mail asks for: "2 of 1".
func Reads(needs []Need, personID int64, line string) string {
	a, ok := read(needs, personID, line)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d of %d", a.Amount, a.Need.ID)
}

// Give lets somebody take some of a need.
func Give(n *Need, personID int64, amount int) {
	n.Takings = append(n.Takings, taking{NeedID: n.ID, PersonID: personID, Amount: amount})
}

// Wrong returns the fields of a list that are wrong.
func Wrong(lines string) string {
	e, ok := errors.AsType[*errs.Error](validate(parseLines(lines), nil))
	if !ok {
		return ""
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return fmt.Sprint(names)
}

// TakeSome lets somebody take some of a need, and returns how many they have.
func (h *Helping) TakeSome(ctx context.Context, v community.Viewer, needID, dateID int64, amount int) (int, error) {
	got, err := h.takeSome(ctx, v, wish{NeedID: needID, DateID: dateID, Amount: amount})
	return got.Amount, err
}

// Write replaces the list of an event by lines.
func (h *Helping) Write(ctx context.Context, v community.Viewer, contentID int64, lines string) error {
	needs, err := listNeeds(ctx, h.deps.DB, contentID)
	if err != nil {
		return err
	}
	var drafts []draft
	for _, n := range needs {
		drafts = append(drafts, draft{ID: n.ID})
	}
	return h.Save(ctx, v, contentID, append(drafts, parseLines(lines)...))
}

// Add adds lines to the list of an event.
func (h *Helping) Add(ctx context.Context, v community.Viewer, contentID int64, lines string) error {
	return h.Save(ctx, v, contentID, parseLines(lines))
}
