// Package chatctl is what commands do about chat rooms: it registers the bot at the homeserver, writes what the homeserver
// needs in its configuration, and waits for rooms to be looked at.
package chatctl

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/synapse"
)

// Registration registers the account of the bot at Synapse, and writes its access token into the configuration of the site.
type Registration struct {
	Username  string   // of the account; empty: that of the options
	API       string   // where Synapse answers; empty: matrix_chat.admin_api_url
	Synapse   []string // files with the configuration of Synapse, and folders of such files
	File      string   // in which the section matrix_chat stands
	PrintOnly bool     // the file is printed and not written
}

// FailureError says which exit code a registration that failed ends with.
type FailureError struct {
	Code int
	Err  error
}

// Error implements the error interface.
func (e *FailureError) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *FailureError) Unwrap() error { return e.Err }

// The exit codes, as they were in version 5.5.
const (
	unreadable = 1 + iota
	notRead
	notWritable
	notWritten

	notRegistered = 10
)

// Run registers the account, and says on out what it has done. A bot whose access token is right already stays. A failure is a
// FailureError.
func (c Registration) Run(ctx context.Context, o *options.Options, out io.Writer) error {
	c.Username = cmp.Or(c.Username, o.Matrix.BotUsername)
	c.API = strings.TrimSuffix(cmp.Or(c.API, o.Matrix.AdminAPIURL), "/")
	id := "@" + c.Username + ":" + o.Matrix.Domain
	if o.Matrix.BotAccessToken != "" {
		client, err := matrix.New(matrix.Config{URL: c.API, User: id, Token: o.Matrix.BotAccessToken})
		if err != nil {
			return &FailureError{notRegistered, err}
		}
		if user, err := client.Whoami(ctx); err == nil && user == id {
			_, err := fmt.Fprintf(out, "%s is registered already, and its access token is right.\n", id)
			return err
		}
	}
	source, err := c.readConfiguration()
	if err != nil {
		return err
	}
	token, err := c.register(ctx)
	if err != nil {
		return &FailureError{notRegistered, err}
	}
	edit := func(source []byte) ([]byte, error) {
		return config.Edit(source,
			config.Change{Option: "matrix_chat.admin_api_url", Value: config.Text(c.API)}, config.Change{Option: "matrix_chat.bot_username", Value: config.Text(c.Username)},
			config.Change{Option: "matrix_chat.bot_access_token", Value: config.Text(token)})
	}
	if c.PrintOnly {
		edited, err := edit(source)
		if err != nil {
			return notWrittenError(token, err)
		}
		_, err = out.Write(edited)
		return err
	}
	if err := config.ChangeFile(c.File, edit); err != nil {
		return notWrittenError(token, err)
	}
	_, err = fmt.Fprintf(out, "%s is registered, and its access token stands in %s.\n", id, c.File)
	return err
}

// notWrittenError hands over the token of an account that exists by now.
func notWrittenError(token string, err error) error {
	return &FailureError{notWritten, fmt.Errorf("%w: write matrix_chat.bot_access_token %s there yourself", err, token)}
}

// readConfiguration reads the file that is to be changed, and makes sure that it can be.
func (c Registration) readConfiguration() ([]byte, error) {
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, &FailureError{unreadable, err}
	}
	if info.IsDir() {
		return nil, &FailureError{unreadable, fmt.Errorf("%s is a folder", c.File)}
	}
	source, err := os.ReadFile(c.File)
	if err != nil {
		return nil, &FailureError{notRead, err}
	}
	if c.PrintOnly {
		return source, nil
	}
	file, err := os.OpenFile(c.File, os.O_WRONLY, 0)
	if err != nil {
		return nil, &FailureError{notWritable, err}
	}
	return source, file.Close()
}

// register registers the account. A Synapse that has no secret for that gets one for as long as it takes.
func (c Registration) register(ctx context.Context) (token string, err error) {
	secret, err := synapse.Secret(c.Synapse)
	if err != nil {
		return "", err
	}
	if secret == "" {
		var takeBack func() error
		if secret, takeBack, err = c.lendSecret(ctx); err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, takeBack()) }()
	}
	token, err = synapse.Register(ctx, c.API, secret, c.Username)
	if refused, ok := errors.AsType[*synapse.RefusedError](err); ok && strings.Contains(refused.Text, "taken") {
		return "", fmt.Errorf("%w: choose another name with --bot-username, or sign in as the bot and write its access token into the configuration", err)
	}
	return token, err
}

// restartPatience is how long Synapse may take to start anew.
const restartPatience = 2 * time.Minute

// lendSecret lets Synapse have a secret for registration, and returns it and what takes it back.
func (c Registration) lendSecret(ctx context.Context) (secret string, takeBack func() error, err error) {
	folder := ""
	for _, place := range c.Synapse {
		if info, err := os.Stat(place); err == nil && info.IsDir() {
			folder = place
		}
	}
	if folder == "" {
		return "", nil, errors.New("the configuration of Synapse has no registration_shared_secret")
	}
	file := filepath.Join(folder, "zz-grouprise-registration.yaml")
	secret = rand.Text()
	// The user of Synapse reads it. It is gone again after a moment.
	if err := os.WriteFile(file, []byte("registration_shared_secret: "+secret+"\n"), 0o644); err != nil { // #nosec G306
		return "", nil, err
	}
	takeBack = func() error { return errors.Join(os.Remove(file), c.restart(context.WithoutCancel(ctx))) }
	if err := c.restart(ctx); err != nil {
		return "", nil, errors.Join(err, takeBack())
	}
	return secret, takeBack, nil
}

// restart starts Synapse anew, and waits until it answers.
func (c Registration) restart(ctx context.Context) error {
	if out, err := exec.CommandContext(ctx, "systemctl", "restart", "matrix-synapse").CombinedOutput(); err != nil {
		return fmt.Errorf("start Synapse anew: %w: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(ctx, restartPatience)
	defer cancel()
	return synapse.Await(ctx, c.API)
}
