package admin

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
)

// task is a line of the list of what a site needs before it opens.
type task struct {
	Title, Why lang.Text
	Done       bool
	Links      []taskLink
	Post       *taskLink // a button that does it, or says that it is done
	State      lang.Text // how it went, with the time of it
	At         clock.Time
}

// taskLink is where a task is done.
type taskLink struct {
	Path  string
	Label lang.Text
}

// tasks returns what a site needs before it opens, in the order in which somebody would do it.
func tasks(set settings.Snapshot, look site.Look, groups, backedUp bool) []task {
	_, named := set.Fixed(settings.Name)
	mail, backups := set.Get(settings.TestMail), set.Get(settings.Backups)
	all := []task{
		{
			Title: lang.Text("Send a test email"), Why: lang.Text("Without emails, nobody can sign up or be notified."), Done: mail.Value == settings.Passed,
			Post: &taskLink{Path + "test-mail/", lang.Text("Send me a test email")},
		},
		{
			Title: lang.Text("Give the site a name"), Why: lang.Text("It appears on every page and in every email."), Done: named || set.Text(settings.Name) != "",
			Links: []taskLink{{namePath, lang.Text("Name and welcome")}},
		},
		{
			Title: lang.Text("Say what this site is"), Why: lang.Text("One sentence greets people who come here for the first time."), Done: len(look.Claims) > 0,
			Links: []taskLink{{namePath, lang.Text("Name and welcome")}},
		},
		{
			Title: lang.Text("Add your logo"), Why: lang.Text("People recognise your site in the bar, in tabs and on their phones."), Done: look.Logo != "" || look.Square != "",
			Links: []taskLink{{logoPath, lang.Text("Logo")}},
		},
		{
			Title: lang.Text("Write the imprint"), Why: lang.Text("Everyone can see who runs the site."), Done: look.Imprint != "",
			Links: []taskLink{{imprintPath, lang.Text("Imprint")}},
		},
		{
			Title: lang.Text("Write the privacy page"), Why: lang.Text("It says who is responsible for people’s data, and what you store."), Done: look.DataProtection != "",
			Links: []taskLink{{privacyPath, lang.Text("Privacy")}},
		},
		{
			Title: lang.Text("Set up backups"), Why: lang.Text("The guide for administrators says how. The site notices its own backups; if another program makes them, tick this off yourself."),
			Done: backedUp || backups.Value == settings.Passed, Links: []taskLink{{"/stadt/help/administrators/", lang.Text("Guide for administrators")}}, Post: &taskLink{backupsPath, lang.Text("Backups are set up")},
		},
		{
			Title: lang.Text("Start the first group"), Why: lang.Text("So that visitors find something and know how it works."), Done: groups,
			Links: []taskLink{{"/stadt/groups/add/", lang.Text("Start a group")}},
		},
	}
	switch mail.Value {
	case settings.Passed:
		all[0].State, all[0].At = lang.Text("The mail server accepted the last one."), mail.ChangedAt
	case settings.Failed:
		all[0].State, all[0].At = lang.Text("The last one failed."), mail.ChangedAt
	}
	return all
}

// checklist returns what this site needs before it opens.
func (a *Admin) checklist(v *site.Visit) ([]task, error) {
	groups, err := hasGroups(v.Context(), a.deps.DB)
	if err != nil {
		return nil, err
	}
	backedUp, err := hasBackup(v.Context(), a.deps.DB)
	if err != nil {
		return nil, err
	}
	return tasks(a.deps.Settings.Latest(v.Context()), v.Look(), groups, backedUp), nil
}

// noteBackups notes that an administrator has seen to backups.
func (a *Admin) noteBackups(v *site.Visit) error {
	if err := a.deps.Settings.Put(v.Context(), v.Viewer.PersonID, settings.Backups, settings.Passed); err != nil {
		return err
	}
	v.Flash(parts.Done, "Noted.")
	return v.Redirect(Path)
}
