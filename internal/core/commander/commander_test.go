package commander_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestALineIsSplitAsAShellDoes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                          nil,
		"  user  show\tanna ":       {"user", "show", "anna"},
		`"a b" 'c "d"' e\ f "g\"h"`: {"a b", `c "d"`, "e f", `g"h`},
		`'' x""y`:                   {"", "xy"},
		"# all of it":               nil,
		"user show # the rest":      {"user", "show"},
		"a#b":                       {"a#b"},
		"a; rm -rf $HOME `b` | c>d": {"a;", "rm", "-rf", "$HOME", "`b`", "|", "c>d"},
	} {
		if got, err := commander.Split(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
	for _, line := range []string{`"`, `a 'b`, `a\`} {
		if got, err := commander.Split(line); err == nil {
			t.Errorf("%q: %q", line, got)
		}
	}
}

func known() *commander.Commander {
	c := commander.New()
	run := func(reply string) func(context.Context, []string) (commander.Reply, error) {
		return func(context.Context, []string) (commander.Reply, error) { return commander.Reply{reply}, nil }
	}
	c.Serve(
		commander.Command{Name: "user show", Args: "NAME", About: "Shows.", Run: run("shown")},
		commander.Command{Name: "user admin list", About: "Lists.", Run: run("listed")},
		commander.Command{Name: "user list", Args: "[N]", About: "Lists.", Run: run("listed")},
		commander.Command{Name: "group show", Args: "GROUP", About: "Shows.", Run: run("group")},
		commander.Command{Name: "content show", Args: "URL", About: "Shows.", Run: run("content")},
		commander.Command{Name: "content show", Args: "URL", About: "Shows.", Run: run("talk"), Fits: func(args []string) bool { return args[0] == "talk" }},
	)
	return c
}

func TestOrdersAreRead(t *testing.T) {
	t.Parallel()
	c := known()
	for text, want := range map[string]string{
		"user show anna":                "shown",
		"USER Show anna":                "shown",
		"user admin list":               "listed",
		"user list":                     "listed",
		"user list 3":                   "listed",
		"content show x":                "content",
		"content show talk":             "talk",
		"user show a\n#x\ngroup show b": "shown\ngroup",
		"# nothing":                     "",
		"help user admin":               "These are the commands:\n- user admin list – Lists.",
		"user show":                     "Usage: user show NAME",
		"user show a b":                 "Usage: user show NAME",
		"user shwo anna":                "There is no such command.\n- user show NAME – Shows.\n- user admin list – Lists.\n- user list [N] – Lists.",
		"grop show x":                   "There is no such command.\n- group show GROUP – Shows.",
		"something else":                "There is no such command.\n“help” lists the commands.",
		"user show 'x":                  "A quotation mark is missing. Nothing has been done.",
	} {
		orders, err := c.Read(t.Context(), text)
		reply, failure := commander.Run(t.Context(), orders)
		for _, err := range []error{err, failure} {
			if err != nil {
				reply, _ = commander.Explain(t.Context(), err)
			}
		}
		if reply.Text() != want {
			t.Errorf("%q: said %q, want %q", text, reply.Text(), want)
		}
	}
	orders, err := c.Read(t.Context(), "help")
	if err != nil || len(orders) != 1 {
		t.Fatal(orders, err)
	}
	if reply, err := commander.Run(t.Context(), orders); err != nil || strings.Count(reply.Text(), "content show") != 1 || len(reply) != 7 {
		t.Errorf("help says %q, %v", reply, err)
	}
}

func TestAddressesNameWhatTheyLeadTo(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"garten": "garten", "@anna": "anna", "https://stadt.example/garten/": "garten", "/stadt/garten": "garten", "https://stadt.example/garten/?a=/b#/c": "garten",
	} {
		if got := commander.Slug(arg); got != want {
			t.Errorf("%q names %q", arg, got)
		}
	}
	for arg, want := range map[string]string{
		"https://stadt.example/a/b/": "/a/b/", "http://stadt.example/a": "/a", "stadt.example/a": "/a", "/a/b": "/a/b",
		"https://other.example/a": "", "https://stadt.example.evil/a": "", "//other.example/a": "", "a": "", "": "",
	} {
		if got, ok := commander.Path("https://stadt.example", arg); got != want || ok != (want != "") {
			t.Errorf("%q leads to %q, %v", arg, got, ok)
		}
	}
}

func TestNamesThatMayHaveBeenMeantAreOffered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		reply, unexpected := commander.Explain(t.Context(), commander.Unknown(t.Context(), db, community.GroupEntity, c.Garten.Slug+"x"))
		if unexpected || !slices.Contains(reply, "- "+c.Garten.Slug) || reply[0] != "Unknown group: "+c.Garten.Slug+"x" {
			t.Errorf("said %q", reply)
		}
	})
}

func TestCountsAreWholeNumbersAboveNought(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"0"}, {"-1"}, {"x"}, {"1.5"}, {""}, {"99999999999999999999"}} {
		if n, err := commander.Count(t.Context(), args, 5); err == nil {
			t.Errorf("%q counts as %d", args, n)
		}
	}
	if n, err := commander.Count(t.Context(), nil, 5); n != 5 || err != nil {
		t.Error(n, err)
	}
	if n, err := commander.Count(t.Context(), []string{"12"}, 5); n != 12 || err != nil {
		t.Error(n, err)
	}
}
