package preferences

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/site"
)

// choice is what the page says of a channel.
type choice struct {
	notify.Setting
	Wanted bool
}

func (p *Preferences) editPreferences(v *site.Visit) error {
	timings, err := p.Timings(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	var choices []choice
	for _, channel := range p.deps.Channels {
		choices = append(choices, choice{Setting: channel.Setting(), Wanted: timings[channel.Name()] != notify.Never})
	}
	return v.Show(site.Page{
		Title: v.T("Notifications"), Hidden: true, Body: preferencesBody(p.deps.Menu(v), choices),
		Crumbs: []site.Crumb{{Label: v.Viewer.Name, Path: community.EntityPath(v.Viewer.Slug)}, {Label: v.T("Settings"), Path: "/stadt/settings/"}, {Label: v.T("Notifications")}},
	})
}

// updatePreferences reads one checkbox for each channel that has one; a form sends those that are ticked.
func (p *Preferences) updatePreferences(v *site.Visit) error {
	var none struct{}
	if err := v.Bind(&none); err != nil {
		return err
	}
	timings := map[string]notify.Timing{}
	for _, channel := range p.deps.Channels {
		field := channel.Setting().Field
		if field == "" {
			continue
		}
		timings[channel.Name()] = notify.Never
		if v.R.PostForm.Has(field) {
			timings[channel.Name()] = notify.AtOnce
		}
	}
	if err := p.Update(v.Context(), v.Viewer, timings); err != nil {
		return err
	}
	v.Flash(site.Done, "Your choice is saved.")
	return v.Redirect(Path)
}
