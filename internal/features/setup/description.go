package setup

import (
	"context"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Description is what a site says of itself to whoever comes for the first time. What is empty stays as it is.
type Description struct {
	SiteName string `form:"site_name" text:"line"`
	Language string `form:"language"  text:"line" label:"Main language"    validate:"max=20"` // of the site, and of the administrator
	Claim    string `form:"claim"     text:"line"`                                            // one sentence that says what the site is

	// The imprint is made of these; without the first there is none.
	Operator string `form:"operator" text:"line"` // who runs the site
	Postal   string `form:"postal"`               // their postal address, in lines
	Contact  string `form:"contact"  text:"line"` // how visitors reach them: an email address, a telephone number
}

// How long the texts may be, in characters.
const (
	maxName     = 60  // as on the page where it is changed
	maxClaim    = 150 // as there
	maxOperator = 150
	maxPostal   = 500
	maxContact  = 254
)

// Check returns what is wrong with a description, field by field.
func (d Description) Check() (wrong []errs.FieldError) {
	for _, f := range []struct {
		name, text string
		most       int
	}{{"site_name", strings.TrimSpace(d.SiteName), maxName}, {"claim", d.Claim, maxClaim}, {"operator", d.Operator, maxOperator}, {"postal", d.Postal, maxPostal}, {"contact", d.Contact, maxContact}} {
		if utf8.RuneCountInString(f.text) > f.most {
			wrong = append(wrong, errs.Field(f.name, "Use at most %d characters.", f.most))
		}
	}
	if strings.TrimSpace(d.Operator) == "" && strings.TrimSpace(d.Postal+d.Contact) != "" {
		wrong = append(wrong, errs.Field("operator", "Say who runs the site, or leave the address and the contact empty as well."))
	}
	return wrong
}

// imprint returns the text that says who runs the site, in markdown; "" if nobody has said it.
func (d Description) imprint(p *lang.Printer) string {
	operator, postal, contact := strings.TrimSpace(d.Operator), strings.TrimSpace(d.Postal), strings.TrimSpace(d.Contact)
	if operator == "" {
		return ""
	}
	text := p.T("This site is run by:") + "\n\n" + operator
	if postal != "" {
		text += "\n" + postal
	}
	if contact != "" {
		text += "\n\n" + p.T("Contact: %s", contact)
	}
	return markdown.FromPlain(text)
}

// Languages returns the languages that there are, and the main one of the site.
func (s *Setup) Languages() (all []string, main string) {
	return s.deps.Catalogues.All(), s.deps.Catalogues.Match()
}

// Questions says what of a description is still to be asked, because neither the configuration nor anybody else has said it, and
// the sentence that is there already.
func (s *Setup) Questions(ctx context.Context) Questions {
	set := s.deps.Settings.Latest(ctx)
	free := func(k settings.Key) bool { _, fixed := set.Fixed(k); return !fixed }
	return Questions{
		Name: free(settings.Name), Language: free(settings.Language), Claim: free(settings.Claim), KnownClaim: set.Text(settings.Claim),
		Imprint: free(settings.Imprint) && set.Text(settings.Imprint) == "",
	}
}

// Questions are what is still to be asked of a description.
type Questions struct {
	Name, Language, Claim, Imprint bool

	KnownClaim string // the sentence that there is
}

// Describe keeps what a site says of itself. What is empty, and what the configuration says, stays.
func (s *Setup) Describe(ctx context.Context, d Description) error {
	if err := errs.Check(d.Check()...); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return s.describe(ctx, tx, 0, d) })
}

func (s *Setup) describe(ctx context.Context, tx *sqldb.Tx, personID int64, d Description) error {
	set := s.deps.Settings.Latest(ctx)
	for _, c := range []settings.Change{
		{Key: settings.Name, Value: strings.TrimSpace(d.SiteName)},
		{Key: settings.Language, Value: d.Language},
		{Key: settings.Claim, Value: strings.TrimSpace(d.Claim)},
		{Key: settings.Imprint, Value: d.imprint(s.deps.Catalogues.Printer(d.Language, nil))},
	} {
		if _, fixed := set.Fixed(c.Key); fixed || c.Value == "" || c.Value == set.Text(c.Key) {
			continue
		}
		if err := s.deps.Settings.PutIn(ctx, tx, personID, c.Key, c.Value); err != nil {
			return err
		}
	}
	return nil
}
