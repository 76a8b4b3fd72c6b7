package mime

import (
	"strconv"
	"strings"
)

// parseParams splits a Content-Type or Content-Disposition into its value in lower case and its
// parameters, decoded after RFC 2231, RFC 2047 or not at all, whatever the sender did.
func parseParams(s string) (value string, params map[string]string) {
	value, rest := cutParam(s)
	value = strings.ToLower(strings.TrimSpace(value))
	params = map[string]string{}
	type piece struct {
		text    string
		encoded bool
	}
	pieces := map[string]map[string]piece{} // name → segment → text
	for n := 0; rest != "" && n < 200; n++ {
		var item string
		item, rest = cutParam(rest)
		name, text, ok := strings.Cut(item, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" {
			continue
		}
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, `"`) {
			_, text = readParamQuoted(text)
		}
		base, segment, extended := strings.Cut(name, "*")
		if !extended {
			if _, there := params[name]; !there {
				params[name] = decodeWords(text)
			}
			continue
		}
		segment, encoded := strings.CutSuffix(segment, "*")
		if segment == "" {
			segment, encoded = "0", true // name*= is one encoded piece
		}
		if pieces[base] == nil {
			pieces[base] = map[string]piece{}
		}
		pieces[base][segment] = piece{text, encoded}
	}
	for name, segments := range pieces {
		var raw []byte
		charset := ""
		for i := range len(segments) {
			p, ok := segments[strconv.Itoa(i)]
			if !ok {
				break
			}
			if i == 0 && p.encoded {
				if cs, after, ok := strings.Cut(p.text, "'"); ok {
					charset = cs
					_, p.text, _ = strings.Cut(after, "'")
				}
			}
			if p.encoded {
				raw = append(raw, decodePercent(p.text)...)
			} else {
				raw = append(raw, p.text...)
			}
		}
		if len(raw) > 0 {
			params[name] = toText(raw, charset)
		}
	}
	return value, params
}

// cutParam cuts at the first semicolon outside quotes.
func cutParam(s string) (item, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// readParamQuoted is readQuoted for parameters, where a lone backslash is part of a Windows path.
func readParamQuoted(s string) (end int, content string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, b.String()
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return len(s), b.String()
}

func decodePercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
