package admin

import (
	"log/slog"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestWhatIsMissingBeforeASiteOpens(t *testing.T) {
	t.Parallel()
	all := []string{
		"Send a test email", "Give the site a name", "Say what this site is", "Add your logo", "Write the imprint", "Write the privacy page",
		"Set up backups", "Start the first group",
	}
	full := site.Look{Claims: []string{"We plant."}, Imprint: "x", DataProtection: "x", Square: "/own/sign.png"}
	for _, c := range []struct {
		what   string
		saved  map[settings.Key]string
		fixed  map[settings.Key]settings.Fixed
		look   site.Look
		groups bool
		want   []string

		backedUp bool
	}{
		{what: "a new site", want: all},
		{what: "everything", saved: map[settings.Key]string{settings.TestMail: settings.Passed, settings.Name: "Neustadt", settings.Backups: settings.Passed}, look: full, groups: true},
		{what: "a site that makes its backups", saved: map[settings.Key]string{settings.TestMail: settings.Passed, settings.Name: "Neustadt"}, look: full, groups: true, backedUp: true},
		{
			what:  "a site whose name stands in a file, and whose mails fail",
			saved: map[settings.Key]string{settings.TestMail: settings.Failed}, look: full, groups: true,
			fixed: map[settings.Key]settings.Fixed{settings.Name: {Option: "site_name"}}, want: []string{"Send a test email", "Set up backups"},
		},
		{what: "a name that was taken back", saved: map[settings.Key]string{settings.TestMail: settings.Passed, settings.Name: "", settings.Backups: settings.Passed}, look: full, want: []string{"Give the site a name", "Start the first group"}},
		{what: "a logo in the bar alone", saved: map[settings.Key]string{settings.TestMail: settings.Passed, settings.Backups: settings.Passed}, look: site.Look{Logo: "/own/logo.svg"}, groups: true, want: []string{"Give the site a name", "Say what this site is", "Write the imprint", "Write the privacy page"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := settings.New(dbtest.SQLite(t), slog.New(slog.DiscardHandler), c.fixed)
			for k, value := range c.saved {
				if err := s.Put(t.Context(), 0, k, value); err != nil {
					t.Fatal(err)
				}
			}
			var open []string
			for _, task := range tasks(s.Latest(t.Context()), c.look, c.groups, c.backedUp) {
				if !task.Done {
					open = append(open, string(task.Title))
				}
				if len(task.Links) == 0 && task.Post == nil {
					t.Errorf("%q leads nowhere", task.Title)
				}
			}
			if !slices.Equal(open, c.want) {
				t.Errorf("missing: %q, want %q", open, c.want)
			}
		})
	}
}
