package accounts

import (
	"cmp"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// signUpForm takes the password and its repetition, or one password under the name that scripts know.
type signUpForm struct {
	Name     string `form:"name"      text:"line"`
	Address  string `form:"email"     text:"line"`
	Password string `form:"password1" text:"raw"`
	Repeated string `form:"password2" text:"raw"`
	Single   string `form:"password"  text:"raw"`
	Message  string `form:"message"`
	captcha.Fields
}

func (r *Accounts) showSignUp(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	challenge, err := r.deps.Captcha.Draw()
	if err != nil {
		return err
	}
	page, err := r.signUpPage(v, signUpForm{Address: v.Query(emailParameter)}, challenge, parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(page)
}

func (r *Accounts) createSignUp(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	var f signUpForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	s := SignUp{
		Name: f.Name, Address: f.Address, Password: cmp.Or(f.Password, f.Single), Repeated: cmp.Or(f.Repeated, f.Single),
		Captcha: f.Fields, Next: v.Next(), Message: f.Message, Language: v.Lang.Language(),
	}
	// A right answer serves again as long as it has not been used up.
	reuse := r.CheckSignUp(v.Lang, s) != nil
	browser, err := r.SignUp(v.Context(), v.Lang, s)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
			challenge, err := r.deps.Captcha.Redraw(v.Lang, f.Fields, reuse)
			if err != nil {
				return site.Page{}, err
			}
			return r.signUpPage(v, f, challenge, e)
		})
	}
	v.Session().Put(v.Context(), sessionSignUp, browser)
	return v.Redirect("/stadt/signup/done/")
}

func (r *Accounts) showSignUpDone(v *site.Visit) error {
	return v.Show(site.Page{Title: v.T("Check your email"), Body: signUpDoneBody(), Hidden: true})
}

func (r *Accounts) signUpPage(v *site.Visit, f signUpForm, c captcha.Challenge, e parts.Errors) (site.Page, error) {
	intent, err := r.intents().Find(v.Context(), r.deps.DB, v.Next())
	return site.Page{Title: v.T("Sign up"), Body: signUpBody(f, c, v.Next(), intent, e)}, err
}

func (r *Accounts) showConfirm(v *site.Visit) error { return r.confirmPage(v, nil) }

// confirmPage shows what a link confirms; err is what was wrong with the last try.
func (r *Accounts) confirmPage(v *site.Visit, err error) error {
	link, findErr := r.FindLink(v.Context(), v.Path("key"), v.Session().Get(v.Context(), sessionSignUp))
	if findErr != nil {
		return deadLink(v, findErr, parts.Link{Path: addressesPath, Label: v.T("Email addresses")})
	}
	intent, findErr := r.intents().Find(v.Context(), r.deps.DB, link.Next)
	if findErr != nil {
		return findErr
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return site.Page{Title: v.T("Confirm your address"), Body: confirmBody(v, link, intent, e), Hidden: true}, nil
	})
}

func (r *Accounts) createConfirm(v *site.Visit) error {
	var f struct {
		Password string `form:"password" text:"raw"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	browser := v.Session().Get(v.Context(), sessionSignUp)
	link, err := r.FindLink(v.Context(), v.Path("key"), browser)
	if err != nil {
		return deadLink(v, err, parts.Link{Path: addressesPath, Label: v.T("Email addresses")})
	}
	if link.SignsUp() {
		return r.confirmSignUp(v, browser, f.Password)
	}
	return r.confirmAddress(v)
}

func (r *Accounts) confirmSignUp(v *site.Visit, browser, typed string) error {
	done, err := r.ConfirmSignUp(v.Context(), v.Path("key"), browser, typed)
	if err != nil {
		return r.confirmPage(v, err)
	}
	v.Session().Pop(v.Context(), sessionSignUp)
	if done.Exists {
		v.Flash(parts.Info, "This address already belongs to an account. Please sign in.")
		return v.Redirect(community.SignInPath(done.Next))
	}
	if err := v.SignIn(done.Person.ID, true); err != nil {
		return err
	}
	r.countSignIn(byLink, nil)
	v.Flash(parts.Done, "Welcome, %s. Your address is confirmed and you’re signed in.", done.Person.Name)
	if tellFulfilled(v, done.Fulfilled) {
		return v.Redirect(community.WelcomePath(done.Fulfilled.Group.Entity().Path()))
	}
	return v.Redirect(cmp.Or(done.Next, community.WelcomePath("")))
}

// tellFulfilled says what became of what somebody was about to do, and reports whether anything did.
func tellFulfilled(v *site.Visit, f intents.Fulfilled) bool {
	switch f.Outcome {
	case intents.Joined:
		v.Flash(parts.Done, "You’re now a member of “%s”.", f.Group.Name)
	case intents.Applied:
		v.Flash(parts.Done, "Your request to join “%s” has been sent. You’ll get an email when they reply.", f.Group.Name)
	case intents.Already:
		v.Flash(parts.Info, "You’re already a member of “%s”.", f.Group.Name)
	case intents.Nothing:
	}
	return f.Outcome != intents.Nothing
}

func (r *Accounts) confirmAddress(v *site.Visit) error {
	person, err := r.ConfirmAddress(v.Context(), v.Path("key"))
	if err != nil {
		return r.confirmPage(v, err)
	}
	if v.Viewer.Is(person.ID) {
		v.Flash(parts.Done, "The address is confirmed.")
		return v.Redirect(addressesPath)
	}
	if v.Viewer.SignedIn() {
		if err := v.SignOut(); err != nil {
			return err
		}
	}
	v.Flash(parts.Done, "The address is confirmed. It now belongs to @%s.", person.Slug)
	return v.Redirect(signInPath)
}
