// Package synapse registers accounts at the Matrix homeserver Synapse, as only somebody can who administers it: with the
// secret that stands in its configuration.
package synapse

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // #nosec G505 -- Synapse asks for it
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// secretLine finds the options for the secret, which stand at the top of a configuration.
var secretLine = regexp.MustCompile(`(?m)^registration_shared_secret(_path)?:[ \t]*("[^"\n]*"|'[^'\n]*'|[^\s#]+)`)

// Secret returns the secret for the registration of accounts as the configuration of Synapse says it; "" if it says none.
// places are files, and folders with files that end in .yaml; later ones win. One that is not there says nothing.
func Secret(places []string) (secret string, err error) {
	for _, place := range places {
		files := []string{place}
		if info, err := os.Stat(place); err == nil && info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(place, "*.yaml")); err != nil {
				return "", err
			}
			slices.Sort(files)
		}
		for _, file := range files {
			text, err := os.ReadFile(file) // #nosec G304 -- the administrator names it
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return "", fmt.Errorf("read the configuration of Synapse: %w", err)
			}
			for _, found := range secretLine.FindAllStringSubmatch(string(text), -1) {
				value := strings.Trim(found[2], `"'`)
				if found[1] == "" {
					secret = value
					continue
				}
				kept, err := os.ReadFile(value) // #nosec G304 -- Synapse is told the same
				if err != nil {
					return "", fmt.Errorf("read the secret of Synapse: %w", err)
				}
				secret = strings.TrimSpace(string(kept))
			}
		}
	}
	return secret, nil
}

// RefusedError says why Synapse does not register an account.
type RefusedError struct {
	Status int
	Text   string
}

// Error implements the error interface.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("Synapse does not register the account: %s (%d)", cmp.Or(e.Text, "it does not say why"), e.Status)
}

// Register registers an account that may administer the homeserver, and returns its access token. Nobody knows its password.
func Register(ctx context.Context, api, secret, user string) (token string, err error) {
	const path = "/_synapse/admin/v1/register"
	var asked struct {
		Nonce string `json:"nonce"`
	}
	if err := ask(ctx, http.MethodGet, api+path, nil, &asked); err != nil {
		return "", err
	}
	password := rand.Text() + rand.Text()
	mac := hmac.New(sha1.New, []byte(secret))
	_, _ = io.WriteString(mac, strings.Join([]string{asked.Nonce, user, password, "admin"}, "\x00"))
	var account struct {
		Token string `json:"access_token"`
	}
	err = ask(ctx, http.MethodPost, api+path, map[string]any{
		"nonce": asked.Nonce, "username": user, "password": password, "admin": true, "mac": hex.EncodeToString(mac.Sum(nil)),
	}, &account)
	if err == nil && account.Token == "" {
		err = &RefusedError{Status: http.StatusOK}
	}
	return account.Token, err
}

// Await waits until a homeserver answers.
func Await(ctx context.Context, api string) error {
	for {
		err := ask(ctx, http.MethodGet, api+"/_matrix/client/versions", nil, nil)
		if err == nil {
			return nil
		}
		if !clock.Pause(ctx, 200*time.Millisecond) {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// largest is how many bytes an answer may have.
const largest = 1 << 20

func ask(ctx context.Context, method, address string, body, dest any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, sent)
	if err != nil {
		return fmt.Errorf("ask Synapse: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("ask Synapse: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("read what Synapse answers: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		var refused struct {
			Text string `json:"error"`
		}
		_ = json.Unmarshal(text, &refused) // a web server in front answers something else
		return &RefusedError{Status: answer.StatusCode, Text: refused.Text}
	}
	if dest == nil {
		return nil
	}
	if err := json.Unmarshal(text, dest); err != nil {
		return fmt.Errorf("read what Synapse answers: %w", err)
	}
	return nil
}
