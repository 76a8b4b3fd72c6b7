package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Names of the listeners for visitors. A socket from systemd that comes alone is the first.
const (
	Main  = "web"   // a web server in front, or visitors
	HTTPS = "https" // visitors of a program that speaks TLS itself
	HTTP  = "http"  // visitors who do not know yet that it does
)

// Listeners are where a process is reached, by name.
type Listeners map[string]net.Listener

// OpenAll takes over the sockets that systemd opened, and opens what is missing of the addresses, which have names. What has
// a name and no address is taken from systemd, and missing otherwise. Where one cannot be opened, none stays open.
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
		if l[name] != nil || addresses[name] == "" {
			continue
		}
		if l[name], err = Open(ctx, addresses[name]); err != nil {
			delete(l, name)
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), l.Close())
		}
	}
	return l, nil
}

// adopt takes over the sockets that systemd opened: by the name of an address, or by its port, as a unit gives all its
// sockets one name. One that comes alone is the web server's, whatever its name, unless it bears that of another listener.
// With an error, it returns all of them.
func adopt(handed map[string][]net.Listener, addresses map[string]string) (Listeners, error) {
	l, names := Listeners{}, slices.Sorted(maps.Keys(addresses))
	count, strange := 0, ""
	for _, given := range slices.Sorted(maps.Keys(handed)) {
		for i, listener := range handed[given] {
			count++
			name := given
			if addresses[given] == "" || len(handed[given]) > 1 {
				name = nameByPort(listener, addresses, given)
			}
			if _, known := addresses[name]; !known || l[name] != nil {
				name = fmt.Sprintf("%s (%d)", given, i+1)
				strange = given
			}
			l[name] = listener
		}
	}
	if strange == "" {
		return l, nil
	}
	if count > 1 || strange == "lmtp" || strange == "metrics" || addresses[Main] == "" {
		return l, fmt.Errorf("systemd hands over a socket with the name %q, which this process does not serve: FileDescriptorName must be one of %s, "+
			"or the port that of one of these", strange, strings.Join(names, ", "))
	}
	for _, listener := range l {
		return Listeners{Main: listener}, nil
	}
	return l, nil
}

// nameByPort returns the name of the address whose port a listener has, or else the name that it was given. A program that
// speaks TLS itself does so on any other port, too: nobody should send passwords there in the clear.
func nameByPort(listener net.Listener, addresses map[string]string, given string) string {
	tcp, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return given
	}
	for name, address := range addresses {
		if _, port, err := net.SplitHostPort(address); err == nil && port == strconv.Itoa(tcp.Port) {
			return name
		}
	}
	if addresses[HTTPS] != "" {
		return HTTPS
	}
	return given
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
