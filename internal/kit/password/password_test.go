package password_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"grouprise.org/grouprise/internal/kit/password"
)

func TestHashVerifiesItsOwnPasswordOnly(t *testing.T) {
	t.Parallel()
	h := password.New(password.Trifling())
	stored, err := h.Hash(t.Context(), "Löwenzahn 77")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		password string
		want     bool
	}{
		{"Löwenzahn 77", true},
		{"löwenzahn 77", false},
		{"Löwenzahn 77 ", false},
		{"", false},
		{strings.Repeat("x", password.MaxLength+1), false},
	} {
		got, err := h.Verify(t.Context(), stored, c.password)
		if err != nil || got != c.want {
			t.Errorf("Verify(%.20q) = %v, %v; want %v", c.password, got, err, c.want)
		}
	}
	if again, _ := h.Hash(t.Context(), "Löwenzahn 77"); again == stored {
		t.Error("two hashes of one password are the same: the salt is missing")
	}
}

func TestHashesOfOtherProgramsAreVerifiedOrMatchNothing(t *testing.T) {
	t.Parallel()
	h := password.New(password.Trifling())
	for _, c := range []struct {
		name, stored, password string
		want, usable           bool
	}{
		{"django pbkdf2 sha256", "pbkdf2_sha256$1000$aB3xY9kLmN2p$lMeOVJXEyX9Y4Yo6JQQG7hxeE1N22yzBKKhQ6yD+ahQ=", "ein altes Passwört", true, true},
		{"django 3.2", "pbkdf2_sha256$260000$s4lt$nxxVTuT1uRjCZ6UJ1bQT43IS7cUb0K+6TOST6k5o3d8=", "demo", true, true},
		{"django pbkdf2 sha1", "pbkdf2_sha1$1000$aB3xY9kLmN2p$QiB2658QLtZfAmQKQ9IXeXRBWvw=", "ein altes Passwört", true, true},
		{"wrong password", "pbkdf2_sha1$1000$aB3xY9kLmN2p$QiB2658QLtZfAmQKQ9IXeXRBWvw=", "ein altes Passwort", false, true},
		{"unusable", "!aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd", "demo", false, false},
		{"none", "", "", false, false},
		{"django argon2", "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "demo", false, false},
		{"django bcrypt", "bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuuu", "demo", false, false},
		{"django scrypt", "scrypt$c2FsdA$16384$8$1$aGFzaA==", "demo", false, false},
		{"endless work", "pbkdf2_sha256$2000000000$salt$lMeOVJXEyX9Y4Yo6JQQG7hxeE1N22yzBKKhQ6yD+ahQ=", "demo", false, false},
		{"no work", "pbkdf2_sha256$0$salt$lMeOVJXEyX9Y4Yo6JQQG7hxeE1N22yzBKKhQ6yD+ahQ=", "demo", false, false},
		{"short key", "pbkdf2_sha256$1000$salt$lMeO", "demo", false, false},
		{"broken key", "pbkdf2_sha256$1000$salt$???", "demo", false, false},
		{"huge argon2id", "$argon2id$v=19$m=4000000,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "demo", false, false},
		{"argon2id without threads", "$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "demo", false, false},
		{"rubbish", "$$$$$$$", "demo", false, false},
	} {
		got, err := h.Verify(t.Context(), c.stored, c.password)
		if err != nil || got != c.want {
			t.Errorf("%s: Verify = %v, %v; want %v", c.name, got, err, c.want)
		}
		if usable := password.Usable(c.stored); usable != c.usable {
			t.Errorf("%s: Usable = %v, want %v", c.name, usable, c.usable)
		}
		if !h.NeedsUpgrade(c.stored) {
			t.Errorf("%s: NeedsUpgrade = false", c.name)
		}
	}
}

func TestOnlyHashesOfAnotherCostNeedAnUpgrade(t *testing.T) {
	t.Parallel()
	h := password.New(password.Trifling())
	stored, err := h.Hash(t.Context(), "Löwenzahn 77")
	if err != nil {
		t.Fatal(err)
	}
	if h.NeedsUpgrade(stored) {
		t.Error("a fresh hash needs an upgrade")
	}
	dearer := password.New(password.Cost{Memory: 128, Passes: 1, Threads: 1})
	if !dearer.NeedsUpgrade(stored) {
		t.Error("a hash of a lower cost needs no upgrade")
	}
}

func TestHasherComputesFewHashesAtOnce(t *testing.T) {
	t.Parallel()
	h := password.New(password.Cost{Memory: 4 * 1024, Passes: 1, Threads: 1})
	var done atomic.Int32
	var all sync.WaitGroup
	for range 4 * password.AtOnce {
		all.Go(func() {
			if _, err := h.Hash(t.Context(), "Löwenzahn 77"); err != nil {
				t.Error(err)
				return
			}
			done.Add(1)
		})
	}
	all.Wait()
	if n := done.Load(); n != 4*password.AtOnce {
		t.Errorf("%d of %d who waited got a hash", n, 4*password.AtOnce)
	}
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	about := []string{"anna-meier", "Annegret Meier-Schulze", "a.meier@example.org"}
	for _, c := range []struct {
		password string
		wrong    string // part of the sentence; "" if there is none
	}{
		{"", "Enter a password"},
		{"kurz", "at least"},
		{"äöüäöüä", "at least"},
		{"äöüäöüäß", ""},
		{strings.Repeat("x", 1025), "at most"},
		{"1234567890123", "digits"},
		{"0176 123 456", "digits"},
		{"sonnenschein", "Many people"},
		{"Sonnenschein", "Many people"},
		{"sonnenschein!1", "Many people"},
		{"password", "Many people"},
		{"Qwertzuiop", "Many people"},
		{"qwer\ntzuiop", ""},
		{"anna-meier", "too much like"},
		{"Annegret1", "too much like"},
		{"tergenna12", "too much like"},
		{"annameier", "too much like"},
		{"a.meier@example.org", "too much like"},
		{"meierschulze", "too much like"},
		{"Annegret mag Löwenzahn", ""},
		{"zwölf Boxkämpfer jagen", ""},
		{"f7Gk2!pQ", ""},
	} {
		var got string
		if wrong := password.Check("password1", c.password, about...); len(wrong) > 0 {
			got = wrong[0].Message
			if wrong[0].Name != "password1" {
				t.Errorf("%q: the complaint is about the field %q", c.password, wrong[0].Name)
			}
		}
		if (got == "") != (c.wrong == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("Check(%.30q) says %q, want %q", c.password, got, c.wrong)
		}
	}
}

func BenchmarkModerateHash(b *testing.B) {
	h := password.New(password.Moderate())
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "Löwenzahn 77"); err != nil {
			b.Fatal(err)
		}
	}
}
