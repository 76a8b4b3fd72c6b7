package accounts

import (
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
)

// AllLetters returns every letter of the room.
func AllLetters(r *Accounts, printer *lang.Printer, person community.Person) []notify.Letter {
	const address, secret = "anna@example.org", "abcdefghijklmnopqrstuvwxyz"
	return []notify.Letter{
		r.letterConfirmSignUp(printer, address, secret, intents.Intent{}),
		r.letterAccountExists(printer, address, person, ""),
		r.letterConfirmAddress(printer, address, person, secret),
		r.letterAddressTaken(printer, address, person),
		r.letterReset(printer, address, person, secret),
		r.letterNoAccount(printer, address),
		r.letterClosed(printer, address, person),
		r.letterPasswordChanged(printer, address, person),
		r.letterAddressAdded(printer, address, "anna@verein.example", person),
		r.letterAddressRemoved(printer, address, "anna@verein.example", person),
		r.letterAppPassword(printer, address, person, AppPassword{Name: "Kalender auf dem Telefon", Scope: ScopeCalendars, ExpiresAt: clock.Date(2027, time.March, 3, 12, 0)}),
		r.letterMainChanged(printer, address, "anna@verein.example", person),
	}
}

// SetUnknownPerson names who inherits, as the configuration does.
func SetUnknownPerson(r *Accounts, id int64) { r.deps.UnknownPerson = id }
