//go:build e2e

package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// enough is what Lighthouse gives at least to each page in each category.
const enough = 0.95

// TestLighthouseIsContent lets Lighthouse judge twelve pages as a middling phone with a slow connection shows them: the
// defaults of the tool. Other work on the machine makes it slow, never fast, so a page that is too slow is
// measured again, twice at most.
func TestLighthouseIsContent(t *testing.T) {
	f := openFurnished(t)
	f.serve(t, "anna")
	anna := f.guests["anna"]
	group := strings.TrimSuffix(linked(t, anna.Get("/garten/").Body, `/stadt/groups/\d+/members/`), "members/")
	conversation := linked(t, anna.Get(group+"conversations/").Body, `/stadt/conversations/\d+/`)
	article := firstArticle(t, f.guests[""].Get("/garten/").Body)
	lighthouse := startLighthouse(t)
	for _, x := range []page{
		{name: "start", path: "/"},
		{name: "groups", path: "/stadt/groups/"},
		{name: "group", path: "/garten/"},
		{name: "article", path: article},
		{name: "sign-up", path: "/stadt/signup/"},
		{name: "help", path: "/stadt/help/"},
		{name: "start-mine", path: "/", who: "anna"},
		{name: "members", path: group + "members/", who: "anna"},
		{name: "inbox", path: "/stadt/activity/", who: "anna"},
		{name: "conversation", path: conversation, who: "anna"},
		{name: "settings", path: "/stadt/settings/", who: "anna"},
		{name: "write-article", path: newArticle, who: "anna"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var poor []string
			var failure error
			for range 3 {
				if poor, failure = lighthouse.judge(t, f, x); failure != nil {
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

// lighthouse is a process that judges one page after the other, in one browser.
type lighthouse struct {
	ask    *json.Encoder
	answer *json.Decoder
}

func startLighthouse(t *testing.T) *lighthouse {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "node", "lighthouse.mjs")
	run.Env, run.Stderr = append(os.Environ(), "CHROME_PATH="+chromium), os.Stderr
	in, err := run.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	run.Cancel = in.Close // then it ends its browser and itself
	run.WaitDelay = 10 * time.Second
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Wait() })
	return &lighthouse{json.NewEncoder(in), json.NewDecoder(out)}
}

// report is what Lighthouse says of a page, as far as we read it.
type report struct {
	FinalURL   string `json:"finalDisplayedUrl"`
	Categories map[string]struct {
		Score  *float64 `json:"score"`
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

// judge returns the categories of a page that are not good enough, each with the audits that failed.
func (l *lighthouse) judge(t *testing.T, f *furnished, x page) (poor []string, failure error) {
	t.Helper()
	question := struct {
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	}{f.place.URL + x.path, map[string]string{}}
	if g := f.guests[x.who]; x.who != "" {
		cookies := make([]string, 0, len(g.cookies))
		for _, c := range g.cookies {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
		question.Headers["Cookie"] = strings.Join(cookies, "; ")
	}
	if err := l.ask.Encode(question); err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Report  report `json:"report"`
		Failure string `json:"failure"`
	}
	if err := l.answer.Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Failure != "" {
		return nil, errors.New(answer.Failure)
	}
	verdict := answer.Report
	if !strings.HasSuffix(verdict.FinalURL, x.path) {
		t.Fatalf("lighthouse was led from %s to %s", x.path, verdict.FinalURL)
	}
	if len(verdict.Categories) != 4 {
		t.Fatalf("lighthouse judges %d categories", len(verdict.Categories))
	}
	for name, category := range verdict.Categories {
		if category.Score == nil {
			return nil, fmt.Errorf("lighthouse could not judge %s", name)
		}
		t.Logf("%s %.2f", name, *category.Score)
		if *category.Score >= enough {
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
