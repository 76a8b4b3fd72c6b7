package setupctl

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
)

// machine is where a site is set up: a folder for the configuration and one for data.
type machine struct{ file, data string }

func newMachine(t *testing.T) machine {
	t.Helper()
	folder := t.TempDir()
	return machine{filepath.Join(folder, "site.yaml"), filepath.Join(folder, "data")}
}

// run runs the command; answers are what somebody types, "" is no terminal.
func (m machine) run(t *testing.T, c Setup, answers string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	p := &process.Process{Stdout: &out, Stderr: t.Output(), LogLevel: "error", Environ: []string{"GROUPRISE_LISTEN=localhost:8008"}}
	from := options.Sources(p.Environ)
	from.Candidates = []string{m.file}
	c.ModifiableConfig = m.file
	a := &asker{ctx: t.Context(), out: &out}
	if answers != "" {
		a.lines = bufio.NewReader(strings.NewReader(answers))
	}
	err := c.run(t.Context(), p, from, a)
	return out.String(), err
}

func (m machine) configuration(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(source), m.data, "DATA")
}

var (
	link = regexp.MustCompile(`chooses a password at https://stadt\.example/stadt/password/reset/`)
	code = regexp.MustCompile(`Set the site up at (\S+)\nCode: [a-z0-9-]{30,} `)
)

func TestASiteIsSetUpByAnsweringQuestions(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out, err := m.run(t, Setup{}, "not a host\nStadt.Example\n"+m.data+"\n"+strings.Repeat("x", 61)+"\nNeustadt\nxx\nde\n"+strings.Repeat("x", 151)+"\nWir sind Nachbarn.\nVerein *Neustadt*\n\n\nnobody\nanna@post.example\nSchlecht!\n\n")
	if err != nil || !link.MatchString(out) {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, said := range []string{"must be a host name without a port", "there are: en, de", "Use at most 60 characters.\n", "sentence: Use at most 150 characters.\n", `"nobody" is no email address`, "anna administers the site"} {
		if !strings.Contains(out, said) {
			t.Errorf("does not say %q:\n%s", said, out)
		}
	}
	if got := m.configuration(t); got != "domain: stadt.example\ndata_path: DATA\n" {
		t.Error(got)
	}
	// Once more: what was said is offered, and nobody becomes an administrator twice.
	out, err = m.run(t, Setup{}, "\n\n\n\n")
	if err != nil || !strings.Contains(out, "[Wir sind Nachbarn.]") || strings.Contains(out, "Who runs it?") || !strings.Contains(out, "[stadt.example]") || !strings.Contains(out, "[Neustadt]") || !strings.Contains(out, "[de]") || !strings.Contains(out, "There is an administrator already") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := m.run(t, Setup{Code: true}, ""); err == nil {
		t.Errorf("a code for a site that is set up: %s", out)
	}
}

func TestASiteIsSetUpWithoutATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out, err := m.run(t, Setup{Domain: "stadt.example", DataPath: m.data, SiteName: "Neustadt", Language: "de", Email: "anna.ahorn@post.example", Group: "Betrieb"}, "")
	if err != nil || !link.MatchString(out) || !strings.Contains(out, "anna-ahorn administers the site") || !strings.Contains(out, `The group "Betrieb" is at /betrieb/.`) {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := m.run(t, Setup{Domain: "a b"}, ""); err == nil || !strings.Contains(err.Error(), "must be a host name") {
		t.Errorf("%v\n%s", err, out)
	}
	if got := m.configuration(t); got != "domain: stadt.example\ndata_path: DATA\n" {
		t.Error(got)
	}
}

func TestASiteOnThisMachineNeedsNoTLSAndTheBrowserDoesTheRest(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out, err := m.run(t, Setup{Domain: "localhost", DataPath: m.data}, "")
	if err != nil || !code.MatchString(out) || code.FindStringSubmatch(out)[1] != "http://localhost:8008/stadt/setup/" {
		t.Errorf("%v\n%s", err, out)
	}
	if got := m.configuration(t); got != "domain: localhost\ndata_path: DATA\ntransport_security: disabled\n" {
		t.Error(got)
	}
	again, err := m.run(t, Setup{Code: true}, "")
	if err != nil || !code.MatchString(again) || code.FindString(again) == code.FindString(out) {
		t.Errorf("%v\n%s", err, again)
	}
}

func TestWhoeverStopsAnsweringGoesOnLater(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if out, err := m.run(t, Setup{}, "stadt.example\n"); err == nil || !strings.Contains(err.Error(), "goes on from there") {
		t.Errorf("%v\n%s", err, out)
	}
	if got := m.configuration(t); got != "domain: stadt.example\n" {
		t.Error(got)
	}
	// What has been answered is known.
	if _, err := m.run(t, Setup{}, "\n"+m.data+"\nNeustadt\nde\n"); err == nil || !strings.Contains(err.Error(), "goes on from there") {
		t.Error(err)
	}
	if out, err := m.run(t, Setup{}, "\n"); err == nil || !strings.Contains(out, "Name of the site [Neustadt]") {
		t.Errorf("%v\n%s", err, out)
	}
}
