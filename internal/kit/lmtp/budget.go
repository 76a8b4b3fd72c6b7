package lmtp

import (
	"io"
	"sync"

	"github.com/emersion/go-smtp"
)

// budget bounds the bytes of all messages in hand together: many large ones at once would take the memory of the
// whole program.
type budget struct {
	mu   sync.Mutex
	left int64
}

func errBusy() error {
	return &smtp.SMTPError{
		Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1},
		Message: "Too many large mails are on their way at the moment. Please try again later.",
	}
}

func (b *budget) take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < n {
		return false
	}
	b.left -= n
	return true
}

func (b *budget) giveBack(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
}

const block = 64 << 10 // bytes that are read, and taken from the budget, at a time

// readAll reads a message of about size bytes. release gives its bytes back, also after an error.
func (b *budget) readAll(r io.Reader, size int64) (message []byte, release func(), err error) {
	var taken int64
	release = func() { b.giveBack(taken) }
	grow := func(n int64) bool {
		if !b.take(n) {
			return false
		}
		taken += n
		message = append(make([]byte, 0, int64(cap(message))+n), message...)
		return true
	}
	if !grow(size + block) {
		return nil, release, errBusy()
	}
	for {
		n, err := r.Read(message[len(message):cap(message)])
		message = message[:len(message)+n]
		if err == io.EOF {
			return message, release, nil
		}
		if err != nil {
			return nil, release, err
		}
		if len(message) == cap(message) && !grow(max(block, int64(cap(message)/2))) {
			return nil, release, errBusy()
		}
	}
}
