package commander

import (
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/bot"
)

// name is how the bot can always be addressed.
const name = "!grouprise"

// addressed returns what a message asks of the bot; false if it does not address it. Its first word is !grouprise, the
// name of the account or its whole id, with or without an @ before and a colon behind.
func addressed(text, account string) (rest string, ok bool) {
	text = strings.TrimSpace(text)
	end := strings.IndexAny(text, " \t\r\n")
	if end < 0 {
		return "", false
	}
	first, rest := text[:end], strings.TrimSpace(text[end:])
	first = strings.TrimSuffix(first, ":")
	whole := strings.TrimPrefix(account, "@")
	local, _, _ := strings.Cut(whole, ":")
	if first == name {
		return rest, rest != ""
	}
	first = strings.TrimPrefix(first, "@")
	return rest, rest != "" && (first == local || first == whole)
}

// patience is how long somebody has to confirm what they have asked for.
const patience = time.Minute

// stale is how long after it was written a message is no command any more: whoever wrote it does not expect it now.
const stale = 24 * time.Hour

// isYes reports whether a message confirms.
func isYes(text, account string) bool {
	if rest, ok := addressed(text, account); ok {
		text = rest
	}
	switch strings.ToLower(strings.Trim(text, " \t\r\n.!")) {
	case "yes", "ja":
		return true
	}
	return false
}

// isAgreement reports whether a reaction confirms. Thumbs have colours, and signs a variant that is drawn in colours.
func isAgreement(reaction string) bool {
	reaction = strings.TrimSuffix(reaction, "\ufe0f")
	return strings.HasPrefix(reaction, "👍") || reaction == "✅" || reaction == "✔"
}

// isSaid reports whether an event is something that somebody writes for the first time.
func isSaid(e bot.Event) bool { return e.Kind == "m.text" && e.Replaces == "" }
