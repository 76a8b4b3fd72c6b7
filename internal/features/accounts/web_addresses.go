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

	Password string `form:"password" text:"raw"` // asked for if the session is not new
}

func (r *Accounts) showAddresses(v *site.Visit) error { return r.addressesPage(v, addressForm{}, nil) }

func (r *Accounts) addressesPage(v *site.Visit, f addressForm, err error) error {
	all, listErr := r.ListAddresses(v.Context(), v.Viewer.PersonID)
	if listErr != nil {
		return listErr
	}
	asks, needErr := r.NeedsPassword(v.Context(), v.Viewer.PersonID, v.Session().SignedInAt(v.Context()))
	if needErr != nil {
		return needErr
	}
	return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
		return v.SettingsPage(v.T("Email addresses"), addressesBody(all, f, asks, e)), nil
	})
}

func (r *Accounts) updateAddresses(v *site.Visit) error {
	var f addressForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	done, err := r.changeAddress(v, f)
	if err != nil {
		return r.addressesPage(v, f, err)
	}
	if done != "" {
		v.Flash(parts.Done, string(done), f.Address)
	}
	return v.Redirect(addressesPath)
}

// changeAddress does what the button says, and returns what to say about it; nothing without a button.
func (r *Accounts) changeAddress(v *site.Visit, f addressForm) (done lang.Text, err error) {
	address := f.Address
	switch button := v.R.PostForm.Has; {
	case button("action_add"):
		proof := Proof{v.Session().SignedInAt(v.Context()), f.Password}
		return lang.Text("We’ve sent an email to %s. Open the link in it to add the address."), r.AddAddress(v.Context(), v.Viewer, address, proof)
	case button("action_send"):
		return lang.Text("We’ve sent an email to %s, unless we sent one a moment ago."), r.ResendConfirmation(v.Context(), v.Viewer, address)
	case button("action_primary"):
		return lang.Text("Emails now go to %s."), r.MakeMain(v.Context(), v.Viewer, address)
	case button("action_remove"):
		return lang.Text("The address %s has been removed."), r.RemoveAddress(v.Context(), v.Viewer, address)
	default:
		return "", nil
	}
}
