package people_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/locale"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestLettersReadWell(t *testing.T) {
	t.Parallel()
	catalogues, err := lang.Load(locale.FS)
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t)
	for _, language := range []string{"en", "de"} {
		printer := catalogues.Printer(language, time.UTC)
		for _, l := range people.AllLetters(w.People, printer, w.Anna.Person) {
			t.Run(l.Kind+" "+language, func(t *testing.T) {
				t.Parallel()
				golden(t, filepath.Join("testdata", l.Kind+"."+language+".golden"), readable(l))
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

// golden compares a text with a file, or writes the file with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s has changed (-want +got); run the test with -update if that is right:\n%s", file, diff)
	}
}
