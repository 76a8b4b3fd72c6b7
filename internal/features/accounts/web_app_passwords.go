package accounts

import (
	"strconv"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// appPasswordForm makes an app password.
type appPasswordForm struct {
	Name     string `form:"name"     text:"line"`
	Scope    string `form:"scope"    text:"line"`
	Days     int    `form:"days"`
	Password string `form:"password" text:"raw"` // asked for if the session is not new
}

func (f appPasswordForm) draft() AppPasswordDraft {
	return AppPasswordDraft{Name: f.Name, Scope: Scope(f.Scope), Days: f.Days}
}

// newAppPasswordForm is the form as it is shown at first.
func newAppPasswordForm() appPasswordForm {
	return appPasswordForm{Scope: string(scopes[0].Scope), Days: usualDays}
}

func (r *Accounts) showAppPasswords(v *site.Visit) error {
	return r.appPasswordsPage(v, newAppPasswordForm(), "", nil)
}

// createAppPassword makes an app password and answers with the page that shows it. There is no redirect to a page that
// could show it once more.
func (r *Accounts) createAppPassword(v *site.Visit) error {
	var f appPasswordForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	proof := Proof{v.Session().SignedInAt(v.Context()), f.Password}
	secret, err := r.MakeAppPassword(v.Context(), v.Viewer, f.draft(), proof)
	if err != nil {
		return r.appPasswordsPage(v, f, "", err)
	}
	v.W.Header().Set("Cache-Control", "no-store")
	return r.appPasswordsPage(v, newAppPasswordForm(), readable(secret), nil)
}

func (r *Accounts) removeAppPassword(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := r.EndAppPassword(v.Context(), v.Viewer, id); err != nil {
		return err
	}
	v.Flash(parts.Done, "The app password no longer works.")
	return v.Redirect(AppPasswordsPath)
}

// appPasswords is what the page shows.
type appPasswords struct {
	All    []AppPassword
	Made   string // the one that was just made; "" for none
	Login  string // with which it is used
	Form   appPasswordForm
	Asks   bool // for the password of the account
	Server string
}

func (r *Accounts) appPasswordsPage(v *site.Visit, f appPasswordForm, made string, err error) error {
	all, listErr := r.AppPasswords(v.Context(), v.Viewer.PersonID)
	if listErr != nil {
		return listErr
	}
	asks, needErr := r.NeedsPassword(v.Context(), v.Viewer.PersonID, v.Session().SignedInAt(v.Context()))
	if needErr != nil {
		return needErr
	}
	x := appPasswords{All: all, Made: made, Login: v.Viewer.Slug, Form: f, Asks: asks, Server: v.URL("/")}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return v.SettingsPage(v.T("App passwords"), appPasswordsBody(x, r.deps.DB.Now(), e)), nil
	})
}

func removeAppPasswordPath(id int64) string {
	return AppPasswordsPath + strconv.FormatInt(id, 10) + "/delete/"
}
