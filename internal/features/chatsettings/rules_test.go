package chatsettings_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/features/chatsettings"
	"grouprise.org/grouprise/internal/kit/errs"
)

func TestMatrixIDsAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, want string }{
		{"@anna:example.org", "@anna:example.org"},
		{"  anna:Example.ORG ", "@anna:example.org"},
		{"https://matrix.to/#/@anna:example.org", "@anna:example.org"},
		{"https://matrix.to/#/%40anna%3Aexample.org", "@anna:example.org"},
		{"@a.b_c=d-e/f+1:chat.example.org:8448", "@a.b_c=d-e/f+1:chat.example.org:8448"},
		{"@" + strings.Repeat("a", 242) + ":example.org", "@" + strings.Repeat("a", 242) + ":example.org"},
		{"@" + strings.Repeat("a", 243) + ":example.org", ""},
		{"@Anna:example.org", ""},
		{"@anna", ""},
		{"@anna:", ""},
		{"@:example.org", ""},
		{"@anna:localhost", ""},
		{"@anna:127.0.0.1", ""},
		{"@anna:[::1]", ""},
		{"@anna:example.org/path", ""},
		{"@anna:-example.org", ""},
		{"@an na:example.org", ""},
		{"@ännchen:example.org", ""},
		{"#anna:example.org", ""},
		{"", ""},
	} {
		got, err := chatsettings.ParseID(c.typed)
		if got != c.want || (err != nil) != (c.want == "") || err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%q is read as %q, %v, want %q", c.typed, got, err, c.want)
		}
	}
}

func TestTheLinkToARoomIsForThoseWhoMayEnter(t *testing.T) {
	t.Parallel()
	stranger, member := community.Standing{}, community.Standing{Member: true}
	for _, c := range []struct {
		what     string
		standing community.Standing
		room     chat.Room
		want     bool
	}{
		{"a stranger, a public room with people", stranger, chat.Room{Kind: chat.Public, RoomID: "!a", Visible: true, Members: 1}, true},
		{"a stranger, an empty public room", stranger, chat.Room{Kind: chat.Public, RoomID: "!a", Visible: true}, false},
		{"a member, an empty public room", member, chat.Room{Kind: chat.Public, RoomID: "!a", Visible: true}, true},
		{"a stranger, a private room", stranger, chat.Room{Kind: chat.Private, RoomID: "!a", Visible: true, Members: 1}, false},
		{"a member, a private room", member, chat.Room{Kind: chat.Private, RoomID: "!a", Visible: true}, true},
		{"a member, a hidden room", member, chat.Room{Kind: chat.Private, RoomID: "!a"}, false},
		{"a member, a room that is not there yet", member, chat.Room{Kind: chat.Public, Visible: true}, false},
	} {
		if got := chatsettings.CanSeeLink(c.standing, c.room); got != c.want {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}
