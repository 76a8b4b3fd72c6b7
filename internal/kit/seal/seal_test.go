package seal_test

import (
	"encoding/base64"
	"errors"
	"testing"

	"grouprise.org/grouprise/internal/kit/seal"
)

func TestWhatIsSealedOpensWithItsSecretAlone(t *testing.T) {
	t.Parallel()
	box := func(secret, purpose string) seal.Box {
		b, err := seal.New(secret, purpose)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ours := box("0123456789abcdef", "keys")
	sealed := ours.Seal([]byte("a text"), "row 1")
	if sealed == ours.Seal([]byte("a text"), "row 1") {
		t.Error("the same text is sealed alike each time")
	}
	if text, err := box("0123456789abcdef", "keys").Open(sealed, "row 1"); err != nil || string(text) != "a text" {
		t.Errorf("it opens as %q, %v", text, err)
	}
	changed, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	changed[len(changed)-1] ^= 1
	for about, open := range map[string]func() ([]byte, error){
		"another secret":    func() ([]byte, error) { return box("0123456789abcdeX", "keys").Open(sealed, "row 1") },
		"another purpose":   func() ([]byte, error) { return box("0123456789abcdef", "tokens").Open(sealed, "row 1") },
		"another row":       func() ([]byte, error) { return ours.Open(sealed, "row 2") },
		"a changed bit":     func() ([]byte, error) { return ours.Open(base64.StdEncoding.EncodeToString(changed), "row 1") },
		"what is too short": func() ([]byte, error) { return ours.Open("AAAA", "row 1") },
		"no base64":         func() ([]byte, error) { return ours.Open("a text", "row 1") },
	} {
		if text, err := open(); !errors.Is(err, seal.ErrOtherSecret) {
			t.Errorf("%s: %q, %v", about, text, err)
		}
	}
}
