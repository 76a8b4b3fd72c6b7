package bymail_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/kit/web"
)

func TestAKeyFitsOnePersonOneGroupAndOneSite(t *testing.T) {
	t.Parallel()
	ours, err := personalLinks("ours")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := personalLinks("theirs")
	if err != nil {
		t.Fatal(err)
	}
	key := ours.Key(11, 21)
	for _, c := range []struct {
		name          string
		links         bymail.PersonalLinks
		key           string
		person, group int64
		fits          bool
	}{
		{"itself", ours, key, 11, 21, true},
		{"in upper case", ours, strings.ToUpper(key), 11, 21, true},
		{"another person", ours, key, 12, 21, false},
		{"another group", ours, key, 11, 22, false},
		{"digits that move", ours, ours.Key(1, 121), 11, 21, false},
		{"another site", theirs, key, 11, 21, false},
		{"half a key", ours, key[:13], 11, 21, false},
		{"no key", ours, "", 11, 21, false},
	} {
		if got := c.links.Fits(c.key, c.person, c.group); got != c.fits {
			t.Errorf("%s: %v, want %v", c.name, got, c.fits)
		}
	}
}

func personalLinks(siteSecret string) (bymail.PersonalLinks, error) {
	keys, err := web.NewLinkKeys(siteSecret, "unsubscribe")
	return bymail.PersonalLinks{Keys: keys}, err
}
