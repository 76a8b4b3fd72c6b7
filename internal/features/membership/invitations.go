package membership

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// invitationLifetime is how long the link of an invitation works. The page says it.
const invitationLifetime = 30 * 24 * time.Hour

// maxInvitations is how many invitations of a group are valid at once. Older ones can be withdrawn to make room.
const maxInvitations = 20

const invitationsPath = "/stadt/invitations/"

// Invitation lets whoever has its link become a member of a closed group without asking, until it expires, is withdrawn,
// or whoever gave it away does not belong to the group any more.
type Invitation struct {
	ID          int64      `db:"id"`
	GroupID     int64      `db:"group_id"`
	CreatedByID int64      `db:"created_by_id"`
	CreatedBy   string     `db:"created_by"` // the name
	Mailed      int        `db:"mailed"`     // to how many addresses; 0 if the link is shown
	CreatedAt   clock.Time `db:"created_at"`
	ExpiresAt   clock.Time `db:"expires_at"`
}

// subject is what the key of an invitation is made of. A database may give the number of a removed one again, but not at
// the same moment.
func (i Invitation) subject() string { return fmt.Sprintf("%d.%d", i.ID, i.CreatedAt.UnixMilli()) }

// pathOf returns the path of an invitation's link.
func (m *Membership) pathOf(i Invitation) string {
	return invitationPath(fmt.Sprintf("%d-%s", i.ID, m.deps.Keys.Of(i.subject())))
}

func invitationPath(key string) string { return invitationsPath + url.PathEscape(key) + "/" }

// enterByMailPath returns the address where somebody who has an invitation takes part with a mail address alone.
func enterByMailPath(key string) string { return invitationPath(key) + "request/" }

func errNoInvitation() error {
	return errs.New(errs.NotFound, "This invitation has expired or has been withdrawn. Ask whoever sent it for a new one.")
}

// FindInvitation returns the invitation that a key stands for, and its group; NotFound if it is not valid any more.
func (m *Membership) FindInvitation(ctx context.Context, q sqldb.Querier, key string) (i Invitation, g community.Group, err error) {
	number, code, _ := strings.Cut(key, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return i, g, errNoInvitation()
	}
	i, err = getInvitation(ctx, q, id, m.deps.DB.Now())
	if errs.Is(err, errs.NotFound) || err == nil && !m.deps.Keys.Fit(code, i.subject()) {
		return Invitation{}, g, errNoInvitation()
	}
	if err != nil {
		return i, g, err
	}
	g, err = m.deps.Groups.Get(ctx, q, i.GroupID)
	return i, g, err
}

// Invite makes an invitation to a closed group and returns the path of its link. mailed is to how many addresses it goes;
// 0 if it is shown.
func (m *Membership) Invite(ctx context.Context, tx *sqldb.Tx, viewer community.Viewer, g community.Group, mailed int) (path string, err error) {
	if err = lockOpenness(ctx, tx, &g); err != nil {
		return "", err
	}
	s, err := policy.Standing(ctx, tx, viewer, g.Entity())
	if err != nil {
		return "", err
	}
	if !CanInvite(s, g) {
		return "", errCannotAdd(s)
	}
	valid, err := listInvitations(ctx, tx, g.ID, tx.Now)
	if err != nil {
		return "", err
	}
	if len(valid) >= maxInvitations {
		return "", errs.New(errs.Invalid, "This group has %d invitations already. Withdraw one first.", maxInvitations)
	}
	i := Invitation{
		GroupID: g.ID, CreatedByID: viewer.PersonID, Mailed: mailed,
		CreatedAt: tx.Now, ExpiresAt: clock.At(tx.Now.Add(invitationLifetime)),
	}
	if i.ID, err = insertInvitation(ctx, tx, i); err != nil {
		return "", err
	}
	return m.pathOf(i), nil
}

// InviteByLink makes an invitation whose link is shown to the members, for them to pass on.
func (m *Membership) InviteByLink(ctx context.Context, viewer community.Viewer, g community.Group) error {
	return m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := m.Invite(ctx, tx, viewer, g, 0)
		return err
	})
}

// Withdraw ends an invitation to a group, whoever of its members gave it away.
func (m *Membership) Withdraw(ctx context.Context, viewer community.Viewer, g community.Group, invitationID int64) error {
	return m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		s, err := policy.Standing(ctx, tx, viewer, g.Entity())
		if err != nil {
			return err
		}
		if !CanInvite(s, g) {
			return errCannotAdd(s)
		}
		return deleteInvitation(ctx, tx, g.ID, invitationID)
	})
}

// Enter makes somebody who has an invitation a member, and reports whether they were none before. The members are told,
// as of everybody whom one of them brings.
func (m *Membership) Enter(ctx context.Context, viewer community.Viewer, key string) (g community.Group, entered bool, err error) {
	if !viewer.SignedIn() {
		return g, false, community.PleaseSignIn()
	}
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		g, entered, err = m.enter(ctx, tx, viewer.PersonID, key)
		return err
	})
	if err != nil {
		return g, false, fmt.Errorf("accept an invitation: %w", err)
	}
	return g, entered, nil
}

func (m *Membership) enter(ctx context.Context, tx *sqldb.Tx, personID int64, key string) (g community.Group, entered bool, err error) {
	i, g, err := m.FindInvitation(ctx, tx, key)
	if err != nil {
		return g, false, err
	}
	if err = lockOpenness(ctx, tx, &g); err != nil {
		return g, false, err
	}
	by := i.CreatedByID
	if !g.Closed {
		by = personID // into open groups everybody goes by themselves
	}
	entered, err = m.Add(ctx, tx, g, personID, by)
	return g, entered, err
}

func (m *Membership) removeExpired(ctx context.Context) error {
	return sqldb.Sweep(ctx, m.deps.DB, sqldb.Removal[int64](ctx, `DELETE FROM invitations WHERE id IN (?)`),
		`SELECT id FROM invitations WHERE expires_at <= ? ORDER BY id`, m.deps.DB.Now())
}
