package logs_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/logs"
)

func TestCleanLeavesNothingPersonal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"no such table: incidents":                                       "no such table: incidents",
		"context deadline exceeded":                                      "context deadline exceeded",
		"550 5.1.1 <bert.birke@example.org> no such user":                "550 5.1.1 <…@…> no such user",
		`strconv.Atoi: parsing "geheim": invalid syntax`:                 `strconv.Atoi: parsing "…": invalid syntax`,
		`Post "https://push.example.org/send/abc": EOF`:                  `Post "…": EOF`,
		"Error 1062 (23000): Duplicate entry 'anna' for key 'slug'":      "Error 1062 (23000): Duplicate entry '…' for key '…'",
		"dial tcp 192.0.2.7:25: connect: connection refused":             "dial tcp …:25: connect: connection refused",
		"dial tcp [2001:db8::7]:25: i/o timeout":                         "dial tcp …:25: i/o timeout",
		"open /var/lib/grouprise/media/anna.jpg: no such file":           "open /…: no such file",
		"render /stadt/reset/key/abc/: broken":                           "render /…: broken",
		"get https://anna:geheim@example.org/feed?key=1 failed":          "get …://… failed",
		"key ABCDEFGHIJKLMNOPQRSTUVWXYZ is not valid":                    "key … is not valid",
		"token 3f2a9c0e1b7d4f60aa is not valid":                          "token … is not valid",
		"the column membership_applications is missing":                  "the column membership_applications is missing",
		"send to @anna:example.org in !room:example.org":                 "send to …@… in …",
		"call +49 30 1234567 back":                                       "call … back",
		"the group “Garten am Bach” is gone":                             "the group “…” is gone",
		"panic: runtime error: index out of range [3] with length 3\nat": "panic: runtime error: index out of range [3] with length 3",
		"wait, that isn't a list and can't be one":                       "wait, that isn't a list and can't be one",
	} {
		if got := logs.Clean(errors.New(text)); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}

func TestCleanKnowsWhatStandsInSentencesForPeople(t *testing.T) {
	t.Parallel()
	inner := errs.New(errs.Invalid, "There’s no group %s among %d.", "Garten am Bach", 12)
	err := fmt.Errorf("join: %w", errors.Join(errors.New("first"), fmt.Errorf("try: %w", inner)))
	got := logs.Clean(fmt.Errorf("publish: %w: %w", inner, err))
	if strings.Contains(got, "Garten") || !strings.Contains(got, "There’s no group … among 12.") {
		t.Errorf("it becomes %s", got)
	}
	field := errs.Check(errs.Field("login", "Nobody is called %s.", "Anna Ahorn"))
	if got := logs.Clean(field); strings.Contains(got, "Anna") {
		t.Errorf("it becomes %s", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, text := range []string{"a@b", `say "x`, "'a' b", "http://x@y", "/a/b", "++49 123 456 789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ2345", "a…@…b"} {
		f.Add(text)
	}
	address := regexp.MustCompile(`[A-Za-z0-9.+-]@[A-Za-z0-9-]`)
	key := regexp.MustCompile(`[A-Z2-7]{26,}`)
	f.Fuzz(func(t *testing.T, text string) {
		got := logs.Clean(errors.New(text))
		if address.MatchString(got) || key.MatchString(got) || strings.Contains(got, "\n") {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
