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

// chooseLanguage decides, in this order: what the person chose, what the visitor chose in the foot,
// what the browser wants if the site follows it, the site's language.
func (s *Site) chooseLanguage(r *http.Request, chosen string) string {
	if chosen == "" {
		if cookie, err := r.Cookie(web.CookieName(languageCookie, s.Secure())); err == nil && s.speaks(cookie.Value) {
			chosen = cookie.Value
		}
	}
	accepted := r.Header.Get("Accept-Language")
	if chosen == "" && (!s.Negotiate || accepted == "") {
		chosen = s.Language
	}
	return s.deps.Catalogues.Match(accepted, chosen)
}

func (s *Site) speaks(language string) bool {
	return slices.Contains(s.deps.Catalogues.Languages(), language)
}

type languageForm struct {
	Language string `form:"language" text:"line" validate:"required,max=20"`
}

// updateLanguage keeps the language that was chosen in the foot: in a cookie, and for people who have
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
