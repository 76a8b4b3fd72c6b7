package pages

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/site"
)

// maxWaiting is how much of what waits stands on the first page.
const maxWaiting = 6

// showWaiting shows what waits for an answer of the viewer, on the first page of the list.
func (p *Pages) showWaiting(v *site.Visit, _ site.Subject) (templ.Component, error) {
	if !v.Viewer.SignedIn() || v.Query("before") != "" {
		return nil, nil //nolint:nilnil // no block
	}
	sources := p.deps.Agenda()
	items, err := agenda.Read(v.Context(), v.Memo(p.deps.DB), v.Viewer, p.deps.DB.Now(), sources)
	if err != nil {
		return nil, err
	}
	lines := agenda.Lines(v, items, sources)
	if len(lines) == 0 {
		return nil, nil //nolint:nilnil // no block
	}
	return waitingBlock(lines[:min(len(lines), maxWaiting)]), nil
}
