package demonstration

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// here is where the links of the style guide lead: nowhere else.
const here = "#content"

// showStyleguide shows every component in its states: what to build pages from, and what to look at
// after changing a style. What is exported here and not shown there fails a test.
func showStyleguide(v *site.Visit) error {
	wrong := parts.Errors{
		Message: v.T("This could not be saved. Please check what you entered."),
		Fields: []parts.FieldMessage{
			{Name: "wrong-title", Message: v.T("Please fill in “%s”.", v.T("Title"))},
			{Name: "wrong-text", Message: v.T("Please fill in “%s”.", v.T("Text"))},
			{Name: "wrong-editor", Message: v.T("Please fill in “%s”.", v.T("Text"))},
			{Name: "wrong-group", Message: v.T("Choose one of the options.")},
			{Name: "wrong-reader", Message: v.T("Choose one of the options.")},
			{Name: "wrong-rules", Message: v.T("Choose one of the options.")},
			{Name: "wrong-files", Message: v.T("This picture can’t be shown. Choose a JPEG, PNG, GIF, WebP or AVIF file.")},
		},
	}
	return v.Show(site.Page{
		Title: "Style guide", OwnHeading: true, Body: styleguide(v, wrong), Aside: styleguideAside(), Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: sampleGroup.Name, Path: here}, parts.Crumb{Label: "A page between with a rather long name", Path: here}, parts.Crumb{Label: "Style guide"}),
	})
}

// sampleInputs are fields of one line, of every type that pages use.
func sampleInputs() []parts.Input {
	return []parts.Input{
		{Name: "topic", Label: "Text", Required: true, Value: "Seed swap", Max: 80},
		{Name: "place", Label: "Text that may be missing", Hint: "Street and number, or what everybody calls it."},
		{Name: "mail", Label: "Email address", Type: "email", Autocomplete: "email", Required: true},
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
func sampleFailures(v *site.Visit) []site.Page {
	var pages []site.Page
	for _, kind := range []errs.Kind{
		errs.NotFound, errs.Denied, errs.Invalid, errs.Conflict, errs.TooLarge, errs.TooMany, errs.Unavailable, errs.Internal,
	} {
		pages = append(pages, v.FailurePage(errs.New(kind, "")))
	}
	return pages
}

// sampleMenu is the menu of somebody who is signed in.
func sampleMenu(p *lang.Printer) []site.Place {
	return []site.Place{
		{Path: here, Label: p.T("My page"), Icon: parts.IconPerson},
		{Path: styleguidePath, Label: "The page that is open", Icon: parts.IconHome},
		{Path: here, Label: "With a number", Icon: parts.IconBell, Count: 3},
		{Path: here, Label: "With a large number", Icon: parts.IconMail, Count: 321},
	}
}

// icons are all signs.
func icons() []parts.IconName {
	return []parts.IconName{
		parts.IconHome, parts.IconGroups, parts.IconCalendar, parts.IconSearch, parts.IconPerson, parts.IconBell, parts.IconLock, parts.IconGlobe, parts.IconPlus, parts.IconDone, parts.IconProblem, parts.IconInfo,
		parts.IconMail, parts.IconTalk, parts.IconPin, parts.IconFeed, parts.IconEdit, parts.IconTrash, parts.IconPlace, parts.IconFile, parts.IconArrow, parts.IconMore, parts.IconSettings, parts.IconLeave,
		parts.IconHelp, parts.IconLink, parts.IconList, parts.IconNumbers, parts.IconPicture, parts.IconDevice,
		parts.IconCode, parts.IconUndo, parts.IconRedo, parts.IconHeart, parts.IconThumb, parts.IconBulb,
		parts.IconBack, parts.IconClose, parts.IconUp, parts.IconDown, parts.IconMove, parts.IconPictures, parts.IconPoll,
	}
}
