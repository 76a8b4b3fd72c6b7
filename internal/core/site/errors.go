package site

import (
	"errors"
	"net/http"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Errors translates what an action or Bind complained about. Errors that are not the person's to
// correct give a sentence without details.
func (v *Visit) Errors(err error) parts.Errors {
	if err == nil {
		return parts.Errors{}
	}
	problem, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return parts.Errors{Message: v.Lang.T("Something went wrong on our side. Please try again later.")}
	}
	out := parts.Errors{}
	if problem.Message != "" {
		out.Message = v.Lang.T(problem.Message, problem.Args...)
	}
	for _, f := range problem.Fields {
		out.Fields = append(out.Fields, parts.FieldMessage{Name: f.Name, Message: v.Lang.T(f.Message, f.Args...)})
	}
	if !out.Any() {
		out.Message = v.Lang.T("This could not be saved. Please check what you entered.")
	}
	return out
}

// ShowAgain shows a form: for the first time if err is nil, else again with what is wrong beside its fields, when the
// person can correct it: kinds Invalid (422), Conflict (409), TooLarge (413) and TooMany (429). Any other error comes
// back and becomes an error page, and so does one of making the page.
func (v *Visit) ShowAgain(err error, page func(parts.Errors) (Page, error)) error {
	if err != nil && !correctable(err) {
		return err
	}
	wrong := v.Errors(err)
	if v.restoring {
		wrong = parts.Errors{} // nobody has sent it
	}
	p, problem := page(wrong)
	if problem != nil {
		return problem
	}
	if err != nil && p.Status == 0 && !v.restoring {
		p.Status = v.Refuse(err)
	}
	return v.Show(p)
}

// correctable reports whether a person can correct what is wrong.
func correctable(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.TooLarge, errs.TooMany:
		return true
	default:
		return false
	}
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
