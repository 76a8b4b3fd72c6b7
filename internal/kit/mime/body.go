package mime

import (
	"bytes"
	"cmp"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/kit/markdown"
)

// body collects the text and the attachments of a message.
type body struct {
	limits      Limits
	attachments []Attachment
	skipped     []string
	spare       []segment // texts that count if there is no other
	events      []Event
	calendars   [][]byte
	encrypted   bool
}

// segment is a text of a message: verbatim if it is plain, else markdown.
type segment struct {
	text  string
	plain bool
}

// read returns the texts of a part in their order, and keeps its attachments.
func (b *body) read(p *part, root bool) []segment {
	switch {
	case strings.HasPrefix(p.mediaType, "multipart/"):
		return b.readContainer(p)
	case b.isText(p, root):
		text := b.text(p)
		if strings.TrimSpace(dropMarkers(text)) == "" {
			return nil
		}
		found := []segment{{text, !p.is("text/html", "text/markdown")}}
		if p.spare {
			b.spare = append(b.spare, found...)
			return nil
		}
		return found
	case isTransport(p):
		return nil
	}
	b.attach(p)
	return nil
}

func (b *body) readContainer(p *part) []segment {
	switch p.mediaType {
	case "multipart/alternative":
		return b.readAlternative(p)
	case "multipart/encrypted":
		b.encrypted = true
		for _, c := range p.children {
			if !c.is("application/pgp-encrypted") { // "Version: 1", for programs
				b.keep(c)
			}
		}
		return nil
	}
	var texts []segment
	for _, c := range p.children {
		texts = append(texts, b.read(c, false)...)
	}
	return texts
}

// readAlternative takes the text of the richest alternative that has one, and the attachments of all.
func (b *body) readAlternative(p *part) []segment {
	var texts []segment
	chosen := -1
	for _, want := range []string{"text/html", "text/plain", "text/markdown", "multipart/"} {
		for i, c := range p.children {
			if chosen < 0 && has(c, want) && c.disposition != "attachment" {
				before := *b
				if texts = b.read(c, false); len(texts) > 0 {
					chosen = i
				} else { // this alternative says nothing: its files are collected below
					*b = before
				}
			}
		}
	}
	for i, c := range p.children {
		if i != chosen && !c.is("text/html", "text/plain", "text/markdown", "text/x-amp-html", "text/watch-html",
			"text/enriched", "text/richtext") {
			b.keep(c)
		}
	}
	return texts
}

// has reports whether a part is of a type or contains one of it that is no attachment.
func has(p *part, mediaType string) bool {
	if p.mediaType == mediaType || strings.HasSuffix(mediaType, "/") && strings.HasPrefix(p.mediaType, mediaType) {
		return p.disposition != "attachment"
	}
	for _, c := range p.children {
		if has(c, mediaType) {
			return true
		}
	}
	return false
}

// keep stores the files of a part whose text is not wanted.
func (b *body) keep(p *part) {
	switch {
	case strings.HasPrefix(p.mediaType, "multipart/"):
		for _, c := range p.children {
			b.keep(c)
		}
	case b.isText(p, false) || isTransport(p):
	default:
		b.attach(p)
	}
}

func (b *body) isText(p *part, root bool) bool {
	return p.is("text/plain", "text/html", "text/markdown") && p.disposition != "attachment" && (root || p.filename == "")
}

// isTransport reports whether a part is for programs only.
func isTransport(p *part) bool {
	return p.is("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/applefile", reactionType)
}

// text returns a leaf: HTML as markdown, everything else verbatim.
func (b *body) text(p *part) string {
	data := p.data()
	if p.mediaType == "text/html" {
		return htmlToMarkdown(dropMarkers(normalise(htmlText(data, p.params["charset"]))))
	}
	text := b.cutFiles(dropMarkers(normalise(toText(data, p.params["charset"]))))
	if strings.EqualFold(p.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
	}
	return text
}

func normalise(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// join makes one text of several: a plain one if all of them are.
func join(segments []segment) (text string, plain bool) {
	plain = !slices.ContainsFunc(segments, func(s segment) bool { return !s.plain })
	texts := make([]string, len(segments))
	for i, s := range segments {
		if texts[i] = s.text; s.plain && !plain {
			texts[i] = markdown.FromPlain(s.text)
		}
		if len(segments) > 1 {
			texts[i] = strings.Trim(texts[i], "\n")
		}
	}
	return strings.Join(texts, "\n\n"), plain
}

// unflow puts the lines of format=flowed text (RFC 3676) together again.
func unflow(text string, delSp bool) string {
	var (
		out   strings.Builder
		open  bool // the last line wants to go on
		depth int
	)
	for line := range strings.SplitSeq(text, "\n") {
		content := strings.TrimLeft(line, ">")
		d := len(line) - len(content)
		content = strings.TrimPrefix(content, " ") // space-stuffing
		signature := content == "-- "
		if open && (d != depth || signature) {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", d))
			out.WriteByte(' ')
		}
		depth = d
		if strings.HasSuffix(content, " ") && !signature {
			if delSp {
				content = content[:len(content)-1]
			}
			out.WriteString(content)
			open = true
			continue
		}
		out.WriteString(content)
		out.WriteByte('\n')
		open = false
	}
	return out.String()
}

// cutFiles takes files out that stand uuencoded in a text.
func (b *body) cutFiles(text string) string {
	if !strings.Contains(text, "\nend") {
		return text
	}
	var kept strings.Builder
	rest := []byte(text)
	for range b.limits.MaxAttachments {
		file, ok := nextUU(rest)
		if !ok {
			break
		}
		b.attach(&part{mediaType: "application/octet-stream", disposition: "attachment", filename: file.name, raw: file.data})
		kept.Write(rest[:file.from])
		rest = rest[file.to:]
	}
	kept.Write(rest)
	return kept.String()
}

// invite adds events; programs send one as a part of the text and as a file.
func (b *body) invite(events []Event) {
	for _, e := range events {
		known := slices.ContainsFunc(b.events, func(o Event) bool { return o.Summary == e.Summary && o.Start.Equal(e.Start) })
		if !known && len(b.events) < maxEvents {
			b.events = append(b.events, e)
		}
	}
}

func (b *body) attach(p *part) {
	data := p.data()
	b.encrypted = b.encrypted || p.encrypted
	mediaType := mediaTypeOf(p, data)
	name := p.filename
	if mediaType == "text/calendar" || mediaType == "application/ics" {
		calendar := []byte(toText(data, p.params["charset"]))
		b.invite(readCalendar(calendar))
		b.keepCalendar(calendar)
		name = cmp.Or(name, "event.ics")
	}
	if name == "" && mediaType == "message/rfc822" {
		if h, _, err := b.limits.splitHeader(data); err == nil {
			name = Shorten(strings.ReplaceAll(h.Text("Subject"), "/", "-"), 80)
		}
	}
	if mediaType == "message/rfc822" && name != "" && !strings.EqualFold(path.Ext(name), ".eml") {
		name += ".eml"
	}
	name = cleanName(name)
	if name == "" {
		name = "attachment-" + strconv.Itoa(len(b.attachments)+len(b.skipped)+1) + extensionOf(mediaType)
	}
	if len(b.attachments) >= b.limits.MaxAttachments || int64(len(data)) > b.limits.MaxAttachmentBytes {
		if len(b.skipped) < 1000 {
			b.skipped = append(b.skipped, name)
		}
		return
	}
	b.attachments = append(b.attachments, Attachment{
		Name: name, MediaType: mediaType, Data: bytes.Clone(data), ContentID: p.contentID,
		Inline: p.disposition != "attachment" && (p.disposition == "inline" || p.contentID != ""),
	})
}

const maxNameBytes = 200

// cleanName makes a base name that is safe on any file system and in any list: no path, no control
// or direction characters, no leading dot, composed, not too long.
func cleanName(s string) string {
	s = strings.ReplaceAll(s, `\`, "/")
	s = s[strings.LastIndexByte(s, '/')+1:]
	s = norm.NFC.String(oneLine(s))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, s)
	s = strings.Trim(strings.TrimLeft(s, ". "), " ")
	if len(s) <= maxNameBytes {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 20 {
		ext = ""
	}
	base := s[:maxNameBytes-len(ext)]
	for base != "" && !utf8.ValidString(base[max(0, len(base)-utf8.UTFMax):]) && !utf8.ValidString(base) {
		base = base[:len(base)-1]
	}
	return base + ext
}

// mediaTypeOf believes the sender unless he says nothing.
func mediaTypeOf(p *part, data []byte) string {
	if !p.is("application/octet-stream", "application/binary", "application/x-unknown", "application/unknown") {
		return p.mediaType
	}
	ext := strings.ToLower(path.Ext(p.filename))
	for _, t := range fileTypes {
		if t.ext == ext {
			return t.mediaType
		}
	}
	sniffed, _, _ := strings.Cut(http.DetectContentType(data), ";")
	return sniffed
}

func extensionOf(mediaType string) string {
	for _, t := range fileTypes {
		if t.mediaType == mediaType {
			return t.ext
		}
	}
	if strings.HasPrefix(mediaType, "text/") || strings.HasPrefix(mediaType, "message/") {
		return ".txt"
	}
	return ""
}

// fileTypes are the files that groups send each other; the same list on every machine.
var fileTypes = []struct{ ext, mediaType string }{
	{".jpg", "image/jpeg"},
	{".jpeg", "image/jpeg"},
	{".png", "image/png"},
	{".gif", "image/gif"},
	{".webp", "image/webp"},
	{".heic", "image/heic"},
	{".svg", "image/svg+xml"},
	{".pdf", "application/pdf"},
	{".odt", "application/vnd.oasis.opendocument.text"},
	{".ods", "application/vnd.oasis.opendocument.spreadsheet"},
	{".odp", "application/vnd.oasis.opendocument.presentation"},
	{".doc", "application/msword"},
	{".xls", "application/vnd.ms-excel"},
	{".ppt", "application/vnd.ms-powerpoint"},
	{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{".ics", "text/calendar"},
	{".vcf", "text/vcard"},
	{".csv", "text/csv"},
	{".txt", "text/plain"},
	{".md", "text/markdown"},
	{".html", "text/html"},
	{".eml", "message/rfc822"},
	{".mp3", "audio/mpeg"},
	{".ogg", "audio/ogg"},
	{".mp4", "video/mp4"},
	{".zip", "application/zip"},
	{".gpx", "application/gpx+xml"},
	{".asc", "application/pgp-encrypted"},
}
