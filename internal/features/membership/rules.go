package membership

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
)

// CanJoin reports whether the viewer may become a member by themselves: whoever has signed in, of open
// groups.
func CanJoin(s community.Standing, g community.Group) bool {
	return s.Viewer.SignedIn() && !g.Closed && !s.Member && policy.CanAdd(s)
}

// CanJoinByMail reports whether the viewer may ask to join with a mail address alone. Whoever has signed
// in joins directly.
func CanJoinByMail(s community.Standing, g community.Group) bool {
	return !s.Viewer.SignedIn() && !g.Closed && !g.Archived()
}

// CanLeave reports whether the viewer may leave the group: every member, also the last one.
func CanLeave(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

// CanSeeMembers reports whether the viewer may see who belongs to the group: its members may.
func CanSeeMembers(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

// CanAdd reports whether the viewer may make others members: members of closed groups may. Into open
// groups everybody goes by themselves.
func CanAdd(s community.Standing, g community.Group) bool {
	return s.Viewer.SignedIn() && g.Closed && s.Member && policy.CanAdd(s)
}

// CanInvite reports whether the viewer may give away links that make others members without asking: whoever may add
// members. Open groups need no such links: everybody may show the way to them.
func CanInvite(s community.Standing, g community.Group) bool { return CanAdd(s, g) }

// CanApply reports whether the viewer may apply for membership: everybody who does not belong to a closed
// group, also without an account.
func CanApply(s community.Standing, g community.Group) bool {
	return g.Closed && !s.Member && policy.CanAdd(s)
}

// CanAnswer reports whether the viewer may accept and decline applications for membership of the group: every member
// may.
func CanAnswer(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }
