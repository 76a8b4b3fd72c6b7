package accounts

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (r *Accounts) showDelete(v *site.Visit) error {
	left, err := r.Leftovers(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	return v.Show(r.deps.People.SettingsPage(v, v.T("Delete account"), deleteBody(v, left, r.deps.Operators)))
}

func (r *Accounts) removeAccount(v *site.Visit) error {
	if err := r.Delete(v.Context(), v.Viewer); err != nil {
		return err
	}
	if err := v.SignOut(); err != nil {
		return err
	}
	v.Flash(parts.Info, "Your account is deleted. Farewell.")
	return v.Redirect("/")
}
