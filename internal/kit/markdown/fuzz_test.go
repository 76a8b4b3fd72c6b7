package markdown

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"# a\n\n[TOC]\n\n- [x] @a/b #c:d\n> *e* **f** ~~g~~ `h`\n\n|a|b|\n|-|-|\n", "[a](@b) [c](#d) ![e](/f) ![g](https://h)", "<a href=x>#y</a></p><h2 id=main>",
		"<p title=\"\n\n#foo\" onclick=x>", "a_b@c.de https://x.de/(a) www.a.b :) <3", "&#xFDD0;0&#xFDD1;", "<a href=\"javascript:x\"><img src=x onerror=y>", "```x\ny", "[x]: javascript:y\n\n[x]",
	} {
		f.Add(s)
	}
}

func FuzzRender(f *testing.F) {
	seeds(f)
	clean := newPolicy()
	clean.AllowAttrs("class", "role", "aria-label", "tabindex").OnElements("div") // the frame of a table, which is ours
	dangerous := regexp.MustCompile(`(?i)^(on|style$|srcdoc|formaction)`)
	f.Fuzz(func(t *testing.T, source string) {
		for _, o := range []Options{{HeadingLevel: 2}, {Preset: Inline}, {Preset: NonInteractive}, {Words: 5, Origin: "https://example.org"}} {
			text := Render(source, o)
			got := text.Resolve(nil, nil)
			if again := clean.Sanitize(got); again != got {
				t.Fatalf("%q renders\n%q\nwhich the sanitiser changes to\n%q", source, got, again)
			}
			if !utf8.ValidString(got) || strings.ContainsAny(got, refStart+refEnd+"\x00\u202e") {
				t.Fatalf("%q renders %q", source, got)
			}
			found := text.Resolve(func(Ref) (Target, bool) { return Target{URL: "/x"}, true }, nil)
			checkBalance(t, source, found, dangerous)
		}
	})
}

// checkBalance fails when tags are not properly nested, links are within links, or something could run.
func checkBalance(t *testing.T, source, out string, dangerous *regexp.Regexp) {
	t.Helper()
	var stack []string
	z := xhtml.NewTokenizer(strings.NewReader(out))
	for {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			break
		}
		token := z.Token()
		for _, a := range token.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			if dangerous.MatchString(a.Key) || (a.Key == "href" || a.Key == "src") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.HasPrefix(value, "vbscript:")) {
				t.Fatalf("%q renders %q", source, out)
			}
		}
		switch {
		case kind == xhtml.StartTagToken && token.Data != "br" && token.Data != "hr" && token.Data != "img":
			for _, open := range stack {
				if open == "a" && token.Data == "a" {
					t.Fatalf("%q has a link in a link: %q", source, out)
				}
			}
			stack = append(stack, token.Data)
		case kind == xhtml.EndTagToken:
			if len(stack) == 0 || stack[len(stack)-1] != token.Data {
				t.Fatalf("%q is not balanced: %q", source, out)
			}
			stack = stack[:len(stack)-1]
		}
		if token.Data == "script" && kind != xhtml.TextToken {
			t.Fatalf("%q renders a script: %q", source, out)
		}
	}
	if len(stack) > 0 {
		t.Fatalf("%q leaves %v open: %q", source, stack, out)
	}
}

func FuzzPlain(f *testing.F) {
	seeds(f)
	f.Add("> > a\n>b\n- c\n  d\n- e\n3. f\n4. g\n\thttps://x.de www.a.b a@b.c @d/e #f")
	dangerous := regexp.MustCompile(`(?i)^(on|style$|srcdoc|formaction)`)
	f.Fuzz(func(t *testing.T, source string) {
		for _, o := range []Options{{Format: Plain, HeadingLevel: 3}, {Format: Plain, Preset: NonInteractive, Words: 5}} {
			got := Render(source, o).Resolve(func(Ref) (Target, bool) { return Target{URL: "/x"}, true }, nil)
			if !utf8.ValidString(got) || strings.ContainsAny(got, refStart+refEnd+"\x00\u202e") {
				t.Fatalf("%q is shown as %q", source, got)
			}
			checkBalance(t, source, got, dangerous)
		}
		if marked := FromPlain(source); !utf8.ValidString(marked) || len(marked) > 40*len(source)+100 {
			t.Fatalf("%q becomes %q", source, marked)
		}
		if cleanSource(source) == source { // nothing is lost but blanks
			shown := strings.Join(strings.Fields(NewCache(0).TextOf(Plain, source, 0)), "")
			for r := range strings.FieldsSeq(source) {
				if word := strings.TrimLeft(r, "->*•·"); isPlainWord(word) && !strings.Contains(shown, word) {
					t.Fatalf("%q is shown without %q: %q", source, word, shown)
				}
			}
		}
	})
}

// isPlainWord reports whether a word has nothing that could be a sign.
func isPlainWord(word string) bool {
	return word != "" && strings.IndexFunc(word, func(r rune) bool { return !isWord(r) && r != '<' && r != '>' && r != '*' }) < 0 &&
		strings.IndexFunc(word, unicode.IsLetter) >= 0
}

func FuzzText(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source string) {
		short := NewCache(0).Text(source, 5)
		if words := len(strings.Fields(short)); words > 5+1 || !utf8.ValidString(short) || strings.ContainsAny(short, "\n"+refStart+refEnd) {
			t.Fatalf("%q becomes %q", source, short)
		}
		if mail := NewCache(0).MailText(source, "https://example.org", nil); !utf8.ValidString(mail) || strings.ContainsAny(mail, refStart+refEnd) {
			t.Fatalf("%q becomes %q", source, mail)
		}
	})
}

func sample() string {
	return strings.Repeat("# Titel\n\nEin Absatz mit **fettem** Text, einem [Link](https://example.org/a), @garten und #thema.\nNoch eine Zeile :)\n\n- eins\n- zwei\n\n> Zitat\n\n", 32)
}

func BenchmarkRender(b *testing.B) {
	source := sample()
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		Render(source, Options{HeadingLevel: 2})
	}
}

func BenchmarkRenderShort(b *testing.B) {
	for b.Loop() {
		Render("Kommt alle zum Fest, @garten", Options{HeadingLevel: 2})
	}
}

func BenchmarkCacheMiss(b *testing.B) {
	source, c := sample(), NewCache(0)
	for b.Loop() {
		c.Render(source, Options{HeadingLevel: 2})
	}
}

func BenchmarkCacheHit(b *testing.B) {
	source, c := sample(), NewCache(1<<20)
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		c.Render(source, Options{HeadingLevel: 2})
	}
}

func BenchmarkResolve(b *testing.B) {
	text := Render(sample(), Options{HeadingLevel: 2})
	lookup := func(Ref) (Target, bool) { return Target{URL: "/x", Label: "x"}, true }
	for b.Loop() {
		text.Resolve(lookup, nil)
	}
}

func BenchmarkText(b *testing.B) {
	source, c := sample(), NewCache(0)
	for b.Loop() {
		c.Text(source, 50)
	}
}
