package push

import (
	"crypto/ecdh"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Path is the address of the page on which people choose their devices.
const Path = "/stadt/settings/devices/"

// Page is the page on which people choose their devices.
type Page struct{ *Push }

// Module returns the page's table of contents.
func (p Page) Module() module.Module {
	return module.Module{
		Name:   "push",
		Estate: holdings(), Examinations: []doctor.Check{p.check()},
		Reactions: []outbox.Reaction{
			{Activity: community.AccountSecured, Does: "turns off the devices of whose password was changed", Run: forgetAll},
		},
		Entries: []site.Entry{site.MenuLink(site.SettingsMenu, 40, Path, lang.Text("Devices"), parts.IconDevice)},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: p.show, SignedIn: true},
			{Method: http.MethodPost, Path: Path, Handle: p.add, SignedIn: true},
			{Method: http.MethodPost, Path: Path + "{id}/delete/", Handle: p.remove, SignedIn: true},
		},
	}
}

func (p Page) show(v *site.Visit) error {
	devices, err := devicesOf(v.Context(), p.DB, []int64{v.Viewer.PersonID})
	if err != nil {
		return err
	}
	return v.Show(v.SettingsPage(v.T("Devices"), devicesBody(p.PublicKey(), devices[v.Viewer.PersonID])))
}

// deviceForm is what a browser says about itself; see the Push API, PushSubscription.
type deviceForm struct {
	Endpoint string `form:"endpoint" text:"line"`
	P256DH   string `form:"p256dh" text:"line"`
	Auth     string `form:"auth" text:"line"`
}

func (p Page) add(v *site.Visit) error {
	var f deviceForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	address, err := url.Parse(f.Endpoint)
	if err != nil || address.Scheme != "https" || address.Host == "" || strings.EqualFold(address.Hostname(), p.Host) || address.User != nil || len(f.Endpoint) > 2000 || !isPoint(f.P256DH) || len(decode(f.Auth)) != 16 {
		return errs.New(errs.Invalid, "Your browser didn’t say where to send notifications.")
	}
	err = remember(v.Context(), p.DB, v.Viewer.PersonID, Device{Endpoint: f.Endpoint, P256DH: f.P256DH, Auth: f.Auth, Name: deviceName(v.R.UserAgent())}, p.public)
	if err != nil {
		return err
	}
	v.Flash(parts.Done, "Notifications are now on for this device.")
	return v.Redirect(Path)
}

func (p Page) remove(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := forget(v.Context(), p.DB, id, v.Viewer.PersonID); err != nil {
		return err
	}
	v.Flash(parts.Done, "The device no longer gets notifications.")
	return v.Redirect(Path)
}

// isPoint reports whether a text is a public key of the curve that browsers use, in base64url: nothing can be encrypted
// for another.
func isPoint(text string) bool {
	_, err := ecdh.P256().NewPublicKey(decode(text))
	return err == nil
}

// decode reads base64url with or without its padding; nil if it is none.
func decode(text string) []byte {
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	return key
}

// deviceName returns what to call the browser that sends this header. Only what most people have is known;
// the others are called by their first word.
func deviceName(agent string) string {
	first := func(words ...string) string {
		for _, pair := range words {
			word, name, _ := strings.Cut(pair, "=")
			if strings.Contains(agent, word) {
				return name
			}
		}
		return ""
	}
	browser := first("Edg=Edge", "OPR=Opera", "SamsungBrowser=Samsung Internet", "Firefox=Firefox", "Chrome=Chrome", "Safari=Safari")
	system := first("Android=Android", "iPhone=iPhone", "iPad=iPad", "Windows=Windows", "Mac OS=macOS", "Linux=Linux")
	switch {
	case browser == "" && system == "":
		name, _, _ := strings.Cut(agent, "/")
		return strings.ToValidUTF8(name[:min(len(name), 50)], "")
	case browser == "" || system == "":
		return browser + system
	default:
		return browser + ", " + system
	}
}
