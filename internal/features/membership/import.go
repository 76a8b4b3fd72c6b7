package membership

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Imported says what became of addresses whose owners were to become members.
type Imported struct {
	Group   community.Group
	Added   int
	Already int // were members before
	Refused []Refused
}

// Refused is an address whose owner did not become a member, and why.
type Refused struct {
	Address string
	Reason  error
}

// addressLike is what looks like an email address in a file of any kind.
var addressLike = regexp.MustCompile(`[^\s\pC<>"'(),;:\[\]\\@]+@[^\s\pC<>"'(),;:\[\]\\@]+`)

// FindAddresses returns what looks like an email address in a file, such as a table with commas or a list of senders, each
// once, in order. The file is in UTF-8, in UTF-16 if it begins as such, or else in Windows-1252, as programs for tables write
// them.
func FindAddresses(file []byte) []string {
	charset := unicode.BOMOverride(encoding.Nop.NewDecoder())
	if !utf8.Valid(file) {
		charset = unicode.BOMOverride(charmap.Windows1252.NewDecoder())
	}
	text, _, err := transform.Bytes(charset, file)
	if err != nil { // never, for these
		text = file
	}
	var all []string
	seen := map[string]bool{}
	for _, address := range addressLike.FindAllString(string(text), -1) {
		address = strings.TrimRight(address, ".")
		if key := strings.ToLower(address); !seen[key] {
			seen[key] = true
			all = append(all, address)
		}
	}
	return all
}

// Import makes the owners of addresses members of a group, for whoever runs the site, in the name of a person: a member of
// the group, or an administrator. Somebody unknown comes into being by their address. What holds for members who add others
// holds here: who has had many mails of this kind today is refused, and nobody comes into an archived group. Only that the
// group may be open, too, is different. Each address is a step of its own: what is done stays, and doing it again adds nobody
// twice. NotFound says that there is no such group or person.
func (m *Membership) Import(ctx context.Context, group, by string, addresses []string) (done Imported, err error) {
	g, err := m.deps.Groups.GetBySlug(ctx, m.deps.DB, group)
	if errs.Is(err, errs.NotFound) {
		return done, errs.New(errs.NotFound, "There is no group with the short name “%s”.", group)
	}
	if err != nil {
		return done, err
	}
	byID, err := m.mayImport(ctx, g, by)
	if err != nil {
		return done, err
	}
	if done.Group = g; g.Archived() {
		return done, community.ErrArchived()
	}
	for _, address := range addresses {
		added, err := m.importOne(ctx, g, byID, address)
		switch {
		case errs.Is(err, errs.Invalid), errs.Is(err, errs.TooMany), errs.Is(err, errs.Denied), errs.Is(err, errs.Conflict):
			done.Refused = append(done.Refused, Refused{address, err})
		case err != nil:
			return done, fmt.Errorf("import members into group %d: %w", g.ID, err)
		case added:
			done.Added++
		default:
			done.Already++
		}
	}
	return done, nil
}

// mayImport returns the id of the person in whose name members come.
func (m *Membership) mayImport(ctx context.Context, g community.Group, by string) (int64, error) {
	p, err := getPersonBySlug(ctx, m.deps.DB, by)
	if errs.Is(err, errs.NotFound) {
		return 0, errs.New(errs.NotFound, "There is no person with the short name “%s”.", by)
	}
	if err != nil {
		return 0, err
	}
	member, err := isMember(ctx, m.deps.DB, g.ID, p.OwnerID)
	if err != nil || member {
		return p.OwnerID, err
	}
	admin, err := isAdmin(ctx, m.deps.DB, p.OwnerID)
	if err == nil && !admin {
		err = errs.New(errs.Denied, "“%s” is neither a member of the group nor an administrator.", by)
	}
	return p.OwnerID, err
}

func (m *Membership) importOne(ctx context.Context, g community.Group, byID int64, address string) (added bool, err error) {
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := lockOpenness(ctx, tx, &g); err != nil {
			return err
		}
		p, err := m.deps.People.FindByAddress(ctx, tx, address)
		switch {
		case err == nil:
			if member, err := isMember(ctx, tx, g.ID, p.ID); err != nil || member {
				added = false
				return err
			}
		case !errs.Is(err, errs.NotFound):
			return err
		}
		if err := bymail.CountUnasked(ctx, tx, m.deps.Limiter, bymail.Unasked{Typed: address, Address: address}); err != nil {
			return err
		}
		if p, err = m.deps.People.FindOrCreate(ctx, tx, address, false); err != nil {
			return err
		}
		added, err = m.Add(ctx, tx, g, p.ID, byID)
		return err
	})
	return added, err
}
