package people

import (
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (p *People) routes() []site.Route {
	get, post := http.MethodGet, http.MethodPost
	return []site.Route{
		{Method: get, Path: site.SettingsPath, Handle: p.editProfile, SignedIn: true},
		{Method: post, Path: site.SettingsPath, Handle: p.updateProfile, SignedIn: true},
		{Method: get, Path: directoryPath, Handle: p.showDirectory, Cached: true, Query: []string{"name", site.OrderParameter, "after"}},
		{Method: get, Path: community.MentionsPath, Handle: p.showMentions, SignedIn: true, Query: []string{"q"}, Failures: site.AsJSON},
	}
}

type profileForm struct {
	Slug      string `form:"slug"       text:"line"`
	FirstName string `form:"first_name" text:"line"`
	LastName  string `form:"last_name"  text:"line"`
	About     string `form:"about"`
	Public    bool   `form:"public"`
	Language  string `form:"language"   text:"line"`
}

func (p *People) editProfile(v *site.Visit) error {
	profile, err := p.Profile(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	return v.Show(p.profilePage(v, profileForm(profile), parts.Errors{}))
}

func (p *People) updateProfile(v *site.Visit) error {
	var f profileForm
	show := func(e parts.Errors) (site.Page, error) { return p.profilePage(v, f, e), nil }
	if err := v.Bind(&f); err != nil {
		return v.ShowAgain(err, show)
	}
	if err := p.UpdateProfile(v.Context(), v.Viewer, Profile(f)); err != nil {
		return v.ShowAgain(err, show)
	}
	v.Flash(parts.Done, "Your profile is saved.")
	return v.Redirect(community.EntityPath(f.Slug))
}

func (p *People) profilePage(v *site.Visit, f profileForm, e parts.Errors) site.Page {
	return v.SettingsPage(v.T("Profile"), profileBody(f, p.languageOptions(v), e))
}

// languageOptions are the languages that a person can choose.
func (p *People) languageOptions(v *site.Visit) []parts.Option {
	options := []parts.Option{{Value: "", Label: v.T("The language of this site")}}
	for _, code := range p.deps.Catalogues.Languages() {
		options = append(options, parts.Option{Value: code, Label: site.LanguageName(code)})
	}
	return options
}

// directoryPath is where the people stand who show their profile to everybody.
const directoryPath = "/stadt/gestalten/"

func (p *People) showDirectory(v *site.Visit) error {
	q := Query{Name: v.Query("name"), Sort: entities.ParseSort(v.Query(site.OrderParameter)), After: v.After()}
	found, last, err := p.Directory(v.Context(), p.deps.DB, q)
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("People"), Wide: true, Body: directoryBody(v, q, found, last), Canonical: directoryPath, NoIndex: v.Narrowed(),
		Description: v.T("The people in town who show their page to everyone."),
	})
}

// showMentions answers the script of the editor.
func (p *People) showMentions(v *site.Visit) error {
	found, err := p.Mentions(v.Context(), p.deps.DB, v.Query("q"))
	if err != nil {
		return err
	}
	if found == nil {
		found = []Mention{}
	}
	return v.ShowJSON(http.StatusOK, found)
}
