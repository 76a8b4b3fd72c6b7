package feed_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"grouprise.org/grouprise/internal/kit/feed"
)

// sample is a feed with everything that there can be in one.
func sample() feed.Feed {
	at := time.Date(2026, 3, 4, 18, 30, 0, 0, time.UTC)
	return feed.Feed{
		Title: "Garten & Bach", About: "Was wir <tun>", Language: "de", ID: "https://example.org/garten/", Page: "https://example.org/garten/", Self: "https://example.org/garten/feed.atom",
		Updated: at.Add(time.Hour),
		Entries: []feed.Entry{
			{
				ID: "https://example.org/stadt/content/1/", Title: "Fest & \x01\u0085 \"mehr\"\n]]>", Link: "https://example.org/garten/fest/", Author: feed.Author{Name: "Anna <A>", Page: "https://example.org/anna/"},
				Published: at, Updated: at.Add(time.Hour), HTML: "<p>Um <b>sieben</b> &amp; später ]]> \x02</p>",
				Categories: []feed.Category{{Term: "fest", Label: "Fest", Scheme: "https://example.org/stadt/tags/"}},
				Enclosures: []feed.Enclosure{{Address: "https://example.org/-/files/a.pdf", Type: "application/pdf", Title: "Plan.pdf", Length: 1234}, {Address: "https://example.org/-/images/b.jpg", Type: "image/jpeg"}},
				Comments:   "https://example.org/garten/fest/comments.atom", Via: []string{"a.example", "b.example"},
			},
			{ID: "https://example.org/stadt/content/2/", Title: "Nur Text", Link: "https://example.org/garten/nur-text/", Published: at, Updated: at},
		},
	}
}

func writers() map[string]func(feed.Feed) ([]byte, error) {
	return map[string]func(feed.Feed) ([]byte, error){"atom": feed.Atom, "rss": feed.RSS}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	for kind, write := range writers() {
		written, err := write(sample())
		if err != nil {
			t.Fatal(err)
		}
		got, err := gofeed.NewParser().Parse(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("%s: %v\n%s", kind, err, written)
		}
		if got.FeedType != kind || got.Title != "Garten & Bach" || got.Description != "Was wir <tun>" || got.Language != "de" || got.Link != "https://example.org/garten/" || len(got.Items) != 2 {
			t.Errorf("%s: %+v", kind, got)
		}
		i := got.Items[0]
		if i.GUID != "https://example.org/stadt/content/1/" || i.Link != "https://example.org/garten/fest/" || i.Title != "Fest & \ufffd \"mehr\" ]]>" && i.Title != "Fest & \ufffd\u0085 \"mehr\" ]]>" {
			t.Errorf("%s: %+v", kind, i)
		}
		if text := i.Content + i.Description; text != "<p>Um <b>sieben</b> &amp; später ]]> \ufffd</p>" {
			t.Errorf("%s: the text is %q", kind, text)
		}
		if i.PublishedParsed == nil || !i.PublishedParsed.Equal(sample().Entries[0].Published) || len(i.Categories) != 1 || len(i.Authors) != 1 || i.Authors[0].Name != "Anna <A>" {
			t.Errorf("%s: %+v", kind, i)
		}
		if len(i.Enclosures) == 0 || i.Enclosures[0].URL != "https://example.org/-/files/a.pdf" || i.Enclosures[0].Length != "1234" || i.Enclosures[0].Type != "application/pdf" {
			t.Errorf("%s: %+v", kind, i.Enclosures)
		}
		read, err := feed.Parse(written, &url.URL{Scheme: "https", Host: "example.org"})
		if err != nil || len(read.Entries) != 2 || read.Title != "Garten & Bach" || strings.Join(read.Entries[0].Via, " ") != "a.example b.example" {
			t.Errorf("%s: read as %+v, %v", kind, read, err)
		}
	}
}

// TestAFeedThatHasSaidNothingHasNoDateOfItsOwn writes the feed of a tag that nothing has yet.
func TestAFeedThatHasSaidNothingHasNoDateOfItsOwn(t *testing.T) {
	t.Parallel()
	for kind, write := range writers() {
		empty := sample()
		empty.Updated, empty.Entries = time.Time{}, nil
		written, err := write(empty)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(written); strings.Contains(got, "0001") || strings.Contains(got, "<lastBuildDate>") || kind == "atom" && !strings.Contains(got, "<updated>1970-01-01T00:00:00Z</updated>") {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// rss is what the rules of RSS 2.0 are about.
type rss struct {
	Version string `xml:"version,attr"`
	Channel []struct {
		Title       []string `xml:"title"`
		Link        []string `xml:"link"`
		Description []string `xml:"description"`
		Built       []string `xml:"lastBuildDate"`
		TTL         []int    `xml:"ttl"`
		Language    []string `xml:"language"`
		Items       []struct {
			Title       []string `xml:"title"`
			Link        []string `xml:"link"`
			Description []string `xml:"description"`
			Published   []string `xml:"pubDate"`
			GUID        []struct {
				Text      string `xml:",chardata"`
				Permalink string `xml:"isPermaLink,attr"`
			} `xml:"guid"`
			Enclosure []struct {
				URL    string `xml:"url,attr"`
				Length string `xml:"length,attr"`
				Type   string `xml:"type,attr"`
			} `xml:"enclosure"`
		} `xml:"item"`
	} `xml:"channel"`
}

// TestRSSKeepsItsRules checks what the specification of RSS 2.0 and its advisory board ask for.
func TestRSSKeepsItsRules(t *testing.T) {
	t.Parallel()
	full := sample()
	bare := full
	bare.About, bare.Entries = "", nil
	many := full
	many.Entries[1].Enclosures = []feed.Enclosure{{Address: "https://example.org/x", Type: "image/png"}}
	isAddress := func(text string) bool {
		u, err := url.Parse(text)
		return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	}
	one := func(all []string) bool { return len(all) == 1 && strings.TrimSpace(all[0]) != "" }
	for name, f := range map[string]feed.Feed{"everything": full, "without entries": bare, "an enclosure of unknown length": many} {
		written, err := feed.RSS(f)
		if err != nil {
			t.Fatal(err)
		}
		var got rss
		if err := xml.Unmarshal(written, &got); err != nil {
			t.Fatal(err)
		}
		c := got.Channel
		rules := map[string]bool{
			"the version is 2.0":                    got.Version == "2.0",
			"there is one channel":                  len(c) == 1,
			"it has a title":                        one(c[0].Title),
			"it has one address in its namespace":   len(c[0].Link) >= 1 && isAddress(c[0].Link[0]),
			"it has a description":                  one(c[0].Description),
			"it says when it was built":             one(c[0].Built) && isMailDate(c[0].Built[0]),
			"it has a language":                     one(c[0].Language),
			"it says how long it may be kept":       len(c[0].TTL) == 1 && c[0].TTL[0] > 0,
			"all entries are there":                 len(c[0].Items) == len(f.Entries),
			"it says what its own address is":       bytes.Contains(written, []byte(`<atom:link rel="self" type="application/rss+xml" href="`+f.Self+`"></atom:link>`)),
			"it begins as XML does":                 bytes.HasPrefix(written, []byte(`<?xml version="1.0" encoding="UTF-8"?>`)),
			"nothing in it ends the text too early": !bytes.Contains(written, []byte("<![CDATA[")),
		}
		for n, i := range c[0].Items {
			rules["an item has a title or a description"] = one(i.Title) || one(i.Description)
			rules["an item has an address"] = one(i.Link) && isAddress(i.Link[0])
			rules["an item has one id that is an address"] = len(i.GUID) == 1 && i.GUID[0].Permalink == "true" && isAddress(i.GUID[0].Text)
			rules["an item says when it was published"] = one(i.Published) && isMailDate(i.Published[0])
			rules["an item has one enclosure at most"] = len(i.Enclosure) <= 1 && (len(i.Enclosure) == 1) == (len(f.Entries[n].Enclosures) > 0)
			for _, x := range i.Enclosure {
				rules["an enclosure has an address, a length and a type"] = isAddress(x.URL) && x.Length != "" && strings.Contains(x.Type, "/")
			}
			for rule, kept := range rules {
				if !kept {
					t.Errorf("%s, item %d: broken is that %s\n%s", name, n, rule, written)
				}
			}
		}
		for rule, kept := range rules {
			if !kept {
				t.Errorf("%s: broken is that %s\n%s", name, rule, written)
			}
		}
	}
}

func isMailDate(text string) bool {
	_, err := mail.ParseDate(text)
	return err == nil
}

func TestAddressesAreReadFromElsewhere(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://example.org/garten/fest/")
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`<a href="/anna/">A</a>`:                                            `<a href="https://example.org/anna/">A</a>`,
		`<a href="#oben">A</a>`:                                             `<a href="https://example.org/garten/fest/#oben">A</a>`,
		`<a href="mailto:a@example.org">A</a>`:                              `<a href="mailto:a@example.org">A</a>`,
		`<a href="//other.example/x">A</a> &amp; <b>x</b>`:                  `<a href="https://other.example/x">A</a> &amp; <b>x</b>`,
		`<img src="/-/images/a.jpg" alt="&quot;" loading="lazy" class="x">`: `<img src="https://example.org/-/images/a.jpg" alt="&#34;">`,
		`<a href="http://[broken">A</a>`:                                    `<a href="http://[broken">A</a>`,
	} {
		if got := feed.Absolute(source, base); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestAPageNamesItsFeed(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://verein.example/wir/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]string{
		`<link rel="alternate" type="application/rss+xml" href="/feed/">`:                                                                                                      "https://verein.example/feed/",
		`<LINK HREF='feed.xml' TITLE="a > b" TYPE='Application/Atom+XML' REL='Alternate'>`:                                                                                     "https://verein.example/wir/feed.xml",
		`<link type=application/rss+xml href=//other.example/f rel="home alternate">`:                                                                                          "https://other.example/f",
		`<base href="https://base.example/x/"><link rel=alternate href="../f?a=1&amp;b=2" type="application/feed+json">`:                                                       "https://base.example/f?a=1&b=2",
		`<!-- <link rel="alternate" type="application/rss+xml" href="/a"> --><link rel="alternate" type="application/rss+xml; charset=utf-8" href="/b"/>`:                      "https://verein.example/b",
		`<link rel="alternate" type="application/rss+xml" href=""><link rel="alternate" type="application/atom+xml" href="/c">`:                                                "https://verein.example/c",
		`<link rel="alternate" type="application/rss+xml" href="javascript:x"><link rel="alternate" type="application/rss+xml" href="/d">`:                                     "https://verein.example/d",
		`<link rel="stylesheet" type="application/rss+xml" href="/x"><link rel="alternate" type="application/json" href="/y"><link rel="alternate" hreflang="en" href="/en/">`: "",
		`<script>'<link rel="alternate" type="application/rss+xml" href="/x">'</script>`:                                                                                       "",
	} {
		if got, ok := feed.Find([]byte("<!DOCTYPE html><html><head>"+page), base); got != want || ok != (want != "") {
			t.Errorf("%s\n got %q\nwant %q", page, got, want)
		}
	}
}

func TestFeedsOfAllKindsAreRead(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.feed")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d feeds, %v", len(files), err)
	}
	address, err := url.Parse("https://verein.example/feed/")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := feed.Parse(body, address)
		if err != nil || got.Title != "Grüße vom Verein" || len(got.Entries) != 2 {
			t.Errorf("%s: %+v, %v", file, got, err)
			continue
		}
		first := got.Entries[0]
		if first.Title != "Müll & Co. sammeln" || first.Link != "https://verein.example/muell" || !strings.Contains(first.HTML, `<a href="https://verein.example/karte">Karte</a>`) || !strings.Contains(first.HTML, "Übermorgen") {
			t.Errorf("%s: %+v", file, first)
		}
		if dated := !strings.Contains(file, "rss091") && !strings.Contains(file, "rss092"); dated && !first.Published.Equal(time.Date(2026, 3, 4, 17, 30, 0, 0, time.UTC)) {
			t.Errorf("%s: published %v", file, first.Published)
		}
		if got.Entries[1].Key() == "" || got.Entries[0].Key() == got.Entries[1].Key() {
			t.Errorf("%s: the keys are %q, %q", file, got.Entries[0].Key(), got.Entries[1].Key())
		}
	}
}

func TestWhatIsNoFeedOrABadOneIsRefused(t *testing.T) {
	t.Parallel()
	nested := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	for name, row := range map[string]struct {
		body string
		want error
	}{
		"nothing":              {"", feed.ErrNoFeed},
		"blanks":               {" \n\x00", feed.ErrNoFeed},
		"words":                {"hello", feed.ErrNoFeed},
		"a page":               {"<!DOCTYPE html><html><title>x</title></html>", feed.ErrNoFeed},
		"a picture":            {"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", feed.ErrNoFeed},
		"a calendar":           {"BEGIN:VCALENDAR", feed.ErrNoFeed},
		"other JSON":           {`{"error": "not found"}`, feed.ErrNoFeed},
		"broken JSON":          {`{"version": "https://jsonfeed.org/version/1", "items": [`, nil},
		"cut off":              {`<rss version="2.0"><channel><title>x</title><item><title>a`, feed.ErrDamaged},
		"deep":                 {`<rss version="2.0"><channel>` + nested("<a>", "</a>", 100_000) + `</channel></rss>`, feed.ErrTooLarge},
		"deep and open":        {`<rss version="2.0"><channel>` + strings.Repeat("<a>", 1_000_000), feed.ErrTooLarge},
		"deep JSON":            {`{"version":"https://jsonfeed.org/version/1","a":` + nested("[", "]", 100_000) + `}`, feed.ErrTooLarge},
		"many entries":         {`<rss version="2.0"><channel>` + strings.Repeat("<item/>", 500_000) + `</channel></rss>`, feed.ErrTooLarge},
		"many of JSON":         {`{"version":"https://jsonfeed.org/version/1","items":[` + strings.TrimSuffix(strings.Repeat("{},", 500_000), ",") + `]}`, feed.ErrTooLarge},
		"many attributes":      {`<rss version="2.0"><channel ` + strings.Repeat(`a="" `, 500_000) + `></channel></rss>`, feed.ErrTooLarge},
		"entities in entities": {`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>`, nil},
		"a file in an entity":  {`<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&f;</title></channel></rss>`, nil},
	} {
		got, err := feed.Parse([]byte(row.body), &url.URL{Scheme: "https", Host: "verein.example"})
		if row.want != nil && !errors.Is(err, row.want) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(got.Title, "root:") || strings.Contains(got.Title, "aaaa") {
			t.Errorf("%s: the title is %q", name, got.Title)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, write := range writers() {
		written, err := write(sample())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(written)
	}
	files, err := filepath.Glob("testdata/*.feed")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	base, err := url.Parse("https://verein.example/feed/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := feed.Parse(body, base)
		if err != nil && !errors.Is(err, feed.ErrNoFeed) && !errors.Is(err, feed.ErrDamaged) && !errors.Is(err, feed.ErrTooLarge) {
			t.Errorf("the error is %v", err)
		}
		for _, e := range got.Entries {
			if e.Link != "" && !strings.HasPrefix(e.Link, "http") {
				t.Errorf("a link is %q", e.Link)
			}
		}
		if address, ok := feed.Find(body, base); ok && !strings.HasPrefix(address, "http") {
			t.Errorf("a page leads to %q", address)
		}
	})
}
