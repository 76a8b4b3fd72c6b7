package polls_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
)

func TestProgramsReadHowAPollStandsAndVote(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis", "Nudeln"))
		path := fmt.Sprintf("/stadt/api/polls/%d/", a.ID)
		anna, carla, nobody := w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
		body := func(reis, nudeln string) string {
			return fmt.Sprintf(`{"gestalt": {"id": 99}, "endorsements": [{"option": %d, "endorsement": %s}, {"option": %d, "endorsement": %s}]}`, a.Options[0], reis, a.Options[1], nudeln)
		}
		for _, answers := range [][2]string{{"true", "false"}, {"null", "true"}} {
			if p := anna.PostJSON(path+"vote/", body(answers[0], answers[1])); p.Status != http.StatusOK || p.Body != "" {
				t.Errorf("a vote answers %d %q", p.Status, p.Body)
			}
		}
		if p := carla.PostJSON(path+"vote/", body("false", "null")); p.Status != http.StatusOK {
			t.Errorf("a vote answers %d", p.Status)
		}
		if got := w.votes(t, a); got != "anna maybe yes, carla no maybe" {
			t.Errorf("%s", got)
		}
		for _, text := range []string{`{"endorsements": [{"option": 987654, "endorsement": true}]}`, `{`, `[]`} {
			if p := anna.PostJSON(path+"vote/", text); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, `"problem"`) {
				t.Errorf("%s answers %d %s", text, p.Status, p.Body)
			}
		}
		p := nobody.Get(path)
		var got struct {
			LastVoted string `json:"last_voted"`
			Captcha   struct {
				Question string `json:"question"`
				State    string `json:"captcha_1"`
			} `json:"captcha"`
		}
		if err := json.Unmarshal([]byte(p.Body), &got); err != nil || got.LastVoted == "" {
			t.Fatal(err, p.Body)
		}
		answer, _ := captchatest.Answer(got.Captcha.Question)
		guest := func(name, answer string) string {
			return fmt.Sprintf(`{"gestalt": {"name": %q}, "endorsements": [{"option": %d, "endorsement": true}], "captcha_0": %q, "captcha_1": %q}`, name, a.Options[0], answer, got.Captcha.State)
		}
		for _, wrong := range []string{guest("Gustav", ""), guest("", answer)} {
			if p := nobody.PostJSON(path+"vote/", wrong); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s answers %d", wrong, p.Status)
			}
		}
		if p := nobody.PostJSON(path+"vote/", guest("Gustav", answer)); p.Status != http.StatusOK {
			t.Errorf("a guest's vote answers %d %s", p.Status, p.Body)
		}
		text := strings.NewReplacer(got.LastVoted, "TIME").Replace(w.visit(t, w.Anna.ID).Get(path).Body)
		var tidy map[string]any
		if err := json.Unmarshal([]byte(text), &tidy); err != nil {
			t.Fatal(err)
		}
		delete(tidy, "last_voted")
		out, err := json.MarshalIndent(tidy, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "api", string(out)+"\n")
	})
}

func TestProgramsReadInternalPollsOnlyInTheNameOfWhoMay(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Kasse", false, with(choices("Anna", "Bert"), url.Values{"vote_type": {"condorcet"}}))
	path := fmt.Sprintf("/stadt/api/polls/%d/", a.ID)
	vote := fmt.Sprintf(`{"ranking": [%d, %d]}`, a.Options[1], a.Options[0])
	for person, status := range map[int64]int{0: http.StatusUnauthorized, w.Carla.ID: http.StatusForbidden, w.Admin.ID: http.StatusForbidden, w.Bert.ID: http.StatusOK} {
		v := w.visit(t, person)
		if p := v.Ask(http.MethodGet, path); p.Status != status || status != http.StatusOK && strings.Contains(p.Body, "options") {
			t.Errorf("%d reads it: %d %s", person, p.Status, p.Body)
		}
		if p := v.PostJSON(path+"vote/", vote); p.Status != status {
			t.Errorf("%d votes: %d %s", person, p.Status, p.Body)
		}
	}
	if got := w.votes(t, a); got != "bert 2 1" {
		t.Errorf("%s", got)
	}
	bert := w.visit(t, w.Bert.ID)
	for _, wrong := range []string{
		fmt.Sprintf(`{"ranking": [%d, 987654]}`, a.Options[1]), fmt.Sprintf(`{"ranking": [%[1]d, %[1]d, %[1]d]}`, a.Options[1]), `{"ranking": []}`,
	} {
		if p := bert.PostJSON(path+"vote/", wrong); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s answers %d", wrong, p.Status)
		}
	}
	w.end(t, a)
	if p := bert.PostJSON(path+"vote/", vote); p.Status != http.StatusConflict {
		t.Errorf("after the end: %d", p.Status)
	}
	if p := bert.Ask(http.MethodGet, "/stadt/api/polls/987654/"); p.Status != http.StatusNotFound {
		t.Errorf("a poll that there is not: %d", p.Status)
	}
}
