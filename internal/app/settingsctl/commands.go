package settingsctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// Commands show and change the options in the files of the configuration.
type Commands struct {
	Get   getCommand   `cmd:"" help:"Print the value of an option that is in force."`
	Set   setCommand   `cmd:"" help:"Set an option in a file. The rest of the file stays as it is, and what the program would refuse when it starts is refused."`
	Unset unsetCommand `cmd:"" help:"Take an option out of a file."`
	List  listCommand  `cmd:"" default:"1" help:"List the options that are set, and where. “grouprise config” shows all that there are."`
}

type (
	getCommand struct {
		Option string `arg:"" help:"The option, such as domain or database.engine, or a section."`
		JSON   bool   `name:"json" help:"Print it as JSON."`
	}
	setCommand struct {
		Option string  `arg:"" help:"The option, such as domain or database.engine."`
		Value  *string `arg:"" optional:"" help:"Its value: a text as it is, a list with commas, all else as YAML. Without it, YAML is read from standard input."`
		File   string  `help:"The file to write to. Otherwise where the option stands, or 800-local.yaml." placeholder:"PATH"`
	}
	unsetCommand struct {
		Option string `arg:"" help:"The option, or a section."`
		File   string `help:"The file to write to. Otherwise where the option stands." placeholder:"PATH"`
	}
	listCommand struct{}
)

// Run implements the command. It needs no configuration that is right.
func (c *getCommand) Run(p *process.Process) error {
	_, settings, _ := options.Load(options.Sources(p.Environ))
	name := strings.ToLower(c.Option)
	if err := settings.Known(name); err != nil {
		return err
	}
	v, ok := settings.Value(name)
	if !ok {
		v = settings.Written(name)
	}
	return printValue(p.Stdout, v, c.JSON)
}

func printValue(w io.Writer, v config.Value, asJSON bool) error {
	text := v.YAML()
	if asJSON {
		var err error
		if text, err = v.JSON(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// Run implements the command.
func (c *setCommand) Run(ctx context.Context, p *process.Process) error {
	from := options.Sources(p.Environ)
	_, settings, _ := options.Load(from)
	name := strings.ToLower(c.Option)
	v, err := c.value(ctx, p, settings, name)
	if err != nil {
		return err
	}
	file, err := Change(from, c.File, config.Change{Option: name, Value: v})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s is set in %s. It is in force as soon as the program is started anew.\n", name, file)
	_, now, _ := options.Load(from)
	for _, w := range now.Warnings { // what the start would say of it
		if err == nil && covers(name, w.Option) {
			_, err = fmt.Fprintln(p.Stderr, "warning:", w.Error())
		}
	}
	if err == nil && name != "transport_security" && strings.HasPrefix(settings.Origin("transport_security"), "default without") {
		_, err = fmt.Fprintln(p.Stderr, "warning: now that there is a configuration file, the site expects a web server in front that speaks TLS. To try it without one: grouprise settings set transport_security disabled")
	}
	return err
}

func (c *setCommand) value(ctx context.Context, p *process.Process, settings *config.Settings, name string) (config.Value, error) {
	if c.Value != nil {
		return settings.ParseOption(name, *c.Value)
	}
	if terminal.Is(p.Stdin) {
		if !settings.IsSecret(name) {
			return config.Value{}, errors.New("give the value behind the name of the option, or as YAML on standard input")
		}
		secret, err := terminal.ReadSecret(ctx, p.Stdin, p.Stdout, name+": ")
		return config.Text(secret), err
	}
	return readValue(p.Stdin)
}

// readValue reads a value as YAML, of which JSON is a part.
func readValue(r io.Reader) (config.Value, error) {
	source, err := io.ReadAll(io.LimitReader(cmp.Or[io.Reader](r, strings.NewReader("")), 1<<20))
	if err != nil {
		return config.Value{}, err
	}
	return config.ParseValue(source)
}

// Run implements the command.
func (c *unsetCommand) Run(p *process.Process) error {
	from := options.Sources(p.Environ)
	_, settings, _ := options.Load(from)
	name := strings.ToLower(c.Option)
	if err := settings.Known(name); err != nil {
		return err
	}
	if settings.Written(name) == (config.Value{}) {
		_, err := fmt.Fprintf(p.Stdout, "%s is set in no file.\n", name)
		return err
	}
	file, err := Change(from, c.File, config.Change{Option: name})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s is taken out of %s. That is in force as soon as the program is started anew.\n", name, file)
	return err
}

// Run implements the command.
func (*listCommand) Run(p *process.Process) error {
	_, settings, err := p.ReadOptions()
	if err != nil {
		return err
	}
	for _, name := range settings.Names() {
		shown := "not shown"
		if v, ok := settings.Value(name); ok && !settings.IsSecret(name) {
			shown = v.YAML()
		}
		if _, err := fmt.Fprintf(p.Stdout, "%s: %s  # %s\n", name, shown, settings.Origin(name)); err != nil {
			return err
		}
	}
	return nil
}

// Old is the command grouprise_settings of version 5.5.
type Old struct {
	Action           string   `arg:"" enum:"get,set,dump,dump-django" help:"get, set or dump."`
	Selector         string   `arg:"" optional:"" help:"The option."`
	Format           string   `enum:"yaml,json" default:"yaml" help:"yaml or json."`
	Input            string   `help:"The file with the value; otherwise standard input." placeholder:"PATH"`
	SourceConfig     []string `help:"A file or folder with the configuration." placeholder:"PATH"`
	ModifiableConfig string   `help:"The file to write to." placeholder:"PATH"`
}

// Run implements the command.
func (c *Old) Run(p *process.Process) error {
	from := options.Sources(p.Environ)
	switch len(c.SourceConfig) {
	case 0:
	case 1:
		from.Named = c.SourceConfig[0]
	default:
		return errors.New("--source-config may be given once: name the folder in which the files are")
	}
	_, settings, _ := options.Load(from)
	name := strings.ToLower(c.Selector)
	switch c.Action {
	case "dump":
		return printValue(p.Stdout, settings.Written(""), c.Format == "json")
	case "dump-django":
		return errors.New("there are no settings of Django any more: grouprise config shows the options in force")
	}
	if name == "" || strings.Contains("."+name+".", "..") {
		return errors.New("name the option, such as domain or database.engine")
	}
	if c.Action == "get" {
		return printValue(p.Stdout, settings.Written(name), c.Format == "json" && settings.Written(name) != config.Value{})
	}
	input := p.Stdin
	if c.Input != "" {
		file, err := os.Open(c.Input)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	v, err := readValue(input)
	if err != nil {
		return err
	}
	_, err = Change(from, c.ModifiableConfig, config.Change{Option: name, Value: v})
	return err
}
