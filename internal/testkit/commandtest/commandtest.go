// Package commandtest gives the commands of a room, as administrators do.
package commandtest

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/commander"
)

// Give gives a command, confirms it if it asks, and returns the question and the reply.
func Give(t testing.TB, commands []commander.Command, words string) (question, reply string) {
	t.Helper()
	c := commander.New()
	c.Serve(commands...)
	explain := func(err error) string {
		said, unexpected := commander.Explain(t.Context(), err)
		if unexpected {
			t.Fatalf("%s: %v", words, err)
		}
		return said.Text()
	}
	orders, err := c.Read(t.Context(), words)
	if err != nil {
		return "", explain(err)
	}
	plans, err := commander.Question(t.Context(), orders)
	if err != nil {
		return "", explain(err)
	}
	said, err := commander.Run(t.Context(), orders)
	if err != nil {
		return plans.Text(), explain(err)
	}
	return plans.Text(), said.Text()
}

// Expect gives commands one after another, and compares what they reply, after the question if there is one. A reply may
// be given by its beginning, which ends with "…".
func Expect(t testing.TB, commands []commander.Command, expected ...[2]string) {
	t.Helper()
	for _, e := range expected {
		question, got := Give(t, commands, e[0])
		if question != "" {
			got = question + " → " + got
		}
		if !matches(got, e[1]) {
			t.Errorf("%s\nreplied %q\nwant    %q", e[0], got, e[1])
		}
	}
}

// matches reports whether a reply is what was expected.
func matches(got, want string) bool {
	if begin, ok := strings.CutSuffix(want, "…"); ok {
		return strings.HasPrefix(got, begin)
	}
	return got == want
}
