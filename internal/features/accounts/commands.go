package accounts

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// commands are those about accounts.
func (r *Accounts) commands() []commander.Command {
	return []commander.Command{
		{Name: "user show", Args: "NAME", About: lang.Text("Shows an account."), Run: r.showAccount},
		{Name: "user remove", Args: "NAME", About: lang.Text("Deletes an account."), Plan: r.planRemoval, Run: r.removeNamed},
		{Name: "user list-unused", Args: "[N]", About: lang.Text("Lists the oldest accounts that nobody uses."), Run: r.listUnused},
		{Name: "user remove-unused", Args: "[N]", About: lang.Text("Deletes the oldest accounts that nobody uses."), Plan: r.planUnused, Run: r.removeUnused},
		{Name: "user admin list", About: lang.Text("Lists the administrators."), Run: r.listAdmins},
		{Name: "user admin grant", Args: "NAME", About: lang.Text("Makes somebody an administrator."), Run: r.grantAdmin},
		{Name: "user admin revoke", Args: "NAME", About: lang.Text("Makes somebody an ordinary member again."), Run: r.revokeAdmin},
	}
}

// named returns the person that an argument names. A Refusal offers those that may have been meant.
func (r *Accounts) named(ctx context.Context, q sqldb.Querier, arg string) (account, error) {
	slug := commander.Slug(arg)
	a, err := getAccount(ctx, q, `e.slug_key = ?`, strings.ToLower(slug))
	if errs.Is(err, errs.NotFound) {
		return a, commander.Unknown(ctx, q, community.PersonEntity, slug)
	}
	return a, err
}

// traces is how much somebody has done on the site.
type traces struct {
	Contributions int        `db:"contributions"`
	Memberships   int        `db:"memberships"`
	LatestAt      clock.Time `db:"latest_at"`
}

func (r *Accounts) showAccount(ctx context.Context, args []string) (commander.Reply, error) {
	a, err := r.named(ctx, r.deps.DB, args[0])
	if err != nil {
		return nil, err
	}
	var t traces
	err = r.deps.DB.Get(ctx, &t, `
		SELECT (SELECT COUNT(*) FROM contributions k WHERE k.author_id = ? AND k.deleted_at IS NULL) AS contributions,
		       (SELECT COUNT(*) FROM memberships m WHERE m.person_id = ?) AS memberships,
		       (SELECT MAX(k.created_at) FROM contributions k WHERE k.author_id = ? AND k.deleted_at IS NULL) AS latest_at`, a.ID, a.ID, a.ID)
	if err != nil {
		return nil, fmt.Errorf("count what %s has done: %w", a.Slug, err)
	}
	latest := lang.T(ctx, "None")
	if !t.LatestAt.IsZero() {
		latest = commander.Moment(ctx, t.LatestAt)
	}
	return commander.Reply{
		commander.Pair(lang.T(ctx, "Short name"), a.Slug),
		commander.Pair(lang.T(ctx, "Email address"), a.Address),
		commander.Pair(lang.T(ctx, "Comments and messages"), strconv.Itoa(t.Contributions)),
		commander.Pair(lang.T(ctx, "Memberships"), strconv.Itoa(t.Memberships)),
		commander.Pair(lang.T(ctx, "Latest comment or message"), latest),
	}, nil
}

func (r *Accounts) planRemoval(ctx context.Context, args []string) (string, error) {
	a, err := r.named(ctx, r.deps.DB, args[0])
	if err != nil {
		return "", err
	}
	l, err := r.Leftovers(ctx, a.ID)
	if err != nil {
		return "", err
	}
	return lang.T(ctx, "This deletes the account %s (%s) for good: memberships: %d, subscriptions: %d. What the person wrote stays without their name: comments and messages: %d.",
		a.Slug, a.Name, l.Memberships, l.Subscriptions, l.Contributions), nil
}

func (r *Accounts) removeNamed(ctx context.Context, args []string) (commander.Reply, error) {
	a, err := r.named(ctx, r.deps.DB, args[0])
	if err != nil {
		return nil, err
	}
	if err := r.Remove(ctx, a.ID); err != nil {
		return nil, err
	}
	return commander.Reply{lang.T(ctx, "The account %s has been deleted.", a.Slug)}, nil
}

// Remove deletes the account of somebody, as they could by themselves, for whoever runs the site. Denied if they
// administer it.
func (r *Accounts) Remove(ctx context.Context, personID int64) error {
	return r.delete(ctx, personID, func(_ *sqldb.Tx, a account) error {
		if a.Admin {
			return errs.New(errs.Denied, "%s administers the site. Revoke that first.", a.Slug)
		}
		return nil
	})
}

// unusedAge is how old an account is at least that nobody uses, and firstVisit how long the visit lasted in which somebody
// signed up.
const (
	unusedAge  = 30 * 24 * time.Hour
	firstVisit = time.Minute
)

// unused is the condition on people p, with the time before which they joined and those who are there for the site itself,
// of whom there is nothing but the account.
const unused = `p.joined_at <= ? AND p.id NOT IN (?) AND NOT p.admin AND (p.signed_in_at IS NULL OR p.signed_in_at <= p.joined_at + ?)
	AND NOT EXISTS (SELECT 1 FROM person_settings s WHERE s.person_id = p.id AND s.category = '` + markCategory + `')
	AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = p.id) AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.person_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM membership_applications m WHERE m.person_id = p.id) AND NOT EXISTS (SELECT 1 FROM "groups" g WHERE g.created_by_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.author_id = p.id) AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.entity_id = p.entity_id)
	AND NOT EXISTS (SELECT 1 FROM versions x WHERE x.author_id = p.id) AND NOT EXISTS (SELECT 1 FROM contributions k WHERE k.author_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.author_id = p.id) AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.entity_id = p.entity_id)
	AND NOT EXISTS (SELECT 1 FROM images i WHERE i.creator_id = p.id) AND NOT EXISTS (SELECT 1 FROM files f WHERE f.creator_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM attendances a WHERE a.person_id = p.id) AND NOT EXISTS (SELECT 1 FROM help_takings h WHERE h.person_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM poll_votes o WHERE o.person_id = p.id) AND NOT EXISTS (SELECT 1 FROM poll_turnouts o WHERE o.person_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM reactions r WHERE r.person_id = p.id)`

// unusedArgs returns the arguments of unused.
func (r *Accounts) unusedArgs(now clock.Time) []any {
	return []any{clock.At(now.Add(-unusedAge)), append([]int64{r.deps.UnknownPerson}, r.deps.Special...), firstVisit.Milliseconds()}
}

// Unused is an account that nobody uses.
type Unused struct {
	ID       int64      `db:"id"`
	Slug     string     `db:"slug"`
	JoinedAt clock.Time `db:"joined_at"`
}

// Unused returns the oldest accounts that nobody uses: people who signed up more than a month ago, have not signed in
// since, and of whom there is nothing else; and how many there are of them.
func (r *Accounts) Unused(ctx context.Context, limit int) (oldest []Unused, total int, err error) {
	args := r.unusedArgs(r.deps.DB.Now())
	if err := r.deps.DB.Get(ctx, &total, `SELECT COUNT(*) FROM people p WHERE `+unused, args...); err != nil {
		return nil, 0, fmt.Errorf("count the accounts that nobody uses: %w", err)
	}
	err = r.deps.DB.Select(ctx, &oldest, `SELECT p.id, e.slug, p.joined_at FROM people p JOIN entities e ON e.id = p.entity_id WHERE `+unused+` ORDER BY p.joined_at, p.id LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, 0, fmt.Errorf("list the accounts that nobody uses: %w", err)
	}
	return oldest, total, nil
}

// usuallyUnused is how many accounts the commands are about that are not told a number, and mostUnused how many at most.
const (
	usuallyUnused = 5
	mostUnused    = 500
)

func (r *Accounts) unusedOf(ctx context.Context, args []string) (oldest []Unused, total int, err error) {
	n, err := commander.Count(ctx, args, usuallyUnused)
	if err != nil {
		return nil, 0, err
	}
	return r.Unused(ctx, min(n, mostUnused))
}

func (r *Accounts) listUnused(ctx context.Context, args []string) (commander.Reply, error) {
	oldest, total, err := r.unusedOf(ctx, args)
	if err != nil {
		return nil, err
	}
	reply := commander.Reply{lang.N(ctx, "%d account that nobody uses", "%d accounts that nobody uses", total)}
	for _, u := range oldest {
		reply = append(reply, commander.Pair(u.Slug, commander.Moment(ctx, u.JoinedAt)))
	}
	return reply, nil
}

func (r *Accounts) planUnused(ctx context.Context, args []string) (string, error) {
	oldest, _, err := r.unusedOf(ctx, args)
	if err != nil {
		return "", err
	}
	if len(oldest) == 0 {
		return "", commander.Refuse(lang.T(ctx, "There are no accounts that nobody uses."))
	}
	names := make([]string, len(oldest))
	for i, u := range oldest {
		names[i] = u.Slug
	}
	return lang.N(ctx, "This deletes %d account for good: %s", "This deletes %d accounts for good: %s", len(oldest), len(oldest), strings.Join(names, ", ")), nil
}

func (r *Accounts) removeUnused(ctx context.Context, args []string) (commander.Reply, error) {
	oldest, _, err := r.unusedOf(ctx, args)
	if err != nil {
		return nil, err
	}
	reply := commander.Reply{lang.T(ctx, "These accounts have been deleted:")}
	for _, u := range oldest {
		err := r.delete(ctx, u.ID, func(tx *sqldb.Tx, _ account) error {
			var still bool
			err := tx.Get(ctx, &still, `SELECT EXISTS (SELECT 1 FROM people p WHERE `+unused+` AND p.id = ?)`, append(r.unusedArgs(tx.Now), u.ID)...)
			if err == nil && !still { // they have just come back
				err = errs.New(errs.Conflict, "%s uses their account again.", u.Slug)
			}
			return err
		})
		if errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return reply, err
		}
		reply = append(reply, commander.Item(u.Slug))
	}
	if len(reply) == 1 {
		return commander.Reply{lang.T(ctx, "There are no accounts that nobody uses.")}, nil
	}
	return reply, nil
}

// Admins returns the short names of the people who administer the site.
func (r *Accounts) Admins(ctx context.Context) (slugs []string, err error) {
	err = r.deps.DB.Select(ctx, &slugs, `SELECT e.slug FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.admin AND p.active ORDER BY e.slug_key, p.id`)
	if err != nil {
		return nil, fmt.Errorf("list the administrators: %w", err)
	}
	return slugs, nil
}

func (r *Accounts) listAdmins(ctx context.Context, _ []string) (commander.Reply, error) {
	slugs, err := r.Admins(ctx)
	if err != nil {
		return nil, err
	}
	if len(slugs) == 0 {
		return commander.Reply{lang.T(ctx, "Nobody administers the site.")}, nil
	}
	var reply commander.Reply
	for _, s := range slugs {
		reply = append(reply, commander.Item(s))
	}
	return reply, nil
}

func (r *Accounts) grantAdmin(ctx context.Context, args []string) (commander.Reply, error) {
	a, changed, err := r.SetAdmin(ctx, args[0], true)
	switch {
	case err != nil:
		return nil, err
	case !changed:
		return commander.Reply{lang.T(ctx, "%s administers the site already.", a.Slug)}, nil
	default:
		return commander.Reply{lang.T(ctx, "%s administers the site from now on.", a.Slug)}, nil
	}
}

func (r *Accounts) revokeAdmin(ctx context.Context, args []string) (commander.Reply, error) {
	a, changed, err := r.SetAdmin(ctx, args[0], false)
	switch {
	case err != nil:
		return nil, err
	case !changed:
		return commander.Reply{lang.T(ctx, "%s doesn’t administer the site.", a.Slug)}, nil
	default:
		return commander.Reply{lang.T(ctx, "%s no longer administers the site.", a.Slug)}, nil
	}
}

// SetAdmin makes the person with a short name an administrator, or an ordinary person again, and reports whether they
// were something else. It is for whoever runs the site.
func (r *Accounts) SetAdmin(ctx context.Context, name string, admin bool) (person community.Person, changed bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		a, err := r.named(ctx, tx, name)
		if err != nil {
			return err
		}
		person, changed = a.Person, a.Admin != admin
		switch {
		case !changed:
			return nil
		case admin:
			return r.deps.People.Appoint(ctx, tx, a.ID)
		default:
			return r.deps.People.Dismiss(ctx, tx, a.ID)
		}
	})
	return person, changed, err
}
