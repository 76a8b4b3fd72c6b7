package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
)

// Main is the name of the listener for visitors. A socket from systemd that comes alone is this one.
const Main = "web"

// Listeners are where a process is reached, by name, which is the one that systemd's sockets have.
type Listeners map[string]net.Listener

// OpenAll takes over the sockets that systemd opened, and opens what is missing of the addresses, which have names. Where
// one cannot be opened, none stays open.
func OpenAll(ctx context.Context, addresses map[string]string) (Listeners, error) {
	handed, err := Handed()
	if err != nil {
		return nil, err
	}
	l, err := adopt(handed, addresses)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		if l[name] != nil {
			continue
		}
		if l[name], err = Open(ctx, addresses[name]); err != nil {
			delete(l, name)
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), l.Close())
		}
	}
	return l, nil
}

// adopt takes over the sockets that systemd opened. One that comes alone is the web server's, whatever its name, unless
// it bears that of another listener.
func adopt(handed map[string]net.Listener, addresses map[string]string) (Listeners, error) {
	l, spare := Listeners{}, ""
	for name, listener := range handed {
		l[name] = listener
		if addresses[name] == "" {
			spare = name
		}
	}
	if spare == "" {
		return l, nil
	}
	if len(handed) > 1 || spare == "lmtp" || spare == "metrics" || addresses[Main] == "" {
		return l, fmt.Errorf("systemd hands over a socket with the name %q, which this process does not serve: FileDescriptorName must be one of %s",
			spare, strings.Join(slices.Sorted(maps.Keys(addresses)), ", "))
	}
	return Listeners{Main: handed[spare]}, nil
}

// Close closes all listeners; one that a server has closed already is no mistake.
func (l Listeners) Close() error {
	var problems error
	for _, listener := range l {
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
			problems = errors.Join(problems, err)
		}
	}
	return problems
}
