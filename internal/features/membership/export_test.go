package membership

// IsMember reports whether a person is a member of a group.
var IsMember = isMember
