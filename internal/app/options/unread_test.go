package options

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// fieldOf returns the field of the options that a variable is, such as "Geo.Zoom".
func fieldOf(v reflect.Value, variable any) string {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Addr().Interface() == variable {
			return v.Type().Field(i).Name
		}
		if f.Kind() == reflect.Struct {
			if inner := fieldOf(f, variable); inner != "" {
				return v.Type().Field(i).Name + "." + inner
			}
		}
	}
	return ""
}

// readers returns the program text of the roof without what declares, checks and completes options.
func readers(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, pattern := range []string{"*.go", "../*.go", "../bots/*.go", "../process/*.go", "../watching/*.go", "../chatctl/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || name == "options.go" {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(source)
		}
	}
	return regexp.MustCompile(`fill\(&o\.[\w.]+`).ReplaceAllString(text.String(), "")
}

func TestEveryOptionIsReadOrItIsSaidThatItIsNot(t *testing.T) {
	t.Parallel()
	o, program := defaults(), readers(t)
	for _, option := range o.schema().Options {
		field := fieldOf(reflect.ValueOf(o).Elem(), option.Into)
		if field == "" {
			t.Fatalf("the variable of %s is no field", option.Name)
		}
		uses := regexp.QuoteMeta(field) + `\b`
		uses = `\b(?:o|options)\.` + uses
		if parent, inner, nested := strings.Cut(field, "."); nested { // the section as a whole, or by a method of its own
			uses += `|\b(?:o|options)\.` + parent + `\b[^.]|func \(\w ` + parent + `\).*\.` + inner + `\b`
		}
		read := regexp.MustCompile(uses).MatchString(program)
		if _, none := unread()[option.Name]; read == none {
			t.Errorf("%s (the field %s): read is %v, and unread() says the opposite", option.Name, field, read)
		}
	}
}

func TestAnOptionWithoutEffectIsWarnedOf(t *testing.T) {
	t.Parallel()
	from := Sources([]string{"GROUPRISE_OIDC_PROVIDER_ENABLED=true", "GROUPRISE_DATA_PATH=" + t.TempDir()})
	from.Candidates = nil
	_, settings, err := Load(from)
	if err != nil || len(settings.Warnings) != 1 || !strings.Contains(settings.Warnings[0].Error(), "oidc_provider.enabled: has no effect yet") {
		t.Errorf("warnings %v, %v", settings.Warnings, err)
	}
}
