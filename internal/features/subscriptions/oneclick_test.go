package subscriptions

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
)

func TestAKeyFitsOnePersonOneGroupAndOneSite(t *testing.T) {
	t.Parallel()
	ours, err := newKeys("ours")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := newKeys("theirs")
	if err != nil {
		t.Fatal(err)
	}
	key := ours.of(11, 21)
	for _, c := range []struct {
		name          string
		keys          keys
		key           string
		person, group int64
		fits          bool
	}{
		{"itself", ours, key, 11, 21, true},
		{"in upper case", ours, strings.ToUpper(key), 11, 21, true},
		{"another person", ours, key, 12, 21, false},
		{"another group", ours, key, 11, 22, false},
		{"digits that move", ours, ours.of(1, 121), 11, 21, false},
		{"another site", theirs, key, 11, 21, false},
		{"half a key", ours, key[:13], 11, 21, false},
		{"no key", ours, "", 11, 21, false},
	} {
		if got := c.keys.fits(c.key, c.person, c.group); got != c.fits {
			t.Errorf("%s: %v, want %v", c.name, got, c.fits)
		}
	}
}

// TestKeysOutliveReleases holds a link that stands in mails that were sent: it must work for ever.
func TestKeysOutliveReleases(t *testing.T) {
	t.Parallel()
	r, err := New(Deps{Secret: "a secret", BaseURL: "https://example.org"})
	if err != nil {
		t.Fatal(err)
	}
	got := r.UnsubscribeURL(11, community.Entity{ID: 121, OwnerID: 21})
	if want := "https://example.org/stadt/unsubscribe/21/11/ly7xouasvwdflbxi2lojz3lcb4/"; got != want {
		t.Errorf("the link is %s, was %s", got, want)
	}
}
