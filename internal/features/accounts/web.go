package accounts

import (
	"cmp"
	"net/http"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// What the room keeps in a session.
const (
	sessionSignUp = "sign-up" // what the browser that signed up is known by
	sessionReset  = "reset"   // the number of a link that sets a password, never its secret
)

// keyInSession stands in the address of the page that sets a password, in place of the secret.
const keyInSession = "set-password"

func (r *Accounts) routes() []site.Route {
	get, post := http.MethodGet, http.MethodPost
	limit := func(l web.Limit) *web.Limit { return &l }
	letters := []web.Limit{limitLetters(), limitLettersAnywhere()}
	tries := []web.Limit{limitSignInClient(), limitSignInAccount(), limitSignInAnywhere()}
	return []site.Route{
		{Method: get, Path: "/stadt/signup/", Handle: r.showSignUp, Query: []string{"next", emailParameter}},
		{Method: post, Path: "/stadt/signup/", Handle: r.createSignUp, Query: []string{"next"}, Limit: limit(limitSignUp()), Counts: letters},
		{Method: get, Path: "/stadt/signup/done/", Handle: r.showSignUpDone},
		{Method: get, Path: "/stadt/confirm/{key}/", Handle: r.showConfirm},
		{Method: post, Path: "/stadt/confirm/{key}/", Handle: r.createConfirm, Limit: limit(site.Usual()), Counts: []web.Limit{limitConfirm()}},
		{Method: get, Path: "/stadt/login/", Handle: r.showSignIn, Query: []string{"next"}},
		{Method: post, Path: "/stadt/login/", Handle: r.createSignIn, Query: []string{"next"}, Counts: tries},
		{Method: get, Path: "/stadt/login/signup/", Handle: toSignIn, Query: []string{"next"}},
		{Method: get, Path: "/stadt/login/cancelled/", Handle: showCancelled},
		{Method: get, Path: "/stadt/login/error/", Handle: showOutsideError},
		{Method: get, Path: signOutPath, Handle: showSignOut, Query: []string{"next"}},
		{Method: post, Path: signOutPath, Handle: removeSession, Query: []string{"next"}},
		{Method: get, Path: "/stadt/password/reset/", Handle: r.showResetRequest},
		{Method: post, Path: "/stadt/password/reset/", Handle: r.createResetRequest, Limit: limit(limitReset()), Counts: letters},
		{Method: get, Path: "/stadt/password/reset/done/", Handle: showResetRequested},
		{Method: get, Path: "/stadt/password/reset/key/done/", Handle: toSignIn, Query: []string{"next"}},
		{Method: get, Path: "/stadt/password/reset/key/{key}/", Handle: r.showReset},
		{Method: post, Path: "/stadt/password/reset/key/{key}/", Handle: r.createReset, Limit: limit(limitReset())},
		{Method: get, Path: "/stadt/password/set/", Handle: r.showSetPassword, SignedIn: true},
		{Method: post, Path: "/stadt/password/set/", Handle: r.updatePassword, SignedIn: true, Counts: []web.Limit{limitPassword()}},
		{Method: get, Path: passwordPath, Handle: r.showChangePassword, SignedIn: true},
		{Method: post, Path: passwordPath, Handle: r.updatePassword, SignedIn: true, Counts: []web.Limit{limitPassword()}},
		{Method: get, Path: AppPasswordsPath, Handle: r.showAppPasswords, SignedIn: true},
		{Method: post, Path: AppPasswordsPath, Handle: r.createAppPassword, SignedIn: true, Counts: []web.Limit{limitAppPasswords()}},
		{Method: post, Path: AppPasswordsPath + "{id}/delete/", Handle: r.removeAppPassword, SignedIn: true},
		{Method: get, Path: addressesPath, Handle: r.showAddresses, SignedIn: true},
		{Method: post, Path: addressesPath, Handle: r.updateAddresses, SignedIn: true, Counts: append(letters, limitAddresses())},
		{Method: get, Path: dataPath, Handle: r.showData, SignedIn: true},
		{Method: post, Path: dataPath, Handle: r.removeAccount, SignedIn: true},
		{Method: get, Path: exportPath, Handle: r.sendExport, SignedIn: true},
	}
}

// emailParameter is the address that a link to the page for signing up fills in.
const emailParameter = "email"

// onward returns where the visitor wanted to go, or else the start page.
func onward(v *site.Visit) string { return cmp.Or(v.Next(), "/") }

// deadLink answers for a link that has been used, has expired or never was, and says where a new one is to
// be had.
func deadLink(v *site.Visit, err error, fresh parts.Link) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("This link no longer works"), Status: http.StatusNotFound, Body: deadLinkBody(fresh), Hidden: true,
	})
}
