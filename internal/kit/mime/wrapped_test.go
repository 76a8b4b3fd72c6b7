package mime

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// attribute writes an attribute of a winmail.dat.
func attribute(level byte, id uint32, value []byte) []byte {
	out := append([]byte{level}, binary.LittleEndian.AppendUint32(nil, id)...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
	return append(append(out, value...), 0, 0)
}

// property writes a property that has one value.
func property(kind, id uint16, value []byte) []byte {
	out := binary.LittleEndian.AppendUint16(nil, kind)
	out = binary.LittleEndian.AppendUint16(out, id)
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
	out = append(out, value...)
	return append(out, make([]byte, -len(value)&3)...)
}

func winmailOf(attributes ...[]byte) []byte {
	return append([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}, bytes.Join(attributes, nil)...)
}

func properties(all ...[]byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(all))), bytes.Join(all, nil)...)
}

func inUTF16(s string) []byte {
	var out []byte
	for _, r := range s + "\x00" {
		out = binary.LittleEndian.AppendUint16(out, uint16(r))
	}
	return out
}

// packed writes RTF as Outlook compresses it, without saving anything.
func packed(rtf string) []byte {
	out := append(make([]byte, 8), "LZFu....."[:8]...)
	for i := 0; i < len(rtf); i += 8 {
		out = append(append(out, 0), rtf[i:min(i+8, len(rtf))]...)
	}
	return out
}

func winmailMessage(data []byte, text string) string {
	return "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + text + "\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" +
		base64.StdEncoding.EncodeToString(data) + "\n--b--\n"
}

func TestWhatOutlookWrapsIsRead(t *testing.T) {
	t.Parallel()
	file := [][]byte{
		attribute(2, attributeFileBegins, make([]byte, 14)), attribute(2, attributeFileTitle, []byte("PLAN~1.PNG\x00")), attribute(2, attributeFileData, []byte("png")),
		attribute(2, attributeFileProps, properties(property(0x1f, propertyLongName, inUTF16("Pläne.png")), property(0x1e, propertyMediaType, []byte("image/png\x00")), property(0x1e, propertyContentID, []byte("a@x\x00")))),
	}
	rtf := `{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator Riched20;}\f0 Gr\'fc\u223?e\par{\b aus} dem \{Hof\}\tab x\line}`
	for name, c := range map[string]struct {
		winmail    []byte
		text, want string
		plain      bool
	}{
		"the body":              {winmailOf(attribute(1, attributeCodepage, []byte{0xe4, 4, 0, 0, 0, 0, 0, 0}), attribute(1, attributeBody, []byte("Gr\xfc\xdfe\x00"))), "", "Grüße", true},
		"a property":            {winmailOf(attribute(1, attributeProperties, properties(property(0x1f, propertyBody, inUTF16("Grüße"))))), "", "Grüße", true},
		"HTML":                  {winmailOf(attribute(1, attributeProperties, properties(property(0x0102, propertyHTML, []byte("<p>Viele <b>Grüße</b>"))))), "", "Viele **Grüße**", false},
		"RTF":                   {winmailOf(attribute(1, attributeProperties, properties(property(0x0102, propertyRTF, packed(rtf))))), "", "Grüße\naus dem {Hof}\tx", true},
		"beside text":           {winmailOf(attribute(1, attributeBody, []byte("Hello"))), "Hallo", "Hallo", true},
		"cut off in the middle": {winmailOf(attribute(1, attributeBody, []byte("Hello")), []byte{1, 2, 3}), "", "Hello", true},
	} {
		data := append(bytes.Clone(c.winmail), bytes.Join(file, nil)...)
		if name == "cut off in the middle" {
			data = c.winmail
		}
		m, err := Parse(strings.NewReader(winmailMessage(data, c.text)), Limits{})
		if err != nil || m.Text != c.want || m.Plain != c.plain {
			t.Errorf("%s: %q (plain: %v), %v", name, m.Text, m.Plain, err)
		}
		if name == "cut off in the middle" {
			continue
		}
		if len(m.Attachments) != 1 || m.Attachments[0].Name != "Pläne.png" || m.Attachments[0].MediaType != "image/png" || m.Attachments[0].ContentID != "a@x" || string(m.Attachments[0].Data) != "png" {
			t.Errorf("%s: files %+v", name, m.Attachments)
		}
	}
	m, err := Parse(strings.NewReader(winmailMessage([]byte("nonsense"), "")), Limits{})
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Name != "winmail.dat" {
		t.Errorf("what cannot be read is not named: %+v, %v", m, err)
	}
}

func TestRTFIsUnpackedAsOutlookPacksIt(t *testing.T) {
	t.Parallel()
	// The example of MS-OXRTFCP, section 4.1.1.
	data := []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0")
	data = bytes.Replace(data, []byte("125B2"), []byte("125\x422"), 1)
	if got := string(unpackRTF(data)); got != "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" {
		t.Errorf("%q", got)
	}
}

func TestOldCodesAreRead(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Gr+APwA3w-e": "Grüße", "1 +- 1": "1 + 1", "+2DzfiQ-!": "🎉!", "a + b": "a + b", "+AP": "", "+": "+"} {
		if got := string(decodeUTF7([]byte(in))); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	m, err := Parse(strings.NewReader("Subject: x\n\nBefore\nbegin 644 a.txt\n#0V%T\n`\nend\nAfter\nbegin 1\n"), Limits{})
	if err != nil || m.Text != "Before\nAfter\nbegin 1" || len(m.Attachments) != 1 || string(m.Attachments[0].Data) != "Cat" {
		t.Errorf("%+v, %v", m, err)
	}
}

func FuzzWinmail(f *testing.F) {
	f.Add(winmailOf(attribute(1, attributeBody, []byte("Hello")), attribute(2, attributeFileBegins, nil), attribute(2, attributeFileData, []byte("x"))))
	f.Add(winmailOf(attribute(1, attributeProperties, properties(property(0x1f, propertyBody, inUTF16("x")), property(0x0102, propertyRTF, packed(`{\rtf1\u223?\'fc{\*x y}\htmlrtf z\htmlrtf0}`))))))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(strings.NewReader(winmailMessage(data, "")), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		size := len(m.Text) + len(m.Cut)
		for _, a := range m.Attachments {
			size += len(a.Data)
		}
		if !utf8.ValidString(m.Text) || size > 40*len(data)+10_000 {
			t.Fatalf("%d bytes of %d: %q", size, len(data), m.Text)
		}
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add("BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nDTSTART;TZID=\"Europe/Berlin\":20261120T180000\nDTEND:20261120T180000Z\nSUMMARY:a\\, b\n c\nBEGIN:VALARM\nDESCRIPTION:x\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range readCalendar([]byte(toText([]byte(text), ""))) {
			if !utf8.ValidString(e.Summary+e.Location+e.Description) || strings.ContainsAny(e.Summary+e.Location, "\n\r\x00") || len(e.Description) > maxEventText {
				t.Fatalf("%+v", e)
			}
		}
	})
}

func FuzzOpaque(f *testing.F) {
	raw, err := os.ReadFile("testdata/cases/i05c-smime-opaque.eml")
	if err != nil {
		f.Fatal(err)
	}
	_, body, _ := bytes.Cut(raw, []byte("\n\n"))
	f.Add(decodeBase64(body))
	f.Add([]byte("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x01x\x04\x01y\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if inner := opaqueContent(data); len(inner) > len(data) {
			t.Fatalf("%d bytes of %d", len(inner), len(data))
		}
	})
}
