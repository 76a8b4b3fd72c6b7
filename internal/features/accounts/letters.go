package accounts

import (
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Paths of pages.
const (
	addressesPath = "/stadt/email/"
	passwordPath  = "/stadt/settings/password/" //nolint:gosec // a path is no password
	dataPath      = "/stadt/settings/gestalt/delete/"

	signUpPath       = "/stadt/signup/"
	signInPath       = "/stadt/login/"
	resetRequestPath = "/stadt/password/reset/"
	confirmPrefix    = "/stadt/confirm/"
	exportPath       = "/stadt/settings/gestalt/export/"
)

// resetPath returns the path where a link sets the password of a person.
func resetPath(personID int64, secret string) string {
	return resetRequestPath + "key/" + strconv.FormatInt(personID, 36) + "-" + secret + "/"
}

// letter begins a letter to an address, in the printer's language.
func letter(p *lang.Printer, kind, address, name, subject string) notify.Letter {
	return notify.Letter{Kind: kind, Address: address, Name: name, Subject: subject, Language: p.Language()}
}

// confirmAction is what a letter offers whose link proves the address.
func (r *Accounts) confirmAction(t *lang.Printer, secret string) []notify.Action {
	return []notify.Action{{Label: t.T("Confirm the address"), URL: r.deps.URL(confirmPrefix + secret + "/"), Primary: true}}
}

// signInActions are what a letter offers to somebody who has an account already.
func (r *Accounts) signInActions(t *lang.Printer) []notify.Action {
	return []notify.Action{
		{Label: t.T("Sign in"), URL: r.deps.URL(signInPath), Primary: true},
		{Label: t.T("Set a new password"), URL: r.deps.URL(resetRequestPath)},
	}
}

func (r *Accounts) letterConfirmSignUp(t *lang.Printer, address, secret string) notify.Letter {
	l := letter(t, "confirm-sign-up", address, "", t.T("Confirm your address"))
	l.Intro = t.T("Somebody, presumably you, signed up at %s with this address. The account comes into being when you confirm it.", r.deps.SiteName)
	l.Actions = r.confirmAction(t, secret)
	l.Note = t.T("The link works once and for three days. If it was not you, do nothing: without the confirmation there is no account.")
	return l
}

func (r *Accounts) letterAccountExists(t *lang.Printer, address string, owner community.Person) notify.Letter {
	l := letter(t, "account-exists", address, owner.Name, t.T("You have an account already"))
	l.Intro = t.T("Somebody, presumably you, wanted to sign up at %s with this address. It belongs to an account already: %s (@%s).", r.deps.SiteName, owner.Name, owner.Slug)
	l.Actions = r.signInActions(t)
	l.Note = t.T("If it was not you, do nothing: your account stays as it is.")
	return l
}

func (r *Accounts) letterConfirmAddress(t *lang.Printer, address string, person community.Person, secret string) notify.Letter {
	l := letter(t, "confirm-address", address, person.Name, t.T("Confirm your address"))
	l.Intro = t.T("%s (@%s) wants to use this address at %s.", person.Name, person.Slug, r.deps.SiteName)
	l.Actions = r.confirmAction(t, secret)
	l.Note = t.T("The link works once and for three days. If this is not your account, do nothing: without the confirmation the address is not added.")
	return l
}

func (r *Accounts) letterAddressTaken(t *lang.Printer, address string, owner community.Person) notify.Letter {
	l := letter(t, "address-taken", address, owner.Name, t.T("Your address belongs to an account already"))
	l.Intro = t.T("Somebody, presumably you, wanted to add this address to another account at %s. It belongs to %s (@%s) already and stays there.", r.deps.SiteName, owner.Name, owner.Slug)
	l.Actions = r.signInActions(t)
	l.Note = t.T("To use the address for the other account, remove it from this one first. If it was not you, do nothing.")
	return l
}

func (r *Accounts) letterReset(t *lang.Printer, address string, person community.Person, secret string) notify.Letter {
	l := letter(t, "new-password", address, person.Name, t.T("Set a new password"))
	l.Intro = t.T("Somebody, presumably you, asked for a new password at %s for %s (@%s).", r.deps.SiteName, person.Name, person.Slug)
	l.Actions = []notify.Action{{Label: t.T("Set a new password"), URL: r.resetURL(person, secret), Primary: true}}
	l.Facts = []notify.Fact{{Label: t.T("Short name"), Value: person.Slug}}
	l.Note = t.T("The link works once and for three days. If it was not you, do nothing: your password stays as it is.")
	return l
}

func (r *Accounts) letterNoAccount(t *lang.Printer, address string) notify.Letter {
	l := letter(t, "no-account", address, "", t.T("There is no account with this address"))
	l.Intro = t.T("Somebody, presumably you, asked for a new password at %s. No account has this address. Perhaps you signed up with another one.", r.deps.SiteName)
	l.Actions = []notify.Action{{Label: t.T("Sign up"), URL: r.deps.URL(signUpPath), Primary: true}}
	l.Note = t.T("If it was not you, do nothing.")
	return l
}

func (r *Accounts) letterClosed(t *lang.Printer, address string, person community.Person) notify.Letter {
	l := letter(t, "account-closed", address, person.Name, t.T("Your account has been closed"))
	l.Intro = t.T("Somebody, presumably you, asked for a new password at %s for %s (@%s). This account has been closed, so it cannot get one.", r.deps.SiteName, person.Name, person.Slug)
	if r.deps.Operators != "" {
		l.Actions = []notify.Action{{Label: t.T("Write to the people who run the site"), URL: r.deps.URL(r.deps.Operators)}}
	}
	return l
}

func (r *Accounts) letterPasswordChanged(t *lang.Printer, address string, person community.Person) notify.Letter {
	l := letter(t, "password-changed", address, person.Name, t.T("Your password has been changed"))
	l.Intro = t.T("The password of %s (@%s) at %s has been changed. Everyone else is signed out, and notifications on all devices are off.", person.Name, person.Slug, r.deps.SiteName)
	l.Actions = []notify.Action{{Label: t.T("Set a new password"), URL: r.deps.URL(resetRequestPath)}}
	l.Note = t.T("If it was you, all is well. If not, set a new password at once by the link above.")
	return l
}

func (r *Accounts) letterMainChanged(t *lang.Printer, before, now string, person community.Person) notify.Letter {
	l := letter(t, "main-address-changed", before, person.Name, t.T("Your mails go to another address from now on"))
	l.Intro = t.T("The main address of %s (@%s) at %s is %s now.", person.Name, person.Slug, r.deps.SiteName, now)
	return r.checkAccount(t, l)
}

func (r *Accounts) letterAddressAdded(t *lang.Printer, address, added string, person community.Person) notify.Letter {
	l := letter(t, "address-added", address, person.Name, t.T("An address was added to your account"))
	l.Intro = t.T("The address %s now belongs to the account of %s (@%s) at %s. It can be used to sign in and to set a new password.", added, person.Name, person.Slug, r.deps.SiteName)
	return r.checkAccount(t, l)
}

func (r *Accounts) letterAddressRemoved(t *lang.Printer, address, removed string, person community.Person) notify.Letter {
	l := letter(t, "address-removed", address, person.Name, t.T("An address was removed from your account"))
	l.Intro = t.T("The address %s no longer belongs to the account of %s (@%s) at %s.", removed, person.Name, person.Slug, r.deps.SiteName)
	return r.checkAccount(t, l)
}

// checkAccount ends a letter about a change of the account that somebody else may have made.
func (r *Accounts) checkAccount(t *lang.Printer, l notify.Letter) notify.Letter {
	l.Actions = []notify.Action{{Label: t.T("E-mail addresses"), URL: r.deps.URL(addressesPath)}}
	if r.deps.Devices != "" {
		l.Actions = append(l.Actions, notify.Action{Label: t.T("Devices that get notifications"), URL: r.deps.URL(r.deps.Devices)})
	}
	l.Note = t.T("If it was you, all is well. If not, sign in and change your password.")
	return l
}
