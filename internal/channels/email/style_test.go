package email

import (
	"context"
	"errors"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

func TestWhatPeopleWroteIsMadeForMails(t *testing.T) {
	t.Parallel()
	const a = `style="color:` + primary + `"`
	for _, row := range []struct{ page, want string }{
		{`<p>a &lt; b</p>`, `<p style="margin:0 0 14px">a &lt; b</p>`},
		{`<a href="/garten/">x</a>`, `<a href="https://town.example/garten/" ` + a + `>x</a>`},
		{`<a href="#teil">x</a>`, `<a ` + a + `>x</a>`},
		{`<a href="//else.example/" rel="nofollow">src="/x"</a>`, `<a href="//else.example/" rel="nofollow" ` + a + `>src="/x"</a>`},
		{`<a href="/?a=1&amp;b=&#34;2">x</a>`, `<a href="https://town.example/?a=1&amp;b=&#34;2" ` + a + `>x</a>`},
		{`<em id="text-x" class="mention">x</em>`, `<em>x</em>`},
		{`<div class="table-frame" role="group" aria-label="Table" tabindex="0"></div>`, `<div style="overflow-x:auto"></div>`},
		{`<img src="/-/files/a.png" alt="A" loading="lazy">`, `<img src="cid:a" alt="A" style="` + textStyle("img", "") + `">`},
		{`<img src="https://town.example/-/files/a.png" alt="A">`, `<img src="cid:a" alt="A" style="` + textStyle("img", "") + `">`},
		{
			`<img src="/b.jpg" alt="" width="1116" height="300">`,
			`<img src="https://town.example/b.jpg" alt="" width="558" height="150" style="` + textStyle("img", "") + `">`,
		},
		{`<img src="/b.jpg" width="x" height="0">`, `<img src="https://town.example/b.jpg" style="` + textStyle("img", "") + `">`},
	} {
		in := inliner{style: textStyle, foreign: true, origin: "https://town.example", embedded: map[string]string{"/-/files/a.png": "cid:a"}}
		if got := in.inline(row.page); got != row.want {
			t.Errorf("%s becomes\n%s, want\n%s", row.page, got, row.want)
		}
	}
}

func TestPicturesThatAreNotForEverybodyAreNamed(t *testing.T) {
	t.Parallel()
	in := inliner{style: textStyle, printer: new(lang.Printer), foreign: true, origin: "https://town.example", named: true}
	got := in.inline(`<img src="/b.jpg" alt="Ä &#34;b&#34;"> <a href="/garten/"><img src="/c.jpg" alt=""></a> <img src="/d.jpg">`)
	const a = `style="color:` + primary + `"`
	want := `<a href="https://town.example/b.jpg" ` + a + `>[Picture: Ä &#34;b&#34;]</a> <a href="https://town.example/garten/" ` + a + `>[Picture]</a> ` +
		`<a href="https://town.example/d.jpg" ` + a + `>[Picture]</a>`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

// countingPictures counts how often a picture is opened.
type countingPictures struct {
	data   []byte
	err    error
	opened int
}

func (c *countingPictures) Open(ctx context.Context, v community.Viewer, name, size string) (media.Stored, error) {
	c.opened++
	if c.err != nil {
		return media.Stored{}, c.err
	}
	if size != community.SmallPicture {
		return media.Stored{}, errors.New("a large picture for a small place")
	}
	return pictures{name: c.data}.Open(ctx, v, name, size)
}

func TestAMailCarriesThePictureOfItsGroup(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		data    []byte
		err     error
		carried bool
		opened  int
	}{
		"a picture is read once for many mails":          {data: hill(t), carried: true, opened: 1},
		"a picture that is too large stays where it is":  {data: make([]byte, maxFace+1), opened: 1},
		"a picture that is gone is not looked for again": {err: errs.New(errs.NotFound, "Gone."), opened: 1},
		"a store that is away is asked again":            {err: errs.New(errs.Unavailable, "Away."), opened: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, s := newEmail(t)
			store := &countingPictures{data: row.data, err: row.err}
			e.Pictures = store
			for range 2 {
				d := comment("de")
				d.Message.Attachments = nil
				d.Message.Entity.Picture = "garten.jpg"
				if err := deliver(t, e, d); err != nil {
					t.Fatal(err)
				}
			}
			_, page := bothParts(t, s.messages[1])
			m := s.parse(t)
			shown := strings.Contains(page, `src="cid:face-garten.jpg@town.example"`)
			carried := len(m.Attachments) == 1 && m.Attachments[0].Inline && m.Attachments[0].ContentID == "face-garten.jpg@town.example"
			if shown != row.carried || carried != row.carried || store.opened != row.opened {
				t.Errorf("the picture is shown: %t, carried: %t; it was opened %d times", shown, carried, store.opened)
			}
			if !row.carried && !strings.Contains(page, ">GB</td>") {
				t.Errorf("there are no initials: %s", page)
			}
		})
	}
}

func TestLettersShowNoPictureOfWhoeverHasThemSent(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	e.Pictures = pictures{"garten.jpg": hill(t)}
	garten := community.Entity{ID: 121, Kind: community.GroupEntity, Slug: "garten", Name: "Garten am Bach", Picture: "garten.jpg"}
	if err := e.Post(t.Context(), notify.Letter{Address: "a@b.example", Subject: "x", Group: &garten, Language: "de"}); err != nil {
		t.Fatal(err)
	}
	_, page := bothParts(t, s.messages[0])
	if strings.Contains(page, "<img") || !strings.Contains(page, ">GB</td>") {
		t.Errorf("the letter is %s", page)
	}
}

func TestATextIsWrittenOnceForAllWhoReadIt(t *testing.T) {
	t.Parallel()
	e, _ := newEmail(t)
	for _, language := range []string{"de", "en", "de"} {
		if err := deliver(t, e, comment(language)); err != nil {
			t.Fatal(err)
		}
	}
	internal := comment("de")
	internal.Message.Internal = true
	if err := deliver(t, e, internal); err != nil {
		t.Fatal(err)
	}
	if got := e.texts.written; got != 3 {
		t.Errorf("%d texts were written, want one for each language, and one that names its pictures", got)
	}
}
