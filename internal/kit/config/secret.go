package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// KeepSecret reads a secret of at least so many characters from its file. If there is no file, it makes one with a new
// secret that only its owner can read; several processes may do so at once and get the same.
func KeepSecret(file string, least int) (string, error) {
	secret, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeSecret(file); err != nil {
			return "", err
		}
		secret, err = os.ReadFile(file)
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(secret))
	if utf8.RuneCountInString(text) < least {
		return "", fmt.Errorf("%s must hold at least %d characters: restore it from a backup, or remove it, which ends all sessions", file, least)
	}
	return text, nil
}

// makeSecret writes a new secret. The file appears under its name complete, and once: whoever comes second uses what
// the first one wrote.
func makeSecret(file string) error {
	draft, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // readable by its owner only
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(rand.Text() + rand.Text() + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
