// Package terminal reads lines that somebody types, with a history and completion where it is a terminal.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Lines reads lines and shows answers to them.
type Lines struct {
	io.Writer // shows what is written

	read    func() (string, error)
	restore func() error
}

// Open begins to read. Where the input is a terminal, it shows the prompt before each line, keeps a history for the arrow
// keys, and completes with the tabulator key to what complete offers. Close gives the terminal back.
func Open(in io.Reader, out io.Writer, prompt string, complete func(begun string) []string) (*Lines, error) {
	if !Is(in) {
		return plain(in, out), nil
	}
	file, _ := in.(*os.File)
	before, err := term.MakeRaw(int(file.Fd()))
	if err != nil {
		return nil, fmt.Errorf("prepare the terminal: %w", err)
	}
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, prompt)
	if width, height, err := term.GetSize(int(file.Fd())); err == nil {
		_ = t.SetSize(width, height) // it wraps at 80 then
	}
	t.AutoCompleteCallback = func(line string, at int, key rune) (string, int, bool) {
		if key != '\t' || at != len(line) {
			return "", 0, false
		}
		longer := common(complete(line))
		return longer, len(longer), len(longer) > len(line)
	}
	return &Lines{Writer: t, read: t.ReadLine, restore: func() error { return term.Restore(int(file.Fd()), before) }}, nil
}

// Is reports whether somebody types an input at a terminal.
func Is(in io.Reader) bool {
	file, ok := in.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Why there is no answer.
var (
	ErrInterrupted = errors.New("interrupted")
	ErrNothing     = errors.New("nothing was entered")
)

// ReadLine reads a line with its end, as far as there is one: io.EOF says that the input ends behind it. It waits for whoever
// types until the context ends, and returns ErrInterrupted then; nobody can read from r after that.
func ReadLine(ctx context.Context, r *bufio.Reader) (string, error) {
	return await(ctx, func() (string, error) { return r.ReadString('\n') })
}

// await returns what read does, or ErrInterrupted as soon as the context ends: a signal does not end the wait for somebody
// who types.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	given := make(chan answer, 1)
	go func() {
		text, err := read()
		given <- answer{text, err}
	}()
	select {
	case a := <-given:
		return a.text, a.err
	case <-ctx.Done():
		return "", ErrInterrupted
	}
}

// ReadSecret reads a line without showing what is typed. Where the input is no terminal it reads its first line. It returns
// ErrInterrupted when the context ends, and ErrNothing when the input does.
func ReadSecret(ctx context.Context, in io.Reader, out io.Writer, prompt string) (string, error) {
	if !Is(in) {
		secret, err := await(ctx, plain(in, out).Read)
		return secret, orNothing(err)
	}
	if _, err := fmt.Fprint(out, prompt); err != nil {
		return "", err
	}
	file, _ := in.(*os.File)
	before, err := term.GetState(int(file.Fd()))
	if err != nil {
		return "", fmt.Errorf("prepare the terminal: %w", err)
	}
	secret, err := await(ctx, func() (string, error) {
		typed, err := term.ReadPassword(int(file.Fd()))
		return string(typed), err
	})
	if errors.Is(err, ErrInterrupted) { // what is typed from now on is shown
		err = errors.Join(err, term.Restore(int(file.Fd()), before))
	}
	_, problem := fmt.Fprintln(out)
	return secret, errors.Join(orNothing(err), problem)
}

func orNothing(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrNothing
	}
	return err
}

// plain reads lines that nobody types, such as those of a file.
func plain(in io.Reader, out io.Writer) *Lines {
	if in == nil {
		in = strings.NewReader("")
	}
	lines := bufio.NewScanner(in)
	read := func() (string, error) {
		if lines.Scan() {
			return lines.Text(), nil
		}
		if err := lines.Err(); err != nil {
			return "", err
		}
		return "", io.EOF
	}
	return &Lines{Writer: out, read: read, restore: func() error { return nil }}
}

// Count says a number of things: one is the phrase for exactly one, such as "1 room", and many that for any other number, with
// a %d for it.
func Count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// common returns what some texts begin with that all of them do; of one, it and a blank.
func common(all []string) string {
	if len(all) == 0 {
		return ""
	}
	if len(all) == 1 {
		return all[0] + " "
	}
	begin := all[0]
	for _, text := range all[1:] {
		for !strings.HasPrefix(text, begin) {
			begin = begin[:len(begin)-1]
		}
	}
	return begin
}

// Read returns the next line; io.EOF if there is none.
func (l *Lines) Read() (string, error) {
	line, err := l.read()
	if errors.Is(err, term.ErrPasteIndicator) { // it was not typed, and is a line nonetheless
		err = nil
	}
	return line, err
}

// Close gives the terminal back.
func (l *Lines) Close() error { return l.restore() }
