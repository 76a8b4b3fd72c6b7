package settingsctl

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/kit/config"
)

// folder writes files of a configuration, each a pair of a name and a text.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	path := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(path, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func text(t *testing.T, path string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// given returns what a command gets of the operating system, and what it prints.
func given(folder, input string, environ ...string) (p *process.Process, out, problems *bytes.Buffer) {
	out, problems = &bytes.Buffer{}, &bytes.Buffer{}
	return &process.Process{Environ: append(environ, "GROUPRISE_CONFIG="+folder), Stdin: strings.NewReader(input), Stdout: out, Stderr: problems}, out, problems
}

func TestAnOptionIsSetWhereItsWordCounts(t *testing.T) {
	t.Parallel()
	const packaged, local = "# by the package\ndomain: a.example # asked\nevents:\n  enable_attendance: true\n", "site_name: Neustadt\n"
	for name, c := range map[string]struct {
		option, value string
		file          string // that is named
		changed, want string
	}{
		"where it stands":        {"domain", "b.example", "", "100-package.yaml", strings.Replace(packaged, "a.example", "b.example", 1)},
		"where its section does": {"events.enable_repetitions", "false", "", "100-package.yaml", packaged + "  enable_repetitions: false\n"},
		"what stands nowhere":    {"claims", "- a\n- b", "", "800-local.yaml", local + "claims: [a, b]\n"},
		"upper case":             {"SITE_NAME", "Altstadt", "", "800-local.yaml", "site_name: Altstadt\n"},
		"a list with commas":     {"extra_allowed_hosts", "a.example, b.example", "", "800-local.yaml", local + "extra_allowed_hosts: [a.example, b.example]\n"},
		"a number as a text":     {"site_name", "2026", "", "800-local.yaml", "site_name: \"2026\"\n"},
		"a later file":           {"domain", "b.example", "900-mine.yaml", "900-mine.yaml", "domain: b.example\n"},
		"back to the default":    {"site_name", "null", "", "800-local.yaml", "site_name: null\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := folder(t, "100-package.yaml", packaged, "800-local.yaml", local)
			command := setCommand{Option: c.option, Value: new(c.value)}
			if c.option == "claims" {
				command.Value = nil
			}
			if c.file != "" {
				command.File = filepath.Join(folder, c.file)
			}
			p, out, problems := given(folder, c.value)
			if err := command.Run(t.Context(), p); err != nil || !strings.Contains(out.String(), c.changed) || problems.Len() > 0 {
				t.Fatalf("%v: %s%s", err, out, problems)
			}
			if got := text(t, filepath.Join(folder, c.changed)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestWhatTheStartWarnsOfIsSaidWhenItIsSet(t *testing.T) {
	t.Parallel()
	for option, want := range map[string]string{
		"oidc_provider.enabled": "has no effect yet", "backup.passwords": "are not encrypted", "language_code": "", "tags.min_featured_group_tag_count": "",
	} {
		p, out, problems := given(folder(t, "site.yaml", "database: {engine: sqlite, user: x}\n"), "")
		value := map[string]string{"language_code": "de", "tags.min_featured_group_tag_count": "0"}[option]
		if value == "" {
			value = "true"
		}
		if err := (&setCommand{Option: option, Value: &value}).Run(t.Context(), p); err != nil || !strings.Contains(out.String(), option+" is set") {
			t.Errorf("%s: %v, %s", option, err, out)
		}
		if !strings.Contains(problems.String(), want) || (want == "") != (problems.Len() == 0) || strings.Contains(problems.String(), "database") {
			t.Errorf("%s: it warns %q, want %q", option, problems, want)
		}
	}
}

func TestWhatTheStartRefusesIsNotWritten(t *testing.T) {
	t.Parallel()
	const packaged, local = "domain: a.example\ndatabase: {engine: postgresql, name: stadt, host: db}\n", "site_name: Neustadt\n"
	for name, c := range map[string]struct{ option, value, file, want string }{
		"what is not right":     {"domain", "a b", "", `domain: must be a host name without a port, such as stadt.example.org, not the text "a b"`},
		"an unknown option":     {"domian", "a", "", `domian: is not an option; did you mean "domain"?`},
		"what does not fit":     {"media_store", "s3", "", `s3.bucket: must be given: "s3" has no default`},
		"a section that hides":  {"database.user", "x", "800-local.yaml", "would replace all of that section"},
		"a file that loses":     {"site_name", "x", "050-early.yaml", "would have no effect"},
		"a file that is unread": {"site_name", "x", "local.yml", "is not one of the files that are read"},
		"a variable that wins":  {"listen", "localhost:1", "", "environment variable GROUPRISE_LISTEN wins"},
		"what was retired":      {"debug", "true", "", "has no meaning any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := folder(t, "100-package.yaml", packaged, "800-local.yaml", local)
			file := c.file
			if file != "" {
				file = filepath.Join(folder, file)
			}
			p, _, _ := given(folder, "", "GROUPRISE_LISTEN=localhost:2")
			err := (&setCommand{Option: c.option, Value: new(c.value), File: file}).Run(t.Context(), p)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if text(t, filepath.Join(folder, "100-package.yaml")) != packaged || text(t, filepath.Join(folder, "800-local.yaml")) != local {
				t.Error("it was written nevertheless")
			}
			if all, err := os.ReadDir(folder); err != nil || len(all) != 2 {
				t.Errorf("there are %v, %v", all, err)
			}
		})
	}
}

func TestWhatIsWrongElsewhereDoesNotStandInTheWay(t *testing.T) {
	t.Parallel()
	folder := folder(t, "a.yaml", "domain: a b\ntime_zone: Mars\n")
	p, _, _ := given(folder, "")
	if err := (&setCommand{Option: "domain", Value: new("b.example")}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := (&setCommand{Option: "time_zone", Value: new("Venus")}).Run(t.Context(), p); err == nil {
		t.Error("one mistake may be replaced by another")
	}
	if err := (&unsetCommand{Option: "time_zone"}).Run(p); err != nil {
		t.Fatal(err)
	}
	if got := text(t, filepath.Join(folder, "a.yaml")); got != "domain: b.example\n" {
		t.Error(got)
	}
}

func TestOptionsAreShown(t *testing.T) {
	t.Parallel()
	folder := folder(t, "a.yaml", "domain: a.example # why\ndatabase:\n  engine: postgresql\n  name: stadt\n  password: sesame\nclaims: [a, \"b: c\"]\n")
	for _, c := range []struct{ option, want, json string }{
		{"domain", "a.example", `"a.example"`},
		{"time_zone", "Europe/Berlin", `"Europe/Berlin"`},
		{"upload_max_file_size", "10", "10"},
		{"database.password", "sesame", `"sesame"`},
		{"database", "engine: postgresql\nname: stadt\npassword: sesame", `{"engine":"postgresql","name":"stadt","password":"sesame"}`},
		{"claims", `[a, "b: c"]`, `["a","b: c"]`},
		{"s3.bucket", "", "null"},
	} {
		for asJSON, want := range map[bool]string{false: c.want, true: c.json} {
			p, out, _ := given(folder, "")
			if err := (&getCommand{Option: c.option, JSON: asJSON}).Run(p); err != nil || out.String() != want+"\n" {
				t.Errorf("%s: %q, %v, want %q", c.option, out, err, want)
			}
		}
	}
	p, out, _ := given(folder, "")
	if err := (&listCommand{}).Run(p); err != nil || strings.Contains(out.String(), "sesame") || !strings.Contains(out.String(), "domain: a.example  # "+filepath.Join(folder, "a.yaml")+":1\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheOldCommandWorksAsItDid(t *testing.T) {
	t.Parallel()
	folder := folder(t, "100-package.yaml", "domain: a.example\n")
	run := func(input string, c Old) (string, error) {
		p, out, _ := given("/nowhere", input)
		if c.Format == "" {
			c.Format = "yaml"
		}
		c.SourceConfig = []string{folder}
		err := c.Run(p)
		return out.String(), err
	}
	if got, err := run("", Old{Action: "get", Selector: "secret_key"}); got != "\n" || err != nil {
		t.Errorf("what is not set: %q, %v", got, err)
	}
	if got, err := run("{engine: sqlite}", Old{Action: "set", Selector: "database"}); got != "" || err != nil {
		t.Errorf("set: %q, %v", got, err)
	}
	if got, err := run("", Old{Action: "dump"}); got != "domain: a.example\ndatabase:\n  engine: sqlite\n" || err != nil {
		t.Errorf("dump: %q, %v", got, err)
	}
	if got, err := run("", Old{Action: "get", Selector: "database", Format: "json"}); got != `{"engine":"sqlite"}`+"\n" || err != nil {
		t.Errorf("get: %q, %v", got, err)
	}
	for _, c := range []Old{{Action: "get"}, {Action: "set", Selector: "a..b"}, {Action: "dump-django"}, {Action: "set", Selector: "domain"}} {
		if got, err := run("a b", c); err == nil {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestAFirstFileIsMade(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	from := options.Sources(nil)
	from.Candidates, from.Named = nil, filepath.Join(empty, "conf", "site.yaml")
	file, err := Change(from, "", config.Change{Option: "domain", Value: config.Text("a.example")})
	if err != nil || file != from.Named || text(t, file) != "domain: a.example\n" {
		t.Errorf("%s, %v", file, err)
	}
	if _, err := Change(from, "", config.Change{Option: "domain", Value: config.Text("")}); err == nil || errors.Is(err, os.ErrPermission) {
		t.Error("nothing is a domain")
	}
}
