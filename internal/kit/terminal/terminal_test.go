package terminal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/terminal"
)

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
