package site

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"

	"grouprise.org/grouprise/internal/kit/web"
)

// Paths that the frame itself answers.
const (
	staticPath   = "/stadt/static/"
	HealthPath   = "/stadt/healthz"
	ReadyPath    = "/stadt/readyz"
	manifestPath = "/stadt/manifest.webmanifest"
	workerPath   = "/service-worker.js" // in the root, because it serves all pages
	offlinePath  = "/stadt/offline/"
	coloursPath  = "/stadt/colours/"
)

// dist holds the bundled styles, scripts and fonts. They are made by `make generate`.
//
//go:embed all:dist
var dist embed.FS

func loadStatic() (*web.Static, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the bundle: %w", err)
	}
	return web.NewStatic(files, staticPath)
}

// ownRoutes are the paths that the frame itself answers.
func (s *Site) ownRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: HealthPath, Handle: showHealth, KnownBy: ByNothing, Everywhere: true},
		{Method: http.MethodGet, Path: ReadyPath, Handle: s.showReady, KnownBy: ByNothing, Everywhere: true},
		{Method: http.MethodPost, Path: languagePath, Handle: s.updateLanguage},
		{Method: http.MethodPost, Path: unsentPath, Handle: discardUnsent, SignedIn: true},
		{Method: http.MethodGet, Path: "/stadt/logos/{which}", Handle: s.showLogo, KnownBy: ByNothing},
		{Method: http.MethodGet, Path: coloursPath + "{colour}", Handle: showColours, KnownBy: ByNothing},
		{Method: http.MethodGet, Path: manifestPath, Handle: s.showManifest, KnownBy: ByNothing},
		{Method: http.MethodGet, Path: workerPath, Handle: s.showWorker, KnownBy: ByNothing},
		{Method: http.MethodGet, Path: offlinePath, Handle: showOffline},
	}
}

func showHealth(v *Visit) error { return v.text(http.StatusOK, "alive\n") }

// text answers with plain text.
func (v *Visit) text(status int, body string) error {
	v.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.W.Header().Set("Cache-Control", "no-cache")
	v.W.WriteHeader(status)
	_, err := v.W.Write([]byte(body))
	return err
}

// everywhere returns the paths of the routes that answer under any name.
func everywhere(routes []Route) (paths []string) {
	for _, r := range routes {
		if r.Everywhere {
			paths = append(paths, r.Path)
		}
	}
	return paths
}
