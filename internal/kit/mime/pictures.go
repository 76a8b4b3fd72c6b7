package mime

import (
	"net/url"
	"regexp"
	"strings"
)

// pictureOf returns the address that a picture has in a text until it is known where its file lies: "cid:" and the
// content id, escaped so that it breaks neither HTML nor markdown.
func pictureOf(contentID string) string {
	if plain, err := url.PathUnescape(contentID); err == nil {
		contentID = plain
	}
	return "cid:" + url.QueryEscape(strings.Trim(contentID, " <>"))
}

var embedded = regexp.MustCompile(`!\[((?:[^\[\]\\]|\\.)*)\]\((cid:[^()\s]+)\)`)

// PlacePictures puts the addresses of attachments into the places where the texts show them, in the order of
// Attachments; an empty one leaves a picture out. What is left out, or did not come along, is its alternative text.
func (m *Message) PlacePictures(addresses []string) {
	if m.Plain {
		return
	}
	type picture struct{ address, name string }
	known := map[string]picture{}
	for i, a := range m.Attachments {
		if a.ContentID != "" && i < len(addresses) && strings.HasPrefix(a.MediaType, "image/") {
			known[pictureOf(a.ContentID)] = picture{addresses[i], a.Name}
		}
	}
	place := func(text string) string {
		return embedded.ReplaceAllStringFunc(text, func(found string) string {
			parts := embedded.FindStringSubmatch(found)
			p := known[parts[2]]
			alternative := strings.TrimSpace(parts[1])
			switch {
			case p.address == "":
				return alternative
			case alternative == "":
				alternative = escapedName.Replace(p.name)
			}
			return "![" + alternative + "](" + p.address + ")"
		})
	}
	m.Text, m.Cut = place(m.Text), place(m.Cut)
}

var escapedName = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`)
