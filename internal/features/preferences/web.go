package preferences

import (
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
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
	for _, s := range p.switches() {
		on, err := s.Get(v.Context(), p.deps.DB, v.Viewer.PersonID)
		if err != nil {
			return err
		}
		choices = append(choices, choice{Setting: notify.Setting{Field: s.Field, Label: s.Label, Hint: s.Hint}, Wanted: on})
	}
	return v.Show(v.SettingsPage(v.T("Notifications"), preferencesBody(choices)))
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
	on := map[string]bool{}
	for _, s := range p.switches() {
		on[s.Field] = v.R.PostForm.Has(s.Field)
	}
	if err := p.Update(v.Context(), v.Viewer, timings, on); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your choice is saved.")
	return v.Redirect(Path)
}
