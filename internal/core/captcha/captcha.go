// Package captcha asks visitors who have not signed in a question that everybody can answer and a
// program that fills in forms does not expect: how many days a week has.
//
// The question needs neither pictures nor scripts, so that it can be heard and answered on any device.
// What is asked travels in a signed field of the form. It can be answered once and for an hour: an
// answer that worked is worth nothing the second time.
//
//	type signUpForm struct {
//		Address string `form:"email"`
//		captcha.Fields
//	}
//
// A form is shown with Draw. When it comes back, Check says whether the answer is right, beside whatever
// else is wrong with the form; Redeem uses the answer up before something is done; and Redraw gives the
// question to show when something was wrong.
package captcha

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// Names of the form fields.
const (
	AnswerField = "captcha_0"
	StateField  = "captcha_1"
)

const (
	purpose  = "captcha"
	lifetime = time.Hour
)

// Fields are the fields of a form that asks. They are embedded into the form's struct.
type Fields struct {
	Answer string `form:"captcha_0" text:"line"`
	State  string `form:"captcha_1" text:"line"`
}

// Challenge is a question as it is shown.
type Challenge struct {
	Question lang.Text
	Answer   string // what the visitor typed, if it was right and something else was wrong
	State    string
}

// question is a question with its answers, separated by commas. Translators give answers that people would
// give in their language.
type question struct {
	text    lang.Text
	answers lang.Text
}

func questions() []question {
	return []question{
		{lang.Text("Which season comes after winter?"), lang.Text("spring, springtime")},
		{lang.Text("How many days are there in a week?"), lang.Text("7, seven")},
		{lang.Text("How many months are there in a year?"), lang.Text("12, twelve")},
		{lang.Text("Which day comes after Wednesday?"), lang.Text("thursday")},
		{lang.Text("What colour is snow?"), lang.Text("white")},
		{lang.Text("What colour is the sky when the sun is shining?"), lang.Text("blue, light blue")},
		{lang.Text("What colour is grass?"), lang.Text("green")},
		{lang.Text("What is the opposite of day?"), lang.Text("night")},
		{lang.Text("How many hours are there in a day?"), lang.Text("24, twenty-four, twenty four")},
	}
}

// Captcha asks questions. It is safe for concurrent use.
type Captcha struct {
	signer  *web.Signer
	limiter *web.Limiter
}

// New returns a captcha whose questions are signed by the signer; the limiter remembers which of them
// have been answered.
func New(signer *web.Signer, limiter *web.Limiter) *Captcha {
	return &Captcha{signer: signer, limiter: limiter}
}

// state is what the signed field holds.
type state struct {
	Question int    `json:"q"`
	Nonce    string `json:"n"`
}

// Draw returns a question.
func (c *Captcha) Draw() (Challenge, error) {
	all := questions()
	s := state{Question: mathrand.IntN(len(all)), Nonce: rand.Text()}
	payload, err := json.Marshal(s)
	if err != nil {
		return Challenge{}, fmt.Errorf("draw a question: %w", err)
	}
	return Challenge{Question: all[s.Question].text, State: c.signer.Sign(purpose, payload, lifetime)}, nil
}

// Check returns what is wrong with an answer, as errors of its form field. Answers are taken in the
// printer's language and in English, in any case.
func (c *Captcha) Check(p *lang.Printer, f Fields) []errs.FieldError {
	s, ok := c.open(f.State)
	switch {
	case f.Answer == "":
		return []errs.FieldError{errs.Field(AnswerField, "Please answer the question. It helps us stop spam.")}
	case !ok:
		return []errs.FieldError{errs.Field(AnswerField, "The question has expired. Please answer this one.")}
	case !right(p, questions()[s.Question], f.Answer):
		return []errs.FieldError{errs.Field(AnswerField, "That’s not the right answer. Please try this question.")}
	}
	return nil
}

// Redeem uses an answer up that Check found right. It is Invalid if the question has been answered
// before.
func (c *Captcha) Redeem(ctx context.Context, f Fields) error {
	s, ok := c.open(f.State)
	if !ok {
		return errs.Check(errs.Field(AnswerField, "The question has expired. Please answer this one."))
	}
	err := c.limiter.Allow(ctx, web.Limit{Name: "captcha", Count: 1, Per: lifetime}, s.Nonce)
	if errs.Is(err, errs.TooMany) {
		return errs.Check(errs.Field(AnswerField, "The question has already been answered. Please answer this one."))
	}
	return err
}

// Redraw returns the question to show when the form is shown again: the same one with its answer if that
// was right and has not been used up (reuse), else another one.
func (c *Captcha) Redraw(p *lang.Printer, f Fields, reuse bool) (Challenge, error) {
	s, ok := c.open(f.State)
	if !reuse || !ok || len(c.Check(p, f)) > 0 {
		return c.Draw()
	}
	return Challenge{Question: questions()[s.Question].text, Answer: f.Answer, State: f.State}, nil
}

func (c *Captcha) open(text string) (state, bool) {
	var s state
	payload, ok := c.signer.Open(purpose, text)
	if !ok || json.Unmarshal(payload, &s) != nil {
		return s, false
	}
	return s, s.Question >= 0 && s.Question < len(questions())
}

// right reports whether an answer is one of the question's.
func right(p *lang.Printer, q question, answer string) bool {
	answer = fold(answer)
	for _, list := range []string{string(q.answers), p.T(string(q.answers))} {
		if slices.ContainsFunc(strings.Split(list, ","), func(a string) bool { return fold(a) == answer }) {
			return true
		}
	}
	return false
}

// fold returns a text without what makes no difference: case, blanks, a full stop.
func fold(text string) string {
	return strings.ToLower(strings.Trim(norm.NFC.String(text), " .!?\"„“”'"))
}
