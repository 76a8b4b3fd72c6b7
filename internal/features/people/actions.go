package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Kinds of tokens of this room, and how long their links work.
const (
	tokenSignUp   = "sign-up"
	tokenAddress  = "address"
	tokenPassword = "password"

	linkLifetime = 3 * 24 * time.Hour
)

// How often something may be done. What has no other name is counted by the client's network address.
const (
	nameSignInAccount = "sign in: account"
	nameSignInClient  = "sign in: client"
)

func limitSignInAccount() web.Limit {
	return web.Limit{Name: nameSignInAccount, Count: 5, Per: 5 * time.Minute}
}

func limitSignInClient() web.Limit {
	return web.Limit{Name: nameSignInClient, Count: 60, Per: 5 * time.Minute}
}

func limitSignUp() web.Limit { return web.Limit{Name: "sign up", Count: 20, Per: time.Minute} }

func limitReset() web.Limit { return web.Limit{Name: "reset password", Count: 20, Per: time.Minute} }

func limitLetters() web.Limit {
	return web.Limit{Name: "account mails to an address", Count: 5, Per: 10 * time.Minute}
}

func limitPassword() web.Limit {
	return web.Limit{Name: "change password", Count: 5, Per: time.Minute}
}

func limitAddresses() web.Limit {
	return web.Limit{Name: "manage addresses", Count: 10, Per: time.Minute}
}

func limitConfirm() web.Limit {
	return web.Limit{Name: "confirm by password", Count: 5, Per: 5 * time.Minute}
}

// resendAfter is how long somebody waits before another mail goes to an address that they want to add.
const resendAfter = 3 * time.Minute

// SignUp is what somebody enters who wants an account.
type SignUp struct {
	Address  string
	Password string
	Again    string // the password, typed a second time
	Captcha  captcha.Fields
	Next     string // path to go to after the confirmation; may be empty
	Language string // in which the mail is written
}

// signUpData is what a sign-up keeps until its mailbox is proven.
type signUpData struct {
	Address  string `json:"address"` // as it was typed
	Hash     string `json:"hash"`
	Browser  string `json:"browser"`
	Next     string `json:"next,omitempty"`
	Language string `json:"language,omitempty"`
}

// CheckSignUp returns what is wrong with a sign-up, field by field; nil if nothing is.
func (p *People) CheckSignUp(printer *lang.Printer, s SignUp) error {
	var wrong []errs.FieldError
	if _, _, ok := ParseAddress(s.Address); !ok {
		wrong = append(wrong, errs.Field("email", notAnAddress))
	}
	wrong = append(wrong, checkNewPassword(s.Password, s.Again, s.Address)...)
	wrong = append(wrong, p.deps.Captcha.Check(printer, s.Captcha)...)
	return errs.Check(wrong...)
}

// SignUp keeps a sign-up until the link is followed that it sends to the address. It returns what the
// browser that signed up is known by when it comes back with the link. If the address has an account,
// the mail says so; nothing else tells. Signing up twice does no harm.
func (p *People) SignUp(ctx context.Context, printer *lang.Printer, s SignUp) (browser string, err error) {
	if err := p.CheckSignUp(printer, s); err != nil {
		return "", err
	}
	address, key, _ := ParseAddress(s.Address)
	if err := p.deps.Captcha.Redeem(ctx, s.Captcha); err != nil {
		return "", err
	}
	if err := p.deps.Limiter.Allow(ctx, limitLetters(), key); err != nil {
		return "", err
	}
	hash, err := p.deps.Passwords.Hash(ctx, s.Password)
	if err != nil {
		return "", err
	}
	browser = rand.Text()
	err = p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := getAccount(ctx, tx, ownsAddress, key)
		switch {
		case err == nil && owner.Password != "":
			return p.deps.Letters.Post(ctx, tx, p.letterAccountExists(printer, address, owner.Person))
		case err != nil && !errs.Is(err, errs.NotFound):
			return err
		}
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenSignUp, Address: key},
			signUpData{Address: address, Hash: hash, Browser: browser, Next: s.Next, Language: s.Language}, linkLifetime)
		if err != nil {
			return err
		}
		return p.deps.Letters.Post(ctx, tx, p.letterConfirmSignUp(printer, address, secret))
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
func (p *People) FindLink(ctx context.Context, secret, browser string) (Link, error) {
	t, err := findToken(ctx, p.deps.DB, secret, p.deps.DB.Now(), tokenSignUp, tokenAddress)
	if err != nil {
		return Link{}, err
	}
	if t.Kind == tokenAddress {
		var data addressData
		if err := t.Decode(&data); err != nil {
			return Link{}, err
		}
		person, err := p.Get(ctx, p.deps.DB, t.PersonID)
		return Link{Address: data.Address, Person: person}, err
	}
	var data signUpData
	if err := t.Decode(&data); err != nil {
		return Link{}, err
	}
	return Link{Address: data.Address, Known: same(browser, data.Browser), Next: data.Next}, nil
}

func same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Confirmed says what a link brought about.
type Confirmed struct {
	Person community.Person
	Exists bool // there was an account already: nothing was changed, signing in is next
	Next   string
}

// ConfirmSignUp makes an account of a sign-up whose mailbox has been proven, or gives a password to the
// person without one who took part by this address. Typed is the password, typed again; the browser that
// signed up needs none. Of two who follow the same link at once, one succeeds.
func (p *People) ConfirmSignUp(ctx context.Context, secret, browser, typed string) (Confirmed, error) {
	t, err := tokens.Find(ctx, p.deps.DB, tokenSignUp, secret, p.deps.DB.Now())
	if err != nil {
		return Confirmed{}, err
	}
	var data signUpData
	if err := t.Decode(&data); err != nil {
		return Confirmed{}, err
	}
	if !same(browser, data.Browser) {
		if err := p.confirmPassword(ctx, t.ID, data.Hash, typed); err != nil {
			return Confirmed{}, err
		}
	}
	done := Confirmed{Next: data.Next}
	err = p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tokens.Redeem(ctx, tx, tokenSignUp, secret); err != nil {
			return err
		}
		if err := deleteLinks(ctx, tx, tokenSignUp, t.Address); err != nil {
			return err
		}
		var err error
		done.Person, err = p.FindOrCreate(ctx, tx, data.Address, true)
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
		return p.open(ctx, tx, a.Person, data)
	})
	if err != nil {
		return Confirmed{}, fmt.Errorf("confirm a sign-up: %w", err)
	}
	return done, nil
}

// open lets a person sign in from now on.
func (p *People) open(ctx context.Context, tx *sqldb.Tx, person community.Person, data signUpData) error {
	if err := updatePassword(ctx, tx, person.ID, data.Hash); err != nil {
		return err
	}
	if err := updateSignedIn(ctx, tx, person.ID); err != nil {
		return err
	}
	if person.Language == "" && data.Language != p.deps.Catalogues.Match("", p.deps.Language) {
		if err := updateLanguage(ctx, tx, person.ID, data.Language); err != nil {
			return err
		}
	}
	_, err := p.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.PersonJoined, ActorID: person.ID, PersonID: person.ID, EntityID: person.EntityID,
	})
	return err
}

// confirmPassword checks the password that belongs to a link.
func (p *People) confirmPassword(ctx context.Context, tokenID int64, hash, typed string) error {
	if typed == "" {
		return errs.Check(errs.Field("password", "Enter the password that you chose when you signed up."))
	}
	if err := p.deps.Limiter.Allow(ctx, limitConfirm(), strconv.FormatInt(tokenID, 10)); err != nil {
		return err
	}
	ok, err := p.deps.Passwords.Verify(ctx, hash, typed)
	if err != nil {
		return err
	}
	if !ok {
		return errs.Check(errs.Field("password", "This is not the password that was chosen with this sign-up. If you never signed up, close this page: nothing happens."))
	}
	return nil
}

// errInactive says that an account has been closed by an administrator.
func errInactive() error {
	return errs.New(errs.Invalid, "This account has been closed. Write to the people who run this site if you want to know why.")
}

// SignIn returns the person whose name or address and password these are. Wrong ones are Invalid with
// one sentence for all cases; too many tries of an account or of a client are TooMany. A hash of an
// older kind is replaced.
func (p *People) SignIn(ctx context.Context, login, typed, client string) (community.Person, error) {
	login = strings.TrimSpace(login)
	var wrong []errs.FieldError
	if login == "" {
		wrong = append(wrong, errs.Field("login", "Enter your short name or your e-mail address."))
	}
	if typed == "" {
		wrong = append(wrong, errs.Field("password", "Enter your password."))
	}
	if err := errs.Check(wrong...); err != nil {
		return community.Person{}, err
	}
	if err := p.deps.Limiter.Allow(ctx, limitSignInClient(), client); err != nil {
		return community.Person{}, err
	}
	a, err := p.findLogin(ctx, login)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return community.Person{}, err
	}
	if err := p.deps.Limiter.Allow(ctx, limitSignInAccount(), signInSubject(a, login)); err != nil {
		return community.Person{}, err
	}
	ok, err := p.deps.Passwords.Verify(ctx, a.Password, typed)
	switch {
	case err != nil:
		return community.Person{}, err
	case !ok:
		return community.Person{}, errs.New(errs.Invalid, "The name, the address or the password is not right. If you have no password yet or forgot it, ask for a new one below.")
	case !a.Active:
		return community.Person{}, errInactive()
	}
	return a.Person, p.welcome(ctx, a, typed)
}

// welcome forgets the wrong tries and replaces an old hash.
func (p *People) welcome(ctx context.Context, a account, typed string) error {
	if err := p.deps.Limiter.Forget(ctx, limitSignInAccount(), signInSubject(a, "")); err != nil {
		return err
	}
	hash := ""
	if p.deps.Passwords.NeedsUpgrade(a.Password) {
		var err error
		if hash, err = p.deps.Passwords.Hash(ctx, typed); err != nil {
			return err
		}
	}
	return p.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if hash != "" {
			if err := upgradePassword(ctx, tx, a.ID, a.Password, hash); err != nil {
				return err
			}
		}
		return updateSignedIn(ctx, tx, a.ID)
	})
}

// findLogin returns the account of a slug or of an address.
func (p *People) findLogin(ctx context.Context, login string) (account, error) {
	if _, key, ok := ParseAddress(login); ok {
		a, err := getAccount(ctx, p.deps.DB, ownsAddress, key)
		if !errs.Is(err, errs.NotFound) {
			return a, err
		}
	}
	return getAccount(ctx, p.deps.DB, `e.slug_key = ?`, slugKey(login))
}

// signInSubject names whose tries are counted: the account, under whichever name it is tried, or else the
// name that nobody has.
func signInSubject(a account, login string) string {
	if a.ID != 0 {
		return "person " + strconv.FormatInt(a.ID, 10)
	}
	return strings.ToLower(login)
}

// RequestReset sends a mail to an address: with a link to set a password if somebody owns it, or that
// nobody does. The caller learns nothing of this.
func (p *People) RequestReset(ctx context.Context, printer *lang.Printer, text string) error {
	address, key, ok := ParseAddress(text)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	if err := p.deps.Limiter.Allow(ctx, limitLetters(), key); err != nil {
		return err
	}
	err := p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := p.FindByAddress(ctx, tx, address)
		switch {
		case errs.Is(err, errs.NotFound):
			return p.deps.Letters.Post(ctx, tx, p.letterNoAccount(printer, address))
		case err != nil:
			return err
		case !owner.Active:
			return p.deps.Letters.Post(ctx, tx, p.letterClosed(p.printerOf(owner), address, owner))
		}
		secret, err := p.issuePasswordLink(ctx, tx, owner.ID, key)
		if err != nil {
			return err
		}
		return p.deps.Letters.Post(ctx, tx, p.letterReset(p.printerOf(owner), address, owner, secret))
	})
	if err != nil {
		return fmt.Errorf("request a password: %w", err)
	}
	return nil
}

// issuePasswordLink issues the secret of a link that is sent to the address of a key.
func (p *People) issuePasswordLink(ctx context.Context, tx *sqldb.Tx, personID int64, key string) (string, error) {
	return tokens.Issue(ctx, tx, tokens.Token{Kind: tokenPassword, PersonID: personID, Address: key}, nil, linkLifetime)
}

// printerOf returns the printer of a person's language.
func (p *People) printerOf(person community.Person) *lang.Printer {
	language := person.Language
	if language == "" {
		language = p.deps.Language
	}
	return p.deps.Catalogues.Printer(language, nil)
}

// FindReset returns whose password a link sets; NotFound if it has been used or has expired.
func (p *People) FindReset(ctx context.Context, secret string) (community.Person, error) {
	t, err := tokens.Find(ctx, p.deps.DB, tokenPassword, secret, p.deps.DB.Now())
	if err != nil {
		return community.Person{}, err
	}
	return p.Get(ctx, p.deps.DB, t.PersonID)
}

// Reset sets the password of the person that a link was sent to, ends all their sessions, and confirms the
// address that the link came to.
func (p *People) Reset(ctx context.Context, secret, typed, again string) (community.Person, error) {
	owner, err := p.FindReset(ctx, secret)
	if err != nil {
		return community.Person{}, err
	}
	hash, err := p.hashNew(ctx, owner.ID, typed, again)
	if err != nil {
		return community.Person{}, err
	}
	err = p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenPassword, secret)
		if err != nil {
			return err
		}
		if owner, err = p.Get(ctx, tx, t.PersonID); err != nil {
			return err
		}
		if !owner.Active {
			return errInactive()
		}
		if err := p.proveAddress(ctx, tx, owner.ID, t.Address); err != nil {
			return err
		}
		if err := deleteSessions(ctx, tx, owner.ID); err != nil {
			return err
		}
		if err := updateSignedIn(ctx, tx, owner.ID); err != nil {
			return err
		}
		return updatePassword(ctx, tx, owner.ID, hash)
	})
	if err != nil {
		return community.Person{}, fmt.Errorf("set a new password: %w", err)
	}
	return owner, p.deps.Limiter.Forget(ctx, limitSignInAccount(), signInSubject(account{Person: owner}, ""))
}

// proveAddress confirms the address of a key, if it is still the person's.
func (p *People) proveAddress(ctx context.Context, tx *sqldb.Tx, personID int64, key string) error {
	a, err := findAddress(ctx, tx, key)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || a.PersonID != personID {
		return err
	}
	return verifyAddress(ctx, tx, a.ID)
}

// hashNew checks a new password of a person and returns its hash.
func (p *People) hashNew(ctx context.Context, personID int64, typed, again string) (string, error) {
	a, err := getAccount(ctx, p.deps.DB, `p.id = ?`, personID)
	if err != nil {
		return "", err
	}
	if err := errs.Check(checkNewPassword(typed, again, a.Slug, a.Name, a.Address)...); err != nil {
		return "", err
	}
	return p.deps.Passwords.Hash(ctx, typed)
}

// HasPassword reports whether a person can sign in with a password.
func (p *People) HasPassword(ctx context.Context, personID int64) (bool, error) {
	a, err := getAccount(ctx, p.deps.DB, `p.id = ?`, personID)
	return a.Password != "", err
}

// ChangePassword replaces a person's password by a new one, if they know the present one; somebody
// without a password needs none. A mail tells them. Ending the other sessions is left to the door.
func (p *People) ChangePassword(ctx context.Context, v community.Viewer, present, typed, again string) error {
	if err := p.deps.Limiter.Allow(ctx, limitPassword(), v.Slug); err != nil {
		return err
	}
	a, err := getAccount(ctx, p.deps.DB, `p.id = ?`, v.PersonID)
	if err != nil {
		return err
	}
	if a.Password != "" {
		ok, err := p.deps.Passwords.Verify(ctx, a.Password, present)
		if err != nil {
			return err
		}
		if !ok {
			return errs.Check(errs.Field("oldpassword", "This is not your present password."))
		}
	}
	hash, err := p.hashNew(ctx, v.PersonID, typed, again)
	if err != nil {
		return err
	}
	err = p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := updatePassword(ctx, tx, v.PersonID, hash); err != nil {
			return err
		}
		if a.Address == "" {
			return nil
		}
		return p.deps.Letters.Post(ctx, tx, p.letterPasswordChanged(p.printerOf(a.Person), a.Address, a.Person))
	})
	if err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	return nil
}

// Addresses is what the page of e-mail addresses shows.
type Addresses struct {
	Own     []Address // the main one first
	Pending []Pending
}

// ListAddresses returns the addresses of a person and those that wait for their confirmation.
func (p *People) ListAddresses(ctx context.Context, personID int64) (Addresses, error) {
	own, err := listAddresses(ctx, p.deps.DB, personID)
	if err != nil {
		return Addresses{}, err
	}
	pending, err := listPending(ctx, p.deps.DB, personID, p.deps.DB.Now())
	if err != nil {
		return Addresses{}, err
	}
	return Addresses{Own: own, Pending: unconfirmed(own, pending)}, nil
}

// unconfirmed leaves out what waits for a confirmation and stands among the own addresses already.
func unconfirmed(own []Address, pending []Pending) []Pending {
	var rest []Pending
	for _, w := range pending {
		if !containsKey(own, w.Key) {
			rest = append(rest, w)
		}
	}
	return rest
}

func containsKey(own []Address, key string) bool {
	_, ok := byKey(own, key)
	return ok
}

func byKey(own []Address, key string) (Address, bool) {
	for _, a := range own {
		if a.Key == key {
			return a, true
		}
	}
	return Address{}, false
}

// maxAddresses is how many addresses somebody may have, the waiting ones included.
const maxAddresses = 20

// AddAddress sends a link to an address that the person wants to add. Until it is followed the address
// is nobody's. If it is somebody's already, the mail says so; nothing else tells.
func (p *People) AddAddress(ctx context.Context, v community.Viewer, text string) error {
	address, key, ok := ParseAddress(text)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	if err := p.deps.Limiter.Allow(ctx, limitAddresses(), v.Slug); err != nil {
		return err
	}
	all, err := p.ListAddresses(ctx, v.PersonID)
	switch {
	case err != nil:
		return err
	case containsKey(all.Own, key):
		return errs.Check(errs.Field("email", "This address is yours already."))
	case len(all.Own)+len(all.Pending) >= maxAddresses:
		return errs.Check(errs.Field("email", "You have %d addresses, which is the most. Remove one first.", maxAddresses))
	}
	if err := p.deps.Limiter.Allow(ctx, limitLetters(), key); err != nil {
		return err
	}
	return p.sendConfirmation(ctx, v.PersonID, address, key)
}

// addressData is what the token of a further address keeps.
type addressData struct {
	Address string `json:"address"` // as it was typed
}

// sendConfirmation sends the link that adds or confirms an address.
func (p *People) sendConfirmation(ctx context.Context, personID int64, address, key string) error {
	err := p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		person, err := p.Get(ctx, tx, personID)
		if err != nil {
			return err
		}
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenAddress, PersonID: personID, Address: key}, addressData{Address: address}, linkLifetime)
		if err != nil {
			return err
		}
		owner, err := getPerson(ctx, tx, ownsAddress, key)
		switch {
		case err == nil && owner.ID != personID:
			return p.deps.Letters.Post(ctx, tx, p.letterAddressTaken(p.printerOf(owner), address, owner))
		case err != nil && !errs.Is(err, errs.NotFound):
			return err
		}
		return p.deps.Letters.Post(ctx, tx, p.letterConfirmAddress(p.printerOf(person), address, person, secret))
	})
	if err != nil {
		return fmt.Errorf("send the confirmation of an address: %w", err)
	}
	return nil
}

// ResendConfirmation sends the link for an address once more, if the last one was sent a while ago and the address
// still waits; otherwise nothing happens.
func (p *People) ResendConfirmation(ctx context.Context, v community.Viewer, text string) error {
	address, key, ok := ParseAddress(text)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	if err := p.deps.Limiter.Allow(ctx, limitAddresses(), v.Slug); err != nil {
		return err
	}
	own, err := listAddresses(ctx, p.deps.DB, v.PersonID)
	if err != nil {
		return err
	}
	pending, err := listPending(ctx, p.deps.DB, v.PersonID, p.deps.DB.Now())
	if err != nil {
		return err
	}
	mine, waits := byKey(own, key)
	waits = waits && mine.VerifiedAt.IsZero()
	for _, w := range pending {
		if w.Key == key {
			if p.deps.DB.Now().Sub(w.CreatedAt.Time) < resendAfter {
				return nil
			}
			waits = true
		}
	}
	if !waits {
		return nil
	}
	if err := p.deps.Limiter.Allow(ctx, limitLetters(), key); err != nil {
		return err
	}
	return p.sendConfirmation(ctx, v.PersonID, address, key)
}

// ConfirmAddress gives an address to the person who asked for it, now that the mailbox is proven. It is
// Conflict if somebody else has proven it meanwhile. The first address of somebody is their main one.
func (p *People) ConfirmAddress(ctx context.Context, secret string) (community.Person, error) {
	var person community.Person
	err := p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenAddress, secret)
		if err != nil {
			return err
		}
		if person, err = p.Get(ctx, tx, t.PersonID); err != nil {
			return err
		}
		if !person.Active {
			return errInactive()
		}
		if err := deleteLinksOf(ctx, tx, person.ID, tokenAddress, t.Address); err != nil {
			return err
		}
		var data addressData
		if err := t.Decode(&data); err != nil {
			return err
		}
		return p.takeAddress(ctx, tx, person.ID, data.Address)
	})
	if err != nil {
		return community.Person{}, fmt.Errorf("confirm an address: %w", err)
	}
	return person, nil
}

// takeAddress writes a proven address to a person.
func (p *People) takeAddress(ctx context.Context, tx *sqldb.Tx, personID int64, address string) error {
	own, err := listAddresses(ctx, tx, personID)
	if err != nil {
		return err
	}
	_, key, _ := ParseAddress(address)
	a, err := findAddress(ctx, tx, key)
	switch {
	case errs.Is(err, errs.NotFound):
		return insertAddress(ctx, tx, personID, address, len(own) == 0, true)
	case err != nil:
		return err
	case a.PersonID == personID:
		return verifyAddress(ctx, tx, a.ID)
	case a.Main || !a.VerifiedAt.IsZero():
		return errs.New(errs.Conflict, "This address belongs to another account. Sign in there and remove it first, or delete that account.")
	}
	// Somebody claims it who never proved it.
	if err := deleteAddress(ctx, tx, a.ID); err != nil {
		return err
	}
	return insertAddress(ctx, tx, personID, address, len(own) == 0, true)
}

// MakeMain makes a confirmed address the one that mails are sent to. A mail to the one before tells, in case
// it was somebody else.
func (p *People) MakeMain(ctx context.Context, v community.Viewer, text string) error {
	_, key, _ := ParseAddress(text)
	if err := p.deps.Limiter.Allow(ctx, limitAddresses(), v.Slug); err != nil {
		return err
	}
	return p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := getAccount(ctx, tx, `p.id = ?`, v.PersonID)
		if err != nil {
			return err
		}
		own, err := listAddresses(ctx, tx, v.PersonID)
		if err != nil {
			return err
		}
		a, ok := byKey(own, key)
		switch {
		case !ok:
			return errs.New(errs.Invalid, "This address is not yours. Add it first.")
		case a.VerifiedAt.IsZero():
			return errs.New(errs.Invalid, "Confirm this address first: follow the link in the mail.")
		case a.Main:
			return nil
		}
		if err := updateMainAddress(ctx, tx, v.PersonID, a.ID); err != nil || before.Address == "" {
			return err
		}
		return p.deps.Letters.Post(ctx, tx, p.letterMainChanged(p.printerOf(before.Person), before.Address, a.Address, before.Person))
	})
}

// RemoveAddress removes an address, or gives up one that waits for its confirmation. The main one stays.
func (p *People) RemoveAddress(ctx context.Context, v community.Viewer, text string) error {
	_, key, _ := ParseAddress(text)
	if err := p.deps.Limiter.Allow(ctx, limitAddresses(), v.Slug); err != nil {
		return err
	}
	return p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		own, err := listAddresses(ctx, tx, v.PersonID)
		if err != nil {
			return err
		}
		a, ok := byKey(own, key)
		if ok && a.Main {
			return errs.New(errs.Invalid, "This is your main address, where mails are sent. Make another one the main address first.")
		}
		if ok {
			if err := deleteAddress(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		// Links to this mailbox, which somebody else may read one day, end with it.
		if err := deleteLinksOf(ctx, tx, v.PersonID, tokenPassword, key); err != nil {
			return err
		}
		return deleteLinksOf(ctx, tx, v.PersonID, tokenAddress, key)
	})
}

// Profile is what somebody says of themselves.
type Profile struct {
	Slug, FirstName, LastName, About string
	Public                           bool
	Language                         string // "" is the site's
}

// Profile returns a person's profile as it is edited.
func (p *People) Profile(ctx context.Context, personID int64) (Profile, error) {
	a, err := getAccount(ctx, p.deps.DB, `p.id = ?`, personID)
	if err != nil {
		return Profile{}, err
	}
	return Profile{Slug: a.Slug, FirstName: a.FirstName, LastName: a.LastName, About: a.About, Public: a.Public, Language: a.Language}, nil
}

// UpdateProfile changes the viewer's own profile.
func (p *People) UpdateProfile(ctx context.Context, v community.Viewer, profile Profile) error {
	err := p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		wrong, err := p.deps.Entities.Check(ctx, tx, profile.Slug, community.PersonEntity, v.EntityID)
		if err != nil {
			return err
		}
		if err := errs.Check(append(wrong, checkProfile(profile, p.deps.Catalogues.Languages())...)...); err != nil {
			return err
		}
		name := displayName(profile.FirstName, profile.LastName, profile.Slug)
		if err := p.deps.Entities.Update(ctx, tx, v.EntityID, profile.Slug, name); err != nil {
			return err
		}
		return updateProfile(ctx, tx, v.PersonID, profile)
	})
	if errs.Is(err, errs.Conflict) {
		return errs.Check(errs.Field("slug", "The short name “%s” is taken. Choose another one.", profile.Slug))
	}
	if err != nil {
		return fmt.Errorf("update a profile: %w", err)
	}
	return nil
}

// Query says whom the directory shows.
type Query struct {
	Name  string      // part of the name; "" for any
	After paging.Rank // only those that come after it
}

// Directory returns a page of the people whose profile is public, the most active first, and the rank of the last of
// them if another page follows.
func (p *People) Directory(ctx context.Context, query Query) (entries []Entry, last paging.Rank, err error) {
	entries, err = listPublic(ctx, p.deps.DB, query, perPage+1)
	entries, last = paging.Cut(entries, perPage, Entry.rank)
	return entries, last, err
}

// perPage is how many people a page of the directory shows.
const perPage = 12

// CreateAdmin makes an administrator: of the person whose slug this is, if the address is theirs too, or a
// new one. It returns the absolute address of a link where the administrator sets a password, which
// works once and for three days. The slug or the address of somebody else is a Conflict.
func (p *People) CreateAdmin(ctx context.Context, slug, text string) (person community.Person, link string, err error) {
	address, key, ok := ParseAddress(text)
	if !ok {
		return person, "", errs.New(errs.Invalid, "“%s” is not an e-mail address.", text)
	}
	err = p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := getPerson(ctx, tx, ownsAddress, key)
		switch {
		case err == nil && slugKey(owner.Slug) != slugKey(slug):
			return errs.New(errs.Conflict, "The address %s belongs to the person “%s”.", address, owner.Slug)
		case err == nil:
			person = owner
		case !errs.Is(err, errs.NotFound):
			return err
		default:
			wrong, err := p.deps.Entities.Check(ctx, tx, slug, community.PersonEntity, 0)
			if err != nil {
				return err
			}
			if len(wrong) > 0 {
				return errs.New(errs.Conflict, wrong[0].Message, wrong[0].Args...)
			}
			if person, err = p.insertPerson(ctx, tx, newPerson{Slug: slug, Address: address, Verified: true}); err != nil {
				return err
			}
		}
		if err := updateAdmin(ctx, tx, person.ID); err != nil {
			return err
		}
		secret, err := p.issuePasswordLink(ctx, tx, person.ID, key)
		link = p.resetURL(person, secret)
		return err
	})
	if err != nil {
		return community.Person{}, "", fmt.Errorf("create an administrator: %w", err)
	}
	person.Admin, person.Active = true, true
	return person, link, nil
}

// SetPassword sets the password of the person with a slug or an address, as an administrator may do. It
// ends their sessions.
func (p *People) SetPassword(ctx context.Context, login, typed string) (community.Person, error) {
	a, err := p.findLogin(ctx, strings.TrimSpace(login))
	if err != nil {
		return community.Person{}, err
	}
	if wrong := password.Check("password", typed, a.Slug, a.Name, a.Address); len(wrong) > 0 {
		return community.Person{}, errs.New(errs.Invalid, wrong[0].Message, wrong[0].Args...)
	}
	hash, err := p.deps.Passwords.Hash(ctx, typed)
	if err != nil {
		return community.Person{}, err
	}
	err = p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := deleteSessions(ctx, tx, a.ID); err != nil {
			return err
		}
		return updatePassword(ctx, tx, a.ID, hash)
	})
	if err != nil {
		return community.Person{}, fmt.Errorf("set the password of %s: %w", a.Slug, err)
	}
	return a.Person, p.deps.Limiter.Forget(ctx, limitSignInAccount(), signInSubject(a, ""))
}

// resetURL returns the absolute address where a link sets the password of a person.
func (p *People) resetURL(person community.Person, secret string) string {
	return p.deps.URL(resetPath(person.ID, secret))
}
