// Package offered is what the house offers to commands that look after a site.
package offered

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/features/admin"
	"grouprise.org/grouprise/internal/features/imports"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/setup"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Rooms are the rooms of the house that commands use.
type Rooms struct {
	Accounts *accounts.Accounts
	Members  *membership.Membership
	Imports  *imports.Imports
	Setup    *setup.Setup
	TestMail admin.TestMail

	SiteName fmt.Stringer
	Printer  func() *lang.Printer // in the language of the site
}

// SendTest sends a mail to an address at once, and returns the steps of its way.
func (r Rooms) SendTest(ctx context.Context, address string) (way []string, err error) {
	return r.TestMail.Send(ctx, r.Printer(), address)
}
