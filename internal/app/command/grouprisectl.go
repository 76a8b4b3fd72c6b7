package command

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
	"syscall"
)

// oldName is the name of the control program of grouprise 5.5. As a link to this program it works as that did: it runs
// as the user of the site, and knows the old names of commands.
const oldName = "grouprisectl"

// packageUser is the user of the Debian package; the variable GROUPRISE_USER names another one.
const packageUser = "_grouprise"

// becomeSiteUser makes root the user of the site, so that nothing it makes belongs to root. Others may not administer it.
// Root stays root for a command that changes the configuration.
func becomeSiteUser(p *Process) error {
	if registersBot(p.Args) && os.Geteuid() == 0 {
		return nil
	}
	name := cmp.Or(variable(p, "GROUPRISE_USER"), packageUser)
	wanted, err := user.Lookup(name)
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
		return fmt.Errorf("run %s as root or %s", oldName, name)
	}
	gid, err := strconv.Atoi(wanted.Gid)
	if err != nil {
		return err
	}
	// A configuration in the folder where root happens to be is not that of the site.
	if err := os.Chdir(wanted.HomeDir); err != nil {
		return err
	}
	if err := errors.Join(syscall.Setgroups([]int{gid}), syscall.Setgid(gid), syscall.Setuid(uid), os.Setenv("HOME", wanted.HomeDir)); err != nil {
		return fmt.Errorf("become %s: %w", name, err)
	}
	return nil
}

// registerBot is a command that reads the configuration of Synapse and writes that of the site.
const registerBot = "matrix_register_grouprise_bot"

// registersBot reports whether arguments are that command, under its old name or its own.
func registersBot(args []string) bool {
	return len(args) > 0 && args[0] == registerBot || len(args) > 1 && args[0] == "matrix" && args[1] == "register-bot"
}

// translate turns a command line of grouprise 5.5 into one of this program. What it does not know stays.
func translate(p *Process) error {
	if len(p.Args) == 0 {
		return nil
	}
	arguments := p.Args[1:]
	switch p.Args[0] {
	case "run_huey":
		p.Args = []string{"worker"}
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
		var name, email string
		for i := 0; i+1 < len(arguments); i++ {
			switch arguments[i] {
			case "--username":
				name = arguments[i+1]
			case "--email":
				email = arguments[i+1]
			}
		}
		if name == "" || email == "" {
			return errors.New("createsuperuser --username NAME --email ADDRESS (the password is chosen with the link that is printed)")
		}
		p.Args = []string{"admin", "create", name, email}
	case "matrix_chat_manage":
		p.Args = append([]string{"matrix"}, arguments...)
		if len(arguments) > 0 && strings.HasPrefix(arguments[0], "--group") { // the command comes first here
			flag := 1
			if arguments[0] == "--group" {
				flag = min(2, len(arguments))
			}
			p.Args = append(append([]string{"matrix"}, arguments[flag:]...), arguments[:flag]...)
		}
	case registerBot:
		p.Args = append([]string{"matrix", "register-bot"}, arguments...)
	}
	return nil
}
