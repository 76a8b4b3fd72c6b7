//go:build e2e

package cluster_test

import (
	"bufio"
	"bytes"
	"context"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/cluster"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// What the page says of when a change by one process shows at the others.
const (
	keptFor = 2 * time.Second // pages of visitors, with what is set for the whole site
	liveIn  = 2 * time.Second // pages that are open
	late    = 3 * time.Second // which a slow machine may take besides
)

// see changes things by the first web process, and looks at the second.
func see(t *testing.T, c *cluster.Cluster) {
	first, second := c.Web(1), c.Web(2)
	at := first
	anna := webtest.Visit(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { at.ServeHTTP(w, r) }))
	visitor := webtest.Visit(t, second)
	signIn(t, anna, "anna")

	// Who has signed in has so everywhere, and a form of one process may be sent to the other.
	at = second
	anna.Get("/garten/articles/add/")
	at = first
	anna.Submit("title", map[string]string{"title": "Rosen im Winter", "text": "Sie wollen Laub.", "public": "on"})
	anna.Sees(http.StatusOK, "Rosen im Winter")
	rosen := strings.TrimSuffix(anna.Page.Path, "/")
	at = second
	anna.Get(rosen)
	anna.Sees(http.StatusOK, "Sie wollen Laub.")

	showsSoon(t, visitor, "/garten/", "Rosen im Winter", true)
	showsSoon(t, visitor, "/", "Rosen im Winter", true)
	at = first
	anna.Get(rosen + "/edit")
	anna.Submit("title", map[string]string{"title": "Rosen im Frühjahr"})
	showsSoon(t, visitor, rosen, "Rosen im Frühjahr", true)
	showsSoon(t, visitor, "/stadt/search?q=Fr%C3%BChjahr", "rosen-im-winter", true)

	hears(t, c, anna, visitor, rosen)

	anna.Send(rosen+"/delete", url.Values{}, true)
	showsSoon(t, visitor, "/garten/", "Rosen im", false)

	admin := webtest.Visit(t, first)
	signIn(t, admin, "demo-admin")
	admin.Get("/stadt/admin/name/")
	admin.Submit("welcome", map[string]string{"claim": "Wir sind Nachbarn."})
	admin.Sees(http.StatusOK)
	showsSoon(t, visitor, "/", "Wir sind Nachbarn.", true)

	shownElsewhere(t, anna, visitor)

	// A session that ends has ended everywhere, at once.
	left := webtest.Visit(t, second)
	left.Header = http.Header{"Cookie": {anna.Cookies()}}
	left.Get("/stadt/activity")
	left.Sees(http.StatusOK, "Anna")
	anna.Send("/stadt/logout/", url.Values{}, true)
	if left.Get("/stadt/activity"); strings.Contains(left.Page.Body, "Anna") {
		t.Error("whoever signed out at the first process is signed in at the second")
	}

	// Wrong passwords are counted together.
	guesser := webtest.Visit(t, c.Web(1, 2))
	guesser.Header = http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	for range 5 {
		guesser.Send("/stadt/login/", url.Values{"login": {"bert"}, "password": {"falsch"}}, false)
	}
	if guesser.Send("/stadt/login/", url.Values{"login": {"bert"}, "password": {cast.Password}}, false); guesser.Page.Status != http.StatusTooManyRequests {
		t.Errorf("after five wrong passwords at two processes the sixth is answered with %d", guesser.Page.Status)
	}
}

func signIn(t *testing.T, v *webtest.Visitor, name string) {
	t.Helper()
	v.Get("/stadt/login/")
	v.Submit("login", map[string]string{"login": name, "password": cast.Password})
	v.Sees(http.StatusOK)
}

// showsSoon waits until a page shows a text, or does not any more.
func showsSoon(t *testing.T, v *webtest.Visitor, path, text string, want bool) {
	t.Helper()
	began := time.Now()
	for strings.Contains(v.Get(path).Body, text) != want {
		if time.Since(began) > keptFor+late {
			t.Errorf("%s shows %q: %t, after %v", path, text, !want, time.Since(began))
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("%s shows %q: %t, after %v", path, text, want, time.Since(began).Round(time.Millisecond))
}

var live = regexp.MustCompile(`data-live="([^"]+)"`)

// hears makes sure that a page that is open at the second process hears of a comment by the first.
func hears(t *testing.T, c *cluster.Cluster, anna, visitor *webtest.Visitor, path string) {
	t.Helper()
	m := live.FindStringSubmatch(visitor.Get(path).Body)
	if m == nil {
		t.Error("the page does not ask for news")
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), liveIn+late)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Address(22, 8008)+html.UnescapeString(m[1]), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = town.Domain
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Accept", web.EventStreamType)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer answer.Body.Close()
	began := time.Now()
	anna.Send(path, url.Values{"text": {"Und Reisig."}}, true)
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), "Und Reisig.") {
			t.Logf("an open page shows a comment after %v", time.Since(began).Round(time.Millisecond))
			return
		}
	}
	t.Errorf("an open page does not show a comment: %d, after %v", answer.StatusCode, time.Since(began))
}

// shownElsewhere gives the group a face by the first process, which the second one sends.
func shownElsewhere(t *testing.T, anna, visitor *webtest.Visitor) {
	t.Helper()
	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewGray(image.Rect(0, 0, 640, 480))); err != nil {
		t.Fatal(err)
	}
	anna.Upload(community.GroupPicturesPath("garten"), url.Values{}, webtest.File{Field: "picture", Name: "Beet.png", Content: drawing.Bytes()})
	anna.Sees(http.StatusOK)
	address := regexp.MustCompile(`/-/images/[a-z]+/[a-z0-9-]+\.jpg`)
	showsSoon(t, visitor, "/garten/", "/-/images/", true)
	if visitor.Get(address.FindString(visitor.Page.Body)); visitor.Page.Status != http.StatusOK || visitor.Page.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the picture is answered with %d %s", visitor.Page.Status, visitor.Page.Header.Get("Content-Type"))
	}
}
