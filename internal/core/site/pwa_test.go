package site_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestTheSiteCanBePutOnAHomeScreen(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	visitor := webtest.Visit(t, webtest.Start(t, webtest.NewSite(t, db, webtest.People{}), nil))
	got := visitor.Get("/stadt/manifest.webmanifest")
	var manifest struct {
		Name  string `json:"name"`
		Icons []struct {
			Src string `json:"src"`
		} `json:"icons"`
	}
	if err := json.Unmarshal([]byte(got.Body), &manifest); err != nil || manifest.Name == "" || got.Header.Get("Content-Type") != "application/manifest+json" {
		t.Errorf("%v %s", err, got.Body)
	}
	for _, icon := range manifest.Icons {
		if visitor.Get(icon.Src).Status != http.StatusOK {
			t.Errorf("%s is not there", icon.Src)
		}
	}
	worker := visitor.Get("/service-worker.js")
	if worker.Header.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(worker.Body, "Object.assign(self, {") || !strings.Contains(worker.Body, "/stadt/offline/") {
		t.Errorf("%d %.200s", worker.Status, worker.Body)
	}
	listed, _, _ := strings.Cut(worker.Body, "\n")
	for _, script := range regexp.MustCompile(`"(/stadt/static/[^"]+\.js)"`).FindAllStringSubmatch(listed, -1) {
		for _, other := range regexp.MustCompile(`import[^"(]*"\./([^"]+)"`).FindAllStringSubmatch(visitor.Get(script[1]).Body, -1) {
			if !strings.Contains(listed, other[1]) {
				t.Errorf("%s needs %s, which is not there without a connection", script[1], other[1])
			}
		}
	}
	visitor.Get("/stadt/offline/")
	visitor.Sees(http.StatusOK, "You are offline")
}
