package webdav_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/webdav"
	"grouprise.org/grouprise/internal/testkit/cputest"
)

func TestPropertiesAreAskedForInManyWays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want webdav.Asked
	}{
		"nothing":       {"", webdav.Asked{All: true}},
		"a blank":       {" \n", webdav.Asked{All: true}},
		"all":           {`<propfind xmlns="DAV:"><allprop/></propfind>`, webdav.Asked{All: true}},
		"names":         {`<propfind xmlns="DAV:"><propname/></propfind>`, webdav.Asked{Only: true}},
		"vdirsyncer":    {`<?xml version="1.0" encoding="utf-8" ?><propfind xmlns="DAV:"><prop><current-user-principal /></prop></propfind>`, webdav.Asked{Names: []xml.Name{webdav.CurrentUserPrincipal}}},
		"a prefix":      {`<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><CS:getctag/><D:resourcetype/><CS:getctag/></D:prop></D:propfind>`, webdav.Asked{Names: []xml.Name{webdav.CTag, webdav.ResourceType}}},
		"no properties": {`<propfind xmlns="DAV:"><prop/></propfind>`, webdav.Asked{}},
	} {
		got, err := webdav.ReadPropFind(strings.NewReader(c.body))
		if err != nil || got.All != c.want.All || got.Only != c.want.Only || !slices.Equal(got.Names, c.want.Names) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`<a>`, 40) + strings.Repeat(`</a>`, 40)
	for name, body := range map[string]string{
		"another element":  `<x xmlns="DAV:"/>`,
		"no properties":    `<propfind xmlns="DAV:"/>`,
		"no XML":           `{"propfind": {}}`,
		"half of it":       `<propfind xmlns="DAV:"><prop>`,
		"a document type":  `<!DOCTYPE a [<!ENTITY b "c">]><propfind xmlns="DAV:"><allprop/></propfind>`,
		"a billion laughs": `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>`,
		"an entity":        `<propfind xmlns="DAV:"><prop>&b;</prop></propfind>`,
		"a foreign file":   `<!DOCTYPE x SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"><allprop/></propfind>`,
		"too deep":         `<propfind xmlns="DAV:"><prop>` + deep + `</prop></propfind>`,
		"too many":         `<propfind xmlns="DAV:"><prop>` + strings.Repeat(`<a/>`, 20001) + `</prop></propfind>`,
	} {
		if got, err := webdav.ReadPropFind(strings.NewReader(body)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s gives %+v, %v", name, got, err)
		}
		if got, err := webdav.ReadReport(strings.NewReader(body)); !errs.Is(err, errs.Invalid) && !errors.Is(err, webdav.ErrReport) {
			t.Errorf("%s as a report gives %+v, %v", name, got, err)
		}
	}
	if _, err := webdav.ReadReport(strings.NewReader("")); !errs.Is(err, errs.Invalid) {
		t.Errorf("no report: %v", err)
	}
}

func TestAFailingConnectionIsNoMistakeOfTheProgram(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection broke")
	_, err := webdav.ReadPropFind(io.MultiReader(strings.NewReader(`<propfind xmlns="DAV:">`), failing{broken}))
	if !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// query returns a calendar-query with what stands in the filter of VCALENDAR.
func query(inner string) string {
	return `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/><C:calendar-data/></D:prop>` +
		`<C:filter><C:comp-filter name="VCALENDAR">` + inner + `</C:comp-filter></C:filter></C:calendar-query>`
}

func TestReportsSayWhichObjectsTheyWant(t *testing.T) {
	t.Parallel()
	march := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		body   string
		events bool
		from   time.Time
		to     time.Time
		err    error
	}{
		"all":                    {query(""), true, time.Time{}, time.Time{}, nil},
		"events":                 {query(`<C:comp-filter name="VEVENT"/>`), true, time.Time{}, time.Time{}, nil},
		"events of a time":       {query(`<C:comp-filter name="VEVENT"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:comp-filter>`), true, march, march.AddDate(0, 1, 0), nil},
		"events from a time on":  {query(`<C:comp-filter name="VEVENT"><C:time-range start="20260301T000000Z"/></C:comp-filter>`), true, march, time.Time{}, nil},
		"tasks":                  {query(`<C:comp-filter name="VTODO"/>`), false, time.Time{}, time.Time{}, nil},
		"tasks that are open":    {query(`<C:comp-filter name="VTODO"><C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter></C:comp-filter>`), false, time.Time{}, time.Time{}, nil},
		"what has no task":       {query(`<C:comp-filter name="VTODO"><C:is-not-defined/></C:comp-filter>`), true, time.Time{}, time.Time{}, nil},
		"what has no event":      {query(`<C:comp-filter name="VEVENT"><C:is-not-defined/></C:comp-filter>`), false, time.Time{}, time.Time{}, nil},
		"events with a property": {query(`<C:comp-filter name="VEVENT"><C:prop-filter name="UID"><C:text-match>x</C:text-match></C:prop-filter></C:comp-filter>`), true, time.Time{}, time.Time{}, webdav.ErrFilter},
		"several components":     {query(`<C:comp-filter name="VEVENT"/><C:comp-filter name="VTODO"/>`), false, time.Time{}, time.Time{}, webdav.ErrFilter},
		"a sync":                 {`<sync-collection xmlns="DAV:"><sync-token/><prop/></sync-collection>`, false, time.Time{}, time.Time{}, webdav.ErrReport},
	} {
		got, err := webdav.ReadReport(strings.NewReader(c.body))
		if !errors.Is(err, c.err) || got.Events != c.events || !got.From.Equal(c.from) || !got.To.Equal(c.to) || got.Multiget {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if c.err == nil && !got.Has(webdav.CalendarData) {
			t.Errorf("%s: the properties are lost: %+v", name, got)
		}
	}
	for name, body := range map[string]string{
		"a wrong time": query(`<C:comp-filter name="VEVENT"><C:time-range start="yesterday"/></C:comp-filter>`),
		"no filter":    `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:allprop/></C:calendar-query>`,
	} {
		if got, err := webdav.ReadReport(strings.NewReader(body)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAMultigetNamesItsObjects(t *testing.T) {
	t.Parallel()
	var hrefs strings.Builder
	for n := range 5000 {
		fmt.Fprintf(&hrefs, "<D:href>\n  /calendar/%d.ics </D:href>", n)
	}
	got, err := webdav.ReadReport(strings.NewReader(`<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop>` + hrefs.String() + `</C:calendar-multiget>`))
	if err != nil || !got.Multiget || len(got.Hrefs) != 5000 || got.Hrefs[7] != "/calendar/7.ics" || !got.Has(webdav.ETag) {
		t.Errorf("%d, %v", len(got.Hrefs), err)
	}
}

func TestAnAnswerIsReadByOthers(t *testing.T) {
	t.Parallel()
	a := webdav.NewAnswer()
	strange := xml.Name{Space: `a"<b`, Local: "x"}
	asked := webdav.Asked{Names: []xml.Name{webdav.DisplayName, strange, {Local: "bare"}, webdav.ResourceType}}
	a.Add("/ä/ b/", asked, []webdav.Property{
		{Name: webdav.DisplayName, Value: webdav.Text("<Garten> & \"mehr\"")},
		{Name: webdav.ETag, Value: "never asked"},
		{Name: webdav.ResourceType, Value: webdav.Elements(webdav.Collection, webdav.Calendar)},
	})
	a.AddMissing("/gone?&")
	type status struct {
		Status string `xml:"status"`
		Prop   struct {
			Inner string `xml:",innerxml"`
			Name  string `xml:"displayname"`
			Type  struct {
				Calendar *struct{} `xml:"urn:ietf:params:xml:ns:caldav calendar"`
			} `xml:"resourcetype"`
			Strange *struct{} `xml:"a\"<b x"`
		} `xml:"prop"`
	}
	var read struct {
		XMLName   xml.Name `xml:"DAV: multistatus"`
		Responses []struct {
			Href     string   `xml:"DAV: href"`
			Status   string   `xml:"DAV: status"`
			Propstat []status `xml:"DAV: propstat"`
		} `xml:"DAV: response"`
	}
	text := string(a.Bytes())
	if err := xml.Unmarshal([]byte(text), &read); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(read.Responses) != 2 || read.Responses[0].Href != "/%C3%A4/%20b/" || read.Responses[1].Href != "/gone?&" || read.Responses[1].Status != "HTTP/1.1 404 Not Found" {
		t.Fatalf("the answer is\n%s", text)
	}
	known, unknown := read.Responses[0].Propstat[0], read.Responses[0].Propstat[1]
	if known.Prop.Name != "<Garten> & \"mehr\"" || known.Prop.Type.Calendar == nil || known.Status != "HTTP/1.1 200 OK" || strings.Contains(text, "never asked") {
		t.Errorf("what is known is\n%s", text)
	}
	if unknown.Status != "HTTP/1.1 404 Not Found" || !strings.Contains(unknown.Prop.Inner, `xmlns:X="a&#34;&lt;b"`) || !strings.Contains(unknown.Prop.Inner, "<bare/>") {
		t.Errorf("what is not known is\n%s", text)
	}
}

func TestARefusalSaysItsCondition(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{webdav.ErrReport: "supported-report", webdav.ErrFilter: "supported-filter"} {
		if got := string(webdav.Precondition(err)); !strings.Contains(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
	if got := webdav.Precondition(errs.New(errs.Invalid, "x")); got != nil {
		t.Errorf("another error: %s", got)
	}
}

func TestTextInManyPiecesIsReadInNoTime(t *testing.T) {
	t.Parallel()
	href := strings.Repeat("a<!---->", 100_000)
	var got webdav.Query
	var err error
	took := cputest.Took(t, func() {
		got, err = webdav.ReadReport(strings.NewReader(`<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop/><D:href>` + href + `</D:href></C:calendar-multiget>`))
	})
	if err != nil || len(got.Hrefs) != 1 || len(got.Hrefs[0]) != 100_000 {
		t.Errorf("%d addresses, %v", len(got.Hrefs), err)
	}
	if took > 2*time.Second {
		t.Errorf("it takes %s", took)
	}
}

func FuzzRequests(f *testing.F) {
	f.Add(query(`<C:comp-filter name="VEVENT"><C:time-range start="20260301T000000Z"/></C:comp-filter>`))
	f.Add(`<D:propfind xmlns:D="DAV:"><D:prop><x xmlns="y"/></D:prop></D:propfind>`)
	f.Fuzz(func(t *testing.T, body string) {
		if q, err := webdav.ReadReport(strings.NewReader(body)); err == nil && q.Multiget && q.Events {
			t.Error("a report is two")
		}
		asked, err := webdav.ReadPropFind(strings.NewReader(body))
		if err != nil {
			return
		}
		a := webdav.NewAnswer()
		a.Add("/", asked, nil)
		if err := xml.Unmarshal(a.Bytes(), new(struct{})); err != nil {
			t.Errorf("the answer is no XML: %v\n%s", err, a.Bytes())
		}
	})
}
