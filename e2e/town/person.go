package town

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/internal/testkit/captchatest"
)

// Person is somebody of the town, with a browser window and a mailbox.
type Person struct {
	Address string

	t      testing.TB
	town   *Town
	window context.Context
}

// Visitor returns somebody with a browser of their own. Their address is in the domain whose mailboxes the
// tests' Postfix fills. A browser that is told no language prefers the town's.
func (town *Town) Visitor(t testing.TB, name string, browser servers.Browser) *Person {
	t.Helper()
	browser.Language, browser.Site = cmp.Or(browser.Language, town.environ["LANGUAGE_CODE"]), cmp.Or(browser.Site, town.site)
	window, cancel := context.WithTimeout(servers.NewBrowser(t, browser), 8*time.Minute)
	t.Cleanup(cancel)
	return &Person{Address: name + "@" + servers.MailboxDomain, t: t, town: town, window: window}
}

// T returns the test that the person takes part in.
func (p *Person) T() testing.TB { return p.t }

// Goes opens a path of the town, or an absolute address from a mail, and returns the status.
func (p *Person) Goes(path string) int {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.town.URL + path
	}
	return p.follows("open "+path, chromedp.Navigate(path))
}

// Presses presses the button or follows the link that bears the words, and returns the status of the page
// that it leads to.
func (p *Person) Presses(words string) int {
	p.t.Helper()
	named := fmt.Sprintf(`//*[self::button or self::a][normalize-space()=%q]`, words)
	path := fmt.Sprintf(`(//main%[1]s | %[1]s[not(//main%[1]s)])[1]`, named)
	return p.follows("press “"+words+"”", chromedp.Click(path))
}

func (p *Person) follows(what string, step chromedp.Action[chromedp.Void]) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.window, 30*time.Second)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", what, err, p.page())
	}
	if answer == nil {
		return 0
	}
	return int(answer.Status)
}

// Fills types into the fields of the page, by their names. The value of a checkbox is "on" or "", and that of radio buttons
// is chosen.
func (p *Person) Fills(fields map[string]string) {
	p.t.Helper()
	for name, value := range fields {
		ctx, cancel := context.WithTimeout(p.window, 20*time.Second)
		set := fmt.Sprintf(`(() => { const f = document.querySelector("main [name=%[1]s]:not([type=hidden])"), value = %[2]q; if (!f) return false;
			if (f.type === "checkbox") { f.checked = value !== ""; }
			else if (f.type === "radio") { document.querySelector("main [name=%[1]s][value=" + value + "]").checked = true; }
			else { f.value = value; f.dispatchEvent(new Event("input", {bubbles: true})); }
			return true; })()`, name, value)
		found, err := chromedp.Run(ctx, chromedp.Evaluate[bool](set))
		cancel()
		if err != nil || !found {
			p.t.Fatalf("fill in %s: found %t, %v\n%s", name, found, err, p.page())
		}
	}
}

// Answers answers the question that keeps programs out.
func (p *Person) Answers() {
	p.t.Helper()
	answer, ok := captchatest.Answer(p.page())
	if !ok {
		p.t.Fatalf("no question that this test knows:\n%s", p.page())
	}
	p.Fills(map[string]string{"captcha_0": answer})
}

// page returns the text of the page with its main part.
func (p *Person) page() string {
	ctx, cancel := context.WithTimeout(p.window, 10*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// HTML returns the source of the page as it stands.
func (p *Person) HTML() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.window, 10*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

// Path returns where the person is.
func (p *Person) Path() string {
	path, _, _ := strings.Cut(p.page(), "\n")
	return path
}

// Sees fails the test unless the page shows all the texts.
func (p *Person) Sees(texts ...string) {
	p.t.Helper()
	page := p.page()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			p.t.Fatalf("the page does not show %q:\n%s", text, page)
		}
	}
}

// SeesNot fails the test if the page shows one of the texts.
func (p *Person) SeesNot(texts ...string) {
	p.t.Helper()
	page := p.page()
	for _, text := range texts {
		if strings.Contains(page, text) {
			p.t.Fatalf("the page shows %q:\n%s", text, page)
		}
	}
}

// Letter is a mail as a mail program shows it.
type Letter struct {
	Header mail.Header
	Raw    string
	Text   string
	HTML   string
	Files  []string // names of the attachments
}

// Mail waits until so many mails have come and returns the last of them.
func (p *Person) Mail(post *servers.Postfix, count int) Letter {
	p.t.Helper()
	mails := post.WaitForMails(p.t, p.Address, count)
	if len(mails) != count {
		p.t.Fatalf("%s got %d mails, want %d", p.Address, len(mails), count)
	}
	l, err := ReadLetter(mails[count-1])
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

// ReadLetter takes a mail apart.
func ReadLetter(raw []byte) (Letter, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Letter{}, err
	}
	l := Letter{Header: m.Header, Raw: string(raw)}
	return l, l.add(textproto.MIMEHeader(m.Header), m.Body)
}

func (l *Letter) add(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := l.add(part.Header, part); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	disposition, names, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	switch {
	case err == nil && disposition == "attachment":
		l.Files = append(l.Files, names["filename"])
	case kind == "text/html":
		l.HTML = string(text)
	default:
		l.Text += strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return nil
}

// Subject returns the decoded subject.
func (l Letter) Subject() string {
	subject, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
	if err != nil {
		return l.Header.Get("Subject")
	}
	return subject
}

var links = regexp.MustCompile(`https?://[^\s<>"]+`)

// Link returns the first link of the text that contains a part.
func (l Letter) Link(t testing.TB, part string) string {
	t.Helper()
	for _, link := range links.FindAllString(l.Text, -1) {
		if strings.Contains(link, part) {
			return link
		}
	}
	t.Fatalf("the mail has no link with %q:\n%s", part, l.Text)
	return ""
}

// Picture is a PNG of one pixel.
const Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// Replies answers a mail as an elderly mail program does: the text in ISO-8859-1 above the quoted mail, a
// picture attached.
func (p *Person) Replies(post *servers.Postfix, to Letter, text string) {
	p.t.Helper()
	recipient := to.Header.Get("Reply-To")
	if recipient == "" {
		recipient = to.Header.Get("From")
	}
	address, err := mail.ParseAddress(recipient)
	if err != nil {
		p.t.Fatal(err)
	}
	var quote strings.Builder
	for line := range strings.Lines(to.Text) {
		quote.WriteString("> " + line)
	}
	text += "\n\nAm 24.11.2026 um 10:12 schrieb Anna:\n" + quote.String()
	latin, err := encoding.ReplaceUnsupported(charmap.ISO8859_1.NewEncoder()).String(strings.ReplaceAll(text, "\n", "\r\n"))
	if err != nil {
		p.t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: =?ISO-8859-1?Q?%s?=\r\nMessage-ID: <%d@post.example>\r\n"+
		"In-Reply-To: %s\r\nReferences: %[5]s\r\nDate: %s\r\n",
		p.Address, address.Address, "AW:_Gie=DFplan", time.Now().UnixNano(), to.Header.Get("Message-ID"), time.Now().Format(time.RFC1123Z))
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"----=_Teil\"\r\n\r\n")
	b.WriteString("------=_Teil\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = io.WriteString(w, latin)
	_ = w.Close()
	b.WriteString("\r\n------=_Teil\r\nContent-Type: image/png; name=\"beet.png\"\r\n" +
		"Content-Disposition: attachment; filename=\"beet.png\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + Picture + "\r\n------=_Teil--\r\n")
	p.Sends(post, address.Address, b.Bytes())
}

// Writes sends a plain mail.
func (p *Person) Writes(post *servers.Postfix, to, subject, text string) {
	p.t.Helper()
	p.Sends(post, to, fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@post.example>\r\nDate: %s\r\n\r\n%s\r\n",
		p.Address, to, subject, time.Now().UnixNano(), time.Now().Format(time.RFC1123Z), text))
}

// Sends hands a message to the person's mail server.
func (p *Person) Sends(post *servers.Postfix, to string, message []byte) {
	p.t.Helper()
	if err := smtp.SendMail(post.Address, nil, p.Address, []string{to}, message); err != nil {
		p.t.Fatal(err)
	}
}

// UnsubscribesWithOneClick does what a mail program does when somebody presses its unsubscribe button
// (RFC 8058): a POST without cookies.
func (p *Person) UnsubscribesWithOneClick(l Letter) {
	p.t.Helper()
	if got := l.Header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		p.t.Fatalf("List-Unsubscribe-Post: %q", got)
	}
	link := links.FindString(strings.ReplaceAll(l.Header.Get("List-Unsubscribe"), "\n ", ""))
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, link, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.town.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		p.t.Fatalf("%s answered %s", link, answer.Status)
	}
}

// Window returns the browser window, for what only one test does.
func (p *Person) Window() context.Context { return p.window }
