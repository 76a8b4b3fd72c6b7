package entities

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// reservedSlugs never become anybody's, be it a group or a person: their page and their mailbox would speak for the
// site, or prove to others that their owner owns the domain. A name that is taken already stays with its owner.
var reservedSlugs = []string{
	// Mailboxes by which certificate authorities recognise the owner of a domain: those of the CA/Browser Forum's
	// Baseline Requirements (section 3.2.2.4.4), and those that were accepted before.
	"admin", "administrator", "hostmaster", "postmaster", "webmaster",
	"root", "ssladmin", "ssladministrator", "sslwebmaster", "sysadmin",
	// The others of RFC 2142.
	"abuse", "ftp", "info", "marketing", "news", "noc", "sales", "security", "support", "usenet", "uucp", "www",
	// Machines that write mails, and names that mail programs ask the domain for.
	"autoconfig", "autodiscover", "bounce", "bounces", "daemon", "dmarc", "donotreply", "do-not-reply", "mail", "mailer-daemon",
	"mailerdaemon", "mta-sts", "no-reply", "nobody", "noreply", "reply",
	// Who runs the site, and everybody on it.
	"administration", "all", "alle", "contact", "everyone", "grouprise", "helpdesk", "kontakt", "moderation", "moderator", "operator",
	"privacy", "datenschutz", "imprint", "impressum", "system",
	// First parts of addresses of pages.
	"api", "media", "own", "stadt", "static",
}

// isReserved reports whether a slug is kept from everybody. One without a letter or digit always is: "-" begins
// addresses of the site's own.
func (e *Entities) isReserved(slug string) bool {
	slug = strings.ToLower(slug)
	return strings.Trim(slug, "-_") == "" || slices.Contains(e.reserved, slug) || e.inPattern(slug)
}

func (e *Entities) inPattern(slug string) bool {
	return slices.ContainsFunc(e.patterns, func(p pattern) bool { return p.matches(slug) })
}

// pattern stands for all slugs with a beginning and an end.
type pattern struct{ prefix, suffix string }

func (p pattern) matches(slug string) bool {
	return len(slug) > len(p.prefix)+len(p.suffix) && strings.HasPrefix(slug, p.prefix) && strings.HasSuffix(slug, p.suffix)
}

// reserve keeps one more name, or, with a * in it, all of a pattern, from everybody.
func (e *Entities) reserve(name string) {
	name = strings.ToLower(name)
	prefix, suffix, isPattern := strings.Cut(name, "*")
	switch {
	case !isPattern:
		e.reserved = append(e.reserved, name)
	case prefix != "" || suffix != "":
		e.patterns = append(e.patterns, pattern{prefix, suffix})
	}
}

// maxListed is how many owners of reserved slugs are listed.
const maxListed = 100

// ListReserved returns who owns a slug that nobody could take today: it was taken before it was reserved, or came with
// an import.
func (e *Entities) ListReserved(ctx context.Context, q sqldb.Querier) ([]community.Entity, error) {
	condition, args := `e.slug_key IN (?)`, []any{append(slices.Clone(e.reserved), "-", "_")}
	for _, p := range e.patterns {
		condition += ` OR e.slug_key LIKE ? ESCAPE '!'`
		args = append(args, sqldb.EscapeLike(p.prefix)+"_%"+sqldb.EscapeLike(p.suffix))
	}
	var all []community.Entity
	err := q.Select(ctx, &all, `SELECT `+columns+` WHERE `+condition+` ORDER BY e.slug_key, e.id LIMIT ?`, append(args, maxListed)...)
	if err != nil {
		return nil, fmt.Errorf("list the owners of reserved slugs: %w", err)
	}
	return all, nil
}
