// Package setupctl is the command by which a site is set up from the terminal. It asks few questions, each with an answer
// that is probably right, and can be run again: what has been said already is the answer that it offers.
package setupctl

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/app/settingsctl"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/features/setup"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// Setup is the command. What a flag says is not asked; without a terminal nothing is.
type Setup struct {
	Code bool `help:"Print a new one-time code for the page on which a new site is set up in the browser, and nothing else."`

	Domain   string `help:"Host name of the site; localhost to try it on this machine." placeholder:"HOST"`
	DataPath string `help:"Folder for uploaded files, the secret key and the database if it is SQLite." placeholder:"PATH"`
	SiteName string `help:"Name of the site." placeholder:"NAME"`
	Language string `help:"Main language of the site: de or en." placeholder:"CODE"`
	Email    string `help:"Email address of the first administrator." placeholder:"ADDRESS"`
	Admin    string `help:"Short name of the first administrator." placeholder:"NAME"`
	Group    string `help:"Name of the group that runs the site." placeholder:"NAME"`

	Claim         string `help:"One sentence that says what the site is." placeholder:"TEXT"`
	Operator      string `help:"Who runs the site, for the imprint." placeholder:"NAME"`
	PostalAddress string `help:"Their postal address, with commas between its lines." placeholder:"TEXT"`
	Contact       string `help:"How visitors reach them: an email address or a telephone number." placeholder:"TEXT"`

	SourceConfig     string `hidden:"" help:"A file or folder with the configuration, as in version 5.5." placeholder:"PATH"`
	ModifiableConfig string `name:"file" aliases:"modifiable-config" help:"The file in which options are set. Otherwise where they stand, or 800-local.yaml." placeholder:"PATH"`
}

// Run implements the command.
func (c *Setup) Run(ctx context.Context, p *process.Process) error {
	from := options.Sources(p.Environ)
	from.Named = cmp.Or(c.SourceConfig, from.Named)
	a := &asker{ctx: ctx, out: p.Stdout}
	if terminal.Is(p.Stdin) && !c.Code {
		a.lines = bufio.NewReader(p.Stdin)
	}
	return c.run(ctx, p, from, a)
}

func (c *Setup) run(ctx context.Context, p *process.Process, from config.Sources, a *asker) error {
	o, _, err := options.Load(from)
	if err != nil {
		return fmt.Errorf("the configuration is not right:\n%w", err)
	}
	if !c.Code {
		if o, err = c.configure(from, a, o); err != nil {
			return err
		}
	}
	if err := process.BecomeOwner(o.DataPath); err != nil {
		return err
	}
	h, err := p.BuildWith(ctx, o, (*app.House).Migrate)
	if err != nil {
		return err
	}
	if c.Code {
		return errors.Join(printCode(ctx, p.Stdout, h), h.Close())
	}
	return errors.Join(c.furnish(ctx, p.Stdout, h, a), h.Close())
}

// printCode makes a code, the only one that works from then on.
func printCode(ctx context.Context, out io.Writer, h *app.House) error {
	code, err := h.Rooms().Setup.Issue(ctx, true)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Set the site up at %s\nCode: %s (works once, for %.0f minutes)\n", h.Rooms().Setup.URL(), code, setup.CodeLifetime.Minutes())
	return err
}

// configure asks for what stands in files, and sets it. It returns what is in force then.
func (c *Setup) configure(from config.Sources, a *asker, o *options.Options) (*options.Options, error) {
	set := func(option string, value string) error {
		file, err := settingsctl.Change(from, c.ModifiableConfig, config.Change{Option: option, Value: config.Text(value)})
		if err == nil {
			a.say("%s is set in %s.", option, file)
		}
		return err
	}
	tried := o.TransportSecurity == "disabled"
	err := a.askFor("Domain of the site", c.Domain, domainOf(o), func(domain string) error {
		domain = strings.ToLower(domain)
		if domain == o.Domain && o.Settings().IsSet("domain") {
			return nil
		}
		return set("domain", domain)
	})
	if err != nil {
		return nil, err
	}
	if !o.Settings().IsSet("data_path") {
		err = a.askFor("Folder for its data", c.DataPath, o.DataPath, func(folder string) error {
			folder, err := filepath.Abs(folder)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(folder, 0o750); err != nil {
				return err
			}
			return set("data_path", folder)
		})
		if err != nil {
			return nil, err
		}
	}
	now, _, err := options.Load(from)
	if err != nil {
		return nil, fmt.Errorf("the configuration is not right:\n%w", err)
	}
	// A site that is tried on this machine has no web server in front, and one with a configuration is taken to have one.
	if isLocal(now.Domain) && tried && now.TransportSecurity != "disabled" {
		if err := set("transport_security", "disabled"); err != nil {
			return nil, err
		}
		now, _, err = options.Load(from)
	}
	return now, err
}

func isLocal(domain string) bool { return domain == "localhost" }

// domainOf returns the domain that a site probably has: the one that is set, or the name of the machine.
func domainOf(o *options.Options) string {
	if o.Settings().IsSet("domain") {
		return o.Domain
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") {
		return name
	}
	return "localhost"
}

// furnish asks for what stands in the database, and keeps it.
func (c *Setup) furnish(ctx context.Context, out io.Writer, h *app.House, a *asker) error {
	if err := c.describe(ctx, h, a); err != nil {
		return err
	}
	empty, err := h.Rooms().Setup.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty && c.Email == "" {
		a.say("There is an administrator already. grouprise admin create NAME ADDRESS makes another one.")
		return c.foundOperators(ctx, h, a, community.Viewer{})
	}
	var person community.Person
	link := ""
	err = a.askOptional("Your email address, as its administrator", c.Email, "", func(address string) error {
		if address == "" {
			return nil
		}
		if _, err := mail.ParseAddress(address); err != nil {
			return fmt.Errorf("%q is no email address", address)
		}
		return a.ask("Your short name, for signing in", c.Admin, slugOf(address), func(name string) error {
			person, link, err = h.CreateAdmin(ctx, name, address)
			return err
		})
	})
	if err != nil {
		return err
	}
	if link == "" {
		return printCode(ctx, out, h)
	}
	if err := c.foundOperators(ctx, h, a, community.Viewer{PersonID: person.ID, EntityID: person.EntityID, Slug: person.Slug, Name: person.Name, Admin: true}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s administers the site and chooses a password at %s\n", person.Slug, link)
	return err
}

// slugOf returns the short name that an address suggests.
func slugOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '.', r == '_', r == '+':
			return '-'
		}
		return -1
	}, local)
}

// describe asks what the site is called, which language it speaks and what it says of itself, unless that has been said.
func (c *Setup) describe(ctx context.Context, h *app.House, a *asker) error {
	room, fixed := h.Rooms().Setup, h.Options().FixedSettings()
	for _, f := range []struct {
		key                settings.Key
		given, about, what string
	}{
		{settings.Name, c.SiteName, "the name", "NAME"}, {settings.Language, c.Language, "the language", "CODE"}, {settings.Claim, c.Claim, "the sentence", "TEXT"},
	} {
		if by, ok := fixed[f.key]; ok && f.given != "" {
			return fmt.Errorf("the option %s says %s of the site: grouprise settings set %[1]s %[3]s", by.Option, f.about, f.what)
		}
	}
	var d description
	asks := room.Questions(ctx)
	if asks.Name {
		if err := a.ask("Name of the site", c.SiteName, h.Rooms().SiteName.String(), d.take(&d.SiteName)); err != nil {
			return err
		}
	}
	if asks.Language {
		all, main := room.Languages()
		err := a.ask("Its main language ("+strings.Join(all, ", ")+")", c.Language, main, func(text string) error {
			for _, code := range all {
				if strings.EqualFold(code, text) {
					d.Language = code
					return nil
				}
			}
			return fmt.Errorf("there are: %s", strings.Join(all, ", "))
		})
		if err != nil {
			return err
		}
	}
	if err := room.Describe(ctx, d.Description); err != nil { // whoever is interrupted from here on has said this
		return err
	}
	if err := c.introduce(a, asks, &d); err != nil {
		return err
	}
	return room.Describe(ctx, d.Description)
}

// description is what has been answered so far.
type description struct{ setup.Description }

// take returns what keeps an answer that is right.
func (d *description) take(into *string) func(string) error {
	return func(text string) error {
		*into = text
		return errs.Check(d.Check()...)
	}
}

// introduce asks what visitors read first. All of it can wait.
func (c *Setup) introduce(a *asker, asks setup.Questions, d *description) error {
	asksImprint := asks.Imprint || c.Operator != ""
	if (asks.Claim || asksImprint) && a.lines != nil {
		a.say("What follows is for your visitors. Leave it for later with Enter: the administration page reminds you of it.")
	}
	if asks.Claim {
		if err := a.askOptional("What is this site? One sentence", c.Claim, asks.KnownClaim, d.take(&d.Claim)); err != nil {
			return err
		}
	}
	if !asksImprint {
		return nil
	}
	err := a.askOptional("Who runs it? For the imprint", c.Operator, "", d.take(&d.Operator))
	if err != nil || d.Operator == "" && c.PostalAddress+c.Contact == "" {
		return err
	}
	err = a.askOptional("Their postal address, with commas between its lines", c.PostalAddress, "", func(text string) error {
		return d.take(&d.Postal)(inLines(text))
	})
	if err != nil {
		return err
	}
	return a.askOptional("An email address or a telephone number for visitors", c.Contact, "", d.take(&d.Contact))
}

// inLines returns an address that was typed in one line as it stands on an envelope.
func inLines(address string) string {
	var lines []string
	for line := range strings.SplitSeq(address, ",") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

// foundOperators founds the group that runs the site, if one is named.
func (c *Setup) foundOperators(ctx context.Context, h *app.House, a *asker, by community.Viewer) error {
	if c.Group == "" {
		return nil
	}
	g, err := h.Groups().Found(ctx, by, c.Group, "")
	if err != nil {
		return err
	}
	a.say("The group %q is at /%s/.", g.Name, g.Slug)
	if g.ID != int64(h.Options().OperatorGroup) {
		a.say("So that it is the group that runs the site: grouprise settings set operator_group_id %d", g.ID)
	}
	return nil
}

// asker asks questions, or takes what is given where nobody can answer.
type asker struct {
	ctx   context.Context //nolint:containedctx // it lives for one command
	out   io.Writer
	lines *bufio.Reader // nil: nobody answers
}

func (a *asker) say(format string, args ...any) { _, _ = fmt.Fprintf(a.out, format+"\n", args...) }

// ask asks a question, unless a flag has answered it, and hands the answer to take; an empty line is the default. Whoever
// answers something that take refuses is told why, and asked again.
func (a *asker) ask(question, given, preset string, take func(answer string) error) error {
	return a.askOptional(question, given, preset, func(answer string) error {
		if answer == "" {
			return errors.New("this needs an answer")
		}
		return take(answer)
	})
}

// askFor is ask for what stays as it is where nobody can answer.
func (a *asker) askFor(question, given, preset string, take func(answer string) error) error {
	if given == "" && a.lines == nil {
		return nil
	}
	return a.ask(question, given, preset, take)
}

// askOptional is ask for what may stay empty.
func (a *asker) askOptional(question, given, preset string, take func(answer string) error) error {
	if given != "" || a.lines == nil {
		return take(cmp.Or(given, preset))
	}
	for {
		if preset != "" {
			question, _, _ = strings.Cut(question, " [")
			question += " [" + preset + "]"
		}
		if _, err := fmt.Fprint(a.out, question+": "); err != nil {
			return err
		}
		line, err := terminal.ReadLine(a.ctx, a.lines)
		if errors.Is(err, io.EOF) || errors.Is(err, terminal.ErrInterrupted) {
			a.say("")
			err = errors.New("nothing more was answered: what has been set stays, and grouprise setup goes on from there")
		}
		if err != nil {
			return err
		}
		err = take(cmp.Or(strings.TrimSpace(line), preset))
		if err == nil {
			return nil
		}
		if errs.KindOf(err) == errs.Unavailable || errors.Is(err, os.ErrPermission) {
			return err
		}
		a.say("%s", errs.Sentence(err))
	}
}
