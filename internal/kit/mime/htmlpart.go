package mime

import "bytes"

// HTMLPart returns the HTML of a message as it was written, in UTF-8; nil if the message has none or is
// beyond the default limits. Whoever shows it must keep it from running scripts.
func HTMLPart(message []byte) []byte {
	root, err := (&splitter{limits: Limits{}.withDefaults()}).split(bytes.Clone(message), "text/plain", 0)
	if err != nil {
		return nil
	}
	var find func(p *part) []byte
	find = func(p *part) []byte {
		if p.is("text/html") {
			return []byte(htmlText(p.data(), p.params["charset"]))
		}
		for _, c := range p.children {
			if found := find(c); found != nil {
				return found
			}
		}
		return nil
	}
	return find(root)
}
