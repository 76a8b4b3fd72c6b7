package markdown_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/markdown"
)

func plain(source string) string {
	return markdown.Render(source, markdown.Options{Format: markdown.Plain, HeadingLevel: 3, Origin: "https://example.org"}).Resolve(town, nil)
}

func TestPlainTextIsShownAsItWasTyped(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, source, want string }{
		{"angle brackets", "Lustig <grins>, a<b <!-- x --> &amp; <3", "<p>Lustig &lt;grins&gt;, a&lt;b &lt;!-- x --&gt; &amp;amp; &lt;3</p>\n"},
		{"signs of markdown", "Titel\n=====\n2*3*4 _x_ ~~y~~ `z`\n# eins\n+ 1 von mir", "<p>Titel<br>\n=====<br>\n2*3*4 _x_ ~~y~~ `z`<br>\n# eins<br>\n+ 1 von mir</p>\n"},
		{"a year", "1986. Das war ein Jahr.\n[a](b) ![c](d)", "<p>1986. Das war ein Jahr.<br>\n[a](b) ![c](d)</p>\n"},
		{"columns", "    10 Uhr  Leiter\n\tTab", "<p>\u00a0\u00a0\u00a0\u00a010 Uhr\u00a0 Leiter<br>\n\u00a0\u00a0\u00a0\u00a0Tab</p>\n"},
		{"paragraphs", "a\n\n\nb\nc", "<p>a</p>\n<p>b<br>\nc</p>\n"},
		{"quotes", "> > a\n> b\nc\n>:( nein", "<blockquote>\n<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>\n</blockquote>\n<p>c<br>\n&gt;:( nein</p>\n"},
		{"a list", "Bringt mit:\n- Kuchen,\n  viel\n- Saft\nBis dann", "<p>Bringt mit:</p>\n<ul>\n<li>Kuchen,<br>\nviel</li>\n<li>Saft</li>\n</ul>\n<p>Bis dann</p>\n"},
		{"numbers", "3. drei\n4. vier", "<ol start=\"3\">\n<li>drei</li>\n<li>vier</li>\n</ol>\n"},
		{"a single dash", "- Anna", "<p>- Anna</p>\n"},
		{"numbers that do not follow", "3. drei\n5. vier", "<p>3. drei<br>\n5. vier</p>\n"},
		{"links", "Siehe https://example.org/a_b?c=1&d=2, www.b.de. Oder <a@b.de>!", `<p>Siehe <a href="https://example.org/a_b?c=1&amp;d=2">https://example.org/a_b?c=1&amp;d=2</a>, <a href="http://www.b.de" rel="nofollow ugc noopener">www.b.de</a>. Oder &lt;<a href="mailto:a@b.de">a@b.de</a>&gt;!</p>` + "\n"},
		{"who exists", "#foo und @niemand", "<p>" + foo + " und @niemand</p>\n"},
	} {
		if diff := cmp.Diff(row.want, plain(row.source)); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
	c := markdown.NewCache(0)
	if text := c.TextOf(markdown.Plain, "> a\n*b*  c <d>", 0); text != "a *b* c <d>" {
		t.Errorf("%q", text)
	}
	if text := c.MailTextOf(markdown.Plain, "    a\n*b*  c <d>\n\n", "", nil); text != "    a\n*b*  c <d>" {
		t.Errorf("%q", text)
	}
}

func TestPlainTextBecomesMarkdownThatShowsTheSame(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"Lustig <grins>, a<b <!-- x --> &amp; <3", "Titel\n=====\nAufbau\n------\n    10 Uhr  Leiter",
		"# eins\n#hoffest\n+ 1\n2*3*4 _x_ a_b ~~y~~ `z` \\n", "1986. Das war\n1) nein", "> > a\n> b\n> - c\nd", "Bringt:\n- Kuchen,\n  viel\n- Saft\nBis dann\n3. c\n4. d",
		"| a | b |\n|---|---|\n| c | d |", "[TOC]\n[x]: y\n![c](d)\n***\n- - -", "https://example.org/a_b*c* und a_b@c.de", ">:( a\n>", "\ta\n\n\tb",
	} {
		want := plain(source)
		got := markdown.Render(markdown.FromPlain(source), markdown.Options{HeadingLevel: 3, Origin: "https://example.org"}).Resolve(town, nil)
		squeeze := strings.NewReplacer(" start=\"1\"", "", "<p>", "", "</p>", "", "<br>", "", "\n", "", "\u00a0", " ")
		if diff := cmp.Diff(strings.Join(strings.Fields(squeeze.Replace(want)), " "), strings.Join(strings.Fields(squeeze.Replace(got)), " ")); diff != "" {
			t.Errorf("%q as %q: %s", source, markdown.FromPlain(source), diff)
		}
	}
}
