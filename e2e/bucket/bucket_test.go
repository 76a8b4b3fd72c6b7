//go:build e2e

package bucket

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/mediatest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestABucketKeepsWhatStoresPromise(t *testing.T) {
	store := servers.StartS3(t, "stadt")
	mediatest.TestStore(t, mediatest.OpenBucket(t, store.Bucket))
}

func TestABucketSaysWhatIsWrong(t *testing.T) {
	store := servers.StartS3(t, "stadt")
	wrong, foreign, absent := store.Bucket, store.Bucket, store.Bucket
	wrong.SecretKey, foreign.AccessKey, absent.Bucket = "wrong", "nobody", "dorf"
	for says, c := range map[string]mediatest.S3{"Access Denied": wrong, "access key": foreign, "bucket does not exist": absent} {
		err := mediatest.OpenBucket(t, c).Ping(t.Context())
		if err == nil || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	right := mediatest.OpenBucket(t, store.Bucket)
	if err := right.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.Stop()
	brief, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := right.Ping(brief); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a store that has gone: %v", err)
	}
}

// TestATownStandsOnABucket gives a group a face in a town whose files lie in a bucket. It is shown in a
// size that is made once however many ask, and in parts. Without the store, pages go on.
func TestATownStandsOnABucket(t *testing.T) {
	store := servers.StartS3(t, "stadt")
	place := town.New(t, town.SQLite, map[string]string{
		"MEDIA_STORE": "s3", "S3_ENDPOINT": store.Bucket.Endpoint, "S3_REGION": store.Bucket.Region, "S3_BUCKET": store.Bucket.Bucket,
		"S3_ACCESS_KEY": store.Bucket.AccessKey, "S3_SECRET_KEY": store.Bucket.SecretKey, "S3_WITHOUT_TLS": "true", "EMAIL_SUBMISSION_BACKEND": "folder",
	})
	if code, out := place.Call("", "demo"); code != 0 {
		t.Fatalf("demo: %d\n%s", code, out)
	}
	place.Start("serve")
	place.Open()

	anna := visit(t, place)
	anna.Get("/stadt/login/")
	anna.Submit("login", map[string]string{"login": "anna", "password": "demo"})
	anna.Sees(http.StatusOK)
	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewGray(image.Rect(0, 0, 640, 480))); err != nil {
		t.Fatal(err)
	}
	before := names(t, store.Folder)
	anna.Upload(community.GroupPicturesPath("garten"), url.Values{}, webtest.File{Field: "picture", Name: "Beet.png", Content: drawing.Bytes()})
	anna.Sees(http.StatusOK)
	uploaded := names(t, store.Folder)
	if added := without(uploaded, before); len(added) != 1 {
		t.Errorf("an upload added these files: %v", added)
	}
	address := regexp.MustCompile(`/-/images/[a-z]+/[a-z0-9-]+\.jpg`).FindString(anna.Get("/garten/").Body)
	if address == "" {
		t.Fatal("the page of the group shows no picture")
	}
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			if status, _ := place.Ask(address); status != http.StatusOK {
				t.Errorf("%s: %d", address, status)
			}
		})
	}
	together.Wait()
	made := names(t, store.Folder)
	if added := without(made, uploaded); len(added) != 1 {
		t.Errorf("asking for one size added these files: %v", added)
	}
	whole := visit(t, place).Get(address)
	if whole.Status != http.StatusOK || whole.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(whole.Body, "\xff\xd8") {
		t.Fatalf("%d %v", whole.Status, whole.Header)
	}
	if added := without(names(t, store.Folder), made); len(added) != 0 {
		t.Errorf("the size was made again: %v", added)
	}
	for _, c := range []struct {
		header, value string
		status        int
		body          string
	}{
		{"Range", "bytes=2-9", http.StatusPartialContent, whole.Body[2:10]},
		{"Range", "bytes=-5", http.StatusPartialContent, whole.Body[len(whole.Body)-5:]},
		{"If-None-Match", whole.Header.Get("ETag"), http.StatusNotModified, ""},
	} {
		if status, body := ask(t, place.URL+address, c.header, c.value); status != c.status || body != c.body {
			t.Errorf("%s %s: %d with %d bytes", c.header, c.value, status, len(body))
		}
	}
	store.Stop()
	if status, _ := place.Ask(address); status != http.StatusServiceUnavailable {
		t.Errorf("without its files the town answers %d for a picture", status)
	}
	if status, _ := place.Ask("/stadt/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("without its files the town says %d", status)
	}
	if status, _ := place.Ask("/garten/"); status != http.StatusOK {
		t.Errorf("without its files a page is %d", status)
	}
}

// visit returns somebody who visits without a browser.
func visit(t *testing.T, place *town.Town) *webtest.Visitor {
	t.Helper()
	base, err := url.Parse(place.URL)
	if err != nil {
		t.Fatal(err)
	}
	return webtest.Visit(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }})
}

// ask asks for an address with one header.
func ask(t *testing.T, address, header, value string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(header, value)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, b.String()
}

// names lists what lies in the folder of a bucket, but for what the town looks with whether it can write.
func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !f.IsDir() && !strings.HasPrefix(f.Name(), "ping-") {
			all = append(all, filepath.Base(f.Name()))
		}
	}
	return all
}

// without returns the names of all that are not among known: a picture that another one replaces is
// removed meanwhile, so that a number of files tells nothing.
func without(all, known []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(known, name) })
}
