package push_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// service is what carries messages to devices. It answers with a status and counts.
type service struct {
	*httptest.Server
	status atomic.Int64
	taken  atomic.Int64
	pause  atomic.Value // Retry-After
	small  atomic.Bool  // takes no message with a text
	last   atomic.Value // the message that was taken last, as it travelled
	signed atomic.Value // and who says to have sent it
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{}
	s.status.Store(http.StatusCreated)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Content-Encoding") != "aes128gcm" || !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") || r.Header.Get("TTL") == "" || strings.Contains(string(body), "Sommerfest") {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		s.taken.Add(1)
		s.last.Store(body)
		s.signed.Store(r.Header.Get("Authorization"))
		if wait, ok := s.pause.Load().(string); ok {
			w.Header().Set("Retry-After", wait)
		}
		if s.small.CompareAndSwap(true, false) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(int(s.status.Load()))
	}))
	t.Cleanup(s.Close)
	return s
}

// subscription is what a browser says about itself.
func subscription(t *testing.T, address string) url.Values {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{
		"endpoint": {address + "/send/" + rand.Text()},
		"p256dh":   {base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())},
		"auth":     {base64.RawURLEncoding.EncodeToString(make([]byte, 16))},
	}
}

type town struct {
	*cast.Cast
	*push.Push
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB, s *service) *town {
	t.Helper()
	c := cast.New(t, db)
	channel, err := push.New(push.Config{DB: db, Secret: "a secret of the town", Host: "stadt.example", Contact: "post@stadt.example", Client: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	page := push.Page{Push: channel}
	return &town{Cast: c, Push: channel, handler: webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), page.Module().Routes)}
}

func (w *town) tell(ctx context.Context, person int64) error {
	return w.send(ctx, person, "Am **Samstag** feiern wir.")
}

// send sends a message to a person's devices, if they have any.
func (w *town) send(ctx context.Context, person int64, text string) error {
	sends, err := w.Prepare(ctx, []*notify.Delivery{{
		Activity: community.Activity{ID: 7}, To: notify.Recipient{PersonID: person},
		Message: &notify.Message{Intro: "Garten: Sommerfest", Text: text, URL: "http://example.org/x"},
	}})
	if err != nil || sends[0] == nil {
		return err
	}
	return sends[0](ctx)
}

func TestADeviceIsToldUntilItIsGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(t)
		w := newTown(t, db, s)
		anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
		one := subscription(t, s.URL)
		anna.Send(push.Path, one, true)
		anna.Send(push.Path, one, true) // the same browser again
		anna.Send(push.Path, subscription(t, s.URL), true)
		anna.Sees(http.StatusOK, "Notifications are now on for this device.")
		if err := w.tell(t.Context(), w.Anna.ID); err != nil || s.taken.Load() != 2 {
			t.Errorf("%d devices were told, %v", s.taken.Load(), err)
		}
		s.status.Store(http.StatusServiceUnavailable)
		if err := w.tell(t.Context(), w.Anna.ID); !errs.Temporary(err) {
			t.Errorf("a service that is down: %v", err)
		}
		s.status.Store(http.StatusGone)
		if err := w.tell(t.Context(), w.Anna.ID); err != nil {
			t.Errorf("a device that is gone: %v", err)
		}
		before := s.taken.Load()
		if err := w.tell(t.Context(), w.Anna.ID); err != nil || s.taken.Load() != before {
			t.Errorf("a device that is gone was told again, %v", err)
		}
	})
}

func TestAServiceThatAsksForPatienceGetsIt(t *testing.T) {
	t.Parallel()
	s := newService(t)
	w := newTown(t, dbtest.SQLite(t), s)
	webtest.VisitAs(t, w.handler, w.Anna.ID).Send(push.Path, subscription(t, s.URL), true)
	s.status.Store(http.StatusTooManyRequests)
	for header, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "": 0, "soon": 0, "-5": 0, "99999999999999": 24 * time.Hour, "99999999999999999999": 0,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat): time.Hour, "Mon, 02 Jan 2006 15:04:05 GMT": 0,
	} {
		s.pause.Store(header)
		err := w.tell(t.Context(), w.Anna.ID)
		problem, ok := errors.AsType[*errs.Error](err)
		if !ok || problem.Kind != errs.Unavailable || (problem.RetryAfter-want).Abs() > 5*time.Second {
			t.Errorf("%q: %v", header, err)
		}
	}
}

// TestADeviceReadsWhatWasSent decrypts as a browser does (RFC 8291), and checks the signature as a service
// does (RFC 8292).
func TestADeviceReadsWhatWasSent(t *testing.T) {
	t.Parallel()
	s := newService(t)
	w := newTown(t, dbtest.SQLite(t), s)
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := []byte("sixteen bytes!!!")
	told := subscription(t, s.URL)
	told.Set("p256dh", base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()))
	told.Set("auth", base64.RawURLEncoding.EncodeToString(auth))
	webtest.VisitAs(t, w.handler, w.Anna.ID).Send(push.Path, told, true)
	tell := func(text string) string {
		t.Helper()
		if err := w.send(t.Context(), w.Anna.ID, text); err != nil {
			t.Fatal(err)
		}
		return decrypt(t, key, auth, s.last.Load().([]byte))
	}
	if got, want := tell("Am **Samstag** feiern wir."), `{"title":"Garten: Sommerfest","body":"Am Samstag feiern wir.","url":"http://example.org/x","tag":"activity-7"}`; got != want {
		t.Errorf("the device reads %s, want %s", got, want)
	}
	long := tell(strings.Repeat("<&>", 5000))
	if !strings.Contains(long, `…","url"`) || len(long) > 2200 {
		t.Errorf("a long text arrives as %s", long)
	}
	s.small.Store(true)
	if got := tell("Zu lang"); got != `{"title":"Garten: Sommerfest","body":"","url":"http://example.org/x","tag":"activity-7"}` {
		t.Errorf("a service with little room gets %s", got)
	}

	token, public, ok := strings.Cut(strings.TrimPrefix(s.signed.Load().(string), "vapid t="), ", k=")
	if parts := strings.Split(token, "."); !ok || public != w.PublicKey() || len(parts) != 3 {
		t.Fatalf("signed by %s, want %s: %v", public, w.PublicKey(), parts)
	}
	signed, signature := token[:strings.LastIndex(token, ".")], decode(t, token[strings.LastIndex(token, ".")+1:])
	signer, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), decode(t, public))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(signed))
	if len(signature) != 64 || !ecdsa.Verify(signer, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is wrong")
	}
	var claims struct {
		Aud string `json:"aud"`
		Sub string `json:"sub"`
		Exp int64  `json:"exp"`
	}
	_, payload, _ := strings.Cut(signed, ".")
	if err := json.Unmarshal(decode(t, payload), &claims); err != nil {
		t.Fatal(err)
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	if claims.Aud != s.URL || claims.Sub != "mailto:post@stadt.example" || left <= 0 || left > 24*time.Hour {
		t.Errorf("the token says %+v", claims)
	}
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decrypt reads a message with the keys of a device: RFC 8188 and RFC 8291, section 3.4.
func decrypt(t *testing.T, key *ecdh.PrivateKey, auth, message []byte) string {
	t.Helper()
	salt, sender, sealed := message[:16], message[21:21+int(message[20])], message[21+int(message[20]):]
	theirs, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.ECDH(theirs)
	if err != nil {
		t.Fatal(err)
	}
	derive := func(secret, salt []byte, info string, size int) []byte {
		t.Helper()
		out, err := hkdf.Key(sha256.New, secret, salt, info, size)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	shared := derive(secret, auth, "WebPush: info\x00"+string(key.PublicKey().Bytes())+string(sender), 32)
	block, err := aes.NewCipher(derive(shared, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	text, err := gcm.Open(nil, derive(shared, salt, "Content-Encoding: nonce\x00", 12), sealed, nil)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.TrimRight(text, "\x00")
	return string(bytes.TrimSuffix(text, []byte{2})) // the last record
}

func TestDevicesBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	s := newService(t)
	w := newTown(t, dbtest.SQLite(t), s)
	anna, bert := webtest.VisitAs(t, w.handler, w.Anna.ID), webtest.VisitAs(t, w.handler, w.Bert.ID)
	anna.Send(push.Path, subscription(t, s.URL), true)
	bert.Send(push.Path+"1/delete/", url.Values{}, true)
	if err := w.tell(t.Context(), w.Anna.ID); err != nil || s.taken.Load() != 1 {
		t.Errorf("Bert removed Anna's device: %d, %v", s.taken.Load(), err)
	}
	anna.Send(push.Path+"1/delete/", url.Values{}, true)
	anna.Sees(http.StatusOK, "no longer gets notifications")
	if err := w.tell(t.Context(), w.Anna.ID); err != nil || s.taken.Load() != 1 {
		t.Errorf("a removed device was told: %d, %v", s.taken.Load(), err)
	}
	for range 25 {
		anna.Send(push.Path, subscription(t, s.URL), false)
	}
	if err := w.tell(t.Context(), w.Anna.ID); err != nil || s.taken.Load() != 21 {
		t.Errorf("%d devices were told, %v", s.taken.Load()-1, err)
	}
}

func TestOnlyTheInternetIsAsked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	w := newTown(t, dbtest.SQLite(t), s)
	anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
	noPoint := base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...))
	for _, c := range []struct{ field, value string }{
		{"endpoint", "http://push.example/x"},
		{"endpoint", "https://Stadt.example/x"},
		{"endpoint", "https://stadt.example:8443/x"},
		{"p256dh", "x"},
		{"p256dh", noPoint},
		{"auth", ""},
		{"auth", "AAAA"},
	} {
		wrong := subscription(t, s.URL)
		wrong.Set(c.field, c.value)
		if got := anna.Send(push.Path, wrong, false); got.Status != http.StatusBadRequest {
			t.Errorf("%s %q: %d", c.field, c.value, got.Status)
		}
	}
	guarded, err := push.New(push.Config{DB: w.DB, Secret: "a secret of the town", Contact: "post@stadt.example"})
	if err != nil {
		t.Fatal(err)
	}
	if guarded.PublicKey() != w.PublicKey() {
		t.Error("the same secret makes two keys")
	}
	anna.Send(push.Path, subscription(t, s.URL), false)
	w.Push = guarded
	if err := w.tell(t.Context(), w.Anna.ID); err == nil || s.taken.Load() != 0 {
		t.Errorf("a service on this machine was asked: %v", err)
	}
	for address, public := range map[string]bool{
		"127.0.0.1": false, "10.1.2.3": false, "::1": false, "fd00::1": false, "::ffff:192.168.0.1": false, "100.64.1.1": false, "169.254.1.1": false,
		"203.0.113.5": false, "198.18.0.1": false, "198.19.255.255": false, "240.0.0.1": false, "255.255.255.255": false, "0.1.2.3": false,
		"64:ff9b::a01:203": false, "64:ff9b:1::1": false, "2002:a01:203::1": false, "2001:0:1::1": false, "fec0::1": false, "::10.1.2.3": false, "fe80::1%eth0": false,
		"9.9.9.9": true, "2a00::1": true, "2606:4700::1": true,
	} {
		if guarded.Reachable(netip.MustParseAddr(address)) != public {
			t.Errorf("%s: public is not %t", address, public)
		}
	}
}

func TestDevicesOfAnAccountThatWasSecuredAreOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(t)
		w := newTown(t, db, s)
		webtest.VisitAs(t, w.handler, w.Anna.ID).Send(push.Path, subscription(t, s.URL), false)
		webtest.VisitAs(t, w.handler, w.Bert.ID).Send(push.Path, subscription(t, s.URL), false)
		out := outbox.New(&mailtest.Tray{})
		out.React(push.Page{Push: w.Push}.Module().Reactions...)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := out.Record(t.Context(), tx, community.Activity{Name: community.AccountSecured, ActorID: w.Anna.ID, PersonID: w.Anna.ID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for person, want := range map[int64]int64{w.Anna.ID: 0, w.Bert.ID: 1} {
			s.taken.Store(0)
			if err := w.tell(t.Context(), person); err != nil || s.taken.Load() != want {
				t.Errorf("person %d: %d devices were told, %v", person, s.taken.Load(), err)
			}
		}
	})
}
