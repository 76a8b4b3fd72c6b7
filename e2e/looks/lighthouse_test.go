//go:build e2e

package looks

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// enough is what Lighthouse gives at least to each page in each category.
const enough = 0.95

// TestLighthouseIsContent lets Lighthouse judge ten pages as a middling phone with a slow connection shows them: the
// defaults of the tool. Other work on the machine makes it slow, never fast, so a page that is too slow is
// measured again, twice at most.
func TestLighthouseIsContent(t *testing.T) {
	f := openFurnished(t)
	f.serve(t, "anna")
	anna := f.guests["anna"]
	group := strings.TrimSuffix(linked(t, anna.Get("/garten/").Body, `/stadt/groups/\d+/members/`), "members/")
	conversation := linked(t, anna.Get(group+"conversations/").Body, `/stadt/conversations/\d+/`)
	article := linked(t, f.guests[""].Get("/garten/").Body, `/garten/[a-z][^/"]*/`)
	for _, x := range []page{
		{name: "start", path: "/"},
		{name: "groups", path: "/stadt/groups/"},
		{name: "group", path: "/garten/"},
		{name: "article", path: article},
		{name: "sign-up", path: "/stadt/signup/"},
		{name: "help", path: "/stadt/help/"},
		{name: "start-mine", path: "/", who: "anna"},
		{name: "inbox", path: "/stadt/activity/", who: "anna"},
		{name: "conversation", path: conversation, who: "anna"},
		{name: "settings", path: "/stadt/settings/", who: "anna"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var poor []string
			var failure error
			for range 3 {
				if poor, failure = f.lighthouse(t, x); failure != nil {
					continue // the browser was too slow for the tool itself
				}
				if len(poor) == 0 || slices.ContainsFunc(poor, func(s string) bool { return !strings.HasPrefix(s, "performance") }) {
					break
				}
			}
			if failure != nil {
				t.Fatal(failure)
			}
			for _, complaint := range poor {
				t.Error(complaint)
			}
		})
	}
}

// lighthouse returns the categories of a page that are not good enough, each with the audits that failed.
func (f *furnished) lighthouse(t *testing.T, x page) (poor []string, failure error) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.json")
	arguments := []string{
		f.place.URL + x.path, "--quiet", "--output=json", "--output-path=" + report,
		"--only-categories=performance,accessibility,best-practices,seo",
		"--chrome-flags=--headless=new --no-sandbox --disable-gpu --host-resolver-rules=\"MAP *.example 127.0.0.1\"",
		// Pages that are not for everybody ask search engines to stay away, and so does a demonstration.
		"--skip-audits=is-crawlable",
	}
	if g := f.guests[x.who]; x.who != "" {
		cookies := make([]string, 0, len(g.cookies))
		for _, c := range g.cookies {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
		headers, err := json.Marshal(map[string]string{"Cookie": strings.Join(cookies, "; ")})
		if err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "--extra-headers="+string(headers))
	}
	run := exec.CommandContext(t.Context(), filepath.Join("..", "node_modules", ".bin", "lighthouse"), arguments...)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	run.Env = append(os.Environ(), "CHROME_PATH="+chromium)
	if out, err := run.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("lighthouse: %w\n%s", err, out)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var verdict struct {
		FinalURL   string `json:"finalDisplayedUrl"`
		Categories map[string]struct {
			Score  float64 `json:"score"`
			Audits []struct {
				ID     string  `json:"id"`
				Weight float64 `json:"weight"`
			} `json:"auditRefs"`
		} `json:"categories"`
		Audits map[string]struct {
			Score *float64 `json:"score"`
			Title string   `json:"title"`
			Value string   `json:"displayValue"`
		} `json:"audits"`
	}
	if err := json.Unmarshal(raw, &verdict); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(verdict.FinalURL, x.path) {
		t.Fatalf("lighthouse was led from %s to %s", x.path, verdict.FinalURL)
	}
	if len(verdict.Categories) != 4 {
		t.Fatalf("lighthouse judges %d categories", len(verdict.Categories))
	}
	for name, category := range verdict.Categories {
		t.Logf("%s %.2f", name, category.Score)
		if category.Score >= enough {
			continue
		}
		complaint := name
		for _, ref := range category.Audits {
			if a := verdict.Audits[ref.ID]; ref.Weight > 0 && a.Score != nil && *a.Score < 1 {
				complaint += "\n  " + ref.ID + ": " + a.Title + " " + a.Value
			}
		}
		poor = append(poor, complaint)
	}
	return poor, nil
}
