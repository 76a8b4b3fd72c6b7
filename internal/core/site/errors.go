package site

import (
	"errors"
	"net/http"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Errors is what is wrong with a form, in the viewer's language. The zero value: nothing is.
type Errors struct {
	Message string // about the whole form; "" if only fields are wrong
	Fields  []FieldMessage
}

// FieldMessage is what is wrong with one field.
type FieldMessage struct{ Name, Message string }

// Any reports whether anything is wrong.
func (e Errors) Any() bool { return e.Message != "" || len(e.Fields) > 0 }

// Of returns what is wrong with a field, "" if nothing is.
func (e Errors) Of(name string) string {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Message
		}
	}
	return ""
}

// sentence returns the first thing that is wrong.
func (e Errors) sentence() string {
	if e.Message == "" && len(e.Fields) > 0 {
		return e.Fields[0].Message
	}
	return e.Message
}

// Errors translates what an action or Bind complained about. Errors that are not the person's to
// correct give a sentence without details.
func (v *Visit) Errors(err error) Errors {
	if err == nil {
		return Errors{}
	}
	problem, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return Errors{Message: v.Lang.T("Something went wrong on our side. Please try again later.")}
	}
	out := Errors{}
	if problem.Message != "" {
		out.Message = v.Lang.T(problem.Message, problem.Args...)
	}
	for _, f := range problem.Fields {
		out.Fields = append(out.Fields, FieldMessage{Name: f.Name, Message: v.Lang.T(f.Message, f.Args...)})
	}
	if !out.Any() {
		out.Message = v.Lang.T("This could not be saved. Please check what you entered.")
	}
	return out
}

// ShowAgain shows a form again with what is wrong beside its fields, when the person can correct it:
// kinds Invalid (422), Conflict (409), TooLarge (413) and TooMany (429). Any other error comes back
// and becomes an error page.
func (v *Visit) ShowAgain(err error, page func(Errors) Page) error {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.TooLarge, errs.TooMany:
	default:
		return err
	}
	status := v.Refuse(err)
	p := page(v.Errors(err))
	if p.Status == 0 {
		p.Status = status
	}
	return v.Show(p)
}

// Refuse returns the status of an answer that says what is wrong with what was sent, and sets the header
// that says when coming back makes sense.
func (v *Visit) Refuse(err error) (status int) {
	setRetryAfter(v.raw, err)
	if errs.Is(err, errs.Invalid) {
		return http.StatusUnprocessableEntity
	}
	return statusOf(err)
}
