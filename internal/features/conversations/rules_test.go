package conversations

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/markdown"
)

func TestABeginningHasALimitBeforeItIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		wrong int
	}{
		{"Hello", 0},
		{"", 1},
		{strings.Repeat("ü", threads.MaxText), 0},
		{strings.Repeat("a\n", threads.MaxText), 1},
	} {
		if wrong := (Beginning{Subject: "Hello", Text: c.text}).validate(markdown.NewCache(0).Shows); len(wrong) != c.wrong {
			t.Errorf("%d bytes: %v", len(c.text), wrong)
		}
	}
}
