package subscriptions

import (
	"testing"

	"grouprise.org/grouprise/internal/community"
)

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
