package qrcode_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/qrcode"
)

func TestACodeHasItsThreeCornersAndAMargin(t *testing.T) {
	t.Parallel()
	c, err := qrcode.New("https://example.org/garten/actions/join")
	if err != nil {
		t.Fatal(err)
	}
	if c.Size != 29+8 {
		t.Errorf("the code is %d modules wide", c.Size)
	}
	for _, corner := range []string{"M4 4h7v1h-7z", "M26 4h7v1h-7z", "M4 26h7v1h-7z", "M4 32h7v1h-7z"} {
		if !strings.Contains(c.Path, corner) {
			t.Errorf("%s is missing in %s", corner, c.Path)
		}
	}
}

func TestWhatIsTooLongForACodeIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := qrcode.New(strings.Repeat("a", 5000)); err == nil || !strings.Contains(err.Error(), "draw a QR code") {
		t.Errorf("error %v", err)
	}
}
