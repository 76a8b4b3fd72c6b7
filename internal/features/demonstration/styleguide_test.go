package demonstration_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"unicode"

	"grouprise.org/grouprise/internal/features/demonstration"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestTheStyleGuideShowsComponentsInTheirStates(t *testing.T) {
	t.Parallel()
	s := webtest.NewSite(t, dbtest.SQLite(t), webtest.People{})
	v := webtest.Visit(t, webtest.Start(t, s, demonstration.New(t.TempDir()).Module().Routes))
	v.Get("/stadt/styleguide/")
	v.Sees(200, "aria-invalid", "Please check your entries", "disabled", "First page", "Something went wrong", "Too many attempts")
	v.DoesNotSee("%!", " autofocus") // the page opens at its beginning
}

// component finds where a component begins, and call what may be one that is used.
var (
	component = regexp.MustCompile(`(?m)^templ (\w+)\(`)
	call      = regexp.MustCompile(`\b([A-Za-z]\w*)\(`)
	sign      = regexp.MustCompile(`(?m)^\t(Icon\w+) +IconName =`)
)

func TestStyleguideShowsEveryPart(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../core/parts/*.templ")
	if err != nil || len(files) == 0 {
		t.Fatalf("no components: %v", err)
	}
	bodies, signs := map[string]string{}, []string{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, m := range sign.FindAllStringSubmatch(text, -1) {
			signs = append(signs, m[1])
		}
		found := component.FindAllStringSubmatchIndex(text, -1)
		for i, m := range found {
			end := len(text)
			if i+1 < len(found) {
				end = found[i+1][0]
			}
			bodies[text[m[2]:m[3]]] = text[m[1]:end]
		}
	}
	var guide []byte
	for _, name := range []string{"styleguide.go", "styleguide.templ"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		guide = append(guide, data...)
	}
	shown, waiting := map[string]bool{}, []string{string(guide)}
	for len(waiting) > 0 {
		body := waiting[0]
		waiting = waiting[1:]
		for _, m := range call.FindAllStringSubmatch(body, -1) {
			if used, ok := bodies[m[1]]; ok && !shown[m[1]] {
				shown[m[1]] = true
				waiting = append(waiting, used)
			}
		}
	}
	for name := range bodies {
		if unicode.IsUpper(rune(name[0])) && !shown[name] {
			t.Errorf("the style guide does not show %s", name)
		}
	}
	for _, name := range signs {
		if !regexp.MustCompile(`\b` + name + `\b`).Match(guide) {
			t.Errorf("the style guide does not show the sign %s", name)
		}
	}
	if len(signs) == 0 {
		t.Error("no signs")
	}
}
