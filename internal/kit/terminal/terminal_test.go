package terminal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/terminal"
)

func TestWhoeverIsAskedCanInterrupt(t *testing.T) {
	t.Parallel()
	silent, _ := io.Pipe() // nobody ever types
	for name, ask := range map[string]func(ctx context.Context) error{
		"a line": func(ctx context.Context) error {
			_, err := terminal.ReadLine(ctx, bufio.NewReader(silent))
			return err
		},
		"a secret": func(ctx context.Context) error {
			_, err := terminal.ReadSecret(ctx, silent, io.Discard, "Password: ")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- ask(ctx) }()
			interrupt()
			if err := <-ended; !errors.Is(err, terminal.ErrInterrupted) {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsAnsweredIsRead(t *testing.T) {
	t.Parallel()
	if line, err := terminal.ReadLine(t.Context(), bufio.NewReader(strings.NewReader("yes\nno"))); line != "yes\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if secret, err := terminal.ReadSecret(t.Context(), strings.NewReader("geheim\n"), io.Discard, ""); secret != "geheim" || err != nil {
		t.Errorf("%q, %v", secret, err)
	}
	if _, err := terminal.ReadSecret(t.Context(), strings.NewReader(""), io.Discard, ""); !errors.Is(err, terminal.ErrNothing) {
		t.Error(err)
	}
}

func TestOneIsSaidOtherwiseThanMany(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 rooms wait", 1: "1 room waits", 2: "2 rooms wait", 1001: "1001 rooms wait"} {
		if got := terminal.Count(n, "1 room waits", "%d rooms wait"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLinesOfAFileAreRead(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l, err := terminal.Open(strings.NewReader("one\n\ntwo"), &out, "> ", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "", "two"} {
		if got, err := l.Read(); err != nil || got != want {
			t.Errorf("read %q, %v, want %q", got, err, want)
		}
	}
	if _, err := l.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	fmt.Fprint(l, "answer")
	if err := l.Close(); err != nil || out.String() != "answer" {
		t.Errorf("shows %q, %v", out.String(), err)
	}
}
