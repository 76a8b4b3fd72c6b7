package notify_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/notify"
)

func TestLettersToAnybodyHoldNoAdvertisementInNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Garten am Bach": "Garten am Bach", "St. Johann e. V.": "St. Johann e. V.", "مرحبا": "مرحبا",
		"Win at casino.example": "slug", "https://evil": "slug", "write to a@b": "slug", "WWW.evil": "slug", strings.Repeat("Kauft ", 20): "slug",
	} {
		if got := notify.Called(name, "slug"); got != want {
			t.Errorf("%q is called %q", name, got)
		}
	}
}
