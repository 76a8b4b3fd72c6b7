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
	return v.ShowAgain(nil, func(e parts.Errors) (site.Page, error) { return r.signInPage(v, signInForm{Remember: true}, e) })
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
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return r.signInPage(v, f, e) })
	}
	if err := v.SignIn(person.ID, f.Remember); err != nil {
		return err
	}
	v.Flash(parts.Done, "Good to see you, %s.", person.Name)
	fulfilled, err := r.Fulfil(v.Context(), v.Next(), person)
	if err != nil {
		return err
	}
	if tellFulfilled(v, fulfilled) {
		return v.Redirect(fulfilled.Group.Entity().Path())
	}
	return v.Redirect(onward(v))
}

func (r *Accounts) signInPage(v *site.Visit, f signInForm, e parts.Errors) (site.Page, error) {
	note, err := v.UnsentNote(v.Next())
	if err != nil {
		return site.Page{}, err
	}
	intent, err := r.intents().Find(v.Context(), r.deps.DB, v.Next())
	return site.Page{Title: v.T("Sign in"), Body: signInBody(v, f, note, intent, e)}, err
}

// toSignIn answers for pages of programs that signed people in elsewhere.
func toSignIn(v *site.Visit) error { return v.Redirect(community.SignInPath(v.Next())) }

func showCancelled(v *site.Visit) error {
	return v.Show(site.Page{Title: v.T("Sign-in cancelled"), Body: outsideBody(v.T("You didn’t finish signing in with the other service.")), Hidden: true})
}

func showOutsideError(v *site.Visit) error {
	return v.Show(site.Page{Title: v.T("Signing in didn’t work"), Body: outsideBody(v.T("The other service couldn’t sign you in. Please try again, or sign in with your password.")), Hidden: true})
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
		v.Flash(parts.Info, "You’re signed out.")
	}
	return v.Redirect(next)
}
