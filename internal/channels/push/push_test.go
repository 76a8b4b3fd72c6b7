package push_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// service is what carries messages to devices. It answers with a status and counts.
type service struct {
	*httptest.Server
	status atomic.Int64
	taken  atomic.Int64
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
	channel, err := push.New(push.Config{DB: db, Secret: "a secret of the town", Contact: "post@stadt.example", Client: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	page := push.Page{Push: channel, Menu: func(*site.Visit) []site.Link { return nil }}
	return &town{Cast: c, Push: channel, handler: webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), page.Module().Routes)}
}

func (w *town) tell(ctx context.Context, person int64) error {
	return w.Deliver(ctx, []notify.Delivery{{
		Event: community.Event{ID: 7}, To: notify.Recipient{PersonID: person, Devices: 1},
		Message: &notify.Message{Intro: "Garten: Sommerfest", Text: "Am **Samstag** feiern wir.", URL: "http://example.org/x"},
	}})[0]
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
		anna.Sees(http.StatusOK, "You will be told of news on this device.")
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
	anna.Sees(http.StatusOK, "not told of news any more")
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
	for field, value := range map[string]string{"endpoint": "http://push.example/x", "p256dh": "x", "auth": ""} {
		wrong := subscription(t, s.URL)
		wrong.Set(field, value)
		if got := anna.Send(push.Path, wrong, false); got.Status != http.StatusBadRequest {
			t.Errorf("%s %q: %d", field, value, got.Status)
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
	for address, public := range map[string]bool{"127.0.0.1": false, "10.1.2.3": false, "::1": false, "fd00::1": false, "::ffff:192.168.0.1": false, "100.64.1.1": false, "169.254.1.1": false, "203.0.113.5": true, "2a00::1": true} {
		if guarded.Reachable(netip.MustParseAddr(address)) != public {
			t.Errorf("%s: public is not %t", address, public)
		}
	}
}
