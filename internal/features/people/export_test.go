package people

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Bequests returns the columns that the unknown person inherits, as table.column.
func Bequests() map[string]bool {
	columns := map[string]bool{}
	for _, b := range append(bequests, entityBequests...) {
		columns[b.table+"."+b.column] = true
	}
	return columns
}

// AllLetters returns every letter of the room.
func AllLetters(p *People, printer *lang.Printer, person community.Person) []notify.Letter {
	const address, secret = "anna@example.org", "abcdefghijklmnopqrstuvwxyz"
	return []notify.Letter{
		p.letterConfirmSignUp(printer, address, secret),
		p.letterAccountExists(printer, address, person),
		p.letterConfirmAddress(printer, address, person, secret),
		p.letterAddressTaken(printer, address, person),
		p.letterReset(printer, address, person, secret),
		p.letterNoAccount(printer, address),
		p.letterClosed(printer, address, person),
		p.letterPasswordChanged(printer, address, person),
		p.letterMainChanged(printer, address, "anna@verein.example", person),
	}
}

// SetUnknownPerson names who inherits, as the configuration does.
func SetUnknownPerson(p *People, id int64) { p.deps.UnknownPerson = id }
