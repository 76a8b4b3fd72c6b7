package sheets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// inPDF writes a text as a string of a PDF file, in the encoding of Western Europe (ISO 32000-1, 7.3.4.2 and D.2).
func inPDF(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case strings.ContainsRune(`()\`, c):
			b.WriteString(`\` + string(c))
		case c < 0x80:
			b.WriteRune(c)
		case c >= 0xa0 && c <= 0xff: // as in Unicode
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteRune('?')
		}
	}
	return b.String()
}

// page returns a PDF file with a heading and lines below it.
func page(heading string, lines ...string) []byte {
	var drawn strings.Builder
	fmt.Fprintf(&drawn, "BT /F1 32 Tf 60 740 Td (%s) Tj ET 2 w 60 725 m 535 725 l S\n", inPDF(heading))
	for n, line := range lines {
		fmt.Fprintf(&drawn, "BT /F1 18 Tf 60 %d Td (%s) Tj ET\n", 680-32*n, inPDF(line))
	}
	for n := range 4 { // the beds
		fmt.Fprintf(&drawn, "%.1f 0.6 0.3 rg %d 120 100 220 re f\n", 0.2+0.15*float64(n), 60+125*n)
	}
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", drawn.Len(), drawn.String()), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var places strings.Builder
	for n, o := range objects {
		fmt.Fprintf(&places, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, places.String(), len(objects)+1, table)
	return b.Bytes()
}

// voice returns a WAV file in which tones follow each other, each for half a second.
func voice(tones ...float64) []byte {
	const rate, length = 8000, 4000
	data := make([]byte, 0, length*len(tones))
	for _, tone := range tones {
		for n := range length {
			swell := math.Sin(math.Pi * float64(n) / length)
			data = append(data, byte(128+60*swell*math.Sin(2*math.Pi*tone*float64(n)/rate)))
		}
	}
	head := []byte("RIFF")
	head = binary.LittleEndian.AppendUint32(head, uint32(36+len(data))) //nolint:gosec // a few seconds
	head = append(head, "WAVEfmt "...)
	head = binary.LittleEndian.AppendUint32(head, 16)
	for _, v := range []uint16{1, 1, rate, 0, rate, 0, 1, 8} { // PCM, one channel; the rate and the bytes of a second as 32 bits each
		head = binary.LittleEndian.AppendUint16(head, v)
	}
	head = append(head, "data"...)
	return append(binary.LittleEndian.AppendUint32(head, uint32(len(data))), data...) //nolint:gosec // a few seconds
}
