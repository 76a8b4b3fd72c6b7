package accounts

import (
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

type resetRequestForm struct {
	Address string `form:"email" text:"line"`
}

// refuseSignedIn keeps people who are signed in from pages for those who cannot.
func refuseSignedIn(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return errs.New(errs.Denied, "You’re signed in. Change your password in the settings, or sign out first.")
	}
	return nil
}

func (r *Accounts) showResetRequest(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	return v.Show(resetRequestPage(v, resetRequestForm{}, parts.Errors{}))
}

func (r *Accounts) createResetRequest(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	var f resetRequestForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := r.RequestReset(v.Context(), v.Lang, f.Address); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return resetRequestPage(v, f, e), nil })
	}
	return v.Redirect("/stadt/password/reset/done/")
}

func showResetRequested(v *site.Visit) error {
	v.Flash(parts.Info, "We’ve sent you an email. It says what to do next.")
	return v.Redirect("/")
}

func resetRequestPage(v *site.Visit, f resetRequestForm, e parts.Errors) site.Page {
	return site.Page{Title: v.T("Set a new password"), Body: resetRequestBody(f, e)}
}

type passwordForm struct {
	Present  string `form:"oldpassword" text:"raw"`
	New      string `form:"password1"   text:"raw"`
	Repeated string `form:"password2"   text:"raw"`
}

// showReset takes the secret out of the address at once, so that it stands neither in the history nor
// in what the browser tells other sites, and shows the form.
func (r *Accounts) showReset(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	person, secret, _ := strings.Cut(v.Path("key"), "-")
	if secret != keyInSession {
		owner, reset, err := r.OpenReset(v.Context(), secret)
		if err != nil || strconv.FormatInt(owner.ID, 36) != person {
			return deadReset(v, err)
		}
		v.Session().Put(v.Context(), sessionReset, strconv.FormatInt(reset, 10))
		return v.Redirect(resetPath(owner.ID, keyInSession))
	}
	return r.resetPage(v, nil)
}

// openedReset returns the link that the visitor has opened; 0 if none.
func openedReset(v *site.Visit) int64 {
	reset, err := strconv.ParseInt(v.Session().Get(v.Context(), sessionReset), 10, 64)
	if err != nil {
		return 0
	}
	return reset
}

func deadReset(v *site.Visit, err error) error {
	if err == nil {
		err = errNobody()
	}
	return deadLink(v, err, parts.Link{Path: resetRequestPath, Label: v.T("Ask for a new link")})
}

func (r *Accounts) resetPage(v *site.Visit, err error) error {
	owner, findErr := r.FindReset(v.Context(), openedReset(v))
	if findErr != nil {
		return deadReset(v, findErr)
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return site.Page{Title: v.T("Set a new password"), Body: resetBody(owner, e), Hidden: true}, nil
	})
}

func (r *Accounts) createReset(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	var f passwordForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	owner, err := r.Reset(v.Context(), openedReset(v), f.New, f.Repeated)
	if err != nil {
		return r.resetPage(v, err)
	}
	v.Session().Pop(v.Context(), sessionReset)
	if err := v.SignIn(owner.ID, false); err != nil {
		return err
	}
	r.countSignIn(byLink, nil)
	v.Flash(parts.Done, "Your new password is set, and you’re signed in.")
	return v.Redirect("/")
}

func (r *Accounts) showChangePassword(v *site.Visit) error {
	has, err := r.HasPassword(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if !has {
		return v.Redirect("/stadt/password/set/")
	}
	return v.Show(r.passwordPage(v, has, parts.Errors{}))
}

func (r *Accounts) showSetPassword(v *site.Visit) error {
	has, err := r.HasPassword(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if has {
		return v.Redirect(passwordPath)
	}
	return v.Show(r.passwordPage(v, has, parts.Errors{}))
}

func (r *Accounts) updatePassword(v *site.Visit) error {
	var f passwordForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	has, err := r.HasPassword(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if err := r.ChangePassword(v.Context(), v.Viewer, f.Present, f.New, f.Repeated); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return r.passwordPage(v, has, e), nil })
	}
	if err := v.Session().EndOthers(v.Context(), v.Viewer.PersonID); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your password has been changed. You’re signed out everywhere else, notifications are off on every device, and app passwords no longer work.")
	return v.Redirect(community.EntityPath(v.Viewer.Slug))
}

func (r *Accounts) passwordPage(v *site.Visit, has bool, e parts.Errors) site.Page {
	return v.SettingsPage(v.T("Password"), passwordBody(has, e))
}
