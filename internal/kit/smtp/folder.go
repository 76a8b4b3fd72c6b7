package smtp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// The headers on top of a stored mail that hold its envelope.
const (
	headerFrom = "X-Envelope-From"
	headerTo   = "X-Envelope-To"
)

const (
	suffix     = ".eml"
	timeLayout = "20060102T150405.000000000Z"
)

// folder stores mails as files. A file appears when it is complete and is never overwritten, even if several
// processes write into one folder.
type folder struct {
	path  string
	count atomic.Uint64
}

var _ Sender = (*folder)(nil)

func newFolder(path string) (*folder, error) {
	if path == "" {
		return nil, errors.New("the folder of outgoing mail has no path")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of outgoing mail: %w", err)
	}
	return &folder{path: path}, nil
}

// Close implements Sender.
func (f *folder) Close() error { return nil }

// Send implements Sender.
func (f *folder) Send(ctx context.Context, e Envelope, message []byte) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	if _, _, err := e.ascii(); err != nil {
		return err
	}
	if err := f.write(e, message); err != nil {
		return errs.New(errs.Unavailable, "The email could not be stored.").Because(err)
	}
	return nil
}

func (f *folder) write(e Envelope, message []byte) error {
	tmp, err := os.CreateTemp(f.path, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // after the link it is a second name of the file
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s: <%s>\r\n", headerFrom, e.From)
	for _, to := range e.To {
		fmt.Fprintf(&head, "%s: <%s>\r\n", headerTo, to)
	}
	_, err = tmp.Write(append(head.Bytes(), message...))
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	for {
		name := time.Now().UTC().Format(timeLayout) + fmt.Sprintf("-%d", f.count.Add(1)) + suffix
		err := os.Link(tmp.Name(), filepath.Join(f.path, name)) // unlike a rename it never overwrites
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// Stored is a mail in a folder.
type Stored struct {
	Name     string // for Read
	Envelope Envelope
	SentAt   time.Time
	Size     int64
}

// List returns the newest mails of a folder, at most limit. A missing folder is empty.
func List(path string, limit int) ([]Stored, error) {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list outgoing mails: %w", err)
	}
	var names []string
	for _, e := range entries {
		if _, ok := timeOf(e.Name()); ok && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, newestFirst)
	var mails []Stored
	for _, name := range names {
		if len(mails) >= limit {
			break
		}
		m, err := open(path, name, nil)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list outgoing mails: %w", err)
		}
		mails = append(mails, m)
	}
	return mails, nil
}

// newestFirst compares by time; names of the same moment by their number.
func newestFirst(a, b string) int {
	if a[:len(timeLayout)] == b[:len(timeLayout)] && len(a) != len(b) {
		return len(b) - len(a)
	}
	return strings.Compare(b, a)
}

const maxRead = 64 << 20

// Read returns a mail of a folder without the lines of its envelope. It fails with errs.NotFound for
// a name that List would not return.
func Read(path, name string) (Stored, []byte, error) {
	var message []byte
	m, err := open(path, name, &message)
	if errors.Is(err, fs.ErrNotExist) {
		return Stored{}, nil, errs.New(errs.NotFound, "This email doesn’t exist.")
	}
	if err != nil {
		return Stored{}, nil, fmt.Errorf("read outgoing mail: %w", err)
	}
	return m, message, nil
}

func open(path, name string, message *[]byte) (Stored, error) {
	at, ok := timeOf(name)
	if !ok {
		return Stored{}, fs.ErrNotExist
	}
	f, err := os.Open(filepath.Join(path, name))
	if err != nil {
		return Stored{}, err
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return Stored{}, err
	}
	m := Stored{Name: name, SentAt: at, Size: info.Size()}
	r := bufio.NewReader(io.LimitReader(f, maxRead))
	for {
		if peeked, _ := r.Peek(len("X-Envelope-")); string(peeked) != "X-Envelope-" {
			break
		}
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		key, value, _ := strings.Cut(line, ":")
		addr := strings.Trim(strings.TrimSpace(value), "<>")
		if key == headerFrom {
			m.Envelope.From = addr
		} else {
			m.Envelope.To = append(m.Envelope.To, addr)
		}
	}
	if message != nil {
		if *message, err = io.ReadAll(r); err != nil {
			return Stored{}, err
		}
	}
	return m, nil
}

// timeOf reads the time in a file name that folder gave; false for any other name.
func timeOf(name string) (time.Time, bool) {
	stamp, number, ok := strings.Cut(strings.TrimSuffix(name, suffix), "-")
	if !ok || !strings.HasSuffix(name, suffix) || number == "" || strings.Trim(number, "0123456789") != "" {
		return time.Time{}, false
	}
	at, err := time.Parse(timeLayout, stamp)
	return at, err == nil && len(stamp) == len(timeLayout)
}

// console prints mails.
type console struct {
	mu  sync.Mutex
	out io.Writer
}

var _ Sender = (*console)(nil)

// Send implements Sender.
func (c *console) Send(ctx context.Context, e Envelope, message []byte) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text := bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n"))
	if _, err := fmt.Fprintf(c.out, "mail from <%s> to <%s>\n%s\n", e.From, strings.Join(e.To, ">, <"), text); err != nil {
		return unavailable(err)
	}
	return nil
}

// Close implements Sender.
func (c *console) Close() error { return nil }
