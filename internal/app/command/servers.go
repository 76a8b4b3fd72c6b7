package command

import (
	"bytes"
	"slices"

	"grouprise.org/grouprise/internal/app/serverconf"
)

type (
	webServerCommand struct {
		Kind        string `arg:"" enum:"nginx,apache2,caddy,none" help:"nginx, apache2 or caddy. For none, commands for a shell are printed, after which the site speaks TLS itself."`
		Snippet     bool   `help:"Print only what belongs into the site, whatever its domain."`
		Certificate string `placeholder:"FOLDER" help:"Folder with fullchain.pem and privkey.pem. Without it, the site has no TLS yet, and Caddy gets a certificate itself."`
	}
	mailServerCommand struct {
		Kind string `arg:"" enum:"postfix,exim" help:"postfix or exim."`
	}
)

// Run implements the command.
func (c *webServerCommand) Run(p *Process) error {
	if c.Kind == "none" {
		return printAlone(*p)
	}
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	return serverconf.WebServer{Kind: c.Kind, Snippet: c.Snippet, Certificate: c.Certificate}.Write(p.Stdout, o)
}

// printAlone prints what makes a site speak TLS itself, unless its other options do not allow that.
func printAlone(p Process) error {
	p.Environ = append(slices.Clone(p.Environ), "GROUPRISE_TRANSPORT_SECURITY=integrated", "GROUPRISE_LISTEN=:443")
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	return serverconf.WriteAlone(p.Stdout, o)
}

// Run implements the command. What it prints may be piped into a shell, which must not get half of it.
func (c *mailServerCommand) Run(p *Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	var script bytes.Buffer
	if err := serverconf.WriteMailServer(&script, c.Kind, o); err != nil {
		return err
	}
	_, err = script.WriteTo(p.Stdout)
	return err
}
