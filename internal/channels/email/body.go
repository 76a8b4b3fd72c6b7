package email

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
)

// message is what people wrote, and how it goes into a mail.
type message struct {
	text     string
	format   markdown.Format
	named    bool              // its pictures are named and linked
	embedded map[string]string // addresses of its pictures that come with the mail, by path
}

// write returns a text as both parts say it, made once for all who read it in the same language.
func (e *Email) write(p *lang.Printer, m message) writtenText {
	if strings.TrimSpace(m.text) == "" {
		return writtenText{}
	}
	key := textKey{source: m.text, format: m.format, named: m.named, language: p.Language()}
	for _, path := range slices.Sorted(maps.Keys(m.embedded)) {
		key.embedded += path + " " + m.embedded[path] + "\n"
	}
	return e.texts.get(key, func() writtenText {
		page := e.markdown.Render(m.text, markdown.Options{Format: m.format, HeadingLevel: 2, Origin: e.BaseURL}).Resolve(nil, p)
		in := inliner{style: textStyle, printer: p, foreign: true, origin: e.BaseURL, embedded: m.embedded, named: m.named}
		return writtenText{plain: e.markdown.MailTextOf(m.format, m.text, e.BaseURL, p), html: in.inline(page)}
	})
}

// embedded returns the addresses within the mail of the files that its text shows.
func (e *Email) embedded(files []mime.Attachment) map[string]string {
	addresses := map[string]string{}
	for _, f := range files {
		if f.Inline {
			addresses[media.File{Name: strings.TrimSuffix(f.ContentID, "@"+e.Domain)}.Path()] = "cid:" + f.ContentID
		}
	}
	return addresses
}

// body is what a mail says, in both of its parts.
type body struct {
	printer     *lang.Printer
	face, site  face
	title       string // of the HTML part alone: the text part stands below the subject
	actor       string // with whose name the introduction may begin
	intro, note string
	text        writtenText
	verbatim    string
	cut         notify.Cut
	facts       []notify.Fact
	actions     []notify.Action
	hint        string // how to answer
	footer      []line
}

// line is a line at the end of a mail, a link if it has an address.
type line struct{ text, url string }

// writeMail writes both parts and returns the mail as it leaves.
func (b body) writeMail(ctx context.Context, d mime.Draft) ([]byte, error) {
	d.Text = b.plain()
	var page bytes.Buffer
	if err := mailPage(b, d.Subject).Render(ctx, &page); err != nil {
		return nil, fmt.Errorf("write the HTML part: %w", err)
	}
	frame := inliner{style: frameStyle}.inline(page.String())
	d.HTML = strings.Replace(frame, textMark, b.text.html, 1)
	message, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	return message, nil
}

// textMark is where what people wrote, which has its styles already, is put into the frame.
const textMark = "<!--text-->"

// plain returns the part for people and programs that read text.
func (b body) plain() string {
	var paragraphs []string
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			paragraphs = append(paragraphs, text)
		}
	}
	add(b.intro)
	facts := make([]string, len(b.facts))
	for i, f := range b.facts {
		facts[i] = f.Label + ": " + f.Value
	}
	add(strings.Join(facts, "\n"))
	if strings.TrimSpace(b.text.plain) != "" {
		paragraphs = append(paragraphs, b.text.plain)
	}
	add(b.verbatim)
	if b.cut.Happened {
		add("[… " + b.leftOut() + "]\n" + b.cut.URL)
	}
	for _, a := range b.actions {
		add(a.Label + ":\n" + a.URL)
	}
	add(b.note)
	footer := []string{"-- "}
	if b.hint != "" {
		footer = append(footer, b.hint)
	}
	for _, l := range b.footer {
		if l.url != "" {
			l.text += ": " + l.url
		}
		footer = append(footer, l.text)
	}
	if len(footer) > 1 {
		paragraphs = append(paragraphs, strings.Join(footer, "\n"))
	}
	return strings.Join(paragraphs, "\n\n") + "\n"
}

// leftOut says what the text does not show.
func (b body) leftOut() string { return b.printer.T("Quoted text and signature") }

// introduction returns the name with which the introduction begins, if it does, and the rest.
func (b body) introduction() (actor, rest string) {
	if rest, ok := strings.CutPrefix(b.intro, b.actor); ok {
		return b.actor, rest
	}
	return "", b.intro
}

// says reports whether the mail carries what somebody wrote.
func (b body) says() bool { return b.text.html != "" || b.verbatim != "" }

// verbatimLines returns what is to be read letter by letter, line by line: not every program keeps line breaks.
func (b body) verbatimLines() []string { return strings.Split(strings.TrimSpace(b.verbatim), "\n") }

// mainAction returns what the recipient is most likely to do, which has the button; ok is false if there is nothing.
func (b body) mainAction() (a notify.Action, ok bool) {
	for _, a := range b.actions {
		if a.Primary {
			return a, true
		}
	}
	return a, false
}
