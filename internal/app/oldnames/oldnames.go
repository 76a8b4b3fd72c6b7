// Package oldnames knows the control program of grouprise 5.5, whose commands had other names. As a link to this program
// it works as that did: it runs as the user of the site, and takes the old command lines.
package oldnames

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/app/sitectl"
)

// Program is the name of the control program.
const Program = "grouprisectl"

// packageUser is the user of the Debian package; the variable GROUPRISE_USER names another one.
const packageUser = "_grouprise"

// BecomeSiteUser makes root the user of the site, so that nothing it makes belongs to root. Others may not administer it.
// Root stays root for a command that changes the configuration.
func BecomeSiteUser(p *process.Process) error {
	name := cmp.Or(p.Variable("GROUPRISE_USER"), packageUser)
	wanted, err := user.Lookup(name)
	if os.Geteuid() == 0 && changesConfiguration(p.Args) {
		if err != nil {
			return nil //nolint:nilerr // it is not needed
		}
		return standInHome(wanted)
	}
	if err != nil {
		return fmt.Errorf("the user of the site: %w (the variable GROUPRISE_USER names another one)", err)
	}
	uid, err := strconv.Atoi(wanted.Uid)
	if err != nil {
		return err
	}
	if uid == os.Geteuid() {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("run %s as root or %s", Program, name)
	}
	if err := standInHome(wanted); err != nil {
		return err
	}
	return process.Become(wanted)
}

// standInHome goes to the home of the user of the site: a configuration in the folder where root happens to be is not that
// of the site.
func standInHome(u *user.User) error {
	return errors.Join(os.Chdir(u.HomeDir), os.Setenv("HOME", u.HomeDir))
}

// registerBot is a command that reads the configuration of Synapse and writes that of the site.
const registerBot = "matrix_register_grouprise_bot"

// changesConfiguration reports whether a command, by its old name or its own, writes files of the configuration. Those that
// go on with the data of the site become its owner by themselves.
func changesConfiguration(args []string) bool {
	if len(args) == 0 {
		return false
	}
	switch args[0] {
	case registerBot, "setup_site", "setup":
		return true
	case "grouprise_settings", "settings":
		return len(args) > 1 && slices.Contains([]string{"set", "unset"}, args[1])
	case "matrix":
		return len(args) > 1 && args[1] == "register-bot"
	}
	return false
}

// Translate turns a command line of grouprise 5.5 into one of this program. What it does not know stays.
func Translate(p *process.Process) error {
	if len(p.Args) == 0 {
		return nil
	}
	p.Args = withoutDjango(p.Args)
	name, arguments := p.Args[0], p.Args[1:]
	if simple := renamed()[name]; simple != nil {
		p.Args = append(slices.Clone(simple), arguments...)
		return nil
	}
	_, instead := sitectl.Instead()[name]
	if _, refused := sitectl.Refused()[name]; instead || refused {
		p.Args = []string{"gone", name}
		return nil
	}
	switch name {
	case "migrate":
		p.Args = append([]string{name}, slices.DeleteFunc(slices.Clone(arguments), isNoInput)...)
	case "update_index", "rebuild_index", "clear_index":
		p.Args = []string{"search", "rebuild"}
	case "sendtestemail":
		to := slices.DeleteFunc(slices.Clone(arguments), func(a string) bool { return a == "--managers" || a == "--admins" })
		if len(to) == 0 {
			return errors.New("sendtestemail ADDRESS … (name the addresses: grouprise settings get log_recipient_emails)")
		}
		p.Args = append([]string{"test-mail"}, to...)
	case "run_lmtpd":
		if len(arguments) != 2 {
			return errors.New("run_lmtpd HOST PORT")
		}
		p.Environ = append(slices.Clone(p.Environ), "GROUPRISE_LMTP_LISTEN="+net.JoinHostPort(arguments[0], arguments[1]))
		p.Args = []string{"lmtp"}
	case "matrix_commander":
		p.Args = []string{"bot"}
		if rest := slices.DeleteFunc(slices.Clone(arguments), func(a string) bool { return a == "--console" }); len(rest) < len(arguments) {
			p.Args = append([]string{"commander"}, rest...)
		}
	case "createsuperuser":
		return createAdministrator(p, arguments)
	case "matrix_chat_manage":
		p.Args = append([]string{"matrix"}, arguments...)
		if len(arguments) > 0 && strings.HasPrefix(arguments[0], "--group") { // the command comes first here
			flag := 1
			if arguments[0] == "--group" {
				flag = min(2, len(arguments))
			}
			p.Args = append(append([]string{"matrix"}, arguments[flag:]...), arguments[:flag]...)
		}
	}
	return nil
}

// renamed are the commands that take the same arguments under another name.
func renamed() map[string][]string {
	return map[string][]string{
		"run_huey": {"worker"}, registerBot: {"matrix", "register-bot"}, "import_members": {"group", "import-members"},
		"import_feeds": {"import-feeds"}, "changepassword": {"admin", "password"}, "setup_site": {"setup"},
	}
}

func createAdministrator(p *process.Process, arguments []string) error {
	var name, email string
	for i, argument := range arguments {
		flag, value, whole := strings.Cut(argument, "=")
		if !whole && i+1 < len(arguments) {
			value = arguments[i+1]
		}
		switch flag {
		case "--username":
			name = value
		case "--email":
			email = value
		}
	}
	if name == "" || email == "" {
		return errors.New("createsuperuser --username NAME --email ADDRESS (the password is chosen with the link that is printed)")
	}
	p.Args = []string{"admin", "create", name, email}
	return nil
}

func isNoInput(argument string) bool { return argument == "--no-input" || argument == "--noinput" }

// withoutDjango returns a command line without the flags that all commands of Django had.
func withoutDjango(args []string) []string {
	var rest []string
	for i := 0; i < len(args); i++ {
		name, _, whole := strings.Cut(args[i], "=")
		switch name {
		case "--traceback", "--no-color", "--force-color", "--skip-checks":
		case "--verbosity", "--settings", "--pythonpath", "-v":
			if !whole {
				i++
			}
		case "-v0", "-v1", "-v2", "-v3":
		default:
			rest = append(rest, args[i])
		}
	}
	return rest
}
