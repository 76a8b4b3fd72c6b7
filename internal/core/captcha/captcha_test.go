package captcha_test

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// answers is how people answer, in English and in German.
var answers = map[string][2]string{
	"Which season comes after winter?":                {"Spring", "Frühling"},
	"How many days are there in a week?":              {"7", "Sieben"},
	"How many months are there in a year?":            {"twelve", "zwölf"},
	"Which day comes after Wednesday?":                {" thursday. ", "Donnerstag"},
	"What colour is snow?":                            {"white", "weiss"},
	"What colour is the sky when the sun is shining?": {"BLUE", "blau"},
	"What colour is grass?":                           {"green", "grün"},
	"What is the opposite of day?":                    {"night", "Die Nacht"},
	"How many hours are there in a day?":              {"24", "vierundzwanzig"},
}

type setting struct {
	*captcha.Captcha
	now    time.Time
	de, en *lang.Printer
}

func setup(t *testing.T) *setting {
	t.Helper()
	s := &setting{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	tell := clock.Clock(func() time.Time { return s.now })
	signer, err := web.NewSigner("a secret for tests only", tell)
	if err != nil {
		t.Fatal(err)
	}
	catalogues := localetest.Catalogues(t)
	s.de, s.en = catalogues.Printer("de", time.UTC), catalogues.Printer("en", time.UTC)
	s.Captcha = captcha.New(signer, web.NewLimiter(dbtest.SQLite(t), tell))
	return s
}

func (s *setting) draw(t *testing.T) captcha.Challenge {
	t.Helper()
	c, err := s.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryQuestionCanBeAnsweredInBothLanguages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	asked := map[lang.Text]bool{}
	for range 2000 {
		c := s.draw(t)
		if asked[c.Question] {
			continue
		}
		asked[c.Question] = true
		want, ok := answers[string(c.Question)]
		if !ok {
			t.Errorf("nobody knows the answer to %q", c.Question)
			continue
		}
		for _, try := range []struct {
			printer *lang.Printer
			answer  string
			right   bool
		}{
			{s.en, want[0], true},
			{s.de, want[1], true},
			{s.de, want[0], true},
			{s.de, "Pudding", false},
			{s.en, ",", false},
			{s.en, "", false},
		} {
			wrong := s.Check(try.printer, captcha.Fields{Answer: try.answer, State: c.State})
			if (len(wrong) == 0) != try.right {
				t.Errorf("%q answered by %q in %s: %v", c.Question, try.answer, try.printer.Language(), wrong)
			}
		}
	}
	if len(asked) != len(answers) {
		t.Errorf("%d of %d questions were asked", len(asked), len(answers))
	}
}

func TestAnAnswerIsWorthSomethingOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.draw(t)
	f := captcha.Fields{Answer: answers[string(c.Question)][0], State: c.State}
	if err := s.Redeem(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := s.Redeem(t.Context(), f); !errs.Is(err, errs.Invalid) {
		t.Errorf("the second time: %v", err)
	}
}

func TestAQuestionGetsOldAndCannotBeForged(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.draw(t)
	answer := answers[string(c.Question)][0]
	for _, state := range []string{"", "rubbish", c.State[1:], c.State + "A", strings.Repeat("A", 5000)} {
		if wrong := s.Check(s.en, captcha.Fields{Answer: answer, State: state}); len(wrong) == 0 {
			t.Errorf("the state %.20q is accepted", state)
		}
	}
	s.now = s.now.Add(61 * time.Minute)
	f := captcha.Fields{Answer: answer, State: c.State}
	if wrong := s.Check(s.en, f); len(wrong) == 0 {
		t.Error("an old question is accepted")
	}
	if err := s.Redeem(t.Context(), f); !errs.Is(err, errs.Invalid) {
		t.Errorf("an old question is redeemed: %v", err)
	}
}

func TestARightAnswerIsKeptWhenSomethingElseWasWrong(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.draw(t)
	answer := answers[string(c.Question)][0]
	for _, row := range []struct {
		name   string
		fields captcha.Fields
		reuse  bool
		kept   bool
	}{
		{"right", captcha.Fields{Answer: answer, State: c.State}, true, true},
		{"used up", captcha.Fields{Answer: answer, State: c.State}, false, false},
		{"wrong", captcha.Fields{Answer: "Pudding", State: c.State}, true, false},
		{"forged", captcha.Fields{Answer: answer, State: "x"}, true, false},
	} {
		again, err := s.Redraw(s.en, row.fields, row.reuse)
		if err != nil {
			t.Fatal(err)
		}
		if kept := again.State == c.State && again.Answer == answer; kept != row.kept {
			t.Errorf("%s: %+v", row.name, again)
		}
		if again.Question == "" || again.State == "" {
			t.Errorf("%s: no question", row.name)
		}
	}
}
