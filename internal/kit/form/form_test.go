package form_test

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
)

type option struct {
	Title string `form:"title" validate:"required"`
	Count int    `form:"count"`
}

type article struct {
	Title    string   `form:"title"    label:"Title"               text:"line"        validate:"required,max=20"`
	Text     string   `form:"text"     label:"Text"                validate:"max=200"`
	Password string   `form:"password" missing:"Enter a password." text:"raw"         validate:"omitempty,min=8"`
	Public   bool     `form:"public"`
	Groups   []int64  `form:"groups"   validate:"max=3"`
	Tags     []string `form:"tags"`
	Place    int64    `form:"place"`
	Options  []option `form:"options"  validate:"dive"`
	Ignored  string
}

func TestFormsAreCleanedAndFilled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		sent string
		want article
	}{
		{"blanks around go", "title=++Seed+swap++&text=%0D%0A+a%0D%0Ab+%0D%0A", article{Title: "Seed swap", Text: "a\nb"}},
		{"no line end gets into a line", "title=a%0D%0ABcc%3A+b%09c", article{Title: "a Bcc: b c"}},
		{"a password keeps its blanks", "title=a&password=+long+enough+", article{Title: "a", Password: " long enough "}},
		{"decomposed letters are composed", "title=Ga%CC%88rten", article{Title: "Gärten"}},
		{"broken UTF-8 is dropped", "title=G%E4rten%FF%FE", article{Title: "Grten"}},
		{"NUL and control characters are dropped", "title=a%00b%07c%1B&text=%00", article{Title: "abc"}},
		{"NUL is dropped from passwords too", "title=a&password=12345678%00", article{Title: "a", Password: "12345678"}},
		{"a tick is true", "title=a&public=on", article{Title: "a", Public: true}},
		{"the first of repeated fields counts", "title=a&title=b", article{Title: "a"}},
		{"a list takes repeated fields", "title=a&groups=3&groups=1", article{Title: "a", Groups: []int64{3, 1}}},
		{"a list takes numbered fields", "title=a&tags[1]=y&tags[0]=x", article{Title: "a", Tags: []string{"x", "y"}}},
		{"structs in lists", "title=a&options[0].title=x&options[0].count=2", article{Title: "a", Options: []option{{"x", 2}}}},
		{"an empty number is zero", "title=a&place=", article{Title: "a"}},
		{"names that would break a decoder are dropped", "title=a&tags[=x&tags]=y&tags[[0]]=z&[=1&]=2&options[0.title=q", article{Title: "a"}},
		{"an index beyond all lists is dropped", "title=a&tags[99999999]=x", article{Title: "a"}},
		{"fields that are not in the form are dropped", "title=a&Ignored=x&admin=1", article{Title: "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got article
			if err := form.New(0).Read(post(test.sent), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFormSaysWhatIsWrongWithEachField(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, sent string
		want       []string // field: sentence
	}{
		{"empty", "", []string{"title: Please fill in “Title”."}},
		{"only blanks", "title=+%09+", []string{"title: Please fill in “Title”."}},
		{"letters are counted, not bytes", "title=" + strings.Repeat("%C3%A4", 20), nil},
		{"too long", "title=" + strings.Repeat("a", 21), []string{"title: “Title” can have at most 20 characters."}},
		{"too short, without a label", "title=a&password=short", []string{"password: “This field” needs at least 8 characters."}},
		{"no number", "title=a&place=here", []string{"place: Enter a number."}},
		{"a number beyond all numbers", "title=a&place=99999999999999999999", []string{"place: Enter a number."}},
		{"a list of no numbers", "title=a&groups=x", []string{"groups: Enter a number."}},
		{"too many choices", "title=a&groups=1&groups=2&groups=3&groups=4", []string{"groups: Choose up to 3."}},
		{"in the order of the form", "text=" + strings.Repeat("x", 201) + "&place=x", []string{"title: Please fill in “Title”.", "text: “Text” can have at most 200 characters.", "place: Enter a number."}},
		{"in a list", "title=a&options[0].count=1", []string{"options: Please fill in this field."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got article
			err := form.New(0).Read(post(test.sent), &got)
			if diff := cmp.Diff(test.want, sentences(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRulesOfOurOwn(t *testing.T) {
	t.Parallel()
	type rules struct {
		Slug   string `form:"slug"   validate:"omitempty,slug"`
		Date   string `form:"date"   validate:"omitempty,date"`
		Colour string `form:"colour" validate:"omitempty,colour"`
		Mail   string `form:"mail"   validate:"omitempty,email"`
		Kind   string `form:"kind"   validate:"omitempty,oneof=a b"`
	}
	for sent, want := range map[string][]string{
		"slug=gärten-2_b&date=2028-02-29&colour=%232A62ac&mail=a@example.org&kind=b": nil,
		"slug=a/b":        {"slug: Use only letters, digits, hyphens and underscores."},
		"slug=a.b":        {"slug: Use only letters, digits, hyphens and underscores."},
		"date=2027-02-29": {"date: Enter a date like 2026-03-12."},
		"colour=red":      {"colour: Enter a colour like #2a62ac."},
		"mail=anna":       {"mail: Enter an email address like name@example.org."},
		"kind=c":          {"kind: Choose one of the options."},
	} {
		var got rules
		if diff := cmp.Diff(want, sentences(t, form.New(0).Read(post(sent), &got))); diff != "" {
			t.Errorf("%s: %s", sent, diff)
		}
	}
}

func TestWhatWasNotSentBecomesZero(t *testing.T) {
	t.Parallel()
	got := article{Title: "old", Public: true, Groups: []int64{1}, Ignored: "stays"}
	if err := form.New(0).Read(post("title=new"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(article{Title: "new", Ignored: "stays"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasTypedIsKeptBesideTheMistake(t *testing.T) {
	t.Parallel()
	var got article
	if err := form.New(0).Read(post("title=&text=long+work"), &got); err == nil || got.Text != "long work" {
		t.Errorf("text %q, error %v", got.Text, err)
	}
}

func TestBodiesThatAreNoForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, kind, body string
		limit            int64
		want             errs.Kind
	}{
		{"JSON", "application/json", "{}", 1000, errs.Invalid},
		{"a broken content type", "text/;;", "", 1000, errs.Invalid},
		{"a broken escape", "application/x-www-form-urlencoded", "title=%zz", 1000, errs.Invalid},
		{"multipart without a boundary", "multipart/form-data", "x", 1000, errs.Invalid},
		{"multipart that breaks off", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nx", 1000, errs.Invalid},
		{"too many bytes", "application/x-www-form-urlencoded", "title=" + strings.Repeat("a", 2000), 1000, errs.TooLarge},
		{"too many fields", "application/x-www-form-urlencoded", strings.Repeat("tags=a&", 1001), 100_000, errs.Invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := post(test.body)
			r.Header.Set("Content-Type", test.kind)
			r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, test.limit)
			var got article
			err := form.New(0).Read(r, &got)
			if !errs.Is(err, test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if said := "at most 1 MB"; test.want == errs.TooLarge && !strings.Contains(err.Error(), said) {
				t.Errorf("%v does not say %q", err, said)
			}
		})
	}
}

func TestUploads(t *testing.T) {
	t.Parallel()
	type album struct {
		Title  string                  `form:"title"  validate:"required"`
		Cover  *multipart.FileHeader   `form:"cover"`
		Images []*multipart.FileHeader `form:"images" validate:"max=3"`
	}
	for _, test := range []struct {
		name  string
		files [][3]string // field, name, content
		want  []string    // names of images
		wrong []string
	}{
		{"several", [][3]string{{"images", "a.png", "A"}, {"images", "b.png", "B"}}, []string{"a.png", "b.png"}, nil},
		{"none chosen", [][3]string{{"images", "", ""}}, nil, nil},
		{"an empty file is a file", [][3]string{{"images", "empty.txt", ""}}, []string{"empty.txt"}, nil},
		{"folders of Windows", [][3]string{{"images", `C:\Photos\a.png`, "A"}}, []string{"a.png"}, nil},
		{"a direction that hides the ending", [][3]string{{"images", "photo\u202egnp.exe", "A"}}, []string{"photognp.exe"}, nil},
		{"one too large", [][3]string{{"images", "a.png", "A"}, {"images", "big.png", strings.Repeat("x", 2<<20)}}, []string{"a.png"}, []string{"images: “big.png” is too large. A file can have at most 1 MB."}},
		{"too many", [][3]string{{"images", "1", "x"}, {"images", "2", "x"}, {"images", "3", "x"}, {"images", "4", "x"}}, []string{"1", "2", "3", "4"}, []string{"images: Choose up to 3."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var body bytes.Buffer
			w := multipart.NewWriter(&body)
			check(t, w.WriteField("title", "Album"))
			for _, f := range test.files {
				part, err := w.CreateFormFile(f[0], f[1])
				check(t, err)
				_, err = part.Write([]byte(f[2]))
				check(t, err)
			}
			check(t, w.Close())
			r := httptest.NewRequest(http.MethodPost, "/", &body)
			r.Header.Set("Content-Type", w.FormDataContentType())
			var got album
			err := form.New(1<<20).Read(r, &got)
			t.Cleanup(func() { check(t, r.MultipartForm.RemoveAll()) })
			if diff := cmp.Diff(test.wrong, sentences(t, err)); diff != "" {
				t.Error(diff)
			}
			var names []string
			for _, f := range got.Images {
				names = append(names, f.Filename)
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Error(diff)
			}
			if got.Cover != nil {
				t.Error("there is a cover that nobody sent")
			}
		})
	}
}

func TestOnlyTheBodyIsRead(t *testing.T) {
	t.Parallel()
	r := post("title=body")
	r.URL.RawQuery = url.Values{"title": {"address"}, "text": {"address"}}.Encode()
	var got article
	if err := form.New(0).Read(r, &got); err != nil || got.Title != "body" || got.Text != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"title=a&tags[0]=x", "options[0].title=x", "a[", "title[0]=x", "options[0][1].title=x", "title.x=1", "public[]=on", "groups[-1]=1"} {
		f.Add(seed)
	}
	reader := form.New(0)
	f.Fuzz(func(t *testing.T, body string) {
		var got article
		err := reader.Read(post(body), &got)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", body, err)
		}
		if strings.ContainsAny(got.Title, "\n\r\x00") {
			t.Errorf("%q: title %q", body, got.Title)
		}
	})
}

func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// sentences returns what an error says about fields, as "field: sentence".
func sentences(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	problem, ok := errors.AsType[*errs.Error](err)
	if !ok || problem.Kind != errs.Invalid || problem.Message != "" {
		t.Fatalf("got %v, want complaints about fields", err)
	}
	var out []string
	for _, f := range problem.Fields {
		e := errs.New(errs.Invalid, f.Message, f.Args...)
		out = append(out, f.Name+": "+e.Error())
	}
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
