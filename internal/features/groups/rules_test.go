package groups

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/tagging"
)

func TestProfilesSayWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	good := Profile{Name: "Garten", Slug: "garten", FoundedOn: "2024-02-29"}
	for _, c := range []struct {
		name   string
		change func(p *Profile)
		wrong  string // the field; "" means nothing is wrong
	}{
		{"as little as possible", func(*Profile) {}, ""},
		{"everything", func(p *Profile) {
			p.Description, p.Address, p.URL, p.Closed = "Wir *graben*.", "Am Bach 3\n12345 Neustadt", "http://garten.example/über-uns?x=1", true
		}, ""},
		{"no name", func(p *Profile) { p.Name = "" }, "name"},
		{"the longest name", func(p *Profile) { p.Name = strings.Repeat("ß", 255) }, ""},
		{"a longer name", func(p *Profile) { p.Name = strings.Repeat("ß", 256) }, "name"},
		{"the longest description", func(p *Profile) { p.Description = strings.Repeat("ß", 200) }, ""},
		{"a longer description", func(p *Profile) { p.Description = strings.Repeat("ß", 201) }, "description"},
		{"a novel as an address", func(p *Profile) { p.Address = strings.Repeat("x", 1001) }, "address"},
		{"no date", func(p *Profile) { p.FoundedOn = "" }, "date_founded"},
		{"a day that was not", func(p *Profile) { p.FoundedOn = "2023-02-29" }, "date_founded"},
		{"a script as a website", func(p *Profile) { p.URL = "javascript://example.org/%0aalert(1)" }, "url"},
		{"a website without a host", func(p *Profile) { p.URL = "https:///x" }, "url"},
		{"a website with a password", func(p *Profile) { p.URL = "https://a:b@example.org" }, "url"},
		{"words as a website", func(p *Profile) { p.URL = "https://example.org and more" }, "url"},
		{"a very long website", func(p *Profile) { p.URL = "https://example.org/" + strings.Repeat("x", 200) }, "url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := good
			c.change(&p)
			wrong := p.validate()
			switch {
			case c.wrong == "" && len(wrong) > 0:
				t.Errorf("refused: %+v", wrong)
			case c.wrong != "" && (len(wrong) != 1 || wrong[0].Name != c.wrong):
				t.Errorf("got %+v, want a complaint about %s", wrong, c.wrong)
			}
		})
	}
}

func TestWebAddressesAreCompletedAndShortened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, stored, shown string }{
		{"", "", ""},
		{"garten.example", "https://garten.example", "garten.example"},
		{"http://garten.example/", "http://garten.example/", "garten.example"},
		{"https://garten.example/a/", "https://garten.example/a/", "garten.example/a"},
	} {
		if stored := normalURL(c.typed); stored != c.stored || shortURL(stored) != c.shown {
			t.Errorf("%q is stored as %q and shown as %q, want %q and %q", c.typed, stored, shortURL(stored), c.stored, c.shown)
		}
	}
}

func TestOnlyMembersChangeAGroup(t *testing.T) {
	t.Parallel()
	somebody := community.Viewer{PersonID: 1}
	for _, c := range []struct {
		name string
		s    community.Standing
		may  bool
	}{
		{"nobody", community.Standing{}, false},
		{"somebody", community.Standing{Viewer: somebody}, false},
		{"a subscriber", community.Standing{Viewer: somebody, Subscribed: true}, false},
		{"an administrator", community.Standing{Viewer: community.Viewer{PersonID: 1, Admin: true}}, false},
		{"a member", community.Standing{Viewer: somebody, Member: true}, true},
	} {
		if got := CanChange(c.s); got != c.may {
			t.Errorf("%s: %v, want %v", c.name, got, c.may)
		}
	}
}

func TestRecipientsAreFoundHoweverTheyAreSeparated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text             string
		addresses, names []string
	}{
		{"", nil, nil},
		{"foo @user, <a@b.example>", []string{"a@b.example"}, []string{"user"}},
		{"a@b.example;A@B.example\nc.d+e@ü-f.example.", []string{"a@b.example", "c.d+e@ü-f.example"}, nil},
		{"@anna @Anna @bert", nil, []string{"anna", "bert"}},
		{`"Anna A." <anna@example.org>,bert@example.org`, []string{"anna@example.org", "bert@example.org"}, nil},
		{"a@localhost @@", nil, []string{"localhost"}},
		{strings.Repeat("x", 250) + "@example.org", nil, nil},
	} {
		addresses, names := parseRecipients(c.text)
		if !slices.Equal(addresses, c.addresses) || !slices.Equal(names, c.names) {
			t.Errorf("%q gives %v and %v, want %v and %v", c.text, addresses, names, c.addresses, c.names)
		}
	}
}

func TestGroupsNeedSomeOfTheRecommendedTags(t *testing.T) {
	t.Parallel()
	suggested, _ := tagging.ParseList("Umwelt, Kultur")
	for _, c := range []struct {
		list    string
		minimum int
		want    string
	}{
		{"", 0, ""},
		{"", 1, "Choose at least one of the recommended tags."},
		{"Garten", 1, "Choose at least one of the recommended tags."},
		{"garten, UMWELT", 1, ""},
		{"umwelt", 2, "Choose at least 2 of the recommended tags."},
		{"umwelt, kultur", 2, ""},
		{"umwelt, kultur", 3, ""}, // there are no more
		{"umwelt, _", 0, "“_” can’t be a tag. Use letters and digits, at most 100."},
	} {
		tags, wrong := tagging.ParseList(c.list)
		got := ""
		if problems := validateTags(tags, wrong, suggested, c.minimum); len(problems) > 0 {
			got = fmt.Sprintf(problems[0].Message, problems[0].Args...)
		}
		if got != c.want {
			t.Errorf("%q of at least %d: %q, want %q", c.list, c.minimum, got, c.want)
		}
	}
}
