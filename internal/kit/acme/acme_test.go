package acme

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/crypto/acme"
)

func TestKeysAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := MarshalKey(key)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseKey(text)
	if other, ok := read.(*ecdsa.PrivateKey); err != nil || !ok || !other.Equal(key) {
		t.Errorf("%v, %v", read, err)
	}
	for _, wrong := range []string{"", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParseKey([]byte(wrong)); err == nil {
			t.Errorf("%q is read as a key", wrong)
		}
		if _, err := Pair([]byte(wrong), text); err == nil {
			t.Errorf("%q is read as a certificate", wrong)
		}
	}
}

func TestOnlyARefusalOfTheNameIsReasonForAnotherWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{fmt.Errorf("stadt.example: %w", &acme.AuthorizationError{}), true},
		{fmt.Errorf("stadt.example: %w", errNoChallenge), true},
		{&acme.Error{StatusCode: http.StatusTooManyRequests}, false},
		{context.DeadlineExceeded, false},
	} {
		if got := isRefusal(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// none is asked nothing.
type none struct{}

func (none) Put(context.Context, Challenge) error    { return errors.New("nothing was asked") }
func (none) Remove(context.Context, Challenge) error { return nil }

func TestABusyAuthorityIsNotAskedForEver(t *testing.T) {
	t.Parallel()
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	authority := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "come back later"}`))
	}))
	defer authority.Close()
	_, err = Authority{Directory: authority.URL, Key: key}.Order(t.Context(), []string{"stadt.example"}, none{})
	if err == nil || !strings.Contains(err.Error(), authority.URL) || asked > retries+1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
