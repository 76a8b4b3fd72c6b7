package accounts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

func TestLettersReadWell(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	w := newTown(t)
	for _, language := range []string{"en", "de"} {
		printer := catalogues.Printer(language, time.UTC)
		for _, l := range accounts.AllLetters(w.Accounts, printer, w.Anna.Person) {
			t.Run(l.Kind+" "+language, func(t *testing.T) {
				t.Parallel()
				golden.Equal(t, l.Kind+"."+language, readable(l))
			})
		}
	}
}

// readable writes a letter as it is read.
func readable(l notify.Letter) string {
	var b strings.Builder
	fmt.Fprintf(&b, "To: %s <%s>\nSubject: %s\nLanguage: %s\n\n%s\n", l.Name, l.Address, l.Subject, l.Language, l.Intro)
	for _, f := range l.Facts {
		fmt.Fprintf(&b, "\n%s: %s\n", f.Label, f.Value)
	}
	for _, a := range l.Actions {
		fmt.Fprintf(&b, "\n%s:\n%s\n", a.Label, a.URL)
	}
	if l.Note != "" {
		fmt.Fprintf(&b, "\n%s\n", l.Note)
	}
	return b.String()
}
