package preferences

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (p *Preferences) steps() []site.Step {
	return []site.Step{{
		Name: "notifications", Order: 30, About: "how the person hears of news",
		Show: func(v *site.Visit, _ site.Subject) (site.StepLine, bool, error) {
			chosen, err := hasChosen(v.Context(), p.deps.DB, v.Viewer.PersonID)
			return site.StepLine{
				Title: v.T("Choose how you’re notified"), Text: v.T("By email, on this device, or only here on the site."),
				Links: []parts.Link{{Path: Path, Label: v.T("Choose")}},
			}, chosen, err
		},
	}}
}
