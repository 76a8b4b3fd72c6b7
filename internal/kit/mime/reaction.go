package mime

import (
	"encoding/json"
	"regexp"
	"strings"
)

// reactionText is what Outlook sends in place of a reaction to programs that do not know it, often behind the sign or
// its name in brackets.
var reactionText = regexp.MustCompile(`(?i)^.{1,80} (?:reacted to your message|hat auf (?:ihre|deine) nachricht reagiert|a réagi à (?:votre|ton) message|heeft (?:op|gereageerd op) (?:uw|je) bericht(?: gereageerd)?|reagerede på din (?:besked|meddelelse)|zareagował\(a\) na (?:twoją )?wiadomość):?\s*$`)

// bracketed is the name of a sign before the text of such a mail.
var bracketed = regexp.MustCompile(`^\\?\[(\p{L}{2,20})\\?\]`)

const (
	maxReaction  = 300  // characters of a message that is nothing but a reaction
	maxEmoji     = 64   // bytes of an emoji; families and flags are long
	maxReactions = 4096 // bytes of a part that says which
)

// detectReaction recognises the mails that programs send when somebody puts a thumb on a message. text is what the
// message says.
func detectReaction(h Header, root *part, text string) (Auto, bool) {
	if emoji, is := findReaction(root); is {
		return Auto{Kind: Reaction, Header: "Content-Type: " + reactionType, Emoji: emoji}, true
	}
	text = strings.TrimSpace(text)
	first, _, _ := strings.Cut(text, "\n")
	if len(text) <= maxReaction && reactionText.MatchString(plain(first)) {
		return Auto{Kind: Reaction, Header: "Text: " + Shorten(oneLine(first), 100), Emoji: leadingSign(first)}, true
	}
	// The same header says of an ordinary mail whether its sender wants reactions to it.
	if v := h.Get("X-MS-Reactions"); v != "" && !strings.EqualFold(v, "allow") && !strings.EqualFold(v, "disallow") {
		return Auto{Kind: Reaction, Header: "X-MS-Reactions: " + Shorten(oneLine(v), 100), Emoji: leadingSign(first)}, true
	}
	return Auto{}, false
}

// reactionType is the type of the part in which Gmail says which emoji somebody chose:
// https://developers.google.com/workspace/gmail/reactions/format
const reactionType = "text/vnd.google.email-reaction+json"

// findReaction looks for the part that is a reaction: that of Gmail, or one of RFC 9078.
func findReaction(p *part) (emoji string, is bool) {
	switch {
	case p.is(reactionType) && p.disposition != "attachment":
		return readReaction(p.data()), true
	case p.disposition == "reaction" && p.is("text/plain"):
		emoji, _, _ = strings.Cut(strings.TrimSpace(toText(p.data(), p.params["charset"])), " ")
		return emojiOnly(emoji), true
	}
	for _, c := range p.children {
		if emoji, is = findReaction(c); is {
			return emoji, true
		}
	}
	return "", false
}

// readReaction returns the emoji of a part of Gmail; empty if it is of a version that nobody knows, or broken.
func readReaction(data []byte) string {
	var said struct {
		Emoji   string `json:"emoji"`
		Version int    `json:"version"`
	}
	if len(data) > maxReactions || json.Unmarshal(data, &said) != nil || said.Version != 1 {
		return ""
	}
	return emojiOnly(said.Emoji)
}

// leadingSign returns the sign at the beginning of a line, by its name if it stands in brackets.
func leadingSign(line string) string {
	if found := bracketed.FindStringSubmatch(line); found != nil {
		return namedSigns[strings.ToLower(found[1])]
	}
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return emojiOnly(first)
}

// namedSigns are the reactions that Outlook knows.
var namedSigns = map[string]string{
	"like": "👍", "heart": "❤", "love": "❤", "celebrate": "🎉", "laugh": "😂", "surprised": "😮", "sad": "😢",
	"gefällt": "👍", "herz": "❤", "feiern": "🎉", "lachen": "😂", "überrascht": "😮", "traurig": "😢",
}

// emojiOnly returns a text if it may be an emoji, which no letter and no digit is, else nothing.
func emojiOnly(s string) string {
	if len(s) > maxEmoji || strings.ContainsFunc(s, func(r rune) bool { return r < 0xA9 || r >= 0x0100 && r < 0x2000 }) {
		return ""
	}
	return s
}
