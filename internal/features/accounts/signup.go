package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

func limitSignUp() web.Limit {
	return web.Limit{Name: "sign up", Count: 20, Per: time.Minute, Whom: web.PerVisitor}
}

func limitConfirm() web.Limit {
	return web.Limit{Name: "confirm by password", Count: 5, Per: 5 * time.Minute, Whom: web.PerLink}
}

// SignUp is what somebody enters who wants an account.
type SignUp struct {
	Name     string // that they want to be called by
	Address  string
	Password string
	Repeated string // the password, typed a second time
	Captcha  captcha.Fields
	Next     string // path to go to after the confirmation, and what they were about to do there; may be empty
	Message  string // to the group that decides about them; may be empty
	Language string // in which the mail is written
}

// signUpData is what a sign-up keeps until its mailbox is proven.
type signUpData struct {
	Name     string `json:"name"`
	Address  string `json:"address"` // as it was typed
	Hash     string `json:"hash"`
	Browser  string `json:"browser"`
	Next     string `json:"next,omitempty"`
	Message  string `json:"message,omitempty"`
	Language string `json:"language,omitempty"`
}

// CheckSignUp returns what is wrong with a sign-up, field by field; nil if nothing is.
func (r *Accounts) CheckSignUp(printer *lang.Printer, s SignUp) error {
	wrong := checkName(s.Name)
	if _, _, ok := ParseAddress(s.Address); !ok {
		wrong = append(wrong, errs.Field("email", notAnAddress))
	}
	wrong = append(wrong, checkNewPassword(s.Password, s.Repeated, s.Address)...)
	wrong = append(wrong, checkMessage(s.Message)...)
	wrong = append(wrong, r.deps.Captcha.Check(printer, s.Captcha)...)
	return errs.Check(wrong...)
}

// SignUp keeps a sign-up until the link is followed that it sends to the address. It returns what the
// browser that signed up is known by when it comes back with the link. If the address has an account,
// the mail says so, and nothing else does. A second sign-up does no harm.
func (r *Accounts) SignUp(ctx context.Context, printer *lang.Printer, s SignUp) (browser string, err error) {
	if err := r.CheckSignUp(printer, s); err != nil {
		return "", err
	}
	address, key, _ := ParseAddress(s.Address)
	if err := r.deps.Captcha.Redeem(ctx, s.Captcha); err != nil {
		return "", err
	}
	if err := r.allowLetter(ctx, key); err != nil {
		return "", err
	}
	hash, err := r.deps.Passwords.Hash(ctx, s.Password)
	if err != nil {
		return "", err
	}
	browser = rand.Text()
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := getAccount(ctx, tx, ownsAddress, key)
		switch {
		case err == nil && owner.Password != "":
			return r.deps.Letters.Post(ctx, tx, r.letterAccountExists(printer, address, owner.Person, s.Next))
		case err != nil && !errs.Is(err, errs.NotFound):
			return err
		}
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenSignUp, Address: key}, signUpData{
			Name: s.Name, Address: address, Hash: hash, Browser: browser, Next: s.Next, Message: s.Message, Language: s.Language,
		}, linkLifetime)
		if err != nil {
			return err
		}
		intent, err := r.intents().Find(ctx, tx, s.Next)
		if err != nil {
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.letterConfirmSignUp(printer, address, secret, intent))
	})
	if err != nil {
		return "", fmt.Errorf("sign up: %w", err)
	}
	return browser, nil
}

// Link is a link of a mail that waits to be confirmed.
type Link struct {
	Address string
	Person  community.Person // who wants to add the address; the zero value for a sign-up
	Known   bool             // the browser is the one that signed up, so that no password is asked
	Next    string
}

// SignsUp reports whether the link confirms a sign-up.
func (l Link) SignsUp() bool { return l.Person.ID == 0 }

// FindLink returns what a link would confirm; NotFound if it has been used or has expired.
func (r *Accounts) FindLink(ctx context.Context, secret, browser string) (Link, error) {
	t, err := findToken(ctx, r.deps.DB, secret, r.deps.DB.Now(), tokenSignUp, tokenAddress)
	if err != nil {
		return Link{}, err
	}
	if t.Kind == tokenAddress {
		var data addressData
		if err := t.Decode(&data); err != nil {
			return Link{}, err
		}
		person, err := r.Get(ctx, r.deps.DB, t.PersonID)
		return Link{Address: data.Address, Person: person}, err
	}
	var data signUpData
	if err := t.Decode(&data); err != nil {
		return Link{}, err
	}
	return Link{Address: data.Address, Known: sameBrowser(browser, data.Browser), Next: data.Next}, nil
}

func sameBrowser(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// Confirmed says what a link brought about.
type Confirmed struct {
	Person    community.Person
	Exists    bool // there was an account already: nothing was changed, signing in is next
	Next      string
	Fulfilled intents.Fulfilled // what became of what they were about to do
}

// ConfirmSignUp makes an account of a sign-up whose mailbox has been proven, or gives a password to the
// person without one who took part by this address. Typed is the password of the sign-up; the browser that
// signed up needs none. Of two who follow the same link at once, one succeeds.
func (r *Accounts) ConfirmSignUp(ctx context.Context, secret, browser, typed string) (Confirmed, error) {
	t, err := tokens.Find(ctx, r.deps.DB, tokenSignUp, secret, r.deps.DB.Now())
	if err != nil {
		return Confirmed{}, err
	}
	var data signUpData
	if err := t.Decode(&data); err != nil {
		return Confirmed{}, err
	}
	if !sameBrowser(browser, data.Browser) {
		if err := r.confirmPassword(ctx, t.ID, data.Hash, typed); err != nil {
			return Confirmed{}, err
		}
	}
	done := Confirmed{Next: data.Next}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tokens.Redeem(ctx, tx, tokenSignUp, secret); err != nil {
			return err
		}
		if err := deleteLinks(ctx, tx, tokenSignUp, t.Address); err != nil {
			return err
		}
		var err error
		draft := people.Draft{Address: data.Address}
		draft.FirstName, draft.LastName = people.SplitName(data.Name)
		done.Person, err = r.findOrCreate(ctx, tx, draft, true)
		if err != nil {
			return err
		}
		if !done.Person.Active {
			return errInactive()
		}
		a, err := getAccount(ctx, tx, `p.id = ?`, done.Person.ID)
		if err != nil {
			return err
		}
		if done.Exists = a.Password != ""; done.Exists {
			return nil
		}
		if err := r.activate(ctx, tx, a.Person, data); err != nil {
			return err
		}
		if done.Person, err = r.Get(ctx, tx, done.Person.ID); err != nil {
			return err
		}
		done.Fulfilled, err = r.intents().Fulfil(ctx, tx, data.Next, done.Person, data.Message)
		return err
	})
	if err != nil {
		return Confirmed{}, fmt.Errorf("confirm a sign-up: %w", err)
	}
	return done, nil
}

// activate lets a person sign in from now on.
func (r *Accounts) activate(ctx context.Context, tx *sqldb.Tx, person community.Person, data signUpData) error {
	if err := updatePassword(ctx, tx, person.ID, data.Hash); err != nil {
		return err
	}
	if err := updateSignedIn(ctx, tx, person.ID); err != nil {
		return err
	}
	if err := r.deps.People.Introduce(ctx, tx, person, data.Name); err != nil {
		return err
	}
	if person.Language == "" && data.Language != r.deps.Catalogues.Match() {
		if err := r.deps.People.ChooseLanguage(ctx, tx, person.ID, data.Language); err != nil {
			return err
		}
	}
	_, err := r.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.PersonJoined, ActorID: person.ID, PersonID: person.ID, EntityID: person.EntityID,
	})
	return err
}

// confirmPassword checks the password that belongs to a link.
func (r *Accounts) confirmPassword(ctx context.Context, tokenID int64, hash, typed string) error {
	if typed == "" {
		return errs.Check(errs.Field("password", "Enter the password you chose when you signed up."))
	}
	if err := r.deps.Limiter.Allow(ctx, limitConfirm(), strconv.FormatInt(tokenID, 10)); err != nil {
		return err
	}
	ok, err := r.deps.Passwords.Verify(ctx, hash, typed)
	if err != nil {
		return err
	}
	if !ok {
		return errs.Check(errs.Field("password", "That’s not the password you chose when you signed up. If you never signed up, just close this page."))
	}
	return nil
}
