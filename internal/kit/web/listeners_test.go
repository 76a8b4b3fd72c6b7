package web

import (
	"maps"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// handedSocket is a socket of systemd on a port, or a unix socket if that is 0.
type handedSocket int

func (handedSocket) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (handedSocket) Close() error              { return nil }
func (s handedSocket) Addr() net.Addr {
	if s == 0 {
		return &net.UnixAddr{Name: "/run/http", Net: "unix"}
	}
	return &net.TCPAddr{Port: int(s)}
}

func TestSystemdHandsOverSocketsByNameAndPort(t *testing.T) {
	t.Parallel()
	type sockets map[string][]handedSocket
	all := map[string]string{"web": "localhost:8008", "lmtp": "localhost:1025", "metrics": "localhost:9100"}
	alone := map[string]string{"https": ":443", "http": ":80", "web": ""}
	for _, c := range []struct {
		about   string
		handed  sockets
		serves  map[string]string
		adopted map[string]handedSocket // nil: refused
	}{
		{"nothing is handed over", nil, all, map[string]handedSocket{}},
		{"each has its name", sockets{"web": {0}, "lmtp": {25}, "metrics": {90}}, all, map[string]handedSocket{"web": 0, "lmtp": 25, "metrics": 90}},
		{"some have", sockets{"lmtp": {25}}, all, map[string]handedSocket{"lmtp": 25}},
		{"the only one has the name of its unit", sockets{"grouprise.socket": {0}}, all, map[string]handedSocket{"web": 0}},
		{"one of several has no name that we know", sockets{"web": {0}, "lmpt": {25}}, all, nil},
		{"two have one name", sockets{"web": {0, 81}}, all, nil},
		{"a role that is not ours", sockets{"lmtp": {25}}, map[string]string{"web": "localhost:8008"}, nil},
		{"a task runner listens nowhere", sockets{"grouprise.socket": {0}}, map[string]string{}, nil},
		{"one unit has both ports", sockets{"web": {443, 80}}, alone, map[string]handedSocket{"https": 443, "http": 80}},
		{"each port has a unit", sockets{"https": {443}, "http": {80}}, alone, map[string]handedSocket{"https": 443, "http": 80}},
		{"TLS is not answered in the clear", sockets{"web": {443}}, alone, map[string]handedSocket{"https": 443}},
		{"a socket of the package stays", sockets{"web": {0}}, alone, map[string]handedSocket{"web": 0}},
		{"all three in one unit", sockets{"web": {0, 443, 80}}, alone, map[string]handedSocket{"web": 0, "https": 443, "http": 80}},
		{"another port", sockets{"web": {8443, 80}}, alone, map[string]handedSocket{"https": 8443, "http": 80}},
		{"a port that is nobody's", sockets{"web": {443, 8080}}, alone, nil},
		{"two ports that are nobody's", sockets{"web": {8443, 8080}}, alone, nil},
	} {
		handed := map[string][]net.Listener{}
		for name, of := range c.handed {
			for _, socket := range of {
				handed[name] = append(handed[name], socket)
			}
		}
		l, err := adopt(handed, c.serves)
		if (err != nil) != (c.adopted == nil) {
			t.Errorf("%s: %v", c.about, err)
			continue
		}
		want := Listeners{}
		for name, socket := range c.adopted {
			want[name] = socket
		}
		if diff := cmp.Diff(want, l, cmpopts.EquateEmpty()); err == nil && diff != "" {
			t.Errorf("%s: %s", c.about, diff)
		}
		if count := len(slices.Concat(slices.Collect(maps.Values(handed))...)); len(l) != count {
			t.Errorf("%s: %d sockets of %d could be closed", c.about, len(l), count)
		}
	}
}
