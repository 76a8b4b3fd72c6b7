// Package push is the channel that tells people of news in their browsers and on their phones, also while
// the site is not open: web push by RFC 8030, encrypted by RFC 8291, signed with keys of our own by RFC 8292.
//
// What is sent passes the service of the browser's maker, who sees that something came and how long it is,
// but cannot read it. A person chooses each device by themselves.
package push

import (
	"context"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Name is the channel's name in deliveries.
const Name = "push"

const (
	keptFor   = 3 * 24 * time.Hour // how long a service keeps news for a device that is switched off
	patience  = 20 * time.Second   // for one answer of a service
	maxWords  = 30                 // of a text
	keptTexts = 1 << 20            // bytes of rendered texts
	maxPause  = 24 * time.Hour     // that a service may ask for

	// A message may have 4096 bytes (RFC 8030, section 7.2), encrypted. A character takes up to six of them.
	maxTitle, maxBody = 200, 300
)

// Config is what the channel stands on.
type Config struct {
	DB      *sqldb.DB
	Secret  string // the keys of the site are derived from it
	Host    string // of the site, which is no service
	Contact string // mail address for the services that carry the messages

	// Reachable says whether a service at an address may be asked; nil refuses everything that is not on the
	// public internet, so that nobody makes the site knock at doors of its own network.
	Reachable func(netip.Addr) bool
	Client    *http.Client // for tests; nil is one of our own
}

// Push is the channel.
type Push struct {
	Config
	public, private string // base64url
	texts           *markdown.Cache
}

var _ notify.PostChannel = (*Push)(nil)

// New returns the channel.
func New(c Config) (*Push, error) {
	key, err := deriveKey(c.Secret)
	if err != nil {
		return nil, err
	}
	if c.Reachable == nil {
		c.Reachable = fetch.OnInternet
	}
	if c.Client == nil {
		dialer := &net.Dialer{Timeout: patience, Control: func(_, address string, _ syscall.RawConn) error {
			there, err := netip.ParseAddrPort(address)
			if err != nil || !c.Reachable(there.Addr()) {
				return fmt.Errorf("%s is not on the internet", address)
			}
			return nil
		}}
		c.Client = &http.Client{
			Timeout:       patience,
			Transport:     &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Push{
		Config: c, texts: markdown.NewCache(keptTexts),
		public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
	}, nil
}

// deriveKey makes the key pair of the site from its secret, so that all machines of a site have the same.
func deriveKey(secret string) (*ecdh.PrivateKey, error) {
	for n := range 8 {
		seed, err := hkdf.Key(sha256.New, []byte(secret), nil, "web push "+strconv.Itoa(n), 32)
		if err != nil {
			return nil, fmt.Errorf("derive the key for web push: %w", err)
		}
		if key, err := ecdh.P256().NewPrivateKey(seed); err == nil {
			return key, nil // one in four thousand million seeds is no key
		}
	}
	return nil, errors.New("derive the key for web push: no seed is a key")
}

// PublicKey returns the key that browsers ask for before they give an address, as base64url.
func (p *Push) PublicKey() string { return p.public }

// Name implements notify.Channel.
func (*Push) Name() string { return Name }

// Reaches implements notify.Channel: whoever named a device wants news there.
func (*Push) Reaches() string {
	return `EXISTS (SELECT 1 FROM push_devices d WHERE d.person_id = p.id)`
}

// ServesActor implements notify.Channel: nobody needs to be told what they did themselves.
func (*Push) ServesActor() bool { return false }

// Setting implements notify.Channel: devices are chosen on a page of their own.
func (*Push) Setting() notify.Setting {
	return notify.Setting{
		Hint: lang.Text("Devices on which you’ve turned on notifications (see “Devices”) get them in any case."),
		Link: lang.Text("Devices"), Path: Path,
	}
}

// Reached implements notify.Channel.
func (*Push) Reached(p *lang.Printer, people int) string {
	return p.N("1 on a device", "%d on their devices", people)
}

// news is what a device gets; the service worker shows it.
type news struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"`
	Tag   string `json:"tag"` // news with the same tag replace each other, so that nothing shows twice
}

// Prepare implements notify.PostChannel.
func (p *Push) Prepare(ctx context.Context, all []*notify.Delivery) ([]notify.Send, error) {
	people := make([]int64, len(all))
	for i, d := range all {
		people[i] = d.To.PersonID
	}
	devices, err := devicesOf(ctx, p.DB, people)
	if err != nil {
		return nil, err
	}
	sends := make([]notify.Send, len(all))
	for i, d := range all {
		if own := devices[d.To.PersonID]; len(own) > 0 {
			sends[i] = func(ctx context.Context) error { return p.sendToAll(ctx, own, d) }
		}
	}
	return sends, nil
}

// sendToAll sends a message to all devices of a person. Those that are gone are forgotten. If one of several cannot
// be reached at the moment, all get it again later; the tag keeps that from showing.
func (p *Push) sendToAll(ctx context.Context, devices []Device, d *notify.Delivery) error {
	m := d.Message
	n := news{Title: clip(m.Intro, maxTitle), URL: m.URL, Tag: "activity-" + strconv.FormatInt(d.Activity.ID, 10)}
	if m.Text != "" {
		n.Body = clip(p.texts.TextOf(m.Format, m.Text, maxWords), maxBody)
	}
	var problems error
	for _, device := range devices {
		problems = errors.Join(problems, p.send(ctx, device, n))
	}
	return problems
}

// clip cuts a text to so many characters.
func clip(text string, size int) string {
	if r := []rune(text); len(r) > size {
		return string(r[:size-1]) + "…"
	}
	return text
}

// send hands a message to the service of one device.
func (p *Push) send(ctx context.Context, d Device, n news) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write the news for a device: %w", err)
	}
	answer, err := webpush.SendNotificationWithContext(ctx, text, &webpush.Subscription{
		Endpoint: d.Endpoint, Keys: webpush.Keys{P256dh: d.P256DH, Auth: d.Auth},
	}, &webpush.Options{
		HTTPClient: p.Client, Subscriber: p.Contact, TTL: int(keptFor.Seconds()), Urgency: webpush.UrgencyNormal,
		VAPIDPublicKey: p.public, VAPIDPrivateKey: p.private,
	})
	if err != nil {
		return errs.New(errs.Unavailable, "A device could not be reached.").Because(err)
	}
	defer answer.Body.Close() // it was only read
	_, _ = io.CopyN(io.Discard, answer.Body, 4096)
	switch code := answer.StatusCode; {
	case code < http.StatusMultipleChoices:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusForbidden, code == http.StatusUnauthorized, code == http.StatusBadRequest:
		// The browser gave the address up, or gave it to other keys than ours.
		return forget(ctx, p.DB, d.ID, 0)
	case code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		return errs.New(errs.Unavailable, "A device could not be reached.").Because(fmt.Errorf("the service of a device answers %d", code)).After(pause(answer.Header.Get("Retry-After")))
	case code == http.StatusRequestEntityTooLarge && n.Body != "":
		n.Body = "" // who did what fits everywhere, and the rest is a click away
		return p.send(ctx, d, n)
	default:
		return fmt.Errorf("the service of a device answers %d", code)
	}
}

// pause reads how long a service wants to be left alone (RFC 9110, section 10.2.3). Zero means unknown.
func pause(header string) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(min(max(seconds, 0), int(maxPause.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxPause)
}
