package accounts

import (
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Paths of pages.
const (
	addressesPath = "/stadt/email/"
	passwordPath  = "/stadt/settings/password/" //nolint:gosec // a path is no password
	dataPath      = "/stadt/settings/gestalt/delete/"

	// AppPasswordsPath is where people make passwords for programs.
	AppPasswordsPath = "/stadt/settings/app-passwords/" //nolint:gosec // a path is no password

	signUpPath       = "/stadt/signup/"
	signInPath       = "/stadt/login/"
	signOutPath      = "/stadt/logout/"
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
	return []notify.Action{{Label: t.T("Confirm address"), URL: r.deps.URL(confirmPrefix + secret + "/"), Primary: true}}
}

// awaited is letter for what somebody has just asked for: it goes to an address that is set aside, too.
func awaited(p *lang.Printer, kind, address, name, subject string) notify.Letter {
	l := letter(p, kind, address, name, subject)
	l.Awaited = true
	return l
}

// signInActions are what a letter offers to somebody who has an account already; next is where they were going.
func (r *Accounts) signInActions(t *lang.Printer, next string) []notify.Action {
	return []notify.Action{
		{Label: t.T("Sign in"), URL: r.deps.URL(community.SignInPath(next)), Primary: true},
		{Label: t.T("Set a new password"), URL: r.deps.URL(resetRequestPath)},
	}
}

// letterConfirmSignUp also says which group the person is about to belong to, but only by a name that carries no message
// of others: anybody may type the address of somebody else.
func (r *Accounts) letterConfirmSignUp(t *lang.Printer, address, secret string, intent intents.Intent) notify.Letter {
	l := awaited(t, "confirm-sign-up", address, "", t.T("Confirm your address"))
	l.Intro = t.T("Someone (probably you) signed up at %s with this address. Confirm it to create your account.", r.deps.SiteName)
	switch name := notify.Called(intent.Group.Name, intent.Group.Slug); {
	case intent.Any() && intent.Message:
		l.Intro += " " + t.T("Your request to join “%s” will then be sent.", name)
	case intent.Any():
		l.Intro += " " + t.T("You’ll then be a member of “%s”.", name)
	}
	l.Actions = r.confirmAction(t, secret)
	l.Note = t.T("The link works once, within three days. If this wasn’t you, you can ignore this email: no account will be created.")
	return l
}

func (r *Accounts) letterAccountExists(t *lang.Printer, address string, owner community.Person, next string) notify.Letter {
	l := awaited(t, "account-exists", address, owner.Name, t.T("You already have an account"))
	l.Intro = t.T("Someone (probably you) tried to sign up at %s with this address. It already belongs to an account: %s (@%s).", r.deps.SiteName, owner.Name, owner.Slug)
	l.Actions = r.signInActions(t, next)
	l.Note = t.T("If this wasn’t you, you can ignore this email: your account won’t change.")
	return l
}

func (r *Accounts) letterConfirmAddress(t *lang.Printer, address string, person community.Person, secret string) notify.Letter {
	l := awaited(t, "confirm-address", address, "", t.T("Confirm your address"))
	l.Intro = t.T("%s (@%s) would like to use this address at %s.", notify.Called(person.Name, person.Slug), person.Slug, r.deps.SiteName)
	l.Actions = r.confirmAction(t, secret)
	l.Note = t.T("The link works once, within three days. If this isn’t your account, you can ignore this email: the address won’t be added.")
	return l
}

func (r *Accounts) letterAddressTaken(t *lang.Printer, address string, owner community.Person) notify.Letter {
	l := letter(t, "address-taken", address, owner.Name, t.T("Your address already belongs to an account"))
	l.Intro = t.T("Someone (probably you) tried to add this address to another account at %s. It already belongs to %s (@%s) and stays there.", r.deps.SiteName, owner.Name, owner.Slug)
	l.Actions = r.signInActions(t, "")
	l.Note = t.T("To use the address for the other account, remove it from this one first. If this wasn’t you, you can ignore this email.")
	return l
}

func (r *Accounts) letterReset(t *lang.Printer, address string, person community.Person, secret string) notify.Letter {
	l := awaited(t, "new-password", address, person.Name, t.T("Set a new password"))
	l.Intro = t.T("Someone (probably you) asked for a new password at %s for %s (@%s).", r.deps.SiteName, person.Name, person.Slug)
	l.Actions = []notify.Action{{Label: t.T("Set a new password"), URL: r.resetURL(person, secret), Primary: true}}
	l.Facts = []notify.Fact{{Label: t.T("Short name"), Value: person.Slug}}
	l.Note = t.T("The link works once, within three days. If this wasn’t you, you can ignore this email: your password won’t change.")
	return l
}

func (r *Accounts) letterNoAccount(t *lang.Printer, address string) notify.Letter {
	l := awaited(t, "no-account", address, "", t.T("There is no account with this address"))
	l.Intro = t.T("Someone (probably you) asked for a new password at %s, but there is no account with this address. Maybe you signed up with another one.", r.deps.SiteName)
	l.Actions = []notify.Action{{Label: t.T("Sign up"), URL: r.deps.URL(signUpPath), Primary: true}}
	l.Note = t.T("If this wasn’t you, you can ignore this email.")
	return l
}

func (r *Accounts) letterClosed(t *lang.Printer, address string, person community.Person) notify.Letter {
	l := awaited(t, "account-closed", address, person.Name, t.T("Your account has been closed"))
	l.Intro = t.T("Someone (probably you) asked for a new password at %s for %s (@%s). This account has been closed, so its password can’t be changed.", r.deps.SiteName, person.Name, person.Slug)
	if r.deps.Operators != "" {
		l.Actions = []notify.Action{{Label: t.T("Contact the people who run this site"), URL: r.deps.URL(r.deps.Operators)}}
	}
	return l
}

func (r *Accounts) letterPasswordChanged(t *lang.Printer, address string, person community.Person) notify.Letter {
	l := letter(t, "password-changed", address, person.Name, t.T("Your password has been changed"))
	l.Intro = t.T("The password of %s (@%s) at %s has been changed. All other devices are signed out, notifications are off on every device, and app passwords no longer work.", person.Name, person.Slug, r.deps.SiteName)
	l.Actions = []notify.Action{{Label: t.T("Set a new password"), URL: r.deps.URL(resetRequestPath)}}
	l.Note = t.T("If this was you, there’s nothing to do. If not, set a new password right away with the link above.")
	return l
}

func (r *Accounts) letterMainChanged(t *lang.Printer, before, now string, person community.Person) notify.Letter {
	l := letter(t, "main-address-changed", before, person.Name, t.T("Your emails now go to another address"))
	l.Intro = t.T("The main address of %s (@%s) at %s is now %s.", person.Name, person.Slug, r.deps.SiteName, now)
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

func (r *Accounts) letterAppPassword(t *lang.Printer, address string, person community.Person, p AppPassword) notify.Letter {
	l := letter(t, "app-password", address, person.Name, t.T("A new app password was created"))
	l.Intro = t.T("Someone (probably you) created an app password for %s (@%s) at %s. An app that has it can do what is listed here, and nothing else.", person.Name, person.Slug, r.deps.SiteName)
	l.Facts = []notify.Fact{
		{Label: t.T("App or device"), Value: p.Name}, {Label: t.T("What the app may do"), Value: t.T(string(p.Scope.label()))}, {Label: t.T("Works until"), Value: t.Date(p.ExpiresAt)},
	}
	l.Actions = []notify.Action{{Label: t.T("App passwords"), URL: r.deps.URL(AppPasswordsPath)}}
	l.Note = t.T("If this was you, there’s nothing to do. If not, sign in and change your password.")
	return l
}

// checkAccount ends a letter about a change of the account that somebody else may have made.
func (r *Accounts) checkAccount(t *lang.Printer, l notify.Letter) notify.Letter {
	l.Actions = []notify.Action{{Label: t.T("Email addresses"), URL: r.deps.URL(addressesPath)}}
	if r.deps.Devices != "" {
		l.Actions = append(l.Actions, notify.Action{Label: t.T("Devices that get notifications"), URL: r.deps.URL(r.deps.Devices)})
	}
	l.Note = t.T("If this was you, there’s nothing to do. If not, sign in and change your password.")
	return l
}
