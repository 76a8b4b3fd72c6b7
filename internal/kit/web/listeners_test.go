package web

import (
	"maps"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSystemdHandsOverSocketsByName(t *testing.T) {
	t.Parallel()
	socket := func() net.Listener { return &net.TCPListener{} }
	all := map[string]string{"web": "localhost:8008", "lmtp": "localhost:1025", "metrics": "localhost:9100"}
	for _, c := range []struct {
		about   string
		handed  []string
		serves  map[string]string
		adopted []string // nil: refused
	}{
		{"nothing is handed over", nil, all, []string{}},
		{"each has its name", []string{"web", "lmtp", "metrics"}, all, []string{"lmtp", "metrics", "web"}},
		{"some have", []string{"lmtp"}, all, []string{"lmtp"}},
		{"the only one has the name of its unit", []string{"grouprise.socket"}, all, []string{"web"}},
		{"one of several has no name that we know", []string{"web", "lmpt"}, all, nil},
		{"a role that is not ours", []string{"lmtp"}, map[string]string{"web": "localhost:8008"}, nil},
		{"a task runner listens nowhere", []string{"grouprise.socket"}, map[string]string{}, nil},
	} {
		handed := map[string]net.Listener{}
		for _, name := range c.handed {
			handed[name] = socket()
		}
		l, err := adopt(handed, c.serves)
		if (err != nil) != (c.adopted == nil) {
			t.Errorf("%s: %v", c.about, err)
			continue
		}
		if diff := cmp.Diff(c.adopted, slices.Sorted(maps.Keys(l)), cmpopts.EquateEmpty()); err == nil && diff != "" {
			t.Errorf("%s: %s", c.about, diff)
		}
	}
}
