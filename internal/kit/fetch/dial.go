package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// dialer connects to those machines alone that it is allowed to.
type dialer struct {
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	allowed func(netip.Addr) bool
}

// How long one of several addresses is tried, and how many are.
const (
	dialTimeout  = 5 * time.Second
	maxAddresses = 6
)

// dial connects to one of the addresses that a name stands for now. The name is looked up once: what is checked is what
// is connected to.
func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	found, err := d.find(ctx, host)
	if err != nil {
		return nil, err
	}
	inner := net.Dialer{Timeout: dialTimeout, Control: d.control}
	var problems error
	for _, a := range found[:min(len(found), maxAddresses)] {
		conn, err := inner.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		problems = errors.Join(problems, err)
	}
	return nil, problems
}

// find returns what a host stands for, as far as it may be connected to.
func (d dialer) find(ctx context.Context, host string) ([]netip.Addr, error) {
	all := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		all = append(all, a)
	} else if all, err = d.resolve(ctx, host); err != nil {
		return nil, unresolved(err)
	}
	if len(all) == 0 {
		return nil, &Error{Problem: NoSuchHost, cause: fmt.Errorf("%s stands for nothing", host)}
	}
	allowed := slices.DeleteFunc(slices.Clone(all), func(a netip.Addr) bool { return !d.allowed(a) })
	if len(allowed) == 0 {
		return nil, &Error{Problem: Forbidden, cause: fmt.Errorf("%s is not on the internet", host)}
	}
	return allowed, nil
}

// unresolved returns what it means that a name could not be looked up.
func unresolved(err error) error {
	if lookup, ok := errors.AsType[*net.DNSError](err); ok && lookup.IsNotFound {
		return &Error{Problem: NoSuchHost, cause: err}
	}
	return err
}

// control checks the address once more when the connection is made: whatever led there, nothing else is connected to.
func (d dialer) control(_, address string, _ syscall.RawConn) error {
	there, err := netip.ParseAddrPort(address)
	if err != nil || !d.allowed(there.Addr()) {
		return &Error{Problem: Forbidden, cause: fmt.Errorf("%s is not on the internet", address)}
	}
	return nil
}

// OnInternet reports whether an address is one of another machine on the public internet.
func OnInternet(a netip.Addr) bool { return isPublic(a) && !isOwn(a) }

// isPublic reports whether an address is on the public internet, and not one behind which another may stand.
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// special are the networks of the registries of special addresses (RFC 6890) that a machine may have a way to and that
// Go does not know of: local ones, ones for tests, and ones that are translated into other addresses on the way.
func special() []netip.Prefix {
	var all []netip.Prefix
	for _, network := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(network))
	}
	return all
}

// isOwn reports whether an address is one of this machine, where the site itself or its neighbours answer.
func isOwn(a netip.Addr) bool {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return true // better no document than a door to the inside
	}
	return slices.ContainsFunc(own, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Addr().Unmap().WithZone("") == a.Unmap().WithZone("")
	})
}
