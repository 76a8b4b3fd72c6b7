package media_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
)

func TestTypesOfFiles(t *testing.T) {
	t.Parallel()
	zip := "PK\x03\x04"
	for _, c := range []struct {
		name, head string
		mediaType  string
		sort       media.Sort
		served     string // the type, and how
	}{
		{"plan.pdf", "%PDF-1.7", "application/pdf", media.PDFFile, "application/pdf attachment"},
		{"plan", "%PDF-1.7", "application/pdf", media.PDFFile, "application/pdf attachment"},
		{"photo.jpg", "\xff\xd8\xff\xe0", "image/jpeg", media.PictureFile, "image/jpeg inline"},
		{"text.txt", "Hallo", "text/plain", media.TextFile, "text/plain; charset=utf-8 attachment"},
		{"table.CSV", "a;b", "text/csv", media.SheetFile, "text/csv; charset=utf-8 attachment"},
		{"letter.docx", zip, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", media.TextFile, "application/vnd.openxmlformats-officedocument.wordprocessingml.document attachment"},
		{"letter.odt", zip, "application/vnd.oasis.opendocument.text", media.TextFile, "application/vnd.oasis.opendocument.text attachment"},
		{"sums.ods", zip, "application/vnd.oasis.opendocument.spreadsheet", media.SheetFile, "application/vnd.oasis.opendocument.spreadsheet attachment"},
		{"show.pptx", zip, "application/vnd.openxmlformats-officedocument.presentationml.presentation", media.SlidesFile, "application/vnd.openxmlformats-officedocument.presentationml.presentation attachment"},
		{"all.zip", zip, "application/zip", media.ArchiveFile, "application/zip attachment"},
		{"song.mp3", "\x00\x01\x02\x80", "audio/mpeg", media.SoundFile, "audio/mpeg inline"},
		{"song.ogg", "OggS\x00", "audio/ogg", media.SoundFile, "audio/ogg inline"},
		{"film.ogv", "OggS\x00", "video/ogg", media.FilmFile, "video/ogg inline"},
		{"film.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4", media.FilmFile, "video/mp4 inline"},
		{"song.m4a", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "audio/mp4", media.SoundFile, "audio/mp4 inline"},
		{"noise.wav", "RIFF\x00\x00\x00\x00WAVE", "audio/wav", media.SoundFile, "audio/wav inline"},
		{"program", "\x7fELF\x02\x01", "application/octet-stream", media.OtherFile, "application/octet-stream attachment"},
		// Names that lie: what a browser could run is never told.
		{"photo.jpg", "<html><script>", "text/html", media.TextFile, "application/octet-stream attachment"},
		{"song.mp3", "<!DOCTYPE html>", "text/html", media.TextFile, "application/octet-stream attachment"},
		{"table.csv", "<svg onload=x>", "text/csv", media.SheetFile, "text/csv; charset=utf-8 attachment"},
		{"drawing.svg", `<?xml version="1.0"?><svg>`, "text/xml", media.TextFile, "application/octet-stream attachment"},
		{"letter.docx", "Hallo", "text/plain", media.TextFile, "text/plain; charset=utf-8 attachment"},
		{"page.html", "\x00\x01\x02\x80", "application/octet-stream", media.OtherFile, "application/octet-stream attachment"},
	} {
		f := media.File{MediaType: media.TypeOf([]byte(c.head), c.name)}
		served, how := f.Served()
		if f.MediaType != c.mediaType || f.Sort() != c.sort || served+" "+how != c.served {
			t.Errorf("%s with %.10q: %s, %s, sent as %s %s", c.name, c.head, f.MediaType, f.Sort(), served, how)
		}
	}
}

func TestNamesOfDownloads(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plan.pdf":          `attachment; filename="plan.pdf"`,
		"Größe.pdf":         `attachment; filename="Gr__e.pdf"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf`,
		`a"b\c.txt`:         `attachment; filename="a_b_c.txt"; filename*=UTF-8''a%22b%5Cc.txt`,
		"50%.txt":           `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`,
		"a\r\nSet-Cookie:x": `attachment; filename="a__Set-Cookie:x"; filename*=UTF-8''a%0D%0ASet-Cookie%3Ax`,
		"🌱 (1).ics":         `attachment; filename="_ (1).ics"; filename*=UTF-8''%F0%9F%8C%B1%20%281%29.ics`,
		"a'b.txt":           `attachment; filename="a'b.txt"`,
	} {
		if got := media.Disposition("attachment", name); got != want || strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
