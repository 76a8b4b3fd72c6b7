package subscriptions_test

import (
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/subscriptions"
)

func TestWhoMaySubscribeWithOneClick(t *testing.T) {
	t.Parallel()
	anna := community.Viewer{PersonID: 1}
	for _, c := range []struct {
		name                   string
		s                      community.Standing
		subscribe, unsubscribe bool
	}{
		{"nobody", community.Standing{}, false, false},
		{"somebody", community.Standing{Viewer: anna}, true, false},
		{"a subscriber", community.Standing{Viewer: anna, Subscribed: true}, false, true},
		{"a member who has unsubscribed", community.Standing{Viewer: anna, Member: true}, true, false},
	} {
		if got := subscriptions.CanSubscribe(c.s); got != c.subscribe {
			t.Errorf("%s subscribes: %v", c.name, got)
		}
		if got := subscriptions.CanUnsubscribe(c.s); got != c.unsubscribe {
			t.Errorf("%s unsubscribes: %v", c.name, got)
		}
	}
}
