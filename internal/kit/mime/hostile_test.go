package mime_test

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/testkit/cputest"
)

// hostile returns messages of a megabyte that are made to keep a worker busy, by what they try.
func hostile() map[string]func() string {
	const size = 1_000_000
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	encoded := func(header, data string) string {
		return header + "\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(data))
	}
	const reply = "Subject: Re: x\nFrom: Anna <a@b.example>\n"
	all := map[string]func() string{}
	for _, unit := range []string{
		"a\n", "a:\n", "1 a\n", "-- \n", "--\na\n", "--\n\n\n", "--\nAnna\n", "-- \nPS: a\n", "Von: a\nAn: b\n", "Von: a@b\nGesendet: 1\nBetreff: c\n", "From: a\n\n\n", "> a\n", "> a:\n\n",
		"Am 1.1.2020 um 1:00 schrieb a:\n> b\n", "Am 1.1.2020 um 1:00 schrieb a:\nb\n", "Am 1.1.2020 um 1:00\n", "2026-11-02 9:12 a <\n", "a <b@c> ", "am 1 ", "____________________\nmailing list http://a\n",
		"Sent from my iPhone\n> a\n", "von a gesendet ", "1 a@b ", "[Anna] a\n", "unten\n", "begin 644 a\n", "begin 644 a\n#0V%T\n", "begin 644 a\n`\nend\n", "\nend", "----- Original Message -----\n", "\uf8f1a\n",
	} {
		all["plain, "+unit] = func() string { return reply + plainBody + fill(unit) }
		all["flowed, "+unit] = func() string {
			return reply + "Content-Type: text/plain; format=flowed\n\n" + fill(strings.ReplaceAll(unit, "\n", " \n"))
		}
	}
	for _, unit := range []string{
		"a<br>", "<p>a", "<div>", "<div>a", "</div>", "<table><tr><td>", "<table><tr><td>a<td>b</table>", "<tr><td>a", "<blockquote><p>", "<blockquote>a</blockquote>", "<div class=gmail_signature>a</div>",
		"<div class=gmail_attr>a:</div>", "<b><i>a</b></i>", "<s>a", "<s>a</s> ", "<span style=text-decoration:line-through>a", "<span>", "<p class=MsoListParagraph>· a", "<p class=MsoListParagraph>a",
		"<img src=cid:a alt=b>", "<img src=cid:a alt='[![['>", "<a href=http://a.de>b", "<ul><li>a", "<li>a", "<pre>a", "<h1>a", "<code>`", "<!--", "<![if a]>", "&amp;", "&", "<", "*", "_a", "~", "[a](b", "![a](cid:", "<a b=c d=e f=g>", "<style>", "<hr id=zwchr>a",
	} {
		all["HTML, "+unit] = func() string { return reply + "Content-Type: text/html\n\n" + fill(unit) }
	}
	for _, unit := range []string{
		"BEGIN:VEVENT\n", "BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n", "a;b=c;", "a;b=c:d\n", " a\n", `"`, "DTSTART;TZID=Europe/Berlin:20260101T000000\n", "BEGIN:VEVENT\nDTSTART;TZID=Europe/Berlin:20260101T000000\nEND:VEVENT\n", "DESCRIPTION:a\n",
	} {
		all["calendar, "+unit] = func() string { return "Content-Type: text/calendar\n\n" + fill(unit) }
		all["calendar in an event, "+unit] = func() string { return "Content-Type: text/calendar\n\nBEGIN:VEVENT\n" + fill(unit) }
	}
	winmail := func(attributes string) string {
		return encoded("Content-Type: application/ms-tnef", "\x78\x9f\x3e\x22\x00\x00"+attributes)
	}
	sized := func(text string) string {
		return string(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	properties := func(text string) string { return winmail("\x01\x03\x90\x06\x00" + sized(text) + "\x00\x00") }
	for _, unit := range []string{
		"\x01\x0c\x80\x02\x00\x00\x00\x00\x00\x00\x00", "\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00", "\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00\x02\x0f\x80\x06\x00\x01\x00\x00\x00a\x00\x00",
		"\x01\x03\x90\x06\x00\x04\x00\x00\x00\xff\xff\xff\xff\x00\x00",
	} {
		all["winmail.dat, "+unit] = func() string { return winmail(fill(unit)) }
	}
	for _, unit := range []string{"\x02\x01\x1f\x10\x01\x00\x00\x00\x00\x00\x00\x00", "\x03\x10\x00\x00\xff\xff\xff\x7f", "\x1f\x10\x00\x10\xff\xff\xff\x7f\x00\x00\x00\x00", "\x00\x00\x00\x00"} {
		all["winmail.dat of properties, "+unit] = func() string { return properties("\xff\xff\xff\x7f" + fill(unit)) }
	}
	for _, unit := range []string{"{", "}", `\u1?`, `\par `, "{\\*a}", "\\'fc", "a"} {
		all["RTF, "+unit] = func() string {
			return properties("\x01\x00\x00\x00\x02\x01\x09\x10\x01\x00\x00\x00" + sized("12345678MELA1234{\\rtf1 "+fill(unit)))
		}
	}
	for _, unit := range []string{"\x30\x80", "\x24\x80", "\x00\x00", "\x04\x00", "\x30\x84\x00\x00\x00\x00"} {
		all["S/MIME, "+unit] = func() string { return encoded("Content-Type: application/pkcs7-mime", fill(unit)) }
		all["S/MIME of pieces, "+unit] = func() string {
			return encoded("Content-Type: application/pkcs7-mime", "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80"+fill(unit))
		}
	}
	for _, unit := range []string{"+AP", "+", "+-", "+AAAA-", "+////"} {
		all["UTF-7, "+unit] = func() string { return "Content-Type: text/plain; charset=utf-7\n\n" + fill(unit) }
	}
	all["uuencode"] = func() string {
		return "Content-Type: application/octet-stream\nContent-Transfer-Encoding: x-uuencode\n\n" + fill("begin 644 a\n#0V%T\n")
	}
	all["containers"] = func() string { return "Content-Type: multipart/mixed; boundary=a\n\n" + fill("--a\n\na\n") }
	all["boundaries"] = func() string { return "Content-Type: multipart/mixed; boundary=a\n\n" + fill("--ab\n") }
	all["encoded words"] = func() string { return "Subject: " + strings.Repeat("=?utf-8?q?a?= ", 15_000) + "\n\n" + fill("a") }
	return all
}

// TestNoMegabyteTakesASecond is for what strangers send to keep a worker busy.
func TestNoMegabyteTakesASecond(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes its time")
	}
	for name, message := range hostile() {
		text := message()
		read := func() time.Duration {
			begin := cputest.Used(t)
			m, err := mime.Parse(strings.NewReader(text), mime.Limits{})
			if err == nil {
				m.PlacePictures(nil)
			}
			return cputest.Used(t) - begin
		}
		if took := read(); took > time.Second && min(took, read(), read()) > time.Second { // the first time others may have been busy
			t.Errorf("%q takes %v", name, took)
		} else if testing.Verbose() && took > 400*time.Millisecond {
			t.Logf("%q takes %v", name, took)
		}
	}
}
