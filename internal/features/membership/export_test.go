package membership

import "context"

// IsMember reports whether a person is a member of a group.
var IsMember = isMember

// RemoveExpired removes invitations that have expired, as the sweep does.
func RemoveExpired(ctx context.Context, m *Membership) error { return m.removeExpired(ctx) }
