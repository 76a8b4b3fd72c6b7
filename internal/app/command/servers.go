package command

import (
	"bytes"

	"grouprise.org/grouprise/internal/app/serverconf"
)

type (
	webServerCommand struct {
		Kind        string `arg:"" enum:"nginx,apache2" help:"nginx or apache2."`
		Snippet     bool   `help:"Print only what belongs into the site, whatever its domain."`
		Certificate string `placeholder:"FOLDER" help:"Folder with fullchain.pem and privkey.pem. Without it, the site has no TLS yet."`
	}
	mailServerCommand struct {
		Kind string `arg:"" enum:"postfix,exim" help:"postfix or exim."`
	}
)

// Run implements the command.
func (c *webServerCommand) Run(p *Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	return serverconf.WebServer{Kind: c.Kind, Snippet: c.Snippet, Certificate: c.Certificate}.Write(p.Stdout, o)
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
