package mailcheck

import (
	"strings"
	"testing"
)

func TestMistakesInSPFRecords(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"v=spf1 mx -all": "",
		"v=spf1 a:mail.example.org/28 mx/24 ip4:192.0.2.0/24 ip6:2001:db8::1 include:_spf.example.net ?all": "",
		"v=spf1 redirect=_spf.example.net": "", "V=SPF1 MX -ALL": "", "v=spf1 exists:%{i}.example.org ptr unknown=x exp=y ~all": "",
		"v=spf1 ipv4:192.0.2.1 -all": "ipv4:192.0.2.1", "v=spf1 ip4:192.0.2 -all": "ip4:192.0.2", "v=spf1 include -all": "include",
		"v=spf1 mx, -all": "mx,", "v=spf1 all:x": "all:x", "v=spf1 mx=x": "mx=x",
	} {
		if got := wrongTerm(record); got != want {
			t.Errorf("in %q the mistake is %q, want %q", record, got, want)
		}
	}
}

func FuzzWrongTerm(f *testing.F) {
	f.Add("mx -all")
	f.Add("+ip6: :/= include:")
	f.Fuzz(func(t *testing.T, terms string) {
		if got := wrongTerm("v=spf1 " + terms); got != "" && !strings.Contains(strings.ToLower(terms), got) {
			t.Errorf("%q has no term %q", terms, got)
		}
	})
}

func TestPoliciesOfMTASTS(t *testing.T) {
	t.Parallel()
	mode, patterns := readPolicy("version: STSv1\r\nmode: Enforce\r\nmx: mx.example.org\r\nmx: *.example.net\r\nmax_age: 86400\r\n")
	if mode != "enforce" || len(patterns) != 2 {
		t.Errorf("%s %q", mode, patterns)
	}
	for host, want := range map[string]bool{
		"mx.example.org": true, "a.example.net": true, "example.net": false, "a.b.example.net": false, "mx.example.com": false,
	} {
		if covers(patterns, host) != want {
			t.Errorf("%s is covered: %t", host, !want)
		}
	}
}
