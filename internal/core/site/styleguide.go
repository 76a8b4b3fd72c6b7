package site

import (
	"net/http"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// here is where the links of the style guide lead: nowhere else.
const here = "#content"

// showStyleguide shows every component in its states: what to build pages from, and what to look at
// after changing a style. What is exported here and not shown there fails a test.
func showStyleguide(v *Visit) error {
	wrong := Errors{
		Message: v.T("This could not be saved. Please check what you entered."),
		Fields: []FieldMessage{
			{Name: "wrong-title", Message: v.T("Please fill in “%s”.", v.T("Title"))},
			{Name: "wrong-text", Message: v.T("Please fill in “%s”.", v.T("Text"))},
			{Name: "wrong-editor", Message: v.T("Please fill in “%s”.", v.T("Text"))},
			{Name: "wrong-group", Message: v.T("Choose one of the options.")},
			{Name: "wrong-reader", Message: v.T("Choose one of the options.")},
			{Name: "wrong-rules", Message: v.T("Choose one of the options.")},
			{Name: "wrong-files", Message: v.T("This is no picture that can be shown. Choose a JPEG, PNG, GIF or WebP file.")},
		},
	}
	return v.Show(Page{
		Title: "Style guide", OwnHeading: true, Body: styleguide(v, wrong), Aside: styleguideAside(), Hidden: true,
		Crumbs: v.FromHome(Crumb{Label: sampleGroup.Name, Path: here}, Crumb{Label: "A page between with a rather long name", Path: here}, Crumb{Label: "Style guide"}),
	})
}

// sampleInputs are fields of one line, of every type that pages use.
func sampleInputs() []Input {
	return []Input{
		{Name: "name", Label: "Text", Required: true, Value: "Seed swap", Max: 80},
		{Name: "place", Label: "Text that may be missing", Hint: "Street and number, or what everybody calls it."},
		{Name: "mail", Label: "Mail address", Type: "email", Autocomplete: "email", Required: true},
		{Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Required: true, Hint: "At least ten characters."},
		{Name: "site", Label: "Website", Type: "url", InputMode: "url", Value: "https://example.org"},
		{Name: "telephone", Label: "Telephone", Type: "tel", Autocomplete: "tel"},
		{Name: "seats", Label: "Number", Type: "number", InputMode: "numeric", Value: "12", Attributes: templ.Attributes{"min": "1"}},
		{Name: "day", Label: "Day", Type: "date", Value: "2026-05-16"},
		{Name: "hour", Label: "Time", Type: "time", Value: "15:00"},
		{Name: "moment", Label: "Day and time", Type: "datetime-local", Value: "2026-05-16T15:00"},
		{Name: "word", Label: "Search", Type: "search"},
		{Name: "fixed", Label: "Text that cannot be changed", Value: "garten", Attributes: templ.Attributes{"disabled": true}},
	}
}

// sampleFailures are the error pages that anybody may see.
func sampleFailures(v *Visit) []Page {
	found := failure{
		Status: http.StatusNotFound, Title: v.T("Not found"), Search: here,
		Text: v.T("There is no such page, or it is not there any more. Perhaps the address has a slip, or somebody removed what stood here."),
		Near: []Link{{Path: here, Label: sampleGroup.Name}, {Path: here, Label: samplePerson.Name}},
	}
	pages := []Page{{Title: found.Title, Body: failureBody(found)}}
	for _, kind := range []errs.Kind{errs.Denied, errs.Invalid, errs.Conflict, errs.TooLarge, errs.TooMany, errs.Unavailable, errs.Internal} {
		pages = append(pages, v.failurePage(errs.New(kind, "")))
	}
	return pages
}

// sampleMenu is the menu of somebody who is signed in.
func sampleMenu(p *lang.Printer) []Place {
	return []Place{
		{Path: here, Label: p.T("My page"), Icon: IconPerson},
		{Path: "/stadt/styleguide/", Label: "The page that is open", Icon: IconHome},
		{Path: here, Label: "With a number", Icon: IconBell, Count: 3},
		{Path: here, Label: "With a large number", Icon: IconMail, Count: 321},
	}
}

// icons are all signs.
func icons() []IconName {
	return []IconName{
		IconHome, IconGroups, IconCalendar, IconSearch, IconPerson, IconBell, IconLock, IconGlobe, IconPlus, IconDone, IconProblem, IconInfo,
		IconMail, IconTalk, IconPin, IconFeed, IconEdit, IconTrash, IconPlace, IconFile, IconArrow, IconMore, IconSettings, IconLeave,
		IconHelp, IconLink, IconList, IconNumbers, IconPicture,
	}
}
