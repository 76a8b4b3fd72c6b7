package membership_test

import (
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/membership"
)

func TestWhoMayDoWhatWithAGroup(t *testing.T) {
	t.Parallel()
	nobody := community.Standing{}
	stranger := community.Standing{Viewer: community.Viewer{PersonID: 1}, Subscribed: true}
	admin := community.Standing{Viewer: community.Viewer{PersonID: 1, Admin: true}}
	member := community.Standing{Viewer: community.Viewer{PersonID: 1}, Member: true}
	type row struct{ join, byMail, leave, members, add, apply, answer bool }
	for _, c := range []struct {
		name   string
		s      community.Standing
		closed bool
		may    row
	}{
		{"nobody, open", nobody, false, row{byMail: true}},
		{"nobody, closed", nobody, true, row{apply: true}},
		{"a stranger, open", stranger, false, row{join: true}},
		{"a stranger, closed", stranger, true, row{apply: true}},
		{"an administrator, closed", admin, true, row{apply: true}},
		{"a member, open", member, false, row{leave: true, members: true, answer: true}},
		{"a member, closed", member, true, row{leave: true, members: true, add: true, answer: true}},
	} {
		g := community.Group{Closed: c.closed}
		got := row{
			join: membership.CanJoin(c.s, g), byMail: membership.CanJoinByMail(c.s, g), leave: membership.CanLeave(c.s),
			members: membership.CanSeeMembers(c.s), add: membership.CanAdd(c.s, g), apply: membership.CanApply(c.s, g), answer: membership.CanAnswer(c.s),
		}
		if got != c.may {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.may)
		}
	}
}
