package media

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/picture"
)

// typeHead is how many bytes of a file tell its type.
const typeHead = 512

// octets is the type of what nobody knows.
const octets = "application/octet-stream"

// typeOfExtension returns the type that the extension of a name stands for; empty if it says nothing. The tables of
// the operating system differ from one to the next.
func typeOfExtension(name string) string {
	return map[string]string{
		".csv": "text/csv", ".md": "text/markdown", ".ics": "text/calendar", ".txt": "text/plain",
		".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
		".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
		".odp": "application/vnd.oasis.opendocument.presentation", ".odg": "application/vnd.oasis.opendocument.graphics",
		".epub": "application/epub+zip", ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
		".mp3": "audio/mpeg", ".flac": "audio/flac", ".m4a": "audio/mp4", ".aac": "audio/aac", ".oga": "audio/ogg", ".ogg": "audio/ogg", ".opus": "audio/ogg",
		".weba": "audio/webm", ".ogv": "video/ogg", ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm",
	}[strings.ToLower(path.Ext(name))]
}

// PictureType returns the type of a picture in the store by its name; empty if it is none.
func PictureType(name string) string {
	return map[string]string{".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}[path.Ext(name)]
}

// TypeOf returns the type of a file by its first bytes. Its name says more where they fit it: a text may be a table, an
// archive a document, and many sounds begin with nothing in particular. What the bytes say goes before the name.
func TypeOf(head []byte, name string) string {
	if ofPicture := picture.TypeOf(head); ofPicture != "" {
		return ofPicture
	}
	found, _, _ := strings.Cut(http.DetectContentType(head), ";")
	named := typeOfExtension(name)
	sort, _, _ := strings.Cut(named, "/")
	switch {
	case found == "application/zip" && sort == "application",
		found == "text/plain" && sort == "text",
		found == octets && (sort == "audio" || sort == "application"),
		found == "application/ogg" && strings.HasSuffix(named, "/ogg"),
		found == "video/mp4" && named == "audio/mp4",
		found == "video/webm" && named == "audio/webm":
		return named
	case found == "application/ogg":
		return "audio/ogg"
	case found == "audio/wave":
		return "audio/wav"
	}
	return found
}

// Sort is what people call files of some types.
type Sort string

// The sorts of files.
const (
	PictureFile Sort = "picture"
	SoundFile   Sort = "sound"
	FilmFile    Sort = "film"
	PDFFile     Sort = "pdf"
	TextFile    Sort = "text"
	SheetFile   Sort = "sheet"
	SlidesFile  Sort = "slides"
	ArchiveFile Sort = "archive"
	OtherFile   Sort = "other"
)

// Sort returns what people call the file.
func (f File) Sort() Sort {
	sort, kind, _ := strings.Cut(f.MediaType, "/")
	switch {
	case f.IsPicture():
		return PictureFile
	case sort == "audio":
		return SoundFile
	case sort == "video":
		return FilmFile
	case kind == "pdf":
		return PDFFile
	case kind == "csv", strings.Contains(kind, "spreadsheet"), strings.Contains(kind, "excel"):
		return SheetFile
	case strings.Contains(kind, "presentation"), strings.Contains(kind, "powerpoint"):
		return SlidesFile
	case sort == "text", strings.Contains(kind, "word"), strings.HasSuffix(kind, "opendocument.text"), kind == "epub+zip":
		return TextFile
	case slices.Contains([]string{"zip", "x-gzip", "x-rar-compressed"}, kind):
		return ArchiveFile
	}
	return OtherFile
}

// IsPicture reports whether browsers show the file as a picture.
func (f File) IsPicture() bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}, f.MediaType)
}

// IsPlayed reports whether browsers play the file.
func (f File) IsPlayed() bool {
	return slices.Contains([]string{
		"audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/flac", "audio/aac", "audio/webm", "video/mp4", "video/webm", "video/ogg",
	}, f.MediaType)
}

// Served returns as what the file is sent: pictures, sound and films to be shown, everything else to be kept. A type
// that a browser could run is not told.
func (f File) Served() (mediaType, disposition string) {
	sort, kind, _ := strings.Cut(f.MediaType, "/")
	switch {
	case f.IsPicture(), f.IsPlayed():
		return f.MediaType, "inline"
	case f.MediaType == "text/plain", f.MediaType == "text/csv", f.MediaType == "text/markdown", f.MediaType == "text/calendar":
		return f.MediaType + "; charset=utf-8", "attachment"
	case sort == "application" && (kind == "pdf" || kind == "zip" || kind == "epub+zip" || kind == "msword" || strings.HasPrefix(kind, "vnd.o") || strings.HasPrefix(kind, "vnd.ms-")):
		return f.MediaType, "attachment"
	}
	return octets, "attachment"
}

// Disposition returns the header Content-Disposition for a file of a name (RFC 6266): as programs read it that know no
// other letters than those of ASCII, and as the others do.
func Disposition(how, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	header := how + `; filename="` + plain + `"`
	if plain != name {
		header += "; filename*=UTF-8''" + encodeWord(name)
	}
	return header
}

// encodeWord encodes a text for a header (RFC 5987).
func encodeWord(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
