//go:build goolm

package matrix

import (
	"context"
	"encoding/base64"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Verify signs the device of the account, so that clients show it as verified, with keys that are made once and kept
// beside the others. After it, all encrypted rooms get new keys. Conflict says that a client has made such keys, and Denied that the
// server wants the password.
func (c *Client) Verify(ctx context.Context, v Verification) (done Verified, err error) {
	if c.encryption == nil {
		return done, errs.New(errs.Invalid, "This account keeps no keys.")
	}
	k, err := c.encryption.ring(ctx)
	if err != nil {
		return done, err
	}
	err = k.store.Hold(ctx, func(ctx context.Context) error {
		m, err := k.machine(ctx)
		if err != nil {
			return err
		}
		defer m.Destroy()
		done.Device, done.Fingerprint = k.api.DeviceID.String(), m.Fingerprint()
		if err := c.call(ctx, "upload keys", func() error { return m.ShareKeys(ctx, -1) }); err != nil {
			return err
		}
		if done.Made, err = c.signingKeys(ctx, k, m, v); err != nil {
			return err
		}
		err = c.call(ctx, "sign the device", func() error { return m.SignOwnDevice(ctx, m.OwnIdentity()) })
		if err != nil {
			return err
		}
		return k.store.RenewAll(ctx)
	})
	return done, err
}

// signingKeys lets the machine have the keys by which the account signs, and reports whether they were made.
func (c *Client) signingKeys(ctx context.Context, k *keyring, m *crypto.OlmMachine, v Verification) (made bool, err error) {
	there := false
	err = c.call(ctx, "ask by which keys the account signs", func() error {
		answer, err := k.api.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{k.api.UserID: {}}})
		if err != nil {
			return err
		}
		master, ok := answer.MasterKeys[k.api.UserID]
		there = ok
		if m.CrossSigningKeys != nil && (!ok || master.FirstKey() != m.CrossSigningKeys.PublicKeys().MasterKey) {
			m.CrossSigningKeys = nil // they have been replaced
		}
		return nil
	})
	switch {
	case err != nil || m.CrossSigningKeys != nil:
		return false, err
	case v.RecoveryKey != "":
		err = c.call(ctx, "read the keys by which the account signs", func() error { return m.VerifyWithRecoveryKey(ctx, v.RecoveryKey) })
	case there && !v.Replace:
		return false, errs.New(errs.Conflict, "The account has been verified by another program: give its recovery key, or replace its keys.")
	default:
		made, err = true, c.makeSigningKeys(ctx, m, v.Password)
	}
	if err != nil {
		return made, err
	}
	return made, k.keepSigningKeys(ctx, m)
}

// makeSigningKeys makes the keys by which the account signs.
func (c *Client) makeSigningKeys(ctx context.Context, m *crypto.OlmMachine, password string) error {
	keys, err := m.GenerateCrossSigningKeys()
	if err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	wanted := false
	err = c.call(ctx, "publish the keys by which the account signs", func() error {
		err := m.PublishCrossSigningKeys(ctx, keys, func(question *mautrix.RespUserInteractive) any {
			if wanted = password == ""; wanted {
				return nil
			}
			return &mautrix.ReqUIAuthLogin{
				BaseAuthData: mautrix.BaseAuthData{Type: mautrix.AuthTypePassword, Session: question.Session}, User: c.config.User, Password: password,
			}
		})
		if wanted {
			return errs.New(errs.Denied, "The chat server wants the password of the account for this.").Because(err)
		}
		return err
	})
	return err
}

// signingSecrets are the names of the keys by which an account signs.
func signingSecrets() [3]id.Secret {
	return [3]id.Secret{id.SecretXSMaster, id.SecretXSSelfSigning, id.SecretXSUserSigning}
}

// loadSigningKeys lets a machine have the keys by which the account signs, if it has been verified.
func (k *keyring) loadSigningKeys(ctx context.Context, m *crypto.OlmMachine) error {
	var seeds [3][]byte
	for i, name := range signingSecrets() {
		text, err := k.store.GetSecret(ctx, name)
		if err != nil || text == "" {
			return err
		}
		if seeds[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	return m.ImportCrossSigningKeys(crypto.CrossSigningSeeds{MasterKey: seeds[0], SelfSigningKey: seeds[1], UserSigningKey: seeds[2]})
}

// keepSigningKeys keeps them.
func (k *keyring) keepSigningKeys(ctx context.Context, m *crypto.OlmMachine) error {
	seeds := m.ExportCrossSigningKeys()
	for i, name := range signingSecrets() {
		seed := [3][]byte{seeds.MasterKey, seeds.SelfSigningKey, seeds.UserSigningKey}[i]
		if err := k.store.PutSecret(ctx, name, base64.StdEncoding.EncodeToString(seed)); err != nil {
			return err
		}
	}
	return nil
}

// introduce lets the server have the keys of the device, as many one-time keys as it should have, and on the first time
// the signature of the account.
func introduce(ctx context.Context, m *crypto.OlmMachine) error {
	known := m.GetAccount().Shared
	if err := m.ShareKeys(ctx, -1); err != nil {
		return err
	}
	if known || m.CrossSigningKeys == nil {
		return nil
	}
	return m.SignOwnDevice(ctx, m.OwnIdentity())
}
