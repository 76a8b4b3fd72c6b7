package mime

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A marker stands alone on a line of the text that htmlToMarkdown hands to trim. It tells what the sending
// program said about a block by class, id or style. Markers are code points for private use, which dropMarkers
// removes from all input first.
const (
	markSignature    = "\uf8f1" // a signature begins
	markSignatureEnd = "\uf8f2"
	markOriginal     = "\uf8f3" // the quoted original begins and goes on to the end
	markAttribution  = "\uf8f4" // "On … wrote:" begins, in whatever language
	markAttributed   = "\uf8f5" // and ends
	markForward      = "\uf8f6" // a forwarded message begins
)

func isMarker(r rune) bool { return r >= 0xf8f1 && r <= 0xf8f6 }

func dropMarkers(s string) string {
	if strings.IndexFunc(s, isMarker) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isMarker(r) {
			return -1
		}
		return r
	}, s)
}

const (
	maxHTML  = 512 << 10 // bytes of cleaned HTML; of more only the words are kept
	maxNest  = 60        // open elements
	maxBlock = 12        // quotes and lists inside each other
)

// htmlToMarkdown converts the HTML of a mail. Cleaning goes over the tokens first, because the tree
// of hostile HTML can be far larger than its text.
func htmlToMarkdown(source string) string {
	cleaned, fallback := cleanHTML(source)
	if fallback {
		return textOfHTML(source)
	}
	doc, err := html.ParseWithOptions(strings.NewReader(cleaned), html.ParseOptionEnableScripting(false))
	if err != nil {
		return textOfHTML(source)
	}
	prepare(doc)
	conv := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithLinkEmptyContentBehavior(commonmark.LinkBehaviorSkip), commonmark.WithListEndComment(false)),
		strikethrough.NewStrikethroughPlugin(),
		table.NewTablePlugin(
			table.WithHeaderPromotion(true), table.WithSkipEmptyRows(true),
			table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
		),
	))
	out, err := conv.ConvertNode(doc)
	if err != nil {
		return textOfHTML(source)
	}
	return tidy(string(out))
}

// Markdown returns the HTML of a page or a feed as markdown, as far as it can be said in it.
func Markdown(source string) string {
	return strings.TrimSpace(dropMarkers(htmlToMarkdown(dropMarkers(source))))
}

var manyBlankLines = regexp.MustCompile(`\n{3,}`)

// tidy removes blanks at line ends, which mean nothing here, and all but one of several empty lines.
func tidy(s string) string {
	lines := strings.Split(strings.NewReplacer("\u00a0", " ", "\u200b", "", "\u200c", "", "\ufeff", "").Replace(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return manyBlankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")
}

// textOfHTML returns the words of HTML that is too large or too deep to convert.
func textOfHTML(source string) string {
	var out bytes.Buffer
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return tidy(out.String())
		case html.TextToken:
			text := z.Text()
			if fields := bytes.Fields(text); len(fields) > 0 {
				out.Write(bytes.Join(fields, []byte{' '}))
				out.WriteByte(' ')
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			if droppedElements[tag] && kind == html.StartTagToken {
				if !skipElement(z, tag) {
					return tidy(out.String())
				}
				continue
			}
			if nests, ok := keptElements[tag]; ok && (!nests || tag == atom.Div || tag == atom.Blockquote) && tag != atom.Img {
				out.WriteByte('\n')
			}
		}
	}
}
