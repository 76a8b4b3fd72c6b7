package people

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// What the room keeps in a session.
const (
	sessionSignUp = "sign-up" // what the browser that signed up is known by
	sessionReset  = "reset"   // the secret of a link that sets a password
)

// keyInSession stands in the address of the page that sets a password, in place of the secret.
const keyInSession = "set-password"

func (p *People) routes() []site.Route {
	get, post := http.MethodGet, http.MethodPost
	limit := func(l web.Limit) *web.Limit { return &l }
	return []site.Route{
		{Method: get, Path: "/stadt/signup/", Handle: p.showSignUp, Query: []string{"next", "email"}},
		{Method: post, Path: "/stadt/signup/", Handle: p.createSignUp, Query: []string{"next"}, Limit: limit(limitSignUp())},
		{Method: get, Path: "/stadt/signup/done/", Handle: p.showSignUpDone},
		{Method: get, Path: "/stadt/confirm/{key}/", Handle: p.showConfirm},
		{Method: post, Path: "/stadt/confirm/{key}/", Handle: p.createConfirm},
		{Method: get, Path: "/stadt/login/", Handle: p.showSignIn, Query: []string{"next"}},
		{Method: post, Path: "/stadt/login/", Handle: p.createSignIn, Query: []string{"next"}},
		{Method: get, Path: "/stadt/login/signup/", Handle: toSignIn, Query: []string{"next"}},
		{Method: get, Path: "/stadt/login/cancelled/", Handle: showCancelled},
		{Method: get, Path: "/stadt/login/error/", Handle: showOutsideError},
		{Method: get, Path: "/stadt/logout/", Handle: showSignOut, Query: []string{"next"}},
		{Method: post, Path: "/stadt/logout/", Handle: removeSession, Query: []string{"next"}},
		{Method: get, Path: "/stadt/password/reset/", Handle: p.showResetRequest},
		{Method: post, Path: "/stadt/password/reset/", Handle: p.createResetRequest, Limit: limit(limitReset())},
		{Method: get, Path: "/stadt/password/reset/done/", Handle: showResetRequested},
		{Method: get, Path: "/stadt/password/reset/key/done/", Handle: toSignIn, Query: []string{"next"}},
		{Method: get, Path: "/stadt/password/reset/key/{key}/", Handle: p.showReset},
		{Method: post, Path: "/stadt/password/reset/key/{key}/", Handle: p.createReset, Limit: limit(limitReset())},
		{Method: get, Path: "/stadt/password/set/", Handle: p.showSetPassword, SignedIn: true},
		{Method: post, Path: "/stadt/password/set/", Handle: p.updatePassword, SignedIn: true},
		{Method: get, Path: "/stadt/settings/password/", Handle: p.showChangePassword, SignedIn: true},
		{Method: post, Path: "/stadt/settings/password/", Handle: p.updatePassword, SignedIn: true},
		{Method: get, Path: addressesPath, Handle: p.showAddresses, SignedIn: true},
		{Method: post, Path: addressesPath, Handle: p.updateAddresses, SignedIn: true},
		{Method: get, Path: "/stadt/settings/", Handle: p.editProfile, SignedIn: true},
		{Method: post, Path: "/stadt/settings/", Handle: p.updateProfile, SignedIn: true},
		{Method: get, Path: "/stadt/settings/gestalt/delete/", Handle: p.showDelete, SignedIn: true},
		{Method: post, Path: "/stadt/settings/gestalt/delete/", Handle: p.removeAccount, SignedIn: true},
		{Method: get, Path: directoryPath, Handle: p.showDirectory, Cached: true, Query: []string{"name", "after"}},
	}
}

// onward returns where the visitor wanted to go, or else the start page.
func onward(v *site.Visit) string { return cmp.Or(v.Next(), "/") }

// --- signing up ------------------------------------------------------------------------------------

// signUpForm takes the password twice, or once under the name that scripts know.
type signUpForm struct {
	Address  string `form:"email"     text:"line"`
	Password string `form:"password1" text:"raw"`
	Again    string `form:"password2" text:"raw"`
	Single   string `form:"password"  text:"raw"`
	captcha.Fields
}

func (p *People) showSignUp(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	challenge, err := p.deps.Captcha.Draw()
	if err != nil {
		return err
	}
	return v.Show(signUpPage(v, signUpForm{Address: v.Query("email")}, challenge, parts.Errors{}))
}

func (p *People) createSignUp(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	var f signUpForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	s := SignUp{
		Address: f.Address, Password: cmp.Or(f.Password, f.Single), Again: cmp.Or(f.Again, f.Single),
		Captcha: f.Fields, Next: v.Next(), Language: v.Lang.Language(),
	}
	// A right answer serves again as long as it has not been used up.
	reuse := p.CheckSignUp(v.Lang, s) != nil
	browser, err := p.SignUp(v.Context(), v.Lang, s)
	if err != nil {
		challenge, drawErr := p.deps.Captcha.Redraw(v.Lang, f.Fields, reuse)
		if drawErr != nil {
			return drawErr
		}
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return signUpPage(v, f, challenge, e), nil })
	}
	v.Session().Put(v.Context(), sessionSignUp, browser)
	return v.Redirect("/stadt/signup/done/")
}

func (p *People) showSignUpDone(v *site.Visit) error {
	return v.Show(site.Page{Title: v.T("Look into your mailbox"), Body: signUpDoneBody(), Hidden: true})
}

func signUpPage(v *site.Visit, f signUpForm, c captcha.Challenge, e parts.Errors) site.Page {
	return site.Page{Title: v.T("Sign up"), Body: signUpBody(f, c, v.Next(), e)}
}

// --- confirming an address -------------------------------------------------------------------------

func (p *People) showConfirm(v *site.Visit) error {
	return p.confirmPage(v, nil)
}

// confirmPage shows what a link confirms; err is what was wrong with the last try.
func (p *People) confirmPage(v *site.Visit, err error) error {
	link, findErr := p.FindLink(v.Context(), v.Path("key"), v.Session().Get(v.Context(), sessionSignUp))
	if findErr != nil {
		return deadLink(v, findErr, parts.Link{Path: addressesPath, Label: v.T("E-mail addresses")})
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return site.Page{Title: v.T("Confirm your address"), Body: confirmBody(v, link, e), Hidden: true}, nil
	})
}

func (p *People) createConfirm(v *site.Visit) error {
	var f struct {
		Password string `form:"password" text:"raw"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	browser := v.Session().Get(v.Context(), sessionSignUp)
	link, err := p.FindLink(v.Context(), v.Path("key"), browser)
	if err != nil {
		return deadLink(v, err, parts.Link{Path: addressesPath, Label: v.T("E-mail addresses")})
	}
	if link.SignsUp() {
		return p.confirmSignUp(v, browser, f.Password)
	}
	return p.confirmAddress(v)
}

func (p *People) confirmSignUp(v *site.Visit, browser, typed string) error {
	done, err := p.ConfirmSignUp(v.Context(), v.Path("key"), browser, typed)
	if err != nil {
		return p.confirmPage(v, err)
	}
	v.Session().Pop(v.Context(), sessionSignUp)
	if done.Exists {
		v.Flash(parts.Info, "This address belongs to an account already. Please sign in.")
		return v.Redirect(community.SignInPath(done.Next))
	}
	if err := v.SignIn(done.Person.ID, true); err != nil {
		return err
	}
	v.Flash(parts.Done, "Welcome, %s. Your address is confirmed and you are signed in.", done.Person.Name)
	return v.Redirect(cmp.Or(done.Next, "/"))
}

func (p *People) confirmAddress(v *site.Visit) error {
	person, err := p.ConfirmAddress(v.Context(), v.Path("key"))
	if err != nil {
		return p.confirmPage(v, err)
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
	v.Flash(parts.Done, "The address is confirmed. It belongs to @%s now.", person.Slug)
	return v.Redirect(signInPath)
}

// deadLink answers for a link that has been used, has expired or never was, and says where a new one is to
// be had.
func deadLink(v *site.Visit, err error, fresh parts.Link) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("This link does not work any more"), Status: http.StatusNotFound, Body: deadLinkBody(fresh), Hidden: true,
	})
}

// --- signing in and out ----------------------------------------------------------------------------

type signInForm struct {
	Login    string `form:"login"    text:"line"`
	Password string `form:"password" text:"raw"`
	Remember bool   `form:"remember"`
}

func (p *People) showSignIn(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	return v.Show(signInPage(v, signInForm{Remember: true}, parts.Errors{}))
}

func (p *People) createSignIn(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return v.Redirect(onward(v))
	}
	var f signInForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	client := web.Network(web.RecordOf(v.Context()).Client)
	person, err := p.SignIn(v.Context(), f.Login, f.Password, client)
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

// --- passwords -------------------------------------------------------------------------------------

type resetRequestForm struct {
	Address string `form:"email" text:"line"`
}

// refuseSignedIn keeps people who are signed in from pages for those who cannot.
func refuseSignedIn(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return errs.New(errs.Denied, "You are signed in. Change your password in the settings, or sign out first.")
	}
	return nil
}

func (p *People) showResetRequest(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	return v.Show(resetRequestPage(v, resetRequestForm{}, parts.Errors{}))
}

func (p *People) createResetRequest(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	var f resetRequestForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := p.RequestReset(v.Context(), v.Lang, f.Address); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return resetRequestPage(v, f, e), nil })
	}
	return v.Redirect("/stadt/password/reset/done/")
}

func showResetRequested(v *site.Visit) error {
	v.Flash(parts.Info, "A mail is on its way to you. It says how to go on.")
	return v.Redirect("/")
}

func resetRequestPage(v *site.Visit, f resetRequestForm, e parts.Errors) site.Page {
	return site.Page{Title: v.T("Set a new password"), Body: resetRequestBody(f, e)}
}

type passwordForm struct {
	Present string `form:"oldpassword" text:"raw"`
	New     string `form:"password1"   text:"raw"`
	Again   string `form:"password2"   text:"raw"`
}

// showReset takes the secret out of the address at once, so that it stands neither in the history nor
// in what the browser tells other sites, and shows the form.
func (p *People) showReset(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	person, secret, _ := strings.Cut(v.Path("key"), "-")
	if secret != keyInSession {
		owner, err := p.FindReset(v.Context(), secret)
		if err != nil || strconv.FormatInt(owner.ID, 36) != person {
			return deadReset(v, err)
		}
		v.Session().Put(v.Context(), sessionReset, secret)
		return v.Redirect(resetPath(owner.ID, keyInSession))
	}
	return p.resetPage(v, nil)
}

func deadReset(v *site.Visit, err error) error {
	if err == nil {
		err = errNobody()
	}
	return deadLink(v, err, parts.Link{Path: resetRequestPath, Label: v.T("Ask for a new link")})
}

func (p *People) resetPage(v *site.Visit, err error) error {
	owner, findErr := p.FindReset(v.Context(), v.Session().Get(v.Context(), sessionReset))
	if findErr != nil {
		return deadReset(v, findErr)
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return site.Page{Title: v.T("Set a new password"), Body: resetBody(owner, e), Hidden: true}, nil
	})
}

func (p *People) createReset(v *site.Visit) error {
	if err := refuseSignedIn(v); err != nil {
		return err
	}
	var f passwordForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	owner, err := p.Reset(v.Context(), v.Session().Get(v.Context(), sessionReset), f.New, f.Again)
	if err != nil {
		return p.resetPage(v, err)
	}
	v.Session().Pop(v.Context(), sessionReset)
	if err := v.SignIn(owner.ID, false); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your new password is set, and you are signed in.")
	return v.Redirect("/")
}

func (p *People) showChangePassword(v *site.Visit) error {
	has, err := p.HasPassword(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if !has {
		return v.Redirect("/stadt/password/set/")
	}
	return v.Show(p.passwordPage(v, has, parts.Errors{}))
}

func (p *People) showSetPassword(v *site.Visit) error {
	has, err := p.HasPassword(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if has {
		return v.Redirect("/stadt/settings/password/")
	}
	return v.Show(p.passwordPage(v, has, parts.Errors{}))
}

func (p *People) updatePassword(v *site.Visit) error {
	var f passwordForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	has, err := p.HasPassword(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if err := p.ChangePassword(v.Context(), v.Viewer, f.Present, f.New, f.Again); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return p.passwordPage(v, has, e), nil })
	}
	if err := v.Session().EndOthers(v.Context(), v.Viewer.PersonID); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your password is changed. You are signed out everywhere else.")
	return v.Redirect(community.EntityPath(v.Viewer.Slug))
}

func (p *People) passwordPage(v *site.Visit, has bool, e parts.Errors) site.Page {
	return v.SettingsPage(v.T("Password"), passwordBody(has, e))
}

// --- settings --------------------------------------------------------------------------------------

type profileForm struct {
	Slug      string `form:"slug"       text:"line"`
	FirstName string `form:"first_name" text:"line"`
	LastName  string `form:"last_name"  text:"line"`
	About     string `form:"about"`
	Public    bool   `form:"public"`
	Language  string `form:"language"   text:"line"`
}

func (p *People) editProfile(v *site.Visit) error {
	profile, err := p.Profile(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	return v.Show(p.profilePage(v, profileForm(profile), parts.Errors{}))
}

func (p *People) updateProfile(v *site.Visit) error {
	var f profileForm
	err := v.Bind(&f)
	if err == nil {
		err = p.UpdateProfile(v.Context(), v.Viewer, Profile(f))
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return p.profilePage(v, f, e), nil })
	}
	v.Flash(parts.Done, "Your profile is saved.")
	return v.Redirect(community.EntityPath(f.Slug))
}

func (p *People) profilePage(v *site.Visit, f profileForm, e parts.Errors) site.Page {
	return v.SettingsPage(v.T("Profile"), profileBody(f, p.languageOptions(v), e))
}

// languageOptions are the languages that a person can choose.
func (p *People) languageOptions(v *site.Visit) []parts.Option {
	options := []parts.Option{{Value: "", Label: v.T("The language of this site")}}
	for _, code := range p.deps.Catalogues.Languages() {
		options = append(options, parts.Option{Value: code, Label: site.LanguageName(code)})
	}
	return options
}

// addressForm is one of the small forms of the page of addresses; the name of its button says what to do.
type addressForm struct {
	Address string `form:"email"          text:"line"`
	Add     string `form:"action_add"`
	Send    string `form:"action_send"`
	Main    string `form:"action_primary"`
	Remove  string `form:"action_remove"`
}

func (p *People) showAddresses(v *site.Visit) error {
	return p.addressesPage(v, addressForm{}, nil)
}

func (p *People) addressesPage(v *site.Visit, f addressForm, err error) error {
	all, listErr := p.ListAddresses(v.Context(), v.Viewer.PersonID)
	if listErr != nil {
		return listErr
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return v.SettingsPage(v.T("E-mail addresses"), addressesBody(all, f, e)), nil
	})
}

func (p *People) updateAddresses(v *site.Visit) error {
	var f addressForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	has := func(button string) bool { return v.R.PostForm.Has(button) }
	ctx, done := v.Context(), lang.Text("")
	var err error
	switch {
	case has("action_add"):
		err, done = p.AddAddress(ctx, v.Viewer, f.Address), lang.Text("A mail is on its way to %s. Follow the link in it to add the address.")
	case has("action_send"):
		err, done = p.ResendConfirmation(ctx, v.Viewer, f.Address), lang.Text("A mail is on its way to %s, unless one was sent a moment ago.")
	case has("action_primary"):
		err, done = p.MakeMain(ctx, v.Viewer, f.Address), lang.Text("Mails go to %s from now on.")
	case has("action_remove"):
		err, done = p.RemoveAddress(ctx, v.Viewer, f.Address), lang.Text("The address %s is removed.")
	}
	if err != nil {
		return p.addressesPage(v, f, err)
	}
	if done != "" {
		v.Flash(parts.Done, string(done), f.Address)
	}
	return v.Redirect(addressesPath)
}

func (p *People) showDelete(v *site.Visit) error {
	left, err := p.Leftovers(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	return v.Show(v.SettingsPage(v.T("Delete account"), deleteBody(v, left, p.deps.Operators)))
}

func (p *People) removeAccount(v *site.Visit) error {
	if err := p.Delete(v.Context(), v.Viewer); err != nil {
		return err
	}
	if err := v.SignOut(); err != nil {
		return err
	}
	v.Flash(parts.Info, "Your account is deleted. Farewell.")
	return v.Redirect("/")
}

// --- the directory and the head of a person's page -------------------------------------------------

// directoryPath is where the people stand who show their profile to everybody.
const directoryPath = "/stadt/gestalten/"

func (p *People) showDirectory(v *site.Visit) error {
	q := Query{Name: v.Query("name"), After: v.After()}
	entries, last, err := p.Directory(v.Context(), q)
	if err != nil {
		return err
	}
	return v.Show(site.Page{Title: v.T("People"), Wide: true, Body: directoryBody(v, q, entries, last)})
}

// signUpLink returns the path of the page to sign up, which leads on to next.
func signUpLink(next string) string {
	if next == "" {
		return signUpPath
	}
	return signUpPath + "?" + url.Values{"next": {next}}.Encode()
}
