package config_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/config"
)

func TestAnEditedFileKeepsItsComments(t *testing.T) {
	t.Parallel()
	values := [][2]string{{"bot_access_token", "syt_1"}, {"bot_username", "bot"}}
	for name, c := range map[string]struct{ before, after string }{
		"an empty file":   {"", "chat:\n  bot_access_token: \"syt_1\"\n  bot_username: \"bot\"\n"},
		"another section": {"# ours\nmail:\n  a: b", "# ours\nmail:\n  a: b\nchat:\n  bot_access_token: \"syt_1\"\n  bot_username: \"bot\"\n"},
		"a section with comments": {
			"# The chat.\nchat: # since May\n    # on\n    enabled: true\n    bot_username: old # who\n\n# The mails.\nmail:\n  a: b\n",
			"# The chat.\nchat: # since May\n    # on\n    enabled: true\n    bot_username: \"bot\" # who\n    bot_access_token: \"syt_1\"\n\n# The mails.\nmail:\n  a: b\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Edit([]byte(c.before), "chat", values)
			if err != nil || string(got) != c.after {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, c.after)
			}
		})
	}
	if _, err := config.Edit([]byte("chat: {enabled: true}\n"), "chat", values); err == nil {
		t.Error("a section in one line is edited")
	}
}
