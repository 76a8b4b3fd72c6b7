package site

import (
	"net/http"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/kit/web"
)

const (
	languageCookie = "language"
	languagePath   = "/stadt/language/"
	languageKept   = 365 * 24 * time.Hour
)

// chooseLanguage returns the first of these that the site speaks: what the person chose, what the visitor chose on this
// device, what the browser prefers, the site's language.
func (s *Site) chooseLanguage(r *http.Request, chosen string) string {
	if s.speaks(chosen) {
		return chosen
	}
	if cookie, err := r.Cookie(web.CookieName(languageCookie, s.Secure())); err == nil && s.speaks(cookie.Value) {
		return cookie.Value
	}
	return s.deps.Catalogues.Match(s.deps.Catalogues.Accepted(r.Header.Get("Accept-Language")))
}

func (s *Site) speaks(language string) bool {
	return slices.Contains(s.deps.Catalogues.Languages(), language)
}

type languageForm struct {
	Language string `form:"language" text:"line" validate:"required,max=20"`
}

// updateLanguage keeps the language that was chosen in the bar: in a cookie, and for people who have
// signed in with their settings.
func (s *Site) updateLanguage(v *Visit) error {
	var f languageForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if !s.speaks(f.Language) {
		return notFound()
	}
	if v.Viewer.SignedIn() {
		if err := s.deps.Viewers.SetLanguage(v.Context(), v.Viewer.PersonID, f.Language); err != nil {
			return err
		}
	}
	v.setCookie(languageCookie, f.Language, languageKept)
	next := v.Next()
	if next == "" {
		next = "/"
	}
	return v.Redirect(next)
}
