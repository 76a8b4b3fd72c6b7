package markdown_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/testkit/cputest"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// town is what the lookups of the tests know.
func town(r markdown.Ref) (markdown.Target, bool) {
	switch {
	case r.Kind == markdown.Mention && strings.EqualFold(r.Entity, "garten"):
		return markdown.Target{URL: "https://example.org/garten/", Title: "Der Garten", Label: "@garten", Data: map[string]string{"group": "3"}}, true
	case r.Kind == markdown.Content && r.Entity == "garten" && r.Slug == "fest":
		return markdown.Target{URL: "/garten/fest/", Title: "Das Fest", Label: "Das Fest"}, true
	case r.Kind == markdown.Tag && strings.EqualFold(r.Label, "Foo"):
		return markdown.Target{URL: "/stadt/tags/foo/"}, true
	case r.Kind == markdown.Tag && r.Label == "ort:nord":
		return markdown.Target{URL: "/stadt/tags/ort-nord/", Data: map[string]string{"tag-slug": "ort-nord"}}, true
	default:
		return markdown.Target{}, false
	}
}

const (
	foo    = `<a class="tag" href="/stadt/tags/foo/"><span class="tag-hash">#</span><span class="tag-name">foo</span></a>`
	garten = `<a class="mention" href="https://example.org/garten/" title="Der Garten" data-group="3">@garten</a>`
	fest   = `<a class="content" href="/garten/fest/" title="Das Fest">Das Fest</a>`
)

func TestTheDialect(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, source, want string }{
		{"a line break stays", "a\nb", "<p>a<br>\nb</p>\n"},
		{"windows line ends", "a\r\n\r\nb", "<p>a</p>\n<p>b</p>\n"},
		{"emphasis", "*a* **b** _c_ __d__", "<p><em>a</em> <strong>b</strong> <em>c</em> <strong>d</strong></p>\n"},
		{"_ inside words is literal", "foo_bar_baz", "<p>foo_bar_baz</p>\n"},
		{"strike out", "~~weg~~ ~5 km~", "<p><del>weg</del> ~5 km~</p>\n"},
		{"a heading has an id", "# Ü ber", "<h2 id=\"text-u-ber\">Ü ber</h2>\n"},
		{"a heading below a text", "text\n# Titel", "<p>text</p>\n<h2 id=\"text-titel\">Titel</h2>\n"},
		{"an underlined heading", "Titel\n===", "<h2 id=\"text-titel\">Titel</h2>\n"},
		{"headings are capped", "###### tief", "<h6 id=\"text-tief\">tief</h6>\n"},
		{"ids are unique", "# a\n# a", "<h2 id=\"text-a\">a</h2>\n<h2 id=\"text-a_1\">a</h2>\n"},
		{
			"a table of contents",
			"[INHALT]\n\n# a\n## b\n# c", "<ul><li><a href=\"#text-a\">a</a><ul><li><a href=\"#text-b\">b</a></li></ul></li><li><a href=\"#text-c\">c</a></li></ul>\n" +
				"<h2 id=\"text-a\">a</h2>\n<h3 id=\"text-b\">b</h3>\n<h2 id=\"text-c\">c</h2>\n",
		},
		{"a cuddled list", "text\n- a\n- b", "<p>text</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"},
		{"a cuddled star list", "text\n* a", "<p>text</p>\n<ul>\n<li>a</li>\n</ul>\n"},
		{"a cuddled numbered list", "text\n1. a\n2. b", "<p>text</p>\n<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"},
		{"lists do not merge", "1. a\n\n* b", "<ol>\n<li>a</li>\n</ol>\n<ul>\n<li>b</li>\n</ul>\n"},
		{"four blanks nest", "- a\n    - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n"},
		{"text after a blank line ends a list", "- a\n\nb", "<ul>\n<li>a</li>\n</ul>\n<p>b</p>\n"},
		{"boxes to tick", "- [ ] a\n- [x] b\n- [y] c", "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n<li>[y] c</li>\n</ul>\n"},
		{"a rule", "a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"},
		{"a table", "|a|b|\n|-|:-:|\n|1|2|", "<div class=\"table-frame\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"center\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align=\"center\">2</td>\n</tr>\n</tbody>\n</table></div>\n"},
		{"inline code", "`@garten #foo`", "<p><code>@garten #foo</code></p>\n"},
		{"indented code", "    #foo", "<pre><code>#foo\n</code></pre>\n"},
		{"fenced code", "```go\n#foo <b>\n```", "<pre><code class=\"language-go\">#foo &lt;b&gt;\n</code></pre>\n"},
		{"a quote", "> a\n> b", "<blockquote>\n<p>a<br>\nb</p>\n</blockquote>\n"},
		{"a link", "[x](https://a.org/?b=1&c=2)", "<p><a href=\"https://a.org/?b=1&amp;c=2\" rel=\"nofollow ugc noopener\">x</a></p>\n"},
		{"a link on the own host", "[x](/garten/) [y](https://example.org/z)", "<p><a href=\"/garten/\">x</a> <a href=\"https://example.org/z\">y</a></p>\n"},
		{"another host with our name in front", "[y](https://example.org.evil.com/z)", "<p><a href=\"https://example.org.evil.com/z\" rel=\"nofollow ugc noopener\">y</a></p>\n"},
		{"another host without scheme", "[y](//evil.com/z)", "<p><a href=\"//evil.com/z\" rel=\"nofollow ugc noopener\">y</a></p>\n"},
		{"a picture", "![Ein Baum](/-/images/baum.jpg)", "<p><img src=\"/-/images/baum.jpg\" alt=\"Ein Baum\" loading=\"lazy\"></p>\n"},
		{"a picture with signs in its text", "![a :) @garten #foo](/b.jpg)", "<p><img src=\"/b.jpg\" alt=\"a :) @garten #foo\" loading=\"lazy\"></p>\n"},
		{"a foreign picture", "![Ein Baum](https://a.org/b.jpg)", "<p><a href=\"https://a.org/b.jpg\" rel=\"nofollow ugc noopener\">Ein Baum</a></p>\n"},
		{"a foreign picture within a link", "[![Baum](https://a.org/b.jpg)](/x)", "<p><a href=\"/x\">Baum</a></p>\n"},
		{"an emoticon", "gut :) und <3", "<p>gut <span class=\"emoji\" title=\":)\">😊</span> und <span class=\"emoji\" title=\"&lt;3\">❤️</span></p>\n"},
		{"an emoticon alone", ":*\nund \\o/", "<p><span class=\"emoji\" title=\":*\">😚</span><br>\nund <span class=\"emoji\" title=\"\\o/\">🙌</span></p>\n"},
		{"no emoticon within words", "a:)b http://a.de/:) (siehe :D)", "<p>a:)b <a href=\"http://a.de/\" rel=\"nofollow ugc noopener\">http://a.de/</a>:) (siehe :D)</p>\n"},
		{"brackets stay", "foo [bar] baz", "<p>foo [bar] baz</p>\n"},
		{"harmless HTML passes", "H<sub>2</sub>O<br>x", "<p>H<sub>2</sub>O<br>x</p>\n"},
		{"other HTML is removed, its content kept", "<div class=x>a <font>b</font></div>", "a b"},
		{"scripts go with their content", "a <script>alert(1)</script> b", "<p>a  b</p>\n"},
		{"forgotten tags are closed", "<strong>a\n\nb", "<p><strong>a</strong></p>\n<p>b</p>\n"},
		{"tags of the page cannot be closed", "</p></li></ul></blockquote>a", "a"},
		{"ids belong to the text", "<h2 id=\"main\">a</h2>", "<h3 id=\"text-main\">a</h3>"},
		{"no style, no class", "<p style=\"x\" class=\"y\" onclick=\"z\">a</p>", "<p>a</p>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := markdown.Render(row.source, markdown.Options{HeadingLevel: 2, Origin: "https://example.org"}).Resolve(town, nil)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%q (-want +got)\n%s", row.source, diff)
			}
		})
	}
}

func TestReferencesAreRecognised(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"#foo":                      foo,
		"#foo,":                     foo + ",",
		"(#foo)":                    "(" + foo + ")",
		`"#foo"`:                    "&#34;" + foo + "&#34;",
		"12-#foo":                   "12-" + foo,
		"12#foo":                    "12#foo",
		"abc#foo":                   "abc#foo",
		"/#foo/":                    "/#foo/",
		"x #foo.abc":                "x " + foo + ".abc",
		"#foo-":                     foo + "-",
		"**#foo**":                  "<strong>" + foo + "</strong>",
		"*a #foo b*":                "<em>a " + foo + " b</em>",
		"#FOO":                      strings.ReplaceAll(foo, ">foo<", ">FOO<"),
		"#unbekannt":                "#unbekannt",
		"&#35;foo":                  "#foo",
		"\\#foo":                    "#foo",
		"#ort:nord":                 `<a class="tag" href="/stadt/tags/ort-nord/" data-tag-slug="ort-nord"><span class="tag-family">#ort:</span><span class="tag-name">nord</span></a>`,
		"@garten":                   garten,
		"@Garten.":                  garten + ".",
		"(@garten)":                 "(" + garten + ")",
		"@niemand":                  "@niemand (unbekannt)",
		"@garten/fest":              fest,
		"@garten/fest.":             fest + ".",
		"@garten/x":                 garten + "/x (nicht gefunden)",
		"@niemand/x":                "@niemand/x (unbekannt)",
		"a@garten":                  "a@garten",
		"@ garten":                  "@ garten",
		"`@garten`":                 "<code>@garten</code>",
		"foo@garten.de":             `<a href="mailto:foo@garten.de">foo@garten.de</a>`,
		"(foo.b+c@garten.de).":      `(<a href="mailto:foo.b+c@garten.de">foo.b+c@garten.de</a>).`,
		"<foo@garten.de>":           `<a href="mailto:foo@garten.de">foo@garten.de</a>`,
		"foo_bar@a-b.example.org":   `<a href="mailto:foo_bar@a-b.example.org">foo_bar@a-b.example.org</a>`,
		"[hin](@garten)":            `<a class="mention" href="https://example.org/garten/" title="Der Garten" data-group="3">hin</a>`,
		"[*hin*](@garten/fest)":     `<a class="content" href="/garten/fest/" title="Das Fest"><em>hin</em></a>`,
		"[hin](#foo)":               `<a class="tag" href="/stadt/tags/foo/">hin</a>`,
		"[hin](@niemand)":           "hin (unbekannt)",
		"[hin](#nichts)":            "hin",
		"[#foo @garten](/x)":        `<a href="/x">#foo @garten</a>`,
		"<a href=/x>#foo</a> #foo":  `<a href="/x">#foo</a> ` + foo,
		"https://a.de/#foo":         `<a href="https://a.de/#foo" rel="nofollow ugc noopener">https://a.de/#foo</a>`,
		"https://a.de/@garten":      `<a href="https://a.de/@garten" rel="nofollow ugc noopener">https://a.de/@garten</a>`,
		"https://a.de/a_b_c*d*.":    `<a href="https://a.de/a_b_c*d" rel="nofollow ugc noopener">https://a.de/a_b_c*d</a>*.`,
		"(https://a.de/b_(c)).":     `(<a href="https://a.de/b_(c)" rel="nofollow ugc noopener">https://a.de/b_(c)</a>).`,
		"**https://a.de/**":         `<strong><a href="https://a.de/" rel="nofollow ugc noopener">https://a.de/</a></strong>`,
		"siehe:www.a.de, ja":        "siehe:www.a.de, ja",
		"siehe www.a.de, ja":        `siehe <a href="http://www.a.de" rel="nofollow ugc noopener">www.a.de</a>, ja`,
		"HTTPS://A.de":              `<a href="https://A.de" rel="nofollow ugc noopener">HTTPS://A.de</a>`,
		"[https://a.de](/x)":        `<a href="/x">https://a.de</a>`,
		"ftp://a.de javascript:x()": "ftp://a.de javascript:x()",
		"http:// www. www.":         "http:// www. www.",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			c := localetest.Catalogues(t)
			got := markdown.Render(source, markdown.Options{}).Resolve(town, c.Printer("de", nil))
			got = strings.TrimSuffix(strings.TrimPrefix(got, "<p>"), "</p>\n")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestReferencesAreListedOnce(t *testing.T) {
	t.Parallel()
	source := "#foo @a @a/b #Foo #foo-12 #1 #bar_ @a `#code`\n\n# kein Tag\n#tag:eins [x](#ziel)"
	var tags []string
	var others []markdown.Ref
	for _, r := range markdown.Render(source, markdown.Options{}).Refs {
		if r.Kind == markdown.Tag {
			tags = append(tags, r.Label)
		} else {
			others = append(others, r)
		}
	}
	if diff := cmp.Diff([]string{"foo", "Foo", "foo-12", "1", "bar_", "tag:eins", "ziel"}, tags); diff != "" {
		t.Errorf("tags (-want +got)\n%s", diff)
	}
	want := []markdown.Ref{{Kind: markdown.Mention, Entity: "a"}, {Kind: markdown.Content, Entity: "a", Slug: "b"}}
	if diff := cmp.Diff(want, others); diff != "" {
		t.Errorf("mentions (-want +got)\n%s", diff)
	}
	if refs := markdown.Render("@a/b", markdown.Options{}).Refs; !slices.Contains(refs, markdown.Ref{Kind: markdown.Mention, Entity: "a"}) {
		t.Errorf("the owner of a content is not looked up: %v", refs)
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	source := "# Titel\n\nHallo **Welt** :)\n- eins\n- [zwei](https://a.de) #foo\n\n![Baum](/b.jpg)"
	for _, row := range []struct {
		name    string
		options markdown.Options
		want    string
	}{
		{"inline", markdown.Options{Preset: markdown.Inline}, `Titel: Hallo Welt <span class="emoji" title=":)">😊</span> eins, <a href="https://a.de" rel="nofollow ugc noopener">zwei</a> ` + foo + `. Baum`},
		{"not interactive", markdown.Options{Preset: markdown.NonInteractive}, `Titel: Hallo Welt <span class="emoji" title=":)">😊</span> eins, zwei #foo`},
		{"cut", markdown.Options{Words: 4}, "<h1 id=\"text-titel\">Titel</h1>\n<p>Hallo <strong>Welt</strong> <span class=\"emoji\" title=\":)\">😊</span></p>\n<ul>\n<li>…</li></ul>"},
		{"cut within a run", markdown.Options{Preset: markdown.NonInteractive, Words: 2}, "Titel: Hallo…"},
	} {
		if diff := cmp.Diff(row.want, markdown.Render(source, row.options).Resolve(town, nil)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.name, diff)
		}
	}
}

func TestNothingIsLookedUpForWhatHasNoLinks(t *testing.T) {
	t.Parallel()
	got := markdown.Render("@anna fragt [alle](@garten): kommt zu @nobody/fest #foo", markdown.Options{Preset: markdown.NonInteractive})
	if text := got.Resolve(town, nil); text != "@anna fragt alle: kommt zu @nobody/fest #foo" || len(got.Refs) > 0 {
		t.Errorf("%q, looks up %v", text, got.Refs)
	}
	if text := markdown.Render("@anna fragt @garten", markdown.Options{Preset: markdown.NonInteractive, Words: 2}).Resolve(town, nil); text != "@anna fragt…" {
		t.Errorf("cut: %q", text)
	}
}

func TestTextHasNoMarkup(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		source string
		words  int
		want   string
	}{
		{"# A\n\nb **c**d\n* e & f &amp; <b>g</b>", 0, "A: b cd e & f & g"},
		{"[INHALT]\n\n# A\n\n@garten/x #foo [l](https://x.de)", 0, "A: @garten/x #foo l"},
		{"eins zwei drei", 2, "eins zwei…"},
		{"a &amp; b &lt; c", 4, "a & b <…"},
		{"", 50, ""},
		{"Bitte mitbringen\n- Spaten!\n- *Kuchen*\n- Tee\n\nBis bald", 0, "Bitte mitbringen Spaten! Kuchen, Tee. Bis bald"},
		{"|Woche|Wer|\n|-|-|\n|28|Anna|\n|29|?|\n\nBis bald", 0, "Woche, Wer; 28, Anna; 29, ? Bis bald"},
	} {
		if got := markdown.NewCache(1<<20).Text(row.source, row.words); got != row.want {
			t.Errorf("Text(%q, %d) = %q, want %q", row.source, row.words, got, row.want)
		}
	}
}

func TestMailTextReadsLikeAMail(t *testing.T) {
	t.Parallel()
	source := `# Einladung

Kommt **alle** zum [Fest](/garten/fest/), siehe https://a.de
und [hier](https://b.de/?x=1&y=2)!

1. Kuchen
2. Saft
    - Apfel
    - [Birne](https://c.de)

> Wer kommt?
>
> Ich.

` + "```\nif a {\n\tb\n}\n```" + `

|a|b|
|-|-|
|1|2|

![Beet im Frühling](/x.jpg)

![](https://example.org/y.jpg) [![Pumpe](/z.jpg)](/garten/)

---
Bis dann, @anna`
	want := `Einladung
=========

Kommt alle zum Fest [1], siehe https://a.de
und hier [2]!
[1]: https://example.org/garten/fest/
[2]: https://b.de/?x=1&y=2

1. Kuchen
2. Saft
   * Apfel
   * Birne [3]
     [3]: https://c.de

> Wer kommt?
>
> Ich.

    if a {
    	b
    }

a | b
1 | 2

[Picture: Beet im Frühling] https://example.org/x.jpg

[Picture] https://example.org/y.jpg [Picture: Pumpe] https://example.org/z.jpg [4]
[4]: https://example.org/garten/

----------

Bis dann, @anna`
	if diff := cmp.Diff(want, markdown.NewCache(1<<20).MailText(source, "https://example.org", nil)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestHostileTextsAreHarmless(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\x00script:alert(1))", "[x](&#106;avascript:alert(1))",
		"[x](data:text/html,<script>)", "[x](vbscript:x)", "<javascript:alert(1)>", "<a href=\" javascript:alert(1)\">x</a>",
		"<a href=\"java\tscript:alert(1)\">x</a>", "![x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
		"<iframe src=//x>", "<style>*{}</style>", "<p title=\"\n\n#foo\" onmouseover=alert(1) \">", "[x]: javascript:alert(1)\n\n[x]",
		"<a title='@garten' href='javascript:x'>a</a>", "[a](<javascript:x>)", "`<script>`<script>alert(1)</script>", "<scr<script>ipt>alert(1)</script>",
	} {
		got := strings.ToLower(markdown.Render(source, markdown.Options{}).Resolve(town, nil))
		for _, bad := range []string{"<script", "href=\"javascript", "src=\"javascript", "href=\"data", "href=\"vb", "<svg", "<iframe", "<style", " onerror=\"", " onmouseover=\""} {
			if strings.Contains(got, bad) {
				t.Errorf("%q becomes %s", source, got)
			}
		}
	}
	for _, source := range []string{"a\x00b", "a\u202eb", "a&#x202e;b", "a&#xFDD0;b&#xFDD1;", "a\ufdd0b\ufdd1", "<p>a&#xFDD00b</p>", "\xff\xfe"} {
		got := markdown.Render(source, markdown.Options{}).Resolve(town, nil)
		if strings.ContainsAny(got, "\x00\u202e\ufdd0\ufdd1") {
			t.Errorf("%q becomes %q", source, got)
		}
	}
}

func TestAbsurdTextsTakeLittleTime(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("measures time, which the race detector takes a lot of")
	}
	for _, piece := range []string{
		"[", "]", "![", "[a](", "[a](b", "*", "*a ", "**a *b ", "_a ", "`", "` ``", "<", "<a ", "<!--", "> ", ">", "- ", "1. ", "> - ", "#", "# a\n", "&#", "\\",
		"|", "|a", "~~a ", "[a]: b\n\n", "a\n", "\n> ", "> > > > > > > > > > a\n", "<a href='", "<b>", "<ul><li>", "@", "@a/", "#a:", "a@b.", "http://(", "www.", ":) ",
		"[@a](@b) ", "\x00", "\xff", "<p title=\"", "- a\n  ", "> [a](\n\n",
	} {
		for _, size := range []int{190_000, 1_000_000} {
			t.Run(piece, func(t *testing.T) {
				source := strings.Repeat(piece, size/len(piece))
				var got string
				took := cputest.Took(t, func() { got = markdown.Render(source, markdown.Options{}).Resolve(town, nil) })
				if took > 5*time.Second {
					t.Errorf("%d bytes of %q took %v", size, piece, took)
				} else if took > 500*time.Millisecond {
					t.Logf("%d bytes of %q took %v", size, piece, took)
				}
				if len(got) > 200*size {
					t.Errorf("%d bytes of %q became %d", size, piece, len(got))
				}
			})
		}
	}
}

func TestTheCacheKeepsWhatFits(t *testing.T) {
	t.Parallel()
	c := markdown.NewCache(20_000)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 100 {
				source := strings.Repeat("a", n*10) + " @garten"
				want := markdown.Render(source, markdown.Options{HeadingLevel: i}).Resolve(town, nil)
				if got := c.Render(source, markdown.Options{HeadingLevel: i}).Resolve(town, nil); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
	wg.Wait()
	a := c.Render("# a", markdown.Options{HeadingLevel: 2}).Resolve(nil, nil)
	b := c.Render("# a", markdown.Options{HeadingLevel: 3}).Resolve(nil, nil)
	if a == b {
		t.Error("options are not part of the key")
	}
	if got := markdown.NewCache(0).Render("a", markdown.Options{}).Resolve(nil, nil); got != "<p>a</p>\n" {
		t.Errorf("a cache that keeps nothing renders %q", got)
	}
}

func TestLongTextsKeepTheirFormatting(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		source, piece string
		want          int
	}{
		"umlauts":        {strings.Repeat("ä", 105_000) + " **fett**", "<strong>fett</strong>", 1},
		"links":          {strings.Repeat("[Link](https://a.org/b) ", 1001), "<a href", 1001},
		"lines of links": {strings.Repeat("[Link](https://a.org/b)\n", 5000), "<a href", 5000},
		"a list":         {strings.Repeat("- [Link](https://a.org/b)\n", 3000), "<li>", 3000},
		"a table":        {"|a|b|c|d|e|\n|-|-|-|-|-|\n" + strings.Repeat("|1|*2*|3|4|5|\n", 4100), "<em>2</em>", 4100},
		"quotes":         {strings.Repeat("> ", 21) + "*tief*", "<blockquote>", 21},
		"deeper quotes":  {strings.Repeat("> ", 200) + "*tief*", "<em>tief</em>", 1},
		"emphasis":       {strings.Repeat("*a* _b_\n", 5000), "<em>", 10_000},
		"a ragged table": {"|a|b|\n|-|-|\n" + strings.Repeat("|1\n", 100), "<tr>", 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := markdown.Render(row.source, markdown.Options{HeadingLevel: 2}).Resolve(nil, nil)
			if n := strings.Count(got, row.piece); n != row.want {
				t.Errorf("%d times %q, want %d", n, row.piece, row.want)
			}
		})
	}
}

func TestATableOfEmptyCellsDoesNotGrow(t *testing.T) {
	t.Parallel()
	source := strings.Repeat("|", 1000) + "\n" + strings.Repeat("|-", 1000) + "|\n" + strings.Repeat("|\n", 5000)
	if got := markdown.Render(source, markdown.Options{}).Resolve(nil, nil); len(got) > 20*len(source) {
		t.Errorf("%d bytes became %d", len(source), len(got))
	}
}

func TestAnchorsAreThoseOfTheOriginal(t *testing.T) {
	t.Parallel()
	source := "# Ü ber  uns\n# Was & wo?\n# Was & wo?\n# a_b - c\n# Straße\n# Привет\n# 你好\n# Comments\n# Contribution 5\n# Was & wo?\n# was-wo_1\n<p id=\"content\">x</p>"
	got := markdown.Render(source, markdown.Options{Taken: "comments content contribution-"}).Resolve(nil, nil)
	var ids []string
	for _, m := range regexp.MustCompile(`id="([^"]*)"`).FindAllStringSubmatch(got, -1) {
		ids = append(ids, m[1])
	}
	want := []string{"u-ber-uns", "was-wo", "was-wo_1", "a_b-c", "strae", "_1", "_2", "comments_1", "text-contribution-5", "was-wo_2", "was-wo_3"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTeasersAreBoundedInCharacters(t *testing.T) {
	t.Parallel()
	cache := markdown.NewCache(0)
	for source, want := range map[string]string{
		strings.Repeat("ä&", 300):             strings.Repeat("ä&", 30) + "…",
		strings.Repeat("日本語", 100):            strings.Repeat("日本語", 20) + "…",
		"eins zwei drei vier fünf sechs":      "eins zwei drei vier fünf…",
		"eins ![ein Baum](/baum.jpg) zwei":    "eins zwei",
		"![ein Baum](/baum.jpg)":              "",
		"kurz":                                "kurz",
		"@" + strings.Repeat("a", 100) + " b": "…",
	} {
		if got := cache.Text(source, 5); got != want && (want != "…" || !strings.HasSuffix(got, "…")) {
			t.Errorf("%q becomes %q, want %q", source, got, want)
		}
	}
}

func TestTextsThatShowNothingAreKnown(t *testing.T) {
	t.Parallel()
	cache := markdown.NewCache(0)
	for _, source := range []string{"", "\u200b\u2060", "<!-- nichts -->", "[a]: https://b.org", "&#8203;", "<b></b>", "# ", "> \u3164", "&nbsp;"} {
		if cache.Shows(markdown.Marked, source) {
			t.Errorf("%q is taken for visible", source)
		}
	}
	for _, source := range []string{"a", "@garten", "![](/a.jpg)", "---\n", "<!-- a --> b", "https://b.org", "[a]: b c"} {
		if !cache.Shows(markdown.Marked, source) {
			t.Errorf("%q is taken for invisible", source)
		}
	}
	for source, want := range map[string]bool{"<grins>": true, "<!-- nichts -->": true, "[a]: https://b.org": true, "\u200b\u202e": false, "\u3164\n": false} {
		if got := cache.Shows(markdown.Plain, source); got != want {
			t.Errorf("%q in plain text shows something: %t", source, got)
		}
	}
}
