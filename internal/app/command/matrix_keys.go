package command

import (
	"context"
	"errors"

	"grouprise.org/grouprise/internal/app/chatctl"
	"grouprise.org/grouprise/internal/kit/matrix"
)

// signDeviceCommand signs the devices of the accounts that the site has at homeservers.
type signDeviceCommand struct {
	Account     string `help:"The Matrix ID of one account, if it is for one alone." placeholder:"ID"`
	Password    string `help:"The password of the account, if the homeserver wants it." env:"GROUPRISE_BOT_PASSWORD"`
	RecoveryKey string `help:"The recovery key that a client printed when it verified the account." placeholder:"KEY"`
	Replace     bool   `help:"Make new keys, although a client has verified the account before."`
}

// Run implements the command.
func (c *signDeviceCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	how := matrix.Verification{Password: c.Password, RecoveryKey: c.RecoveryKey, Replace: c.Replace}
	return errors.Join(chatctl.Sign(ctx, p.Stdout, h.ChatAccounts(), c.Account, how), h.Close())
}
