package accounts

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/web"
)

type signInForm struct {
	Login    string `form:"login"    text:"line"`
	Password string `form:"password" text:"raw"`
	Remember bool   `form:"remember"`
}

func (r *Accounts) showSignIn(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	return v.Show(signInPage(v, signInForm{Remember: true}, parts.Errors{}))
}

func (r *Accounts) createSignIn(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	var f signInForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	client := web.Network(web.RecordOf(v.Context()).Client)
	person, err := r.SignIn(v.Context(), f.Login, f.Password, client)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return signInPage(v, f, e), nil })
	}
	if err := v.SignIn(person.ID, f.Remember); err != nil {
		return err
	}
	v.Flash(parts.Done, "Good to see you, %s.", person.Name)
	return v.Redirect(onward(v))
}

func signInPage(v *site.Visit, f signInForm, e parts.Errors) site.Page {
	return site.Page{Title: v.T("Sign in"), Body: signInBody(v, f, e)}
}

// toSignIn answers for pages of programs that signed people in elsewhere.
func toSignIn(v *site.Visit) error { return v.Redirect(community.SignInPath(v.Next())) }

func showCancelled(v *site.Visit) error {
	return v.Show(site.Page{Title: v.T("Signing in was stopped"), Body: outsideBody(v.T("You did not finish signing in with the other service.")), Hidden: true})
}

func showOutsideError(v *site.Visit) error {
	return v.Show(site.Page{Title: v.T("Signing in did not work"), Body: outsideBody(v.T("The other service could not sign you in. Please try again, or sign in with your password.")), Hidden: true})
}

func showSignOut(v *site.Visit) error {
	if !v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	return v.Show(site.Page{Title: v.T("Sign out"), Body: signOutBody(v.Next()), Hidden: true})
}

func removeSession(v *site.Visit) error {
	next := onward(v)
	if v.Viewer.SignedIn() {
		if err := v.SignOut(); err != nil {
			return err
		}
		v.Flash(parts.Info, "You are signed out.")
	}
	return v.Redirect(next)
}
