package options_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASiteThatSpeaksTLSItselfListensWhereBrowsersLook(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"{domain: a.example, transport_security: integrated}": {"https": ":443", "http": ":80", "web": ""},
		"{domain: a.example, transport_security: integrated, listen: '192.0.2.1:8443', certificates: {listen: '192.0.2.1:8080'}}": {
			"https": "192.0.2.1:8443", "http": "192.0.2.1:8080", "web": "",
		},
		"{domain: a.example}": {"web": "localhost:8008"},
	} {
		o, s, err := load(t, text)
		if err != nil || len(s.Warnings) > 0 {
			t.Errorf("%s: %v, %v", text, err, s.Warnings)
			continue
		}
		if diff := cmp.Diff(want, o.WebAddresses()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if _, s, err := load(t, "certificates: {contact: a@a.example}"); err != nil || len(s.Warnings) != 1 {
		t.Errorf("options without effect: %v, %v", err, s.Warnings)
	}
}

func TestASiteThatCouldGetNoCertificateIsRefused(t *testing.T) {
	t.Parallel()
	for text, option := range map[string]string{
		"transport_security: integrated":                                                                     "domain",
		"{domain: localhost, transport_security: integrated}":                                                "domain",
		"{domain: a.example, transport_security: integrated, listen: 'unix:/run/grouprise/http'}":            "listen",
		"{domain: a.example, transport_security: integrated, listen: ':80'}":                                 "certificates.listen",
		"{domain: a.example, transport_security: integrated, file_download_backend: nginx}":                  "file_download_backend",
		"{domain: a.example, transport_security: integrated, certificates: {authority_root: /etc/hostname}}": "certificates.authority_root",
		"certificates: {authority: 'http://acme.example/dir'}":                                               "certificates.authority",
		"certificates: {authority_root: /nowhere/at/all}":                                                    "certificates.authority_root",
		"certificates: {contact: nobody}":                                                                    "certificates.contact",
		"certificates: {listen: 'unix:/run/http'}":                                                           "certificates.listen",
	} {
		if _, s, err := load(t, text); err == nil || !s.Refused(option) {
			t.Errorf("%s: %v, and %s should be refused", text, err, option)
		}
	}
}
