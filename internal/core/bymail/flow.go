package bymail

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Request is something that the owner of a mailbox begins or ends with a group: belonging to it, subscribing to it.
type Request struct {
	Kind string // of the tokens in its links
	Path string // of its links, up to the secret
	Ends bool   // it ends what Has says, rather than beginning it

	// Behind returns the group behind the {key} in the path of the form, for what only those may ask for who have a link;
	// NotFound if the link does not work any more. nil: it is the group that the path names, for everybody.
	Behind func(ctx context.Context, q sqldb.Querier, key string) (community.Group, error)
	// Account returns where those who have signed in do the same.
	Account func(w Wish) string
	// May says why nobody can ask for it without an account; nil if everybody always can.
	May func(g community.Group) error
	// Has reports whether a person has what the request begins or ends.
	Has func(ctx context.Context, q sqldb.Querier, g community.Group, personID int64) (bool, error)
	// Do begins or ends it for the owner of the mailbox, and reports whether that changed anything.
	Do func(ctx context.Context, tx *sqldb.Tx, w Wish, personID int64) (changed bool, err error)
	// Answer answers whoever has confirmed.
	Answer func(v *site.Visit, g community.Group, changed bool) error
	// Sent says that a letter is on its way.
	Sent lang.Text
	// Words returns what the pages and letters say. address is empty on the form.
	Words func(p *lang.Printer, g community.Group, address string) Words
}

// Wish is what somebody asks for.
type Wish struct {
	Group community.Group
	Key   string // of the link that they have, if the request has Behind
}

// Words is what the pages and letters of a request say.
type Words struct {
	Title    string             // of the page with the form
	Form     Form               // asks for the address
	Letter   Letter             // what it says; the flow adds its link
	Nothing  notify.Letter      // goes out instead if there is nothing to begin or end
	Question parts.Confirmation // on the page behind the link; the button is its title, too
}

// Flow answers for the pages of a request.
type Flow struct {
	by *ByMail
	Request
}

// Flow returns the flow of a request.
func (b *ByMail) Flow(r Request) *Flow { return &Flow{b, r} }

// ShowForm asks for a mail address.
func (f *Flow) ShowForm(v *site.Visit) error {
	return f.withoutAccount(v, func(w Wish) error {
		if err := f.may(w.Group); err != nil {
			return err
		}
		return v.Show(f.formPage(v, w.Group, "", parts.Errors{}))
	})
}

// PostLetter sends the letter that the form asks for.
func (f *Flow) PostLetter(v *site.Visit) error {
	return f.withoutAccount(v, func(w Wish) error {
		if address, err := f.submit(v, w); err != nil {
			return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return f.formPage(v, w.Group, address, e), nil })
		}
		v.Flash(parts.Info, string(f.Sent))
		return v.Redirect(w.Group.Entity().Path())
	})
}

// withoutAccount answers a visit to a group; those who have signed in do the same elsewhere.
func (f *Flow) withoutAccount(v *site.Visit, answer func(Wish) error) error {
	w, err := f.visited(v)
	if err != nil {
		return err
	}
	if v.Viewer.SignedIn() {
		return v.Redirect(f.Account(w))
	}
	return answer(w)
}

func (f *Flow) visited(v *site.Visit) (w Wish, err error) {
	if f.Behind == nil {
		w.Group, _, err = f.by.deps.Groups.Visited(v)
		return w, err
	}
	w.Key = v.Path("key")
	w.Group, err = f.Behind(v.Context(), f.by.deps.DB, w.Key)
	return w, err
}

func (f *Flow) may(g community.Group) error {
	if f.May == nil {
		return nil
	}
	return f.May(g)
}

func (f *Flow) formPage(v *site.Visit, g community.Group, address string, e parts.Errors) site.Page {
	w := f.Words(v.Lang, g, "")
	w.Form.Cancel = g.Entity().Path()
	return v.GroupPage(g, w.Title, AddressForm(w.Form, address, e))
}

// submit sends a letter to the address of the form, and returns the address.
func (f *Flow) submit(v *site.Visit, w Wish) (address string, err error) {
	if address, err = f.by.BindAddress(v); err != nil {
		return address, err
	}
	if err := f.by.Throttle(v, address); err != nil {
		return address, err
	}
	return address, f.Send(v.Context(), w, address, v.Lang.Language())
}

// Send posts the letter with the link, or the one that says that there is nothing to do. What the caller learns does
// not depend on whether the address is known. language is that of the caller.
func (f *Flow) Send(ctx context.Context, wish Wish, address, language string) error {
	g := wish.Group
	if err := f.may(g); err != nil {
		return err
	}
	return f.by.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		to, err := f.by.Addressee(ctx, tx, address, language)
		if err != nil {
			return err
		}
		has := false
		if to.Person.ID != 0 {
			if has, err = f.Has(ctx, tx, g, to.Person.ID); err != nil {
				return err
			}
		}
		g.Name = notify.Called(g.Name, g.Slug)
		w := f.Words(to.Lang, g, address)
		entity := g.Entity()
		w.Letter.Group, w.Nothing.Group = &entity, &entity
		if has != f.Ends {
			return f.by.post(ctx, tx, to, w.Nothing)
		}
		w.Letter.Path, w.Letter.Token = f.Path, tokens.Token{Kind: f.Kind, EntityID: g.EntityID}
		if f.Ends {
			w.Letter.Token.PersonID = to.Person.ID
		}
		if f.Behind != nil {
			w.Letter.Data = wish.Key
		}
		return f.by.Send(ctx, tx, to, w.Letter)
	})
}

// AskToConfirm is the page behind the link.
func (f *Flow) AskToConfirm(v *site.Visit) error {
	t, err := f.by.Find(v.Context(), f.Kind, v.Path("secret"))
	if err != nil {
		return err
	}
	w, err := f.wish(v.Context(), f.by.deps.DB, t)
	if err != nil {
		return err
	}
	g := w.Group
	question := f.Words(v.Lang, g, t.Address).Question
	question.Cancel = g.Entity().Path()
	return v.Show(v.GroupPage(g, question.Button, parts.ConfirmForm(question)))
}

// Confirm does what the link stands for, whoever has signed in.
func (f *Flow) Confirm(v *site.Visit) error {
	g, changed, err := f.confirm(v.Context(), v.Path("secret"))
	if err != nil {
		return fmt.Errorf("%s by mail: %w", f.Kind, err)
	}
	return f.Answer(v, g, changed)
}

func (f *Flow) confirm(ctx context.Context, secret string) (g community.Group, changed bool, err error) {
	err = f.by.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := f.redeem(ctx, tx, secret)
		if err != nil {
			return err
		}
		w, err := f.wish(ctx, tx, t)
		if err != nil {
			return err
		}
		g = w.Group
		changed, err = f.Do(ctx, tx, w, t.PersonID)
		return err
	})
	return g, changed, err
}

// wish returns what a link stands for. The link that somebody had when they asked has to work still.
func (f *Flow) wish(ctx context.Context, q sqldb.Querier, t tokens.Token) (w Wish, err error) {
	if f.Behind == nil {
		w.Group, err = f.by.deps.Groups.GetByEntity(ctx, q, t.EntityID)
		return w, err
	}
	if err := t.Decode(&w.Key); err != nil {
		return w, err
	}
	w.Group, err = f.Behind(ctx, q, w.Key)
	return w, err
}

// redeem uses a link up and returns what it stands for, with the person. Whoever ends something was known when the
// letter was written, and can do so even after their account has been closed.
func (f *Flow) redeem(ctx context.Context, tx *sqldb.Tx, secret string) (tokens.Token, error) {
	if f.Ends {
		return tokens.Redeem(ctx, tx, f.Kind, secret)
	}
	t, owner, err := f.by.Redeem(ctx, tx, f.Kind, secret)
	t.PersonID = owner.ID
	return t, err
}

type addressForm struct {
	Address string `form:"email" text:"line" label:"Email address"`
}

// BindAddress reads a form that asks for a mail address and checks it. It returns what was entered even if that is
// wrong.
func (b *ByMail) BindAddress(v *site.Visit) (string, error) {
	var f addressForm
	if err := v.Bind(&f); err != nil {
		return f.Address, err
	}
	return f.Address, errs.Check(b.CheckAddress(f.Address)...)
}
