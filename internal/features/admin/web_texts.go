package admin

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

// textPage is a page on which texts of the site are set.
type textPage struct {
	Path   string
	Seen   string // where visitors see what is set
	Title  lang.Text
	Intro  lang.Text
	Fields []textField
}

// textField is one of these texts.
type textField struct {
	Key         settings.Key
	Label, Hint lang.Text
	Rows        int // of a field of several lines; 0 is one line
}

func textPages() []textPage {
	return []textPage{
		{
			Path: namePath, Title: lang.Text("Name and welcome"), Intro: lang.Text("What visitors read first."),
			Fields: []textField{
				{settings.Name, lang.Text("Name of the site"), lang.Text("Appears in the bar, in titles and as the sender of emails."), 0},
				{settings.Claim, lang.Text("Sentence"), lang.Text("Says in one line what this site is: the headline of the start page, and a line at the foot of every page."), 0},
				{settings.Welcome, lang.Text("Welcome text"), lang.Text("Appears below the headline for everyone who isn’t signed in."), 6},
			},
		},
		{
			Path: imprintPath, Seen: "/stadt/imprint/", Title: lang.Text("Imprint"),
			Intro: lang.Text("Says who runs the site and how to reach them. In some countries, the law asks for it. As soon as you’ve written it, the foot of every page links to it."),
			Fields: []textField{
				{settings.Imprint, lang.Text("Text"), lang.Text("A few symbols add formatting: # for a heading, - for a list."), 14},
			},
		},
		{
			Path: privacyPath, Seen: "/stadt/privacy/", Title: lang.Text("Privacy"),
			Intro: lang.Text("Until you write your own, the page says what this program stores and who sees it. Your text takes its place, so read that page first and keep what applies."),
			Fields: []textField{
				{settings.DataProtection, lang.Text("Text"), lang.Text("A few symbols add formatting: # for a heading, - for a list."), 20},
			},
		},
	}
}

// textsForm are all texts of the site. A page has some of them; the others stay as they are. Each goes with the revision
// that was seen when the page was made.
type textsForm struct {
	Name           string `form:"name" text:"line" label:"Name of the site" validate:"max=60"`
	Claim          string `form:"claim" text:"line" label:"Sentence" validate:"max=150"`
	Welcome        string `form:"welcome" label:"Welcome text" validate:"max=2000"`
	Imprint        string `form:"imprint" label:"Text" validate:"max=20000"`
	DataProtection string `form:"data_protection" label:"Text" validate:"max=60000"`

	NameSeen           int64 `form:"name_seen"`
	ClaimSeen          int64 `form:"claim_seen"`
	WelcomeSeen        int64 `form:"welcome_seen"`
	ImprintSeen        int64 `form:"imprint_seen"`
	DataProtectionSeen int64 `form:"data_protection_seen"`
}

// change returns what the form says of a text.
func (f textsForm) change(k settings.Key) settings.Change {
	return map[settings.Key]settings.Change{
		settings.Name:           {Key: k, Value: f.Name, Seen: f.NameSeen},
		settings.Claim:          {Key: k, Value: f.Claim, Seen: f.ClaimSeen},
		settings.Welcome:        {Key: k, Value: f.Welcome, Seen: f.WelcomeSeen},
		settings.Imprint:        {Key: k, Value: f.Imprint, Seen: f.ImprintSeen},
		settings.DataProtection: {Key: k, Value: f.DataProtection, Seen: f.DataProtectionSeen},
	}[k]
}

// textInput is a text as the page shows it.
type textInput struct {
	textField

	Value    string
	Revision int64
	Fixed    *settings.Fixed // the configuration says it
}

type textsView struct {
	textPage

	Inputs []textInput
	Errors parts.Errors
}

// textsOf returns a page with the texts as they stand, or as value says.
func (a *Admin) textsOf(v *site.Visit, p textPage, value func(k settings.Key, saved string) string, wrong parts.Errors) site.Page {
	view, set := textsView{textPage: p, Errors: wrong}, a.deps.Settings.Latest(v.Context())
	for _, f := range p.Fields {
		in, saved := textInput{textField: f}, set.Get(f.Key)
		in.Value, in.Revision = value(f.Key, saved.Value), saved.Revision
		if fixed, ok := set.Fixed(f.Key); ok {
			in.Fixed, in.Value = &fixed, configured(v.Look(), f.Key)
		}
		view.Inputs = append(view.Inputs, in)
	}
	if p.Path == imprintPath && v.Look().Imprint == "" {
		view.Seen = "" // there is no such page yet
	}
	return settingsPage(v, v.T(string(p.Title)), textsBody(view))
}

// configured returns what the configuration says that pages can set, too.
func configured(look site.Look, k settings.Key) string {
	switch {
	case k == settings.Name:
		return look.Name
	case k == settings.Claim && len(look.Claims) > 0:
		return look.Claims[0]
	default:
		return ""
	}
}

func (a *Admin) editTexts(p textPage) site.Handler {
	return func(v *site.Visit) error {
		return v.Show(a.textsOf(v, p, func(_ settings.Key, saved string) string { return saved }, parts.Errors{}))
	}
}

func (a *Admin) updateTexts(p textPage) site.Handler {
	return func(v *site.Visit) error {
		var f textsForm
		err := v.Bind(&f)
		if err == nil {
			err = a.deps.Settings.Save(v.Context(), v.Viewer.PersonID, a.changes(v, p, f)...)
		}
		if err != nil {
			return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) {
				return a.textsOf(v, p, func(k settings.Key, _ string) string { return f.change(k).Value }, wrong), nil
			})
		}
		v.Flash(parts.Done, "Saved.")
		return v.Redirect(p.Path)
	}
}

// changes returns what a form says of those texts that a page can set.
func (a *Admin) changes(v *site.Visit, p textPage, f textsForm) []settings.Change {
	var all []settings.Change
	set := a.deps.Settings.Latest(v.Context())
	for _, field := range p.Fields {
		if _, fixed := set.Fixed(field.Key); !fixed {
			all = append(all, f.change(field.Key))
		}
	}
	return all
}
