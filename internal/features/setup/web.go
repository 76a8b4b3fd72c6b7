package setup

import (
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

// afterwards is where the administrator finds what the site still needs.
const afterwards = "/stadt/admin/"

// setupForm has the names that the form for signing up has.
type setupForm struct {
	Description

	Code     string `form:"code"      text:"line"`
	Name     string `form:"name"      text:"line"`
	Address  string `form:"email"     text:"line"`
	Password string `form:"password1" text:"raw"`
	Repeated string `form:"password2" text:"raw"`
}

// setupView is the form, and what it asks.
type setupView struct {
	setupForm

	Asks      Questions
	Languages []parts.Option
	Errors    parts.Errors
}

// here returns NotFound once the site has been set up.
func (s *Setup) here(v *site.Visit) error {
	empty, err := s.Empty(v.Context())
	if err == nil && !empty {
		err = community.ErrNothingHere()
	}
	return err
}

func (s *Setup) page(v *site.Visit, f setupForm, wrong parts.Errors) site.Page {
	view := setupView{setupForm: f, Asks: s.Questions(v.Context()), Errors: wrong}
	for _, code := range s.deps.Catalogues.All() {
		view.Languages = append(view.Languages, parts.Option{Value: code, Label: site.LanguageName(code)})
	}
	return site.Page{Title: v.T("Set up your site"), Body: setupBody(view), Hidden: true}
}

func (s *Setup) showSetup(v *site.Visit) error {
	if err := s.here(v); err != nil {
		return err
	}
	return v.Show(s.page(v, setupForm{Description: Description{Language: v.Lang.Language(), Claim: s.Questions(v.Context()).KnownClaim}}, parts.Errors{}))
}

func (s *Setup) createSetup(v *site.Visit) error {
	if err := s.here(v); err != nil {
		return err
	}
	var f setupForm
	err := v.Bind(&f)
	if err == nil && f.Language != "" && !slices.Contains(s.deps.Catalogues.All(), f.Language) {
		err = errs.Check(errs.Field("language", "Choose one of these languages."))
	}
	var person community.Person
	if err == nil {
		person, err = s.Begin(v.Context(), Beginning(f))
	}
	if errs.Is(err, errs.Conflict) {
		return community.ErrNothingHere() // somebody else was faster
	}
	if err != nil {
		return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) { return s.page(v, f, wrong), nil })
	}
	if err := v.SignIn(person.ID, true); err != nil {
		return err
	}
	v.Flash(parts.Done, "Welcome, %s. You’re the administrator of this site now.", person.Name)
	return v.Redirect(afterwards)
}

func (s *Setup) blocks() []site.Block {
	return []site.Block{{Spot: site.StartMain, Order: 1, About: "the way to the page where a new site is set up", Show: func(v *site.Visit, _ site.Subject) (templ.Component, error) {
		empty, err := s.Empty(v.Context())
		if err != nil || !empty {
			return nil, err
		}
		return beginBlock(), nil
	}}}
}
