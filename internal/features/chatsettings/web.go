package chatsettings

import (
	"slices"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
)

// ownForm names the chat account of the viewer; empty is the one that the site gives them.
type ownForm struct {
	MatrixID string `form:"matrix_id" text:"line"`
}

// ownPage is what people see of their chat account.
type ownPage struct {
	Own     chat.ID
	Local   string  // the account that the site gives
	Waiting *Direct // the account that is asked whether it is theirs; nil for none
	Trouble *Direct // what a homeserver refuses; nil for nothing
	Form    ownForm
	Errors  parts.Errors
}

func (r *Settings) editOwn(v *site.Visit) error { return r.showOwn(v, nil, nil) }

// showOwn shows the chat account of the viewer, with a form that was sent and what is wrong in it.
func (r *Settings) showOwn(v *site.Visit, sent *ownForm, wrong error) error {
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		p := ownPage{Local: r.deps.Chat.LocalID(v.Viewer.Slug), Errors: e}
		var err error
		if p.Own, err = chat.IDOf(v.Context(), r.deps.DB, v.Viewer.PersonID); err != nil && !errs.Is(err, errs.NotFound) {
			return site.Page{}, err
		}
		all, err := directsOf(v.Context(), r.deps.DB, v.Viewer.PersonID, r.deps.DB.Now())
		if err != nil {
			return site.Page{}, err
		}
		if i := slices.IndexFunc(all, Direct.waits); i >= 0 {
			p.Waiting = &all[i]
		}
		if i := slices.IndexFunc(all, func(d Direct) bool { return d.State == failed }); i >= 0 {
			p.Trouble = &all[i]
		}
		switch {
		case sent != nil:
			p.Form = *sent
		case p.Waiting != nil:
			p.Form.MatrixID = p.Waiting.MatrixID
		case p.Own.Proven:
			p.Form.MatrixID = p.Own.MatrixID
		}
		return v.SettingsPage(v.T("Chat"), ownBody(p)), nil
	})
}

func (r *Settings) updateOwn(v *site.Visit) error {
	var f ownForm
	if err := v.Bind(&f); err != nil {
		return r.showOwn(v, &f, err)
	}
	if f.MatrixID == "" {
		if err := r.Disconnect(v.Context(), v.Viewer); err != nil {
			return err
		}
		v.Flash(parts.Done, "You’ll use the chat account of this site.")
		return v.Redirect(ownPath)
	}
	needed, err := r.Connect(v.Context(), v.Viewer, f.MatrixID)
	if err != nil {
		return r.showOwn(v, &f, err)
	}
	if needed {
		v.Flash(parts.Info, "We’ve sent a question to your chat account. Open your chat app and confirm it there.")
	} else {
		v.Flash(parts.Done, "Your choice is saved.")
	}
	return v.Redirect(ownPath)
}

// questioned returns the chat in whose question the link stands by which somebody came. A link that was replaced by a newer one, or has
// been used, is NotFound.
func (r *Settings) questioned(v *site.Visit) (Direct, error) {
	id, err := v.ID("id")
	if err != nil {
		return Direct{}, err
	}
	d, err := getDirect(v.Context(), r.deps.DB, id, r.deps.DB.Now())
	if err == nil && (!r.deps.Keys.Fit(v.Path("key"), subject(d)) || !d.waits()) {
		err = errs.New(errs.NotFound, "")
	}
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "This link has already been used or has expired. Request a new one.")
	}
	return d, err
}

// askProof is the page behind the link in the question. It changes nothing: homeservers follow links to show what is
// there.
func (r *Settings) askProof(v *site.Visit) error {
	d, err := r.questioned(v)
	if err != nil {
		return err
	}
	title := v.T("Connect your chat account")
	return v.Show(site.Page{Title: title, Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: title}), Body: parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Is %s the chat account of %s (%s)?", d.MatrixID, d.Name, d.Slug), Button: v.T("Yes, connect it"), Cancel: "/",
	})})
}

func (r *Settings) createProof(v *site.Visit) error {
	d, err := r.questioned(v)
	if err != nil {
		return err
	}
	if err := r.Prove(v.Context(), d); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your chat account is connected.")
	if v.Viewer.PersonID == d.PersonID {
		return v.Redirect(ownPath)
	}
	return v.Redirect("/")
}
