// Package pdftest writes PDF files: good ones, and such as attack who reads them.
package pdftest

import (
	"bytes"
	"fmt"
	"strings"
)

// Page returns a file with one page that says something.
func Page(text string) []byte {
	return Drawing("0 0 595 842", "BT /F1 40 Tf 60 700 Td ("+text+") Tj ET 0.2 0.5 0.3 rg 100 100 300 300 re f")
}

// Drawing returns a file with one page of a size, as PDF writes a box, and what is drawn on it.
func Drawing(box, content string) []byte {
	return File(
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox ["+box+"] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> >>",
		Stream("", content), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		Stream("/Type /XObject /Subtype /Form /BBox [0 0 600 900] /Resources << /XObject << /X 6 0 R >> >>", "/X Do /X Do"),
	)
}

// Stream returns an object with content, as it stands.
func Stream(entries, content string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(content), content)
}

// File returns a file of objects, of which the first is the catalogue.
func File(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	places := make([]int, len(objects))
	for n, o := range objects {
		places[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, place := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}

// Attacks returns files that were written to do harm, by what they do.
func Attacks() map[string][]byte {
	page := Page("x")
	catalogue := "<< /Type /Catalog /Pages 2 0 R >>"
	return map[string][]byte{
		"nothing behind the first line":       []byte("%PDF-1.7\n"),
		"noise":                               append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0, 255, 17, '<'}, 5000)...),
		"cut off":                             page[:len(page)*2/3],
		"a page that shows itself":            Drawing("0 0 595 842", "/X Do"),
		"pages that contain themselves":       File(catalogue, "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 99999 >>"),
		"objects that stand for each other":   File("3 0 R", "1 0 R", "2 0 R"),
		"a page as large as a country":        Drawing("0 0 100000000 100000000", "0 0 100000000 100000000 re f"),
		"a page as thin as a hair":            Drawing("0 0 1 100000000", "0 0 1 1 re f"),
		"a page of no size":                   Drawing("0 0 0 0", "0 0 1 1 re f"),
		"a page turned inside out":            Drawing("100 100 -100 -100", "0 0 1 1 re f"),
		"a page in very many parts":           Drawing("0 0 595 842", strings.Repeat("0 0 m 595 842 l 595 0 l h f\n", 300_000)),
		"states within states":                Drawing("0 0 595 842", strings.Repeat("q ", 500_000)),
		"arrays within arrays":                File("<< /Type /Catalog /Pages 2 0 R /X "+strings.Repeat("[", 300_000)+" >>", "<< /Type /Pages /Kids [] /Count 0 >>"),
		"a picture of a million million dots": File(catalogue, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>", Stream("", "100 0 0 100 0 0 cm /X Do"), Stream("/Type /XObject /Subtype /Image /Width 1000000 /Height 1000000 /ColorSpace /DeviceRGB /BitsPerComponent 8", "x")),
		"a password":                          []byte(strings.Replace(string(page), "trailer << ", "trailer << /Encrypt << /Filter /Standard /V 1 /R 2 /O (12345678901234567890123456789012) /U (12345678901234567890123456789012) /P -4 >> /ID [(a)(b)] ", 1)),
		"a script that never ends":            File("<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while(true){}) >> >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"),
	}
}
