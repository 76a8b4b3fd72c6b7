package site

import (
	"encoding/json"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/web"
)

// Messages for the next page travel in a signed cookie that lives for minutes. They need no session
// then, so that visitors who never signed in get them too and no row is written for them.

const (
	flashCookie = "flash"
	flashValid  = 10 * time.Minute
	maxFlashes  = 8
	maxFlash    = 500 // bytes; a cookie has room for 4096
)

// Flash says something on the next page that is shown: this one's or the one redirected to.
func (v *Visit) Flash(level parts.Level, id string, args ...any) {
	text := v.Lang.T(id, args...)
	if runes := []rune(text); len(text) > maxFlash {
		text = string(runes[:min(len(runes), maxFlash/4)]) + "…"
	}
	v.newFlashes = append(v.newFlashes, parts.Message{Level: level, Text: text})
	v.newFlashes = v.newFlashes[max(0, len(v.newFlashes)-maxFlashes):]
}

// keepFlashes puts the messages into the cookie, together with those that were not shown yet.
func (v *Visit) keepFlashes() {
	if len(v.newFlashes) == 0 {
		return
	}
	all := append(v.pendingFlashes(), v.newFlashes...)
	all = all[max(0, len(all)-maxFlashes):]
	data, err := json.Marshal(all)
	if err != nil {
		v.site.deps.Log.ErrorContext(v.R.Context(), "messages for the next page are lost", "err", err)
		return
	}
	v.setCookie(flashCookie, v.site.signer.Sign(flashCookie, data, flashValid), flashValid)
}

// readFlashes takes the messages of the cookie and of this request for the page that is shown now.
func (v *Visit) readFlashes() {
	pending := v.pendingFlashes()
	if len(pending) > 0 {
		v.setCookie(flashCookie, "", -1)
	}
	v.flashes = append(pending, v.newFlashes...)
}

func (v *Visit) pendingFlashes() []parts.Message {
	cookie, err := v.R.Cookie(web.CookieName(flashCookie, v.site.Secure()))
	if err != nil {
		return nil
	}
	data, ok := v.site.signer.Open(flashCookie, cookie.Value)
	if !ok {
		return nil
	}
	var pending []parts.Message
	if err := json.Unmarshal(data, &pending); err != nil {
		return nil
	}
	return pending
}

// setCookie sets a cookie of the frame; a negative age removes it.
func (v *Visit) setCookie(name, value string, age time.Duration) {
	seconds := int(age / time.Second)
	if age < 0 {
		seconds = -1
	}
	http.SetCookie(v.raw, &http.Cookie{ //nolint:gosec // Secure follows the transport; the other attributes are set
		Name: web.CookieName(name, v.site.Secure()), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.site.Secure(), SameSite: http.SameSiteLaxMode,
	})
}
