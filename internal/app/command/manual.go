package command

import (
	"github.com/alecthomas/kong"

	"grouprise.org/grouprise/internal/kit/manual"
)

type (
	completionCommand struct {
		Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
	}
	manualCommand struct{}
)

// Run implements the command.
func (c *completionCommand) Run(p *Process, k *kong.Kong) error {
	return manual.Completion(p.Stdout, c.Shell, k.Model)
}

// Run implements the command.
func (*manualCommand) Run(p *Process, k *kong.Kong) error {
	return manual.Page(p.Stdout, k.Model, p.Version, manual.Extra{Title: "Files", Items: [][2]string{
		{"/etc/grouprise/conf.d/*.yaml", "The configuration, unless GROUPRISE_CONFIG names another file or folder. The files are read in the order of their names, and later ones win."},
		{"/etc/grouprise/maintenance_mode", "While this file exists, visitors read that the site is being worked on."},
		{"/var/lib/grouprise", "What the site keeps: uploaded files, and the database if it is SQLite."},
	}}, manual.Extra{Title: "Environment", Items: [][2]string{
		{"GROUPRISE_CONFIG", "The file or folder with the configuration."},
		{"GROUPRISE_*", "Any option, for example GROUPRISE_DATABASE_ENGINE for database.engine. It wins over the files."},
		{"GROUPRISE_SKIP_DATABASE_BACKUP", "If it is 1, the package makes no backup before an upgrade changes the database."},
		{"GROUPRISE_USER", "As whom grouprisectl runs; _grouprise if it is not set."},
	}}, manual.Extra{Title: "grouprisectl", Items: [][2]string{
		{"grouprisectl", "The same program under the name that it had in version 5.5. If it is called by root, it becomes the user of the site first, so that " +
			"what it makes does not belong to root. It stays root for settings, setup and their old names. It knows the old names import_mail_message, import_members, import_feeds, run_lmtpd, run_huey, createsuperuser, changepassword, sendtestemail, " +
			"grouprise_settings, setup_site, database_await_connection, database_dump, media_dump, media_import, update_scores, update_index, matrix_chat_manage, matrix_commander and matrix_register_grouprise_bot, and says of others what took their place."},
	}})
}
