package site

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
)

// appManifest is what a browser needs to know to put the site on a home screen (W3C Web Application Manifest).
type appManifest struct {
	Name       string    `json:"name"`
	ShortName  string    `json:"short_name"`
	Lang       string    `json:"lang"`
	ID         string    `json:"id"`
	StartURL   string    `json:"start_url"`
	Scope      string    `json:"scope"`
	Display    string    `json:"display"`
	Theme      string    `json:"theme_color"`
	Background string    `json:"background_color"`
	Icons      []appIcon `json:"icons"`
}

type appIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type,omitempty"`
	Purpose string `json:"purpose"`
}

func (s *Site) showManifest(v *Visit) error {
	m := appManifest{
		Name: v.look.Name, ShortName: shortName(v.look.Name), Lang: s.deps.Catalogues.Match(), ID: "/", StartURL: "/", Scope: "/", Display: "standalone",
		Theme: v.look.ThemeColour, Background: "#fbf8f2",
	}
	if v.look.Square != "" { // beside it a phone would choose ours, because it knows their sizes
		m.Icons = []appIcon{{Src: v.look.Square, Sizes: "any", Purpose: "any"}}
	} else {
		m.Icons = s.ownIcons()
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	v.W.Header().Set("Content-Type", "application/manifest+json")
	v.W.Header().Set("Cache-Control", "public, max-age=3600")
	_, err = v.W.Write(text)
	return err
}

// ownIcons returns the program's own signs, for a town without one.
func (s *Site) ownIcons() (icons []appIcon) {
	for _, icon := range []appIcon{
		{"icon-192.png", "192x192", "image/png", "any"},
		{"icon-512.png", "512x512", "image/png", "any"},
		{"icon-mask.png", "512x512", "image/png", "maskable"},
		{"icon.svg", "any", "image/svg+xml", "any"},
	} {
		if path := s.static.Path(icon.Src); path != "" {
			icon.Src = path
			icons = append(icons, icon)
		}
	}
	return icons
}

// shortName is what stands below the sign on a home screen: about twelve letters have room there.
func shortName(name string) string {
	letters := []rune(name)
	return string(letters[:min(len(letters), 12)])
}

// showWorker answers with the service worker. In front of the script stands what every page needs, so that
// another file makes another worker.
func (s *Site) showWorker(v *Visit) error {
	script, ok := s.static.Read("service-worker.js")
	if !ok {
		return notFound()
	}
	var files []string
	for _, source := range []string{"site.css", "site.js", "offline.js", "chunk.js", "icon.svg", "source-sans-3-latin-wght-normal.woff2"} {
		if path := s.static.Path(source); path != "" {
			files = append(files, path)
		}
	}
	known := map[string]any{"files": files, "site": v.look.Name, "icon": cmp.Or(v.look.Square, s.static.Path("icon-192.png"))}
	text, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("write the service worker: %w", err)
	}
	sum := sha256.Sum256(append(text, script...))
	h := v.W.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	v.W.WriteHeader(http.StatusOK)
	_, err = fmt.Fprintf(v.W, "Object.assign(self, %s, {version: %q});\n%s", text, hex.EncodeToString(sum[:6]), script)
	return err
}

// showOffline is kept by the service worker, for everybody alike.
func showOffline(v *Visit) error {
	return v.Show(Page{Title: v.T("You are offline"), Body: offlineBody(), Hidden: true})
}
