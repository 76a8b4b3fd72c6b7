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
	h := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1})
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
	h := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1})
	for _, c := range []struct {
		name, stored, password string
		want                   bool
	}{
		{"django pbkdf2 sha256", "pbkdf2_sha256$1000$aB3xY9kLmN2p$lMeOVJXEyX9Y4Yo6JQQG7hxeE1N22yzBKKhQ6yD+ahQ=", "ein altes Passwört", true},
		{"django 3.2", "pbkdf2_sha256$260000$s4lt$nxxVTuT1uRjCZ6UJ1bQT43IS7cUb0K+6TOST6k5o3d8=", "demo", true},
		{"django pbkdf2 sha1", "pbkdf2_sha1$1000$aB3xY9kLmN2p$QiB2658QLtZfAmQKQ9IXeXRBWvw=", "ein altes Passwört", true},
		{"wrong password", "pbkdf2_sha1$1000$aB3xY9kLmN2p$QiB2658QLtZfAmQKQ9IXeXRBWvw=", "ein altes Passwort", false},
		{"unusable", "!aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd", "demo", false},
		{"none", "", "", false},
		{"django argon2", "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "demo", false},
		{"django bcrypt", "bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuuu", "demo", false},
		{"django scrypt", "scrypt$c2FsdA$16384$8$1$aGFzaA==", "demo", false},
		{"endless work", "pbkdf2_sha256$2000000000$salt$lMeOVJXEyX9Y4Yo6JQQG7hxeE1N22yzBKKhQ6yD+ahQ=", "demo", false},
		{"no work", "pbkdf2_sha256$0$salt$lMeOVJXEyX9Y4Yo6JQQG7hxeE1N22yzBKKhQ6yD+ahQ=", "demo", false},
		{"short key", "pbkdf2_sha256$1000$salt$lMeO", "demo", false},
		{"broken key", "pbkdf2_sha256$1000$salt$???", "demo", false},
		{"huge argon2id", "$argon2id$v=19$m=4000000,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "demo", false},
		{"argon2id without threads", "$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "demo", false},
		{"rubbish", "$$$$$$$", "demo", false},
	} {
		got, err := h.Verify(t.Context(), c.stored, c.password)
		if err != nil || got != c.want {
			t.Errorf("%s: Verify = %v, %v; want %v", c.name, got, err, c.want)
		}
		if !h.NeedsUpgrade(c.stored) {
			t.Errorf("%s: NeedsUpgrade = false", c.name)
		}
	}
}

func TestOnlyHashesOfAnotherCostNeedAnUpgrade(t *testing.T) {
	t.Parallel()
	h := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1})
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
	const people = 20
	for range people {
		all.Go(func() {
			if _, err := h.Hash(t.Context(), "Löwenzahn 77"); err != nil {
				t.Error(err)
				return
			}
			done.Add(1)
		})
	}
	all.Wait()
	if n := done.Load(); n != people {
		t.Errorf("%d of %d who waited got a hash", n, people)
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
		{"sonnenschein", "very common"},
		{"Sonnenschein", "very common"},
		{"sonnenschein!1", "very common"},
		{"password", "very common"},
		{"Qwertzuiop", "very common"},
		{"qwer\ntzuiop", ""},
		{"anna-meier", "too similar"},
		{"Annegret1", "too similar"},
		{"tergenna12", "too similar"},
		{"annameier", "too similar"},
		{"a.meier@example.org", "too similar"},
		{"meierschulze", "too similar"},
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
