package accounts

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

// addressForm is one of the small forms of the page of addresses; the name of its button says what to do.
type addressForm struct {
	Address string `form:"email"          text:"line"`
	Add     string `form:"action_add"`
	Send    string `form:"action_send"`
	Main    string `form:"action_primary"`
	Remove  string `form:"action_remove"`
}

func (r *Accounts) showAddresses(v *site.Visit) error {
	return r.addressesPage(v, addressForm{}, nil)
}

func (r *Accounts) addressesPage(v *site.Visit, f addressForm, err error) error {
	all, listErr := r.ListAddresses(v.Context(), v.Viewer.PersonID)
	if listErr != nil {
		return listErr
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return r.deps.People.SettingsPage(v, v.T("E-mail addresses"), addressesBody(all, f, e)), nil
	})
}

func (r *Accounts) updateAddresses(v *site.Visit) error {
	var f addressForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	has := func(button string) bool { return v.R.PostForm.Has(button) }
	ctx, done := v.Context(), lang.Text("")
	var err error
	switch {
	case has("action_add"):
		err, done = r.AddAddress(ctx, v.Viewer, f.Address), lang.Text("A mail is on its way to %s. Follow the link in it to add the address.")
	case has("action_send"):
		err, done = r.ResendConfirmation(ctx, v.Viewer, f.Address), lang.Text("A mail is on its way to %s, unless one was sent a moment ago.")
	case has("action_primary"):
		err, done = r.MakeMain(ctx, v.Viewer, f.Address), lang.Text("Mails go to %s from now on.")
	case has("action_remove"):
		err, done = r.RemoveAddress(ctx, v.Viewer, f.Address), lang.Text("The address %s is removed.")
	}
	if err != nil {
		return r.addressesPage(v, f, err)
	}
	if done != "" {
		v.Flash(parts.Done, string(done), f.Address)
	}
	return v.Redirect(AddressesPath)
}
