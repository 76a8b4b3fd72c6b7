package mime

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
)

// part is a node of the message: a container with children or a leaf with bytes still encoded.
type part struct {
	header      Header
	mediaType   string
	params      map[string]string
	disposition string
	filename    string
	contentID   string
	raw         []byte
	children    []*part
	spare       bool // its text counts only if the message has no other
	encrypted   bool // nobody here can read it
}

func (p *part) is(mediaTypes ...string) bool {
	return slices.Contains(mediaTypes, p.mediaType)
}

// data returns the bytes of a leaf without their transfer encoding.
func (p *part) data() []byte {
	switch strings.ToLower(strings.TrimSpace(p.header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return decodeBase64(p.raw)
	case "quoted-printable":
		return decodeQuoted(p.raw)
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if file, ok := nextUU(p.raw); ok {
			return file.data
		}
	}
	return p.raw
}

// splitter takes a message apart and counts what it finds.
type splitter struct {
	limits Limits
	parts  int
}

// split reads one part. Every level scans its bytes once, so the work is at most size × depth.
func (s *splitter) split(data []byte, defaultType string, depth int) (*part, error) {
	s.parts++
	if s.parts > s.limits.MaxParts {
		return nil, errs.New(errs.Invalid, "The message has more than %d parts.", s.limits.MaxParts)
	}
	if depth > s.limits.MaxDepth {
		return nil, errs.New(errs.Invalid, "The parts of the message are nested deeper than %d levels.", s.limits.MaxDepth)
	}
	header, rest, err := s.limits.splitHeader(data)
	if err != nil {
		return nil, err
	}
	p := &part{header: header, raw: rest}
	p.mediaType, p.params = parseParams(header.Get("Content-Type"))
	if !validMediaType(p.mediaType) {
		p.mediaType = defaultType
		if strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "text") {
			p.mediaType = "text/plain" // "text" alone, from programs of the nineties
		}
	}
	var params map[string]string
	p.disposition, params = parseParams(header.Get("Content-Disposition"))
	if p.filename = params["filename"]; p.filename == "" {
		p.filename = p.params["name"]
	}
	p.contentID = strings.Trim(header.Get("Content-Id"), " <>")

	boundary := p.params["boundary"]
	if !strings.HasPrefix(p.mediaType, "multipart/") {
		return p, s.unwrap(p, depth)
	}
	if boundary == "" {
		p.mediaType = "text/plain"
		return p, nil
	}
	childType := "text/plain"
	if p.mediaType == "multipart/digest" {
		childType = "message/rfc822"
	}
	chunks, err := s.chunks(rest, boundary)
	if err != nil {
		return nil, err
	}
	if len(chunks) == 0 { // a container in name only: its bytes are the text
		p.mediaType = "text/plain"
		return p, nil
	}
	p.raw = nil
	for _, chunk := range chunks {
		child, err := s.split(chunk, childType, depth+1)
		if err != nil {
			return nil, err
		}
		p.children = append(p.children, child)
	}
	return p, nil
}

// unwrap opens what programs of one maker wrap a message in, and makes it a container.
func (s *splitter) unwrap(p *part, depth int) error {
	extension := strings.ToLower(path.Ext(p.filename))
	switch {
	case p.is("application/ms-tnef", "application/vnd.ms-tnef") || strings.EqualFold(p.filename, "winmail.dat"):
		w, ok := readWinmail(p.data())
		if !ok {
			return nil
		}
		p.children = w.parts()
		if s.parts += len(p.children); s.parts > s.limits.MaxParts {
			return errs.New(errs.Invalid, "The message has more than %d parts.", s.limits.MaxParts)
		}
	case p.is("application/pkcs7-mime", "application/x-pkcs7-mime") || p.is("application/octet-stream") && extension == ".p7m":
		inner := opaqueContent(p.data())
		if inner == nil {
			p.encrypted = true
			return nil
		}
		child, err := s.split(inner, "text/plain", depth+1)
		if err != nil {
			return err
		}
		p.children = []*part{child}
	default:
		return nil
	}
	p.mediaType, p.raw = "multipart/mixed", nil
	p.disposition = ""
	return nil
}

// chunks cuts the body of a container at its boundary lines. The last chunk may lack its end.
func (s *splitter) chunks(data []byte, boundary string) ([][]byte, error) {
	delimiter := []byte("--" + strings.TrimRight(boundary, " "))
	var chunks [][]byte
	start := -1 // of the current chunk
	for at := 0; at < len(data); {
		i := bytes.Index(data[at:], delimiter)
		if i < 0 {
			break
		}
		i += at
		lineEnd := len(data)
		if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
			lineEnd = i + n + 1
		}
		at = i + len(delimiter)
		if i > 0 && data[i-1] != '\n' {
			continue
		}
		tail := data[i+len(delimiter) : lineEnd]
		last := bytes.HasPrefix(tail, []byte("--"))
		if last {
			tail = tail[2:]
		}
		if len(bytes.TrimSpace(tail)) > 0 {
			continue // a longer boundary that begins like ours
		}
		if start >= 0 {
			chunk := bytes.TrimSuffix(data[start:i], []byte("\n"))
			chunks = append(chunks, bytes.TrimSuffix(chunk, []byte("\r")))
			if s.parts+len(chunks) > s.limits.MaxParts {
				return nil, errs.New(errs.Invalid, "The message has more than %d parts.", s.limits.MaxParts)
			}
		}
		at, start = lineEnd, lineEnd
		if last {
			return chunks, nil
		}
	}
	if start >= 0 {
		chunks = append(chunks, data[start:])
	}
	return chunks, nil
}

func validMediaType(s string) bool {
	major, minor, ok := strings.Cut(s, "/")
	if !ok || major == "" || minor == "" || len(s) > 127 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"[]?=`, c) >= 0 {
			return false
		}
	}
	return strings.Count(s, "/") == 1
}
