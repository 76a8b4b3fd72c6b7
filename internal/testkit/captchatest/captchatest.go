// Package captchatest answers the questions that tell people from programs.
package captchatest

import (
	"strings"
	"testing"
)

// Answer returns the answer to the question that stands in an English text, such as a page; false if none does.
func Answer(text string) (answer string, ok bool) {
	for question, answer := range map[string]string{
		"Which season comes after winter?": "spring", "How many days are there in a week?": "7", "How many months are there in a year?": "12",
		"Which day comes after Wednesday?": "Thursday", "What colour is snow?": "white",
		"What colour is the sky when the sun is shining?": "blue", "What colour is grass?": "green",
		"What is the opposite of day?": "night", "How many hours are there in a day?": "24",
	} {
		if strings.Contains(text, question) {
			return answer, true
		}
	}
	return "", false
}

// Solve returns the answer to the question on a page, which must have one.
func Solve(t testing.TB, page string) string {
	t.Helper()
	answer, ok := Answer(page)
	if !ok {
		t.Fatalf("nobody knows what the page asks:\n%s", page)
	}
	return answer
}
