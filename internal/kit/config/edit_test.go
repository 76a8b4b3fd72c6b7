package config_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/config"
)

// set returns changes from pairs of an option and YAML; "-" takes the option out.
func set(t testing.TB, pairs ...string) []config.Change {
	t.Helper()
	var changes []config.Change
	for i := 0; i < len(pairs); i += 2 {
		c := config.Change{Option: pairs[i]}
		if pairs[i+1] != "-" {
			var err error
			if c.Value, err = config.ParseValue([]byte(pairs[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		changes = append(changes, c)
	}
	return changes
}

func TestAnEditedFileKeepsAllElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after string
		change        []string
	}{
		"an empty file":          {"", "domain: stadt.example\n", []string{"domain", "stadt.example"}},
		"no end of the line":     {"a: b", "a: b\ndomain: stadt.example\n", []string{"domain", "stadt.example"}},
		"a new section":          {"# ours\nmail:\n  a: b\n", "# ours\nmail:\n  a: b\ngeo:\n  tile_server:\n    url: \"https://{s}\"\n", []string{"geo.tile_server.url", "'https://{s}'"}},
		"an option in a section": {"mail:\n    a: b\n# end\n", "mail:\n    a: b\n    port: 25\n# end\n", []string{"mail.port", "25"}},
		"comments":               {"# first\n\na: b   # why\n# last\n", "# first\n\na: c   # why\n# last\n", []string{"a", "c"}},
		"double quotes":          {"a: \"b # no comment\" # yes\n", "a: \"c\" # yes\n", []string{"a", "c"}},
		"single quotes":          {"a: 'it''s' # yes\n", "a: 'it''s ours' # yes\n", []string{"a", "it's ours"}},
		"a sign in a text":       {"a: it's # yes\n", "a: \"#1\" # yes\n", []string{"a", "'#1'"}},
		"what looks like more":   {"a: b\n", "a: \"010\"\n", []string{"a", "'010'"}},
		"yes is a text":          {"a: b\n", "a: \"yes\"\n", []string{"a", "'yes'"}},
		"several lines":          {"a: |\n  one\n  # two\nb: c\n", "a: three\nb: c\n", []string{"a", "three"}},
		"a text of several lines": {
			"a: b\n", "a: \"one\\ntwo\"\n", []string{"a", "\"one\\ntwo\""},
		},
		"upper case": {"Domain: b # why\n", "Domain: c # why\n", []string{"domain", "c"}},
		"quoted key": {"\"a\": b\n", "\"a\": c\n", []string{"a", "c"}},
		"Windows":    {"a: b # why\r\nc: d\r\n", "a: e # why\r\nc: d\r\n", []string{"a", "e"}},
		"a section with comments": {
			"# The chat.\nchat: # since May\n    # on\n    enabled: true\n    bot: old # who\n\n# The mails.\nmail:\n  a: b\n",
			"# The chat.\nchat: # since May\n    # on\n    enabled: true\n    bot: new # who\n    token: syt_1\n\n# The mails.\nmail:\n  a: b\n",
			[]string{"chat.bot", "new", "chat.token", "syt_1"},
		},
		"a section in brackets": {"db: {engine: sqlite, port: 1} # where\n", "db: {engine: sqlite, port: 2, host: a} # where\n", []string{"db.port", "2", "db.host", "a"}},
		"a whole section": {
			"db:\n  # which\n  engine: sqlite # small\n  port: 1\nx: y\n", "db:\n  # which\n  engine: mysql # small\n  name: stadt\nx: y\n",
			[]string{"db", "{engine: mysql, name: stadt}"},
		},
		"a section of sections": {
			"geo:\n  a:\n    # deep\n    b: 1 # one\n    c: 2\n  d: 3\n", "geo:\n  a:\n    # deep\n    b: 2 # one\n  d: 3\n", []string{"geo", "{a: {b: 2}, d: 3}"},
		},
		"a text instead of a section": {"db:\n  engine: sqlite\nx: y\n", "db: none\nx: y\n", []string{"db", "none"}},
		"a section instead of a text": {"db: none # why\nx: y\n", "db: # why\n  engine: sqlite\nx: y\n", []string{"db", "{engine: sqlite}"}},
		"nothing yet in a section":    {"db: # soon\nx: y\n", "db: # soon\n  engine: sqlite\nx: y\n", []string{"db.engine", "sqlite"}},
		"a list in brackets":          {"a: [b, c] # why\n", "a: [b, d e, \"f:g\"] # why\n", []string{"a", "[b, d e, 'f:g']"}},
		"a list in lines": {
			"a: # why\n  # first\n  - b # one\n  # second\n  - c\n  - d\n# end\ne: f\n", "a: # why\n  # second\n  - c\n  - x\n  # first\n  - b # one\n# end\ne: f\n",
			[]string{"a", "[c, x, b]"},
		},
		"a list that is not indented": {"a:\n- b\n- c\nd: e\n", "a:\n- b\n- x\nd: e\n", []string{"a", "[b, x]"}},
		"an empty list":               {"a:\n  - b\nd: e\n", "a: []\nd: e\n", []string{"a", "[]"}},
		"nothing":                     {"a: b # why\n", "a: null # why\n", []string{"a", "null"}},
		"taken out":                   {"# ours\na: b # why\n# about c\nc: d\n", "# ours\n# about c\nc: d\n", []string{"a", "-"}},
		"taken out of a section":      {"db:\n  a: b\n  c: d\n", "db:\n  c: d\n", []string{"db.a", "-"}},
		"the last of a section":       {"db:\n  a: b\nc: d\n", "c: d\n", []string{"db.a", "-"}},
		"the only one":                {"a: b\n", "", []string{"a", "-"}},
		"what is not there":           {"a: b\n", "a: b\n", []string{"c.d", "-"}},
		"the same":                    {"a:   b   # why\n", "a: b   # why\n", []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Edit([]byte(c.before), set(t, c.change...)...)
			if err != nil || string(got) != c.after {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, c.after)
			}
		})
	}
}

func TestWhatCannotBeEditedIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, change, want string }{
		"a broken file":             {"a: [", "a", "not YAML"},
		"a file in brackets":        {"{a: b, c: d}\n", "c", "not written in a line of its own"},
		"another in such a file":    {"{a: b}\n", "c", "cannot be changed as this file is written"},
		"a section that is a text":  {"a: b\n", "a.c", "a is the text \"b\""},
		"an anchor":                 {"a: &x {b: c}\nd: *x\n", "a.b", "cannot be changed as this file is written"},
		"brackets in several lines": {"a: {b: c,\n  d: e}\n", "a.b", "written in brackets over several lines"},
	} {
		got, err := config.Edit([]byte(c.before), set(t, c.change, "x")...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\n%s\nwant %s", name, err, got, c.want)
		}
	}
}

func FuzzEditChangesNothingElse(f *testing.F) {
	for _, seed := range []string{"a: b # c\nd:\n  e: f\n", "a:\n- b\n", "a: {b: c}\n", "a: |\n  x\n # y\nb: c\n", "\"a\": 'b'\r\n", "a: \"b\n  c\" # d\n"} {
		f.Add(seed, "a", "x y")
		f.Add(seed, "d.e", "# z")
	}
	f.Fuzz(func(t *testing.T, source, option, text string) {
		if strings.Trim(option, "abcdef.") != "" || option == "" || strings.Contains("."+option+".", "..") {
			t.Skip()
		}
		edited, err := config.Edit([]byte(source), config.Change{Option: option, Value: config.Text(text)})
		if err != nil {
			return
		}
		// What is set again changes nothing.
		again, err := config.Edit(edited, config.Change{Option: option, Value: config.Text(text)})
		if err != nil || string(again) != string(edited) {
			t.Errorf("%q becomes %q and then %q, %v", source, edited, again, err)
		}
		// Comments that stand alone stay.
		for line := range strings.Lines(source) {
			if strings.HasPrefix(line, "#") && !strings.Contains(string(edited), strings.TrimRight(line, "\r\n")) {
				t.Errorf("%q loses %q: %q", source, line, edited)
			}
		}
	})
}
