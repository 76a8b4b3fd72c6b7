package arch_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"grouprise.org/grouprise/internal/testkit/arch"
)

func TestTheHouseKeepsItsRules(t *testing.T) {
	t.Parallel()
	problems, err := arch.Check(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

// sound is a small house that keeps every rule. Each fixture adds files to it or replaces some.
const sound = `
-- cmd/grouprise/main.go --
// Grouprise is the program.
package main

import "grouprise.org/grouprise/internal/app"
-- internal/app/app.go --
// Package app is the roof.
package app

import (
	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/features/membership"
)
-- internal/kit/sqldb/sqldb.go --
// Package sqldb opens databases.
package sqldb

func Open(engine string) bool { return engine == "mysql" }
-- internal/kit/log/log.go --
// Package log writes.
package log

import "log/slog"

type Handler struct{ slog.Handler }

// WithGroup has the name that slog gives it.
func (h Handler) WithGroup(group string) slog.Handler { return h }
-- internal/community/community.go --
// Package community has the nouns.
package community

type Person struct{ Name string }
-- internal/core/policy/policy.go --
// Package policy decides.
package policy

import "grouprise.org/grouprise/internal/community"
-- internal/core/module/module.go --
// Package module is the manifest.
package module

import "grouprise.org/grouprise/internal/core/policy"
-- internal/channels/email/email.go --
// Package email sends.
package email

import "grouprise.org/grouprise/internal/core/policy"
-- internal/features/groups/groups.go --
// Package groups is the room of groups.
package groups

import (
	"embed"
	"errors"
	"regexp"

	"grouprise.org/grouprise/internal/core/module"
)

//go:embed mails
var mails embed.FS

var (
	errFull = errors.New("full")
	name    = regexp.MustCompile("x")
	kinds   = []string{"open", "closed"}
	_ error = (*fault)(nil)
	table   = map[string]*[]string{"kinds": &kinds}
)

type fault struct{}

func local() { kinds := []string{}; kinds = append(kinds, "a"); kinds[0] = "b" }
-- internal/features/groups/store.go --
package groups

import "database/sql"

const list = "SELECT id FROM \"groups\" WHERE kind = 'groups'"
-- internal/features/groups/web.go --
package groups

import "net/http"
-- internal/features/groups/page.templ --
package groups
-- internal/features/membership/membership.go --
// Package membership is the room of memberships.
package membership

import "grouprise.org/grouprise/internal/features/groups"
-- internal/features/membership/membership_test.go --
package membership_test

import (
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/testkit/cast"
)

var shared int
-- internal/testkit/cast/cast.go --
// Package cast has the people of the tests.
package cast

import "grouprise.org/grouprise/internal/features/groups"
-- internal/schema/0001.sql --
CREATE TABLE "groups" (id INTEGER); -- the groups
-- tools/other.go --
package tools
-- docs/words.md --
| word | what it means | what people see | not in code |
| --- | --- | --- | --- |
| person | somebody | person | user, gestalt |
`

// house is the sound house with the files of a fixture laid over it.
func house(files string) fstest.MapFS {
	tree := fstest.MapFS{}
	for _, part := range []string{sound, files} {
		for _, f := range txtar.Parse([]byte(part)).Files {
			tree[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return tree
}

func TestASoundHouseHasNoProblems(t *testing.T) {
	t.Parallel()
	problems, err := arch.Check(house(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

func TestEachBrokenRuleNamesTheCulprit(t *testing.T) {
	t.Parallel()
	const (
		groups   = "-- internal/features/groups/x.go --\npackage groups\n\n"
		ofGroups = "internal/features/groups/x.go:"
		polls    = "-- internal/features/polls/polls.go --\n// Package polls asks.\npackage polls\n\nimport \"grouprise.org/grouprise/internal/features/content\"\n\n" +
			"const Path = \"/stadt/polls/add\"\n\nfunc Kind() content.Kind { return content.Kind{} }\n"
	)
	for name, c := range map[string]struct{ files, want string }{
		"a package on no floor": {
			"-- internal/util/util.go --\n// Package util helps.\npackage util\n",
			"internal/util/util.go:2: floors: internal/util stands on no floor",
		},
		"kit walks upstairs": {
			"-- internal/kit/log/x.go --\npackage log\n\nimport \"grouprise.org/grouprise/internal/community\"\n",
			"internal/kit/log/x.go:3: floors: internal/kit/log imports internal/community, but kit may import nothing of the house, not community",
		},
		"community knows SQL": {
			"-- internal/community/x.go --\npackage community\n\nimport \"database/sql\"\n",
			"internal/community/x.go:3: floors: internal/community imports database/sql, but the first floor knows neither SQL nor HTTP",
		},
		"core walks upstairs": {
			"-- internal/core/policy/x.go --\npackage policy\n\nimport \"grouprise.org/grouprise/internal/features/groups\"\n",
			"internal/core/policy/x.go:3: floors: internal/core/policy imports internal/features/groups, but core may import kit, community, not features",
		},
		"core knows the manifest": {
			"-- internal/core/policy/x.go --\npackage policy\n\nimport \"grouprise.org/grouprise/internal/core/module\"\n",
			"internal/core/policy/x.go:3: floors: internal/core/policy imports internal/core/module, but module is the highest of the core",
		},
		"a feature knows a channel": {
			groups + "import \"grouprise.org/grouprise/internal/channels/email\"\n",
			ofGroups + "3: floors: internal/features/groups imports internal/channels/email, but features may import kit, community, core, not channels",
		},
		"a channel knows a feature": {
			"-- internal/channels/email/x.go --\npackage email\n\nimport \"grouprise.org/grouprise/internal/features/groups\"\n",
			"internal/channels/email/x.go:3: floors: internal/channels/email imports internal/features/groups, but channels may import kit, community, core, not features",
		},
		"a channel knows another": {
			"-- internal/channels/inbox/inbox.go --\n// Package inbox keeps.\npackage inbox\n\nimport \"grouprise.org/grouprise/internal/channels/email\"\n",
			"internal/channels/inbox/inbox.go:4: floors: internal/channels/inbox imports internal/channels/email, but channels do not know each other",
		},
		"an undeclared door": {
			groups + "import \"grouprise.org/grouprise/internal/features/membership\"\n",
			ofGroups + "3: floors: internal/features/groups imports internal/features/membership, but there is no door from groups to membership: use an activity",
		},
		"a room that shows what it stands on": {
			groups + "type Groups struct{ Outbox int }\n\nfunc (g *Groups) Module() int { return 0 }\n", ofGroups + "3: walls: Groups shows Outbox",
		},
		"a room that embeds what it stands on": {
			groups + "type Deps struct{ DB int }\n\ntype Groups struct{ Deps }\n\nfunc (g Groups) Module() int { return 0 }\n", ofGroups + "5: walls: Groups shows Deps",
		},
		"a door that nobody uses": {
			"-- internal/features/content/content.go --\n// Package content keeps.\npackage content\n-- internal/features/threads/threads.go --\n// Package threads holds.\npackage threads\n",
			"internal/testkit/arch/imports.go:1: doors: nobody uses the door from content to threads",
		},
		"a door to content of what is no kind": {
			groups + "import \"grouprise.org/grouprise/internal/features/content\"\n", ofGroups + "3: floors: internal/features/groups imports internal/features/content, but there is no door",
		},
		"a second line about a kind of content": {
			"-- internal/app/x.go --\npackage app\n\nimport \"grouprise.org/grouprise/internal/features/polls\"\n\nvar (\n_ = polls.Kind()\n_ = polls.Path\n)\n" + polls,
			"internal/app/x.go:7: kinds of content: internal/app/x.go knows the kind polls",
		},
		"a path to the form of a kind of content": {
			groups + "const path = \"/stadt/polls/add/\"\n" + polls, ofGroups + "3: kinds of content: internal/features/groups/x.go names the form of the kind polls",
		},
		"a page that leads to the form of a kind of content": {
			"-- internal/features/groups/page.templ --\npackage groups\n\nconst path = \"polls/add\"\n" + polls, "internal/features/groups/page.templ:3: kinds of content: ",
		},
		"a feature knows the roof": {
			groups + "import \"grouprise.org/grouprise/internal/app\"\n",
			ofGroups + "3: floors: internal/features/groups imports internal/app, but nobody but cmd and e2e knows the roof",
		},
		"a test of a feature knows the roof": {
			"-- internal/features/groups/x_test.go --\npackage groups_test\n\nimport \"grouprise.org/grouprise/internal/app\"\n",
			"internal/features/groups/x_test.go:3: floors: internal/features/groups imports internal/app, but nobody but cmd and e2e knows the roof",
		},
		"the command reaches into a room": {
			"-- cmd/grouprise/x.go --\npackage main\n\nimport \"grouprise.org/grouprise/internal/features/groups\"\n",
			"cmd/grouprise/x.go:3: floors: cmd/grouprise imports internal/features/groups, but cmd may import kit, app, not features",
		},
		"testkit outside of tests": {
			groups + "import \"grouprise.org/grouprise/internal/testkit/cast\"\n",
			ofGroups + "3: floors: internal/features/groups imports internal/testkit/cast, but testkit is for tests only",
		},
		"SQL in web.go": {
			"-- internal/features/groups/web.go --\npackage groups\n\nimport \"grouprise.org/grouprise/internal/kit/sqldb\"\n",
			"internal/features/groups/web.go:3: role files: web.go imports grouprise.org/grouprise/internal/kit/sqldb",
		},
		"SQL in a file of the role web": {
			"-- internal/features/groups/web_faces.go --\npackage groups\n\nimport \"grouprise.org/grouprise/internal/kit/sqldb\"\n",
			"internal/features/groups/web_faces.go:3: role files: web_faces.go imports grouprise.org/grouprise/internal/kit/sqldb",
		},
		"HTTP in a file of the role store": {
			"-- internal/features/groups/store_faces.go --\npackage groups\n\nimport \"net/http\"\n",
			"internal/features/groups/store_faces.go:3: role files: store_faces.go imports net/http",
		},
		"HTTP in store.go": {
			"-- internal/features/groups/store.go --\npackage groups\n\nimport \"net/http\"\n",
			"internal/features/groups/store.go:3: role files: store.go imports net/http",
		},
		"HTTP in rules.go": {
			"-- internal/features/groups/rules.go --\npackage groups\n\nimport \"net/http\"\n",
			"internal/features/groups/rules.go:3: role files: rules.go imports net/http",
		},
		"SQL in rules.go": {
			"-- internal/features/groups/rules.go --\npackage groups\n\nimport \"github.com/jmoiron/sqlx\"\n",
			"internal/features/groups/rules.go:3: role files: rules.go imports github.com/jmoiron/sqlx",
		},
		"func init": {groups + "func init() {}\n", ofGroups + "3: no init: "},
		"a variable without a value": {
			groups + "var count int\n", ofGroups + "3: no package state: the variable count is state",
		},
		"a mutex": {groups + "import \"sync\"\n\nvar mu = sync.Mutex{}\n", ofGroups + "5: no package state: the variable mu is state"},
		"a pointer to a literal": {
			groups + "var current = &fault{}\n", ofGroups + "3: no package state: the variable current is state",
		},
		"a value that a call makes": {
			groups + "var cache = newCache()\n", ofGroups + "3: no package state: the variable cache is state",
		},
		"a table that is written to in another file": {
			groups + "func f() { kinds[0] = \"x\" }\n", ofGroups + "3: no package state: the variable kinds is written to",
		},
		"a table that is emptied": {
			groups + "var seen = map[string]bool{}\n\nfunc f() { delete(seen, \"x\") }\n", ofGroups + "5: no package state: the variable seen is written to",
		},
		"a table whose address is handed out": {
			groups + "func f() *[]string { return &kinds }\n", ofGroups + "3: no package state: the variable kinds is written to",
		},
		"a table that a function value writes to": {
			groups + "var f = func() { kinds[0] = \"x\" }\n", ofGroups + "3: no package state: the variable kinds is written to",
		},
		"a decision by the name of the database": {
			groups + "func f(engine string) bool { return engine == \"postgresql\" }\n", ofGroups + "3: one SQL: ",
		},
		"a switch over databases": {
			groups + "func f(d int) {\n\tswitch d {\n\tcase sqldb.MariaDB:\n\t}\n}\n", ofGroups + "5: one SQL: ",
		},
		"a package without a comment": {
			"-- internal/kit/mail/mail.go --\npackage mail\n",
			"internal/kit/mail/mail.go:1: package comment: the package internal/kit/mail needs a comment that begins with \"Package mail \"",
		},
		"a page upstairs": {
			"-- internal/app/page.templ --\npackage app\n", "internal/app/page.templ:1: pages at home: ",
		},
		"a long file of a room": {groups + strings.Repeat("\n", 450), ofGroups + "451: sizes: "},
		"a long page of a room": {
			"-- internal/features/groups/page.templ --\npackage groups\n" + strings.Repeat("\n", 450), "internal/features/groups/page.templ:451: sizes: ",
		},
		"a long package of the roof": {
			roofFile("a") + roofFile("b") + roofFile("c"), "internal/app/c.go:1: sizes: the package internal/app ",
		},
		"the table groups without quotes": {
			groups + "const q = `SELECT id FROM groups ORDER BY id`\n", ofGroups + "3: quoted groups: ",
		},
		"a column of the table groups without quotes": {
			groups + "const q = `SELECT groups.id FROM \"groups\"`\n", ofGroups + "3: quoted groups: ",
		},
		"the table groups without quotes in a migration": {
			"-- internal/schema/0002.sql --\nALTER TABLE x\nREFERENCES groups (id);\n", "internal/schema/0002.sql:2: quoted groups: ",
		},
		"a forbidden word": {
			groups + "type Founder struct{ UserName string }\n", ofGroups + "3: words: UserName says \"user\": the word is \"person\"",
		},
		"a forbidden word in plural": {
			groups + "func ListUsers() {}\n", ofGroups + "3: words: ListUsers says \"users\": the word is \"person\"",
		},
		"kit that knows the town": {
			"-- internal/kit/log/x.go --\npackage log\n\nfunc logGroups() {}\n",
			"internal/kit/log/x.go:3: kit is general: logGroups says \"groups\"",
		},
		"a note to oneself": {groups + "// " + "TO" + "DO: later\n", ofGroups + "3: no marks: "},
		"a note to oneself in a page": {
			"-- internal/features/groups/page.templ --\npackage groups\n\n// FIX" + "ME\n", "internal/features/groups/page.templ:3: no marks: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, err := arch.Check(house(c.files))
			if err != nil {
				t.Fatal(err)
			}
			if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), c.want) {
				t.Errorf("got %v\nwant one that begins with %s", problems, c.want)
			}
		})
	}
}

// roofFile returns a file of the roof that is just not too long by itself.
func roofFile(name string) string {
	return "-- internal/app/" + name + ".go --\npackage app\n" + strings.Repeat("\n", 440)
}
